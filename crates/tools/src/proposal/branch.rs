//! A branch that a commit goes onto: its tip as it was read, and the swap that happens only if it is still there.

use std::sync::Arc;
use std::time::Duration;

use gitoma_confine::{LayoutError, check_ref_place};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::lock::acquire::Fail;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use super::signature;
use crate::object::{no_room, unavailable};
use crate::place::BranchName;
use crate::repositories::Repository;
use crate::view::View;

/// How long a branch that is locked is waited for, as git does.
const LOCK_WAIT: Duration = Duration::from_millis(100);
/// The same for the file of packed references.
const PACKED_LOCK_WAIT: Duration = Duration::from_secs(1);

fn wait(longest: Duration) -> Fail {
    Fail::AfterDurationWithBackoff(longest)
}

/// A branch and what it points at.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) name: BranchName,
    pub(crate) tip: ObjectId,
    /// Whether it is still to be made, at that very commit.
    pub(crate) new: bool,
    /// The repository that has it.
    pub(crate) home: Arc<Repository>,
    /// The host of the address that commits name.
    pub(crate) mail_host: Arc<str>,
}

impl Branch {
    /// The branch `name` of the repository that `view` looks at, or whose worktree it is; `None` if there is no such branch.
    pub(crate) fn find(view: &View<'_>, name: &BranchName) -> Result<Option<Self>, ToolError> {
        let home = view.repositories().find(view.repository().alias())?;
        let mail_host = Arc::clone(&view.repositories().writes()?.mail_host);
        let engine = home.engine();
        let Some(found) = engine.try_find_reference(&name.full()).map_err(unavailable("reference"))? else {
            return Ok(None);
        };
        let Some(tip) = found.target().try_id().map(ToOwned::to_owned) else {
            let reason = "this branch only stands for another one (a symbolic reference); name that one, or a branch of your own";
            return Err(ToolError::Conflict { reason: reason.into() });
        };
        let header = engine.find_header(tip).map_err(unavailable("object"))?;
        if header.kind() != gix::object::Kind::Commit {
            let reason =
                "the branch is at something other than a commit; the repository's owner can mend that";
            return Err(ToolError::Unsuitable { reason: reason.into() });
        }
        Ok(Some(Self { name: name.clone(), tip, new: false, home, mail_host }))
    }

    /// The branch `name`, which is still to be made at `tip`.
    ///
    /// # Errors
    /// [`ToolError::SecretWritten`] for a name that holds a secret: it would stand in every list of branches.
    pub(crate) fn new(view: &View<'_>, name: &BranchName, tip: ObjectId) -> Result<Self, ToolError> {
        view.context().redactor().check_message(name.as_str()).map_err(ToolError::SecretWritten)?;
        let home = view.repositories().find(view.repository().alias())?;
        let mail_host = Arc::clone(&view.repositories().writes()?.mail_host);
        let engine = home.engine();
        for taken in ["refs/tags", "refs/remotes"] {
            let other =
                engine.try_find_reference(&format!("{taken}/{name}")).map_err(unavailable("reference"))?;
            if other.is_some() {
                let reason = "a tag or a remote's branch has this name, and would be mistaken for it; choose another name";
                return Err(ToolError::Conflict { reason: reason.into() });
            }
        }
        Ok(Self { name: name.clone(), tip, new: true, home, mail_host })
    }

    /// Requires that the branch is still where the caller has seen it.
    pub(crate) fn require(&self, expected: Option<&ObjectId>) -> Result<(), ToolError> {
        if expected.is_none_or(|expected| *expected == self.tip) {
            return Ok(());
        }
        Err(ToolError::Conflict {
            reason: "the branch is at another commit than `expected_head`; read it again".into(),
        })
    }

