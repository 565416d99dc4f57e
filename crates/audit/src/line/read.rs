//! Reads a line in its one spelling, or says which class of fault it has.
//! It looks at one line alone: links, gaps and references between lines belong to the verifier.

use std::sync::Arc;

use super::{END, HASH_KEY, SUFFIX_BYTES, entry::Entry, members::Cursor};
use crate::{
    call::{Access, Argument, Restriction, RuleRef},
    digest::Digest,
    field::{Field, FieldSet},
    limit,
    verify::fault::FaultClass,
    vocabulary::{Capability, Effect, Kind, OutcomeStatus},
};

/// Reads `line`, which comes without its LF, and checks its own hash.
///
/// # Errors
/// The class of the first fault: framing before hash, hash before spelling.
pub(crate) fn read(line: &[u8]) -> Result<Entry, FaultClass> {
    if line.len() >= limit::LINE_BYTES {
        return Err(FaultClass::LineTooLong);
    }
    parse(line).map_err(|class| match class {
        // more telling than what the parser stumbled over
        FaultClass::HashMismatch => class,
        _ if line.is_empty() => FaultClass::EmptyLine,
        _ if line.starts_with(b"\xef\xbb\xbf") => FaultClass::ByteOrderMark,
        _ if memchr::memchr(b'\r', line).is_some() => FaultClass::CarriageReturn,
        _ if memchr::memchr(0, line).is_some() => FaultClass::NulByte,
        _ => class,
    })
}

