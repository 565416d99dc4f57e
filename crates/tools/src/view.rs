//! A running call's look at one repository: what it finds is judged here before it is shown, and text is redacted here before
//! it is cut. Tools count nothing themselves; the view keeps the tally of what was left out and what was replaced.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use gitoma_confine::RelPath;
use gitoma_core::policy::{Access, Code, Paths};
use gitoma_core::{ExecContext, RawOutput, ToolError};
use serde_json::{Map, Value};

use crate::masked::MaskedText;
use crate::object::unavailable;
use crate::place::Place;
use crate::repositories::{Repositories, Repository};
use crate::shape::{Fields, Shape};
use crate::worktree::{Lock, Reservation};

/// One call's handle on its repository.
pub(crate) struct View<'a> {
    context: &'a ExecContext,
    place: &'a Place,
    repositories: &'a Repositories,
    repository: Arc<Repository>,
    /// Made when it is first asked for.
    engine: OnceCell<gix::Repository>,
    /// Of a worktree, what keeps it from being swept.
    _lock: Option<Lock>,
    omitted: Cell<u64>,
    redactions: Cell<u64>,
}

impl<'a> View<'a> {
    pub(crate) fn open(
        context: &'a ExecContext,
        repositories: &'a Repositories,
        place: &'a Place,
    ) -> Result<Self, ToolError> {
        let (repository, lock) = match place.worktree() {
            None => (repositories.find(place.repo())?, None),
            Some(branch) => {
                let (worktree, lock) = repositories.worktree(place.repo(), branch, context.principal())?;
                (worktree, Some(lock))
            }
        };
        context.checkpoint()?;
        Ok(Self {
            context,
            place,
            repositories,
            engine: OnceCell::new(),
            repository,
            _lock: lock,
            omitted: Cell::new(0),
            redactions: Cell::new(0),
        })
    }

    /// The same call's look through another engine.
    pub(crate) fn over(&self, engine: gix::Repository) -> Self {
        Self {
            context: self.context,
            place: self.place,
            repositories: self.repositories,
            repository: Arc::clone(&self.repository),
            engine: engine.into(),
            // The view that this one is made of holds it.
            _lock: None,
            omitted: Cell::new(0),
            redactions: Cell::new(0),
        }
    }

    /// What is known of the files of the work tree. Of a disposable worktree it is read anew: the engine tells one index from the next by
    /// their times, and the gateway writes several within one tick of the clock.
    pub(crate) fn index(&self) -> Result<gix::worktree::Index, ToolError> {
        let engine = self.engine();
        if self.repository().generation().is_none() {
            return engine.index_or_empty().map_err(unavailable("index"));
        }
        let index = engine.open_index().map_err(unavailable("worktree"))?;
        Ok(gix::worktree::Index::new(gix::fs::FileSnapshot::new(index)))
    }

    /// The git engine.
    pub(crate) fn engine(&self) -> &gix::Repository {
        self.engine.get_or_init(|| self.repository.engine())
    }

    /// The repository itself, for its work tree.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Checks that nothing leads the git engine elsewhere than when it was opened.
    pub(crate) fn check_unmoved(&self) -> Result<(), ToolError> {
        self.repository.check_unmoved(self.engine())
    }

    /// Requires that the worktree, if it is one, is still the one that was opened: while the call waited for its turn it may have gone,
    /// and somebody else may have made another for the same branch.
    pub(crate) fn require_current(&self) -> Result<(), ToolError> {
        let Some(branch) = self.place.worktree() else { return Ok(()) };
        let worktrees = &self.repositories.writes()?.worktrees;
        let record = worktrees.record(&self.repository, branch, self.context.principal())?;
        if Some(&record.made) == self.repository.generation() {
            return Ok(());
        }
        Err(ToolError::NotFound { what: "worktree" })
    }

    /// Notes that the worktree, if it is one, was worked in. Where that cannot be written its time goes on running.
    pub(crate) fn touch(&self) {
        if let (Some(branch), Ok(writes)) = (self.place.worktree(), self.repositories.writes()) {
            let _ = writes.worktrees.touch(&self.repository, branch, self.context.principal());
        }
    }

    /// Keeps room in the worktree, if it is one, for `grown` bytes more.
    pub(crate) fn grow(&self, grown: u64) -> Result<Option<Reservation>, ToolError> {
        let Some(_) = self.place.worktree() else { return Ok(None) };
        self.repositories.writes()?.worktrees.grow(self.context.principal(), grown).map(Some)
    }

    /// All repositories, and what was decided about writes to them.
    pub(crate) fn repositories(&self) -> &Repositories {
        self.repositories
    }

