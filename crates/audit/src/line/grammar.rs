//! The grammar of a line: which fields, in which order, of which form, and which kind carries which.
//! There is one, whoever reads: what is kept of it is decided by a [`Keep`].

use jiff::Timestamp;
use uuid::Uuid;

use super::members::{Cursor, Keys};
use crate::{
    digest::Digest,
    field::{Field, FieldSet},
    limit,
    text::Text,
    verify::fault::FaultClass,
    vocabulary::{Capability, Effect, Kind, OutcomeStatus},
};

/// Takes the values of a line as they are read, and keeps what it wants of them.
pub(super) trait Keep<'line> {
    fn text(&mut self, field: Field, value: Text<'line>);
    fn integer(&mut self, field: Field, value: u64);
    fn digest(&mut self, field: Field, value: Digest);
    fn identifier(&mut self, field: Field, value: Uuid);
    fn moment(&mut self, field: Field, value: Timestamp);
    fn boolean(&mut self, _field: Field, _value: bool) {}
    fn capability(&mut self, _value: Capability) {}
    fn effect(&mut self, _value: Effect) {}
    fn outcome(&mut self, _value: OutcomeStatus) {}
    fn role(&mut self, _role: Text<'line>) {}
    fn rule(&mut self, _id: Text<'line>, _line: u32) {}
    fn argument(&mut self, _name: Text<'line>, _value: Text<'line>) {}
    /// The next access begins.
    fn access(&mut self) {}
    /// A member of the access that began last.
    fn of_access(&mut self, _member: OfAccess<'line>) {}
    fn of_restriction(&mut self, _member: OfRestriction<'line>) {}
}

/// A member of an access; a path at a time.
pub(super) enum OfAccess<'line> {
    Repository(Text<'line>),
    Reference(Text<'line>),
    Path(Text<'line>),
    PathsMore(u64),
    Found(bool),
    Host(Text<'line>),
}

/// A member of a restriction; a repository at a time, and their end at last.
pub(super) enum OfRestriction<'line> {
    ReadOnly,
    DryRun,
    Repository(Text<'line>),
    RepositoriesMore(u64),
}

type Parsed<T> = Result<T, FaultClass>;

const FIELDS: Keys<FIELD_COUNT> = Keys::new({
    let mut names = [""; FIELD_COUNT];
    let (mut from, mut to): (&[Field], &mut [&str]) = (Field::ALL, &mut names);
    while let ([field, fields @ ..], [name, rest @ ..]) = (from, to) {
        *name = field.as_str();
        (from, to) = (fields, rest);
    }
    names
});
const FIELD_COUNT: usize = Field::ALL.len();

/// What each kind demands and allows, worked out once.
const SETS: [(FieldSet, FieldSet); Kind::ALL.len()] = {
    let mut sets = [(FieldSet::EMPTY, FieldSet::EMPTY); Kind::ALL.len()];
    let (mut from, mut to): (&[Kind], &mut [(FieldSet, FieldSet)]) = (Kind::ALL, &mut sets);
    while let ([kind, kinds @ ..], [set, rest @ ..]) = (from, to) {
        *set = (kind.required(), kind.allowed());
        (from, to) = (kinds, rest);
    }
    sets
};

/// Reads the hashed part of a line, hands its values to `keep`, and returns its kind.
///
/// # Errors
/// The class of the first fault.
pub(super) fn read<'line>(body: &'line str, keep: &mut impl Keep<'line>) -> Parsed<Kind> {
    let mut cursor = Cursor(body);
    let mut kind = Kind::ChainOpen;
    let mut seen = FieldSet::EMPTY;
    let mut last: Option<usize> = None;
    cursor.expect("{")?;
    while !cursor.0.is_empty() {
        if last.is_some() {
            cursor.expect(",")?;
        }
        let place = cursor.key(&FIELDS, last).map_err(|class| {
            // an earlier key that was there already is a second one rather than a misplaced one
            if class == FaultClass::KeyOrder && stands_twice(body, cursor.0) {
                FaultClass::DuplicateKey
            } else {
                class
            }
        })?;
        let field = Field::ALL.get(place).copied().ok_or(FaultClass::UnknownKey)?;
        if field == Field::Kind {
            kind = cursor.word(Kind::parse)?;
        } else {
            value(&mut cursor, field, keep)?;
        }
        seen.insert(field);
        last = Some(place);
    }
    seen.insert(Field::EntryHash);
    let (required, allowed) = SETS.get(kind as usize).copied().unwrap_or((seen, FieldSet::EMPTY));
    if !required.is_within(seen) {
        return Err(FaultClass::MissingField);
    }
    if !seen.is_within(allowed) {
        return Err(FaultClass::ForeignField);
    }
    Ok(kind)
}

/// Whether the key that ends where `rest` begins also stands earlier in `body`.
fn stands_twice(body: &str, rest: &str) -> bool {
    let Some(read) = body.strip_suffix(rest) else { return false };
    let Some((before, key)) = read.strip_suffix("\":").and_then(|read| read.rsplit_once('"')) else {
        return false;
    };
    before.contains(&format!("\"{key}\":"))
}

fn value<'line>(cursor: &mut Cursor<'line>, field: Field, keep: &mut impl Keep<'line>) -> Parsed<()> {
    match field {
        Field::Version => {
            if cursor.integer()? != 1 {
                return Err(FaultClass::UnsupportedVersion);
            }
        }
        // read by the caller, since it decides about all others
        Field::Kind => {}
        Field::ChainId | Field::Writer | Field::CallId | Field::SubjectChain => {
            keep.identifier(field, cursor.identifier()?)
        }
        Field::CorrelationId
        | Field::TraceId
        | Field::Principal
        | Field::Token
        | Field::Transport
        | Field::Tool
        | Field::WriteMode
        | Field::Code
        | Field::PolicyDigest
        | Field::ApprovalId
        | Field::Program
        | Field::Format
        | Field::CheckpointKey
        | Field::NextSegment
        | Field::Quarantine
        | Field::Scope
        | Field::Origin
        | Field::Switch
        | Field::State
        | Field::JobId
        | Field::Detail
        | Field::Signature => keep.text(field, cursor.text()?),
        Field::Seq
        | Field::AccessesMore
        | Field::PolicyGeneration
        | Field::RefSeq
        | Field::BytesOut
        | Field::Redactions
        | Field::Dropped
        | Field::DurationMicroseconds
        | Field::FirstSeq
        | Field::LastGoodSeq
        | Field::TornBytes
        | Field::ThroughSeq
        | Field::Count
        | Field::Uncovered
        | Field::Epoch
        | Field::Cut => keep.integer(field, cursor.integer()?),
        Field::ArgsCommit
        | Field::ResultCommit
        | Field::PrevSegmentSha256
        | Field::TornSha256
        | Field::TipHash
        | Field::RootHash
        | Field::EffectDigest
        | Field::PrevHash => keep.digest(field, cursor.digest()?),
        Field::Moment | Field::WindowStart | Field::WindowEnd | Field::ExpiresAt => {
            keep.moment(field, cursor.moment()?)
        }
        Field::Enforced | Field::Executed => keep.boolean(field, cursor.boolean()?),
        Field::Capability => keep.capability(cursor.word(Capability::parse)?),
        Field::Effect => keep.effect(cursor.word(Effect::parse)?),
        Field::Outcome => keep.outcome(cursor.word(OutcomeStatus::parse)?),
        Field::Roles => {
            cursor.list(limit::ROLES, |cursor| cursor.text().map(|role| keep.role(role)))?;
        }
        Field::Accesses => {
            cursor.list(limit::ACCESSES, |cursor| access(cursor, keep))?;
        }
        Field::Rules => {
            cursor.list(limit::RULES, |cursor| rule(cursor, keep))?;
        }
        Field::Arguments => {
            cursor.list(limit::ARGUMENTS, |cursor| argument(cursor, keep))?;
        }
        Field::Restriction => restriction(cursor, keep)?,
        // the suffix is cut off, so this is a second one
        Field::EntryHash => return Err(FaultClass::DuplicateKey),
    }
    Ok(())
}

fn access<'line>(cursor: &mut Cursor<'line>, keep: &mut impl Keep<'line>) -> Parsed<()> {
    const KEYS: Keys<6> = Keys::new(["repo", "ref", "paths", "paths_more", "found", "host"]);
    keep.access();
    cursor.object(&KEYS, |cursor, place| {
        let member = match place {
            0 => OfAccess::Repository(cursor.text()?),
            1 => OfAccess::Reference(cursor.text()?),
            2 => {
                cursor.list(limit::PATHS, |cursor| {
                    cursor.text().map(|path| keep.of_access(OfAccess::Path(path)))
                })?;
                return Ok(());
            }
            3 => OfAccess::PathsMore(cursor.integer()?),
            4 => OfAccess::Found(cursor.boolean()?),
            _ => OfAccess::Host(cursor.text()?),
        };
        keep.of_access(member);
        Ok(())
    })
}

fn rule<'line>(cursor: &mut Cursor<'line>, keep: &mut impl Keep<'line>) -> Parsed<()> {
    const KEYS: Keys<2> = Keys::new(["id", "line"]);
    let (mut id, mut line) = (None, None);
    cursor.object(&KEYS, |cursor, place| {
        match place {
            0 => id = Some(cursor.text()?),
            _ => line = Some(u32::try_from(cursor.integer()?).map_err(|_| FaultClass::BadNumber)?),
        }
        Ok(())
    })?;
    let (id, line) = id.zip(line).ok_or(FaultClass::MissingField)?;
    keep.rule(id, line);
    Ok(())
}

fn argument<'line>(cursor: &mut Cursor<'line>, keep: &mut impl Keep<'line>) -> Parsed<()> {
    const KEYS: Keys<2> = Keys::new(["name", "value"]);
    let (mut name, mut value) = (None, None);
    cursor.object(&KEYS, |cursor, place| {
        let text = Some(cursor.text()?);
        match place {
            0 => name = text,
            _ => value = text,
        }
        Ok(())
    })?;
    let (name, value) = name.zip(value).ok_or(FaultClass::MissingField)?;
    keep.argument(name, value);
    Ok(())
}

/// Reads what was given up. There is one spelling: what was not is absent, and so is the whole field where nothing was.
fn restriction<'line>(cursor: &mut Cursor<'line>, keep: &mut impl Keep<'line>) -> Parsed<()> {
    const KEYS: Keys<4> = Keys::new(["read_only", "dry_run", "repos", "repos_more"]);
    let (mut any, mut listed, mut counted) = (false, 0, false);
    cursor.object(&KEYS, |cursor, place| {
        match place {
            0 | 1 => {
                if !cursor.boolean()? {
                    return Err(FaultClass::BadValue);
                }
                keep.of_restriction(if place == 0 { OfRestriction::ReadOnly } else { OfRestriction::DryRun });
            }
            2 => {
                listed = cursor.list(limit::REPOSITORIES, |cursor| {
                    cursor.text().map(|alias| keep.of_restriction(OfRestriction::Repository(alias)))
                })?;
            }
            _ => {
                keep.of_restriction(OfRestriction::RepositoriesMore(cursor.integer()?));
                counted = true;
            }
        }
        any = true;
        Ok(())
    })?;
    match (any, listed, counted) {
        (_, 1.., false) => Err(FaultClass::MissingField),
        (false, ..) => Err(FaultClass::BadValue),
        _ => Ok(()),
    }
}
