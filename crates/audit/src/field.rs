//! The fields of a line in their one order, and which kind must or may carry which.
//! How values are written and read stands in `line`; what they mean, in docs/audit-format.md.

use crate::vocabulary::{Kind, words};

words! {
    /// A field of a line. The order of the variants is the order in the line.
    #[non_exhaustive]
    Field {
        /// Format version, always 1.
        Version = "v",
        /// UUIDv7 of the chain.
        ChainId = "chain_id",
        /// Position in the chain, from 0 without gaps.
        Seq = "seq",
        /// When the entry was made.
        Moment = "ts",
        /// UUIDv7 of the process start that wrote the entry.
        Writer = "writer",
        /// What the entry records.
        Kind = "kind",
        /// UUID of the call; the `error_id` of its answer.
        CallId = "call_id",
        /// The caller's own id.
        CorrelationId = "correlation_id",
        /// W3C trace id.
        TraceId = "trace_id",
        /// Who.
        Principal = "principal",
        /// In which roles.
        Roles = "roles",
        /// Id of the token that the caller presented.
        Token = "token",
        /// Through which door.
        Transport = "transport",
        /// Which tool.
        Tool = "tool",
        /// What the tool does to the world.
        Capability = "capability",
        /// What it touches.
        Accesses = "accesses",
        /// How many accesses are not listed.
        AccessesMore = "accesses_more",
        /// The write mode in force.
        WriteMode = "write_mode",
        /// What policy decided.
        Effect = "effect",
        /// Whether that decision was enforced.
        Enforced = "enforced",
        /// Stable code of a refusal or failure.
        Code = "code",
        /// The rules that decided.
        Rules = "rules",
        /// Digest of the policy in force.
        PolicyDigest = "policy_digest",
        /// Its generation.
        PolicyGeneration = "policy_generation",
        /// The approval that was used or is meant.
        ApprovalId = "approval_id",
        /// Salted commitment to the arguments.
        ArgsCommit = "args_commit",
        /// Salted commitment to the result.
        ResultCommit = "result_commit",
        /// Redacted values of the arguments that a rule reads.
        Arguments = "arguments",
        /// What the caller gave up for this call.
        Restriction = "restriction",
        /// The intent that an outcome ends.
        RefSeq = "ref_seq",
        /// How the call ended.
        Outcome = "outcome",
        /// Bytes that left.
        BytesOut = "bytes_out",
        /// Secrets replaced.
        Redactions = "redactions",
        /// Items left out because they were not allowed.
        Dropped = "dropped",
        /// Time from intent to outcome in microseconds.
        DurationMicroseconds = "duration_us",
        /// Whether anything ran.
        Executed = "executed",
        /// Program and version that wrote.
        Program = "program",
        /// Name of the format.
        Format = "format",
        /// Public key of checkpoints.
        CheckpointKey = "checkpoint_key",
        /// First `seq` of a segment.
        FirstSeq = "first_seq",
        /// Hash of the whole previous segment file.
        PrevSegmentSha256 = "prev_segment_sha256",
        /// File name of the next segment.
        NextSegment = "next_segment",
        /// Last `seq` that survived a recovery.
        LastGoodSeq = "last_good_seq",
        /// Bytes that a recovery took away.
        TornBytes = "torn_bytes",
        /// Their hash.
        TornSha256 = "torn_sha256",
        /// File name of their copy.
        Quarantine = "quarantine",
        /// Last `seq` that is meant.
        ThroughSeq = "through_seq",
        /// `entry_hash` of that entry.
        TipHash = "tip_hash",
        /// Root of the tree over the entry hashes.
        RootHash = "root_hash",
        /// How many.
        Count = "count",
        /// How many entries a start found that no checkpoint covered.
        Uncovered = "uncovered",
        /// Begin of the window, inclusive.
        WindowStart = "window_start",
        /// End of the window, exclusive.
        WindowEnd = "window_end",
        /// What the count or the limit applies to.
        Scope = "scope",
        /// Where it came from.
        Origin = "origin",
        /// Name of the switch.
        Switch = "switch",
        /// Its new position, or the state of an approval.
        State = "state",
        /// The job that a call belongs to.
        JobId = "job_id",
        /// Hash of the effect that was previewed.
        EffectDigest = "effect_digest",
        /// When it stops being valid.
        ExpiresAt = "expires_at",
        /// The chain that a checkpoint speaks about, if it is another.
        SubjectChain = "subject_chain",
        /// Number of the key in force.
        Epoch = "epoch",
        /// A short text for people.
        Detail = "detail",
        /// Signature.
        Signature = "signature",
        /// How many strings were shortened, and roles, rules or arguments left out.
        Cut = "cut",
        /// Hash of the entry before.
        PrevHash = "prev_hash",
        /// Hash of this line.
        EntryHash = "entry_hash",
    }
}

impl Field {
    /// The field as a bit of a [`FieldSet`].
    pub(crate) const fn bit(self) -> u128 {
        1 << self as u32
    }
}

/// A set of fields, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSet(u128);

impl FieldSet {
    pub(crate) const EMPTY: Self = Self(0);

    const fn of(fields: &[Field]) -> Self {
        let (mut bits, mut rest) = (0, fields);
        while let [first, tail @ ..] = rest {
            bits |= first.bit();
            rest = tail;
        }
        Self(bits)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `field` is in the set.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & field.bit() != 0
    }

    pub(crate) const fn insert(&mut self, field: Field) {
        self.0 |= field.bit();
    }

    /// Whether `other` has every field of this set.
    pub(crate) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The first field, in line order, of this set that is not in `other`.
    #[cfg(test)]
    pub(crate) fn first_outside(self, other: Self) -> Option<Field> {
        let bits = self.0 & !other.0;
        Field::ALL.iter().copied().find(|field| bits & field.bit() != 0)
    }
}