    /// The pipeline's context.
    pub(crate) fn context(&self) -> &ExecContext {
        self.context
    }

    /// Stops the call if it should stop.
    pub(crate) fn checkpoint(&self) -> Result<(), ToolError> {
        self.context.checkpoint()
    }

    /// Tells the caller, if it wants to know, that `done` is done, of `total` if that is known.
    pub(crate) fn report(&self, done: u64, total: Option<u64>, counted: &'static str) {
        self.context.report(done, total, counted);
    }

    /// Makes a path of what git stored, if it is presentable and policy lets the caller see it; counts it otherwise.
    pub(crate) fn found(&self, bytes: &[u8]) -> Option<RelPath> {
        let path = RelPath::from_git_bytes(bytes).ok().filter(|path| self.judge_path(path).0);
        if path.is_none() {
            self.omit();
        }
        path
    }

    /// Whether policy lets the caller see `path`; counts it otherwise.
    pub(crate) fn admits(&self, path: &RelPath) -> bool {
        let admitted = self.judge_path(path).0;
        if !admitted {
            self.omit();
        }
        admitted
    }

    /// Whether a walk may go into the directory `path`, where every path is judged again.
    ///
    /// A directory that no rule mentions may hold paths that a rule allows; one that a rule refuses may not.
    pub(crate) fn enters(&self, path: &RelPath) -> bool {
        let (admitted, code) = self.judge_path(path);
        let entered = admitted || code == Code::DefaultDeny;
        if !entered {
            self.omit();
        }
        entered
    }

    /// Whether policy lets the caller see the reference `name`; counts it otherwise.
    pub(crate) fn admits_reference(&self, name: &str) -> bool {
        let admitted = self.context.admits(&self.place.access(Some(name), Paths::Discovered));
        if !admitted {
            self.omitted.set(self.omitted.get() + 1);
        }
        admitted
    }

    /// Whether something was left out so far.
    pub(crate) fn has_omitted(&self) -> bool {
        self.omitted.get() > 0
    }

    /// Counts something that is left out.
    pub(crate) fn omit(&self) {
        self.omitted.set(self.omitted.get() + 1);
        self.context.count_dropped(1);
    }

    /// Redacts `text`, whole.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let redacted = self.context.redactor().redact(text);
        self.count_redactions(redacted.findings.len() as u64);
        redacted.text
    }

    /// Redacts `bytes`, whole, keeping its lines.
    pub(crate) fn mask(&self, bytes: &[u8]) -> MaskedText {
        MaskedText::new(bytes, self.context.redactor())
    }

    /// Counts secrets that were replaced in what is shown.
    pub(crate) fn count_redactions(&self, count: u64) {
        self.redactions.set(self.redactions.get() + count);
    }

    /// The result: `fields` with what was left out, and whether it was cut.
    pub(crate) fn finish(&self, fields: Map<String, Value>, truncated: bool) -> Result<RawOutput, ToolError> {
        self.check_unmoved()?;
        Ok(self.shown(fields, truncated))
    }

    /// The same of what files of the work tree hold, which nothing was read for but those. It takes no engine, which would take longer to
    /// make than a file to read.
    pub(crate) fn finish_of_work_tree(
        &self,
        fields: Map<String, Value>,
        truncated: bool,
    ) -> Result<RawOutput, ToolError> {
        if self.engine.get().is_some() {
            self.check_unmoved()?;
        }
        Ok(self.shown(fields, truncated))
    }

    fn shown(&self, mut fields: Map<String, Value>, truncated: bool) -> RawOutput {
        fields.insert("truncated".into(), truncated.into());
        fields.insert("omitted".into(), self.omitted.get().into());
        RawOutput::new(Value::Object(fields)).truncated(truncated).with_redactions(self.redactions.get())
    }

    fn judge_path(&self, path: &RelPath) -> (bool, Code) {
        let paths = Paths::Named(vec![path.as_str().to_owned()]);
        let accesses: Vec<Access> = self.place.accesses(&paths);
        let decision = self.context.judge(&accesses);
        (decision.may_run(), decision.code)
    }
}

/// What [`View::finish`] adds to `result`.
pub(crate) fn finished(result: Fields) -> Fields {
    result
        .required("truncated", Shape::flag())
        .required("omitted", Shape::count().described("Entries not shown to you."))
}

/// The fields every result of a repository begins with.
pub(crate) fn fields(place: &Place) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("repo".into(), place.repo().into());
    fields
}

/// What [`fields`] are.
pub(crate) fn shape() -> Fields {
    Fields::new().required("repo", Shape::text())
}
