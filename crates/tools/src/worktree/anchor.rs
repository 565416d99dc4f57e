//! The reference that holds what a worktree stands on. Its base may be on no branch any more, and its own branch may be deleted or
//! rewritten by a person: a clean-up of the repository (`git gc`) would take the objects away beneath the files.
//!
//! A reference is the only thing that git's clean-up takes notice of and that keeps the history behind a commit as well. Copies of the
//! objects beside the worktree would have to hold that history too; `.git/worktrees` would register the worktree with git, which
//! would then show it, prune it, and take its branch for checked out. Below `refs/gitoma/` it is no branch: `git branch`, `git push`
//! and clones do not see it, `git log --all` and `git push --mirror` do. It goes with the worktree.

use std::path::Path;

use gitoma_confine::{RefName, check_ref_place};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};
use jiff::Timestamp;

use crate::object::unavailable;
use crate::repositories::Repository;

/// What the gateway's own references begin with.
const OWN: &[u8] = b"refs/gitoma/";
const PREFIX: &str = "refs/gitoma/worktrees/";

/// Whether `name`, a full one, is that of a reference of the gateway's own, seen from whichever work tree, on whichever file system.
pub(crate) fn is_own(name: &BStr) -> bool {
    let name = name.to_ascii_lowercase();
    let shared = name.strip_prefix(b"main-worktree/").or_else(|| {
        let (_, below) = name.strip_prefix(b"worktrees/")?.split_once_str("/")?;
        Some(below)
    });
    shared.unwrap_or(&name).starts_with(OWN)
}

/// The name for the worktree at `place` that was `made` then: another one at the same place, or of another gateway, has another.
pub(super) fn name(place: &Path, made: Timestamp) -> String {
    let place = place.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    format!("{PREFIX}{place}-{}", made.as_nanosecond())
}

/// Points it at `commit`.
pub(super) fn hold(home: &Repository, name: &str, commit: ObjectId) -> Result<(), ToolError> {
    let log = LogChange {
        mode: RefLog::AndReference,
        force_create_reflog: false,
        message: "worktree: by a tool call".into(),
    };
    edit(home, name, Change::Update { log, expected: PreviousValue::Any, new: Target::Object(commit) })
}

/// What it points at; nothing if it is not there.
pub(super) fn held(home: &Repository, name: &str) -> Result<Option<ObjectId>, ToolError> {
    let engine = home.engine();
    let found = engine.try_find_reference(name).map_err(unavailable("reference"))?;
    Ok(found.and_then(|found| found.target().try_id().map(ToOwned::to_owned)))
}

/// Takes it away, if it is there.
pub(super) fn release(home: &Repository, name: &str) -> Result<(), ToolError> {
    if home.engine().try_find_reference(name).map_err(unavailable("reference"))?.is_none() {
        return Ok(());
    }
    edit(home, name, Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference })
}

fn edit(home: &Repository, name: &str, change: Change) -> Result<(), ToolError> {
    let parsed = RefName::parse(name).map_err(|error| ToolError::Confined { rule: error.rule().into() })?;
    // The engine follows what it finds on the way; a link there would lead the new file anywhere.
    check_ref_place(home.git_dir(), &parsed)
        .map_err(|error| ToolError::Confined { rule: error.code().into() })?;
    let name = FullName::try_from(name).map_err(unavailable("reference"))?;
    let signature = gix::actor::Signature {
        name: "gitoma".into(),
        email: "gitoma@gitoma.invalid".into(),
        time: gix::date::Time::now_utc(),
    };
    let mut buffer = gix::date::parse::TimeBuf::default();
    let edit = RefEdit { change, name, deref: false };
    let edited = home.engine().edit_references_as([edit], Some(signature.to_ref(&mut buffer)));
    edited.map(|_edits| ()).map_err(unavailable("reference"))
}