/// What every line carries.
const FRAME: FieldSet = FieldSet::of(&[
    Field::Version,
    Field::ChainId,
    Field::Seq,
    Field::Moment,
    Field::Writer,
    Field::Kind,
    Field::PrevHash,
    Field::EntryHash,
]);

/// What describes a call that was judged.
const CALL: FieldSet = FieldSet::of(&[
    Field::CorrelationId,
    Field::TraceId,
    Field::Principal,
    Field::Roles,
    Field::Token,
    Field::Tool,
    Field::Capability,
    Field::Accesses,
    Field::AccessesMore,
    Field::WriteMode,
    Field::Effect,
    Field::Enforced,
    Field::Code,
    Field::Rules,
    Field::PolicyDigest,
    Field::PolicyGeneration,
    Field::ApprovalId,
    Field::ArgsCommit,
    Field::Arguments,
    Field::Restriction,
    Field::JobId,
    Field::EffectDigest,
]);

const AGGREGATE: &[Field] = &[Field::Count, Field::WindowStart, Field::WindowEnd];

impl Kind {
    /// The fields without which a line of this kind is a fault.
    #[must_use]
    pub const fn required(self) -> FieldSet {
        FRAME.and(FieldSet::of(match self {
            Self::ChainOpen => &[Field::Program, Field::Format],
            Self::Start => &[Field::Program],
            Self::ChainClose | Self::Stop => &[],
            Self::Intent | Self::Judged => &[Field::CallId, Field::Transport],
            Self::Outcome => &[
                Field::CallId,
                Field::RefSeq,
                Field::Outcome,
                Field::BytesOut,
                Field::Redactions,
                Field::Dropped,
                Field::DurationMicroseconds,
            ],
            Self::Refusal => &[Field::CallId, Field::Transport, Field::Executed],
            Self::AuthAggregate | Self::LimitAggregate | Self::Lost => AGGREGATE,
            Self::Approval => &[Field::ApprovalId, Field::State],
            Self::PolicyLoad => &[Field::PolicyDigest],
            Self::PolicyReject => &[Field::Code],
            Self::KeyRotate => &[Field::CheckpointKey],
            Self::Switch => &[Field::Switch, Field::State],
            Self::SegmentOpen => &[Field::FirstSeq, Field::PrevSegmentSha256],
            Self::SegmentClose => &[Field::NextSegment],
            Self::Recover => &[Field::LastGoodSeq, Field::TornBytes, Field::TornSha256],
            Self::Prune | Self::Checkpoint => &[Field::ThroughSeq, Field::TipHash],
            Self::Suspend => &[Field::Code],
        }))
    }

    /// The fields that a line of this kind may carry, the required ones included.
    #[must_use]
    pub const fn allowed(self) -> FieldSet {
        const TEXT: FieldSet = FieldSet::of(&[Field::Detail, Field::Cut]);
        const ACTOR: FieldSet = FieldSet::of(&[
            Field::CallId,
            Field::CorrelationId,
            Field::Principal,
            Field::Roles,
            Field::Transport,
        ]);
        let own = match self {
            Self::ChainOpen => FieldSet::of(&[Field::PolicyDigest, Field::CheckpointKey, Field::Epoch]),
            Self::Start => FieldSet::of(&[Field::PolicyDigest, Field::PolicyGeneration, Field::Uncovered]),
            Self::ChainClose | Self::Stop => ACTOR.and(FieldSet::of(&[Field::Code])),
            Self::Intent | Self::Judged | Self::Refusal => CALL,
            Self::Outcome => {
                FieldSet::of(&[Field::Code, Field::Rules, Field::ResultCommit, Field::Executed, Field::JobId])
            }
            Self::AuthAggregate | Self::LimitAggregate => FieldSet::of(&[
                Field::Principal,
                Field::Transport,
                Field::Tool,
                Field::Code,
                Field::Scope,
                Field::Origin,
            ]),
            Self::Lost => FieldSet::of(&[Field::Scope, Field::Code]),
            Self::Approval => ACTOR.and(CALL).and(FieldSet::of(&[Field::Origin, Field::ExpiresAt])),
            Self::PolicyLoad => ACTOR.and(FieldSet::of(&[Field::PolicyGeneration, Field::Origin])),
            Self::PolicyReject => {
                ACTOR.and(FieldSet::of(&[Field::PolicyDigest, Field::PolicyGeneration, Field::Origin]))
            }
            Self::KeyRotate => ACTOR.and(FieldSet::of(&[Field::Epoch, Field::Signature])),
            Self::Switch => ACTOR.and(FieldSet::of(&[Field::Scope, Field::Origin, Field::ExpiresAt])),
            Self::SegmentOpen => FieldSet::of(&[Field::Program, Field::Format]),
            Self::SegmentClose => FieldSet::of(&[Field::FirstSeq, Field::Count]),
            Self::Recover => FieldSet::of(&[Field::Quarantine]),
            Self::Prune => ACTOR.and(FieldSet::of(&[
                Field::CheckpointKey,
                Field::FirstSeq,
                Field::RootHash,
                Field::Count,
                Field::Origin,
                Field::Epoch,
                Field::Signature,
            ])),
            Self::Suspend => FieldSet::of(&[Field::Scope]),
            Self::Checkpoint => FieldSet::of(&[
                Field::RootHash,
                Field::Count,
                Field::Origin,
                Field::CheckpointKey,
                Field::Epoch,
                Field::SubjectChain,
                Field::Signature,
            ]),
        };
        self.required().and(own).and(TEXT)
    }
}

#[cfg(test)]
mod tests;
