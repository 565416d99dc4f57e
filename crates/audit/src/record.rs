//! Turns what callers hand in into the fields of a line, kind by kind and in line order.
//! Numbers, links and hashes of the chain are added by the log.

use crate::{
    call::{CallFields, Intent, Outcome, Refused},
    event::{Aggregate, Event},
    field::Field,
    line::write::LineWriter,
    vocabulary::Kind,
};

/// What describes a call, up to the commitments.
fn call(line: &mut LineWriter<'_>, call: &CallFields) {
    line.identifier(Field::CallId, call.call_id);
    line.optional_text(Field::CorrelationId, call.correlation_id.as_deref());
    line.optional_text(Field::TraceId, call.trace_id.as_deref());
    line.optional_text(Field::Principal, call.principal.as_deref());
    line.roles(call.roles.iter().map(|role| &**role));
    line.optional_text(Field::Token, call.token.as_deref());
    line.text(Field::Transport, call.transport);
    line.optional_text(Field::Tool, call.tool.as_deref());
    line.optional_text(Field::Capability, call.capability.map(|capability| capability.as_str()));
    line.accesses(&call.accesses);
    line.optional_text(Field::WriteMode, call.write_mode);
    line.optional_text(Field::Effect, call.effect.map(|effect| effect.as_str()));
    if let Some(enforced) = call.enforced {
        line.boolean(Field::Enforced, enforced);
    }
    line.optional_text(Field::Code, call.code);
    line.rules(&call.rules);
    line.optional_text(Field::PolicyDigest, call.policy_digest.as_deref());
    if let Some(generation) = call.policy_generation {
        line.integer(Field::PolicyGeneration, generation);
    }
    line.optional_text(Field::ApprovalId, call.approval_id.as_deref());
}

/// What the caller gave and gave up, behind the commitments.
fn given(line: &mut LineWriter<'_>, call: &CallFields) {
    line.arguments(&call.arguments);
    line.restriction(&call.restriction);
}

/// The fields of an `intent`.
pub(crate) fn intent(line: &mut LineWriter<'_>, intent: &Intent) {
    call(line, &intent.call);
    if let Some(commit) = &intent.args_commit {
        line.digest(Field::ArgsCommit, commit.digest());
    }
    given(line, &intent.call);
}

/// The fields of a `refusal`.
pub(crate) fn refusal(line: &mut LineWriter<'_>, refused: &Refused) {
    call(line, &refused.call);
    given(line, &refused.call);
    line.boolean(Field::Executed, refused.executed);
}

/// The fields of a `judged`.
pub(crate) fn judged(line: &mut LineWriter<'_>, fields: &CallFields) {
    call(line, fields);
    given(line, fields);
}

/// The fields of an `outcome` of the intent at `ref_seq`.
pub(crate) fn outcome(line: &mut LineWriter<'_>, call_id: uuid::Uuid, ref_seq: u64, outcome: &Outcome) {
    line.identifier(Field::CallId, call_id);
    line.optional_text(Field::Code, outcome.code);
    line.rules(&outcome.rules);
    if let Some(commit) = &outcome.result_commit {
        line.digest(Field::ResultCommit, commit.digest());
    }
    line.integer(Field::RefSeq, ref_seq);
    line.text(Field::Outcome, outcome.status.as_str());
    line.integer(Field::BytesOut, outcome.bytes_out);
    line.integer(Field::Redactions, outcome.redactions);
    line.integer(Field::Dropped, outcome.dropped);
    line.integer(Field::DurationMicroseconds, outcome.duration_us);
}

impl Event {
    /// The kind of the event's line.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::PolicyLoad { .. } => Kind::PolicyLoad,
            Self::PolicyReject { .. } => Kind::PolicyReject,
            Self::AuthAggregate(_) => Kind::AuthAggregate,
            Self::LimitAggregate(_) => Kind::LimitAggregate,
            Self::Switch { .. } => Kind::Switch,
            Self::Approval { .. } => Kind::Approval,
        }
    }
}

fn aggregate(line: &mut LineWriter<'_>, aggregate: &Aggregate) {
    line.optional_text(Field::Principal, aggregate.principal.as_deref());
    line.optional_text(Field::Transport, aggregate.transport);
    line.optional_text(Field::Tool, aggregate.tool.as_deref());
    line.optional_text(Field::Code, aggregate.code);
    line.integer(Field::Count, aggregate.count);
    line.moment(Field::WindowStart, aggregate.window_start);
    line.moment(Field::WindowEnd, aggregate.window_end);
    line.optional_text(Field::Scope, aggregate.scope);
    line.optional_text(Field::Origin, aggregate.origin.as_deref());
}

/// The fields of an event.
pub(crate) fn event(line: &mut LineWriter<'_>, event: &Event) {
    match event {
        Event::PolicyLoad { policy_digest, policy_generation, origin, detail } => {
            line.text(Field::PolicyDigest, policy_digest);
            line.integer(Field::PolicyGeneration, *policy_generation);
            line.optional_text(Field::Origin, origin.as_deref());
            line.optional_text(Field::Detail, detail.as_deref());
        }
        Event::PolicyReject { policy_digest, policy_generation, code, origin, detail } => {
            line.text(Field::Code, code);
            line.optional_text(Field::PolicyDigest, policy_digest.as_deref());
            if let Some(generation) = policy_generation {
                line.integer(Field::PolicyGeneration, *generation);
            }
            line.optional_text(Field::Origin, origin.as_deref());
            line.optional_text(Field::Detail, detail.as_deref());
        }
        Event::AuthAggregate(counted) | Event::LimitAggregate(counted) => aggregate(line, counted),
        Event::Switch { principal, switch, state, detail } => {
            line.optional_text(Field::Principal, principal.as_deref());
            line.text(Field::Switch, switch);
            line.text(Field::State, state);
            line.optional_text(Field::Detail, detail.as_deref());
        }
        Event::Approval {
            call_id,
            principal,
            tool,
            approval_id,
            state,
            effect_digest,
            expires_at,
            detail,
        } => {
            if let Some(call_id) = call_id {
                line.identifier(Field::CallId, *call_id);
            }
            line.optional_text(Field::Principal, principal.as_deref());
            line.optional_text(Field::Tool, tool.as_deref());
            line.text(Field::ApprovalId, approval_id);
            line.text(Field::State, state);
            if let Some(digest) = effect_digest {
                line.digest(Field::EffectDigest, digest);
            }
            if let Some(expires_at) = expires_at {
                line.moment(Field::ExpiresAt, *expires_at);
            }
            line.optional_text(Field::Detail, detail.as_deref());
        }
    }
}