/// The hash that stands at the end of `line`, and the bytes that it covers.
pub(crate) fn split(line: &str) -> Option<(&str, Digest)> {
    let (body, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
    let hash = suffix.strip_prefix(HASH_KEY)?.strip_suffix(END)?;
    Some((body, Digest::parse(hash)?))
}

fn parse(line: &[u8]) -> Result<Entry, FaultClass> {
    let line = std::str::from_utf8(line).map_err(|_| FaultClass::InvalidUtf8)?;
    let (body, hash) = split(line).ok_or(FaultClass::BadSuffix)?;
    if Digest::of(body.as_bytes()) != hash {
        return Err(FaultClass::HashMismatch);
    }
    let mut entry = Entry::blank();
    let mut cursor = Cursor(body);
    let mut seen = FieldSet::EMPTY;
    let mut last: Option<usize> = None;
    cursor.expect("{")?;
    while !cursor.0.is_empty() {
        if last.is_some() {
            cursor.expect(",")?;
        }
        let place = cursor.key(&Field::ALL.iter().map(|field| field.as_str()), last).map_err(|class| {
            // an earlier key that was there already is a second one rather than a misplaced one
            if class == FaultClass::KeyOrder && stands_twice(body, cursor.0) {
                FaultClass::DuplicateKey
            } else {
                class
            }
        })?;
        let field = Field::ALL.get(place).copied().ok_or(FaultClass::UnknownKey)?;
        value(&mut cursor, field, &mut entry)?;
        seen.insert(field);
        last = Some(place);
    }
    seen.insert(Field::EntryHash);
    if entry.kind.required().first_outside(seen).is_some() {
        return Err(FaultClass::MissingField);
    }
    if seen.first_outside(entry.kind.allowed()).is_some() {
        return Err(FaultClass::ForeignField);
    }
    entry.entry_hash = hash;
    line.clone_into(&mut entry.raw);
    Ok(entry)
}

/// Whether the key that ends where `rest` begins also stands earlier in `body`.
fn stands_twice(body: &str, rest: &str) -> bool {
    let Some(read) = body.strip_suffix(rest) else { return false };
    let Some((before, key)) = read.strip_suffix("\":").and_then(|read| read.rsplit_once('"')) else {
        return false;
    };
    before.contains(&format!("\"{key}\":"))
}

fn value(cursor: &mut Cursor<'_>, field: Field, entry: &mut Entry) -> Result<(), FaultClass> {
    match field {
        Field::Version => {
            if cursor.integer()? != 1 {
                return Err(FaultClass::UnsupportedVersion);
            }
        }
        Field::ChainId => entry.chain_id = cursor.identifier()?,
        Field::Seq => entry.seq = cursor.integer()?,
        Field::Moment => entry.moment = cursor.moment()?,
        Field::Writer => entry.writer = cursor.identifier()?,
        Field::Kind => entry.kind = cursor.word(Kind::parse)?,
        Field::CallId => entry.call_id = Some(cursor.identifier()?),
        Field::CorrelationId => entry.correlation_id = Some(cursor.string()?),
        Field::TraceId => entry.trace_id = Some(cursor.string()?),
        Field::Principal => entry.principal = Some(cursor.string()?),
        Field::Roles => entry.roles = cursor.list(limit::ROLES, Cursor::string)?,
        Field::Transport => entry.transport = Some(cursor.string()?),
        Field::Tool => entry.tool = Some(cursor.string()?),
        Field::Capability => entry.capability = Some(cursor.word(Capability::parse)?),
        Field::Accesses => entry.accesses = cursor.list(limit::ACCESSES, access)?,
        Field::AccessesMore => entry.accesses_more = Some(cursor.integer()?),
        Field::WriteMode => entry.write_mode = Some(cursor.string()?),
        Field::Effect => entry.effect = Some(cursor.word(Effect::parse)?),
        Field::Enforced => entry.enforced = Some(cursor.boolean()?),
        Field::Code => entry.code = Some(cursor.string()?),
        Field::Rules => entry.rules = cursor.list(limit::RULES, rule)?,
        Field::PolicyDigest => entry.policy_digest = Some(cursor.string()?),
        Field::PolicyGeneration => entry.policy_generation = Some(cursor.integer()?),
        Field::ApprovalId => entry.approval_id = Some(cursor.string()?),
        Field::ArgsCommit => entry.args_commit = Some(cursor.digest()?),
        Field::ResultCommit => entry.result_commit = Some(cursor.digest()?),
        Field::Arguments => entry.arguments = cursor.list(limit::ARGUMENTS, argument)?,
        Field::Restriction => entry.restriction = Some(restriction(cursor)?),
        Field::RefSeq => entry.ref_seq = Some(cursor.integer()?),
        Field::Outcome => entry.outcome = Some(cursor.word(OutcomeStatus::parse)?),
        Field::BytesOut => entry.bytes_out = Some(cursor.integer()?),
        Field::Redactions => entry.redactions = Some(cursor.integer()?),
        Field::Dropped => entry.dropped = Some(cursor.integer()?),
        Field::DurationMicroseconds => entry.duration_us = Some(cursor.integer()?),
        Field::Executed => entry.executed = Some(cursor.boolean()?),
        Field::Program => entry.program = Some(cursor.string()?),
        Field::Format => entry.format = Some(cursor.string()?),
        Field::CheckpointKey => entry.checkpoint_key = Some(cursor.string()?),
        Field::FirstSeq => entry.first_seq = Some(cursor.integer()?),
        Field::PrevSegmentSha256 => entry.prev_segment_sha256 = Some(cursor.digest()?),
        Field::NextSegment => entry.next_segment = Some(cursor.string()?),
        Field::LastGoodSeq => entry.last_good_seq = Some(cursor.integer()?),
        Field::TornBytes => entry.torn_bytes = Some(cursor.integer()?),
        Field::TornSha256 => entry.torn_sha256 = Some(cursor.digest()?),
        Field::Quarantine => entry.quarantine = Some(cursor.string()?),
        Field::ThroughSeq => entry.through_seq = Some(cursor.integer()?),
        Field::TipHash => entry.tip_hash = Some(cursor.digest()?),
        Field::RootHash => entry.root_hash = Some(cursor.digest()?),
        Field::Count => entry.count = Some(cursor.integer()?),
        Field::WindowStart => entry.window_start = Some(cursor.moment()?),
        Field::WindowEnd => entry.window_end = Some(cursor.moment()?),
        Field::Scope => entry.scope = Some(cursor.string()?),
        Field::Origin => entry.origin = Some(cursor.string()?),
        Field::Switch => entry.switch = Some(cursor.string()?),
        Field::State => entry.state = Some(cursor.string()?),
        Field::JobId => entry.job_id = Some(cursor.string()?),
        Field::EffectDigest => entry.effect_digest = Some(cursor.digest()?),
        Field::ExpiresAt => entry.expires_at = Some(cursor.moment()?),
        Field::SubjectChain => entry.subject_chain = Some(cursor.identifier()?),
        Field::Epoch => entry.epoch = Some(cursor.integer()?),
        Field::Detail => entry.detail = Some(cursor.string()?),
        Field::Signature => entry.signature = Some(cursor.string()?),
        Field::Cut => entry.cut = Some(cursor.integer()?),
        Field::PrevHash => entry.prev_hash = cursor.digest()?,
        // the suffix is cut off, so this is a second one
        Field::EntryHash => return Err(FaultClass::DuplicateKey),
    }
    Ok(())
}

fn access(cursor: &mut Cursor<'_>) -> Result<Access, FaultClass> {
    let mut access = Access::default();
    cursor.object(&["repo", "ref", "paths", "paths_more", "found", "host"], |cursor, place| {
        match place {
            0 => access.repo = Some(Arc::from(cursor.string()?)),
            1 => access.reference = Some(cursor.string()?),
            2 => access.paths = cursor.list(limit::PATHS, Cursor::string)?,
            3 => access.paths_more = cursor.integer()?,
            4 => access.found = Some(cursor.boolean()?),
            _ => access.host = Some(cursor.string()?),
        }
        Ok(())
    })?;
    Ok(access)
}

fn rule(cursor: &mut Cursor<'_>) -> Result<RuleRef, FaultClass> {
    let (mut id, mut line) = (None, None);
    cursor.object(&["id", "line"], |cursor, place| {
        match place {
            0 => id = Some(Arc::from(cursor.string()?)),
            _ => line = Some(u32::try_from(cursor.integer()?).map_err(|_| FaultClass::BadNumber)?),
        }
        Ok(())
    })?;
    id.zip(line).map(|(id, line)| RuleRef { id, line }).ok_or(FaultClass::MissingField)
}

fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, FaultClass> {
    let (mut name, mut value) = (None, None);
    cursor.object(&["name", "value"], |cursor, place| {
        let text = cursor.string()?;
        match place {
            0 => name = Some(text),
            _ => value = Some(text),
        }
        Ok(())
    })?;
    name.zip(value).map(|(name, value)| Argument { name, value }).ok_or(FaultClass::MissingField)
}

/// Reads what was given up. There is one spelling: what was not is absent, and so is the whole field where nothing was.
fn restriction(cursor: &mut Cursor<'_>) -> Result<Restriction, FaultClass> {
    let mut restriction = Restriction::default();
    let (mut listed, mut more) = (Vec::new(), None);
    cursor.object(&["read_only", "dry_run", "repos", "repos_more"], |cursor, place| {
        match place {
            0 => restriction.read_only = given_up(cursor)?,
            1 => restriction.dry_run = given_up(cursor)?,
            2 => listed = cursor.list(limit::REPOSITORIES, Cursor::string)?,
            _ => more = Some(cursor.integer()?),
        }
        Ok(())
    })?;
    match more {
        Some(more) => (restriction.repositories, restriction.repositories_more) = (Some(listed), more),
        None if !listed.is_empty() => return Err(FaultClass::MissingField),
        None if !restriction.read_only && !restriction.dry_run => return Err(FaultClass::BadValue),
        None => {}
    }
    Ok(restriction)
}

fn given_up(cursor: &mut Cursor<'_>) -> Result<bool, FaultClass> {
    if cursor.boolean()? { Ok(true) } else { Err(FaultClass::BadValue) }
}