    /// Makes the commit object of `tree` on top of the branch.
    pub(super) fn commit(
        &self,
        view: &View<'_>,
        engine: &gix::Repository,
        tree: ObjectId,
        message: &str,
    ) -> Result<ObjectId, ToolError> {
        let signature = signature(view, &self.mail_host);
        let mut buffer = gix::date::parse::TimeBuf::default();
        let author = signature.to_ref(&mut buffer);
        let commit = engine.new_commit_as(author, author, message, tree, [self.tip]);
        commit.map(|commit| commit.id).map_err(unavailable("object"))
    }

    /// Moves the branch from its tip to `commit`, unless it has moved meanwhile. What `keep` does is done while the branch is locked:
    /// nobody can move it any more then.
    pub(super) fn advance(
        &self,
        view: &View<'_>,
        commit: ObjectId,
        keep: impl FnOnce() -> Result<(), ToolError>,
    ) -> Result<(), ToolError> {
        let expected = if self.new {
            PreviousValue::MustNotExist
        } else {
            PreviousValue::MustExistAndMatch(Target::Object(self.tip))
        };
        self.point(view, commit, expected, "commit: by a tool call", keep)
    }

    /// Makes the branch.
    pub(crate) fn create(&self, view: &View<'_>) -> Result<(), ToolError> {
        self.point(view, self.tip, PreviousValue::MustNotExist, "branch: made by a tool call", || Ok(()))
    }

    fn point(
        &self,
        view: &View<'_>,
        commit: ObjectId,
        expected: PreviousValue,
        message: &str,
        keep: impl FnOnce() -> Result<(), ToolError>,
    ) -> Result<(), ToolError> {
        let full = self.name.full();
        let name = gitoma_confine::RefName::parse(&full)
            .map_err(|error| ToolError::Confined { rule: error.rule().into() })?;
        // The engine follows what it finds on the way; a link there would lead the new file anywhere.
        match check_ref_place(self.home.git_dir(), &name) {
            Ok(()) => {}
            // Most often a branch where this one needs a directory.
            Err(LayoutError::Special { .. }) => return Err(self.refused(&self.home.engine())),
            Err(error) => return Err(ToolError::Confined { rule: error.code().into() }),
        }
        let name = FullName::try_from(full).map_err(unavailable("reference"))?;
        let log =
            LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: message.into() };
        let edit = RefEdit {
            change: Change::Update { log, expected, new: Target::Object(commit) },
            name,
            deref: false,
        };
        let signature = signature(view, &self.mail_host);
        let mut buffer = gix::date::parse::TimeBuf::default();
        let engine = self.home.engine();
        // Not as long as the repository's configuration says, which may be for ever.
        let (loose, packed) = (wait(LOCK_WAIT), wait(PACKED_LOCK_WAIT));
        let locked = engine.refs.transaction().prepare([edit], loose, packed);
        let locked = locked.map_err(|error| no_room(&error).unwrap_or_else(|| self.refused(&engine)))?;
        keep()?;
        let edited = locked.commit(Some(signature.to_ref(&mut buffer)));
        edited.map(drop).map_err(|error| no_room(&error).unwrap_or_else(|| self.refused(&engine)))
    }

    /// Tells a branch that is no longer where it was from a repository that cannot be written.
    fn refused(&self, engine: &gix::Repository) -> ToolError {
        let conflict = |reason: &'static str| ToolError::Conflict { reason: reason.into() };
        let now = engine.try_find_reference(&self.name.full()).ok().flatten();
        match now.and_then(|now| now.target().try_id().map(ToOwned::to_owned)) {
            Some(_) if self.new => {
                conflict("the branch was made by somebody else meanwhile; choose another name")
            }
            Some(id) if id == self.tip => {
                conflict("the branch is locked by another program; try again in a moment")
            }
            Some(_) => conflict("the branch has moved meanwhile; read it again, then call again"),
            None if self.new => conflict(
                "the branch cannot be made: it is locked, or another branch is named like a directory of it, or the reverse",
            ),
            None => conflict("the branch is gone; make it with git_create_branch"),
        }
    }
}
