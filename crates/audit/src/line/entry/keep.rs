//! How an [`Entry`] is made of what the grammar reads.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::Entry;
use crate::line::grammar::{Keep, OfAccess, OfRestriction};
use crate::{
    call::{Access, Argument, RuleRef},
    digest::Digest,
    field::Field,
    text::Text,
    vocabulary::{Capability, Effect, OutcomeStatus},
};

impl<'line> Keep<'line> for Entry {
    fn text(&mut self, field: Field, value: Text<'line>) {
        let value = value.value().into_owned();
        match field {
            Field::CorrelationId => self.correlation_id = Some(value),
            Field::TraceId => self.trace_id = Some(value),
            Field::Principal => self.principal = Some(value),
            Field::Token => self.token = Some(value),
            Field::Transport => self.transport = Some(value),
            Field::Tool => self.tool = Some(value),
            Field::WriteMode => self.write_mode = Some(value),
            Field::Code => self.code = Some(value),
            Field::PolicyDigest => self.policy_digest = Some(value),
            Field::ApprovalId => self.approval_id = Some(value),
            Field::Program => self.program = Some(value),
            Field::Format => self.format = Some(value),
            Field::CheckpointKey => self.checkpoint_key = Some(value),
            Field::NextSegment => self.next_segment = Some(value),
            Field::Quarantine => self.quarantine = Some(value),
            Field::Scope => self.scope = Some(value),
            Field::Origin => self.origin = Some(value),
            Field::Switch => self.switch = Some(value),
            Field::State => self.state = Some(value),
            Field::JobId => self.job_id = Some(value),
            Field::Detail => self.detail = Some(value),
            Field::Signature => self.signature = Some(value),
            _ => debug_assert!(false, "{field} is no text"),
        }
    }

    fn integer(&mut self, field: Field, value: u64) {
        match field {
            Field::Seq => self.seq = value,
            Field::AccessesMore => self.accesses_more = Some(value),
            Field::PolicyGeneration => self.policy_generation = Some(value),
            Field::RefSeq => self.ref_seq = Some(value),
            Field::BytesOut => self.bytes_out = Some(value),
            Field::Redactions => self.redactions = Some(value),
            Field::Dropped => self.dropped = Some(value),
            Field::DurationMicroseconds => self.duration_us = Some(value),
            Field::FirstSeq => self.first_seq = Some(value),
            Field::LastGoodSeq => self.last_good_seq = Some(value),
            Field::TornBytes => self.torn_bytes = Some(value),
            Field::ThroughSeq => self.through_seq = Some(value),
            Field::Count => self.count = Some(value),
            Field::Uncovered => self.uncovered = Some(value),
            Field::Epoch => self.epoch = Some(value),
            Field::Cut => self.cut = Some(value),
            _ => debug_assert!(false, "{field} is no integer"),
        }
    }

    fn digest(&mut self, field: Field, value: Digest) {
        match field {
            Field::ArgsCommit => self.args_commit = Some(value),
            Field::ResultCommit => self.result_commit = Some(value),
            Field::PrevSegmentSha256 => self.prev_segment_sha256 = Some(value),
            Field::TornSha256 => self.torn_sha256 = Some(value),
            Field::TipHash => self.tip_hash = Some(value),
            Field::RootHash => self.root_hash = Some(value),
            Field::EffectDigest => self.effect_digest = Some(value),
            Field::PrevHash => self.prev_hash = value,
            _ => debug_assert!(false, "{field} is no digest"),
        }
    }

    fn identifier(&mut self, field: Field, value: Uuid) {
        match field {
            Field::ChainId => self.chain_id = value,
            Field::Writer => self.writer = value,
            Field::CallId => self.call_id = Some(value),
            Field::SubjectChain => self.subject_chain = Some(value),
            _ => debug_assert!(false, "{field} is no identifier"),
        }
    }

    fn moment(&mut self, field: Field, value: Timestamp) {
        match field {
            Field::Moment => self.moment = value,
            Field::WindowStart => self.window_start = Some(value),
            Field::WindowEnd => self.window_end = Some(value),
            Field::ExpiresAt => self.expires_at = Some(value),
            _ => debug_assert!(false, "{field} is no moment"),
        }
    }

    fn boolean(&mut self, field: Field, value: bool) {
        match field {
            Field::Enforced => self.enforced = Some(value),
            Field::Executed => self.executed = Some(value),
            _ => debug_assert!(false, "{field} is no boolean"),
        }
    }

    fn capability(&mut self, value: Capability) {
        self.capability = Some(value);
    }

    fn effect(&mut self, value: Effect) {
        self.effect = Some(value);
    }

    fn outcome(&mut self, value: OutcomeStatus) {
        self.outcome = Some(value);
    }

    fn role(&mut self, role: Text<'line>) {
        self.roles.push(role.value().into_owned());
    }

    fn rule(&mut self, id: Text<'line>, line: u32) {
        self.rules.push(RuleRef { id: Arc::from(id.value()), line });
    }

    fn argument(&mut self, name: Text<'line>, value: Text<'line>) {
        let (name, value) = (name.value().into_owned(), value.value().into_owned());
        self.arguments.push(Argument { name, value });
    }

    fn access(&mut self) {
        self.accesses.push(Access::default());
    }

    fn of_access(&mut self, member: OfAccess<'line>) {
        let Some(access) = self.accesses.last_mut() else { return };
        match member {
            OfAccess::Repository(repo) => access.repo = Some(Arc::from(repo.value())),
            OfAccess::Reference(reference) => access.reference = Some(reference.value().into_owned()),
            OfAccess::Path(path) => access.paths.push(path.value().into_owned()),
            OfAccess::PathsMore(more) => access.paths_more = more,
            OfAccess::Found(found) => access.found = Some(found),
            OfAccess::Host(host) => access.host = Some(host.value().into_owned()),
        }
    }

    fn of_restriction(&mut self, member: OfRestriction<'line>) {
        let restriction = self.restriction.get_or_insert_default();
        match member {
            OfRestriction::ReadOnly => restriction.read_only = true,
            OfRestriction::DryRun => restriction.dry_run = true,
            OfRestriction::Repository(alias) => {
                restriction.repositories.get_or_insert_default().push(alias.value().into_owned());
            }
            OfRestriction::RepositoriesMore(more) => {
                restriction.repositories.get_or_insert_default();
                restriction.repositories_more = more;
            }
        }
    }
}
