//! Where the work tree is not what the index says: one walk through it, through confinement and on as many threads as there are
//! processors. What only the file system's own comparison of names can tell is left to the engine.

mod content;
mod directory;
mod engine;
mod queue;
mod tracked;

use std::num::NonZero;
use std::sync::atomic::AtomicUsize;

use gitoma_confine::RepoRoot;
use gitoma_core::{ExecContext, ToolError};
use gix::ObjectId;
use gix::bstr::BString;
use gix::index::State;
use gix::index::entry::{Mode, stat};

use crate::object::unavailable;
use crate::rule_files;
use crate::view::View;
use directory::Worker;
use queue::{Directory, Queue};

/// How many entries of directories are looked at.
pub(crate) const MAX_ENTRIES: usize = 500_000;
/// The fewest tracked files that a thread is worth starting for.
const FILES_A_THREAD: usize = 500;
/// The most threads of one call.
const MAX_THREADS: usize = 8;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// At tracked files.
    Tracked,
    /// At every file that is not ignored as well.
    Everything,
}

/// A path where the work tree is not what the index says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unstaged {
    /// As git or the system has it; whether it may be named is for the caller to judge.
    pub(crate) path: BString,
    pub(crate) what: What,
}

/// What is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A tracked file that is gone.
    Deleted(Entry),
    /// A tracked file that has another content, or may be executed and might not, or the other way round.
    Modified(Entry),
    /// Something else than was tracked: a link for a file, say.
    TypeChanged(Entry),
    /// A file that is meant to be added, and of which the index has no content.
    IntentToAdd,
    /// A file that a merge left in conflict.
    Conflicted,
    /// A file that is not tracked.
    UntrackedFile,
    /// A symbolic link that is not tracked.
    UntrackedLink,
    /// The root of another repository that is not tracked.
    UntrackedRepository,
}

/// What the index has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: Mode,
    pub(crate) id: ObjectId,
}

/// All differences in `scope`, in no order, and what `meanwhile` returns, which runs beside the walk.
///
/// # Errors
/// [`ToolError::Confined`] by `path:special-file` where a pipe, socket or device has the name of a file of rules,
/// [`ToolError::TooLarge`] where one has more than 8 MiB, [`ToolError::Unsuitable`] beyond 500,000 entries, and those of
/// `meanwhile`.
pub(crate) fn beside<T>(
    view: &View<'_>,
    index: &State,
    scope: Scope,
    meanwhile: impl FnOnce() -> Result<T, ToolError>,
) -> Result<(Vec<Unstaged>, T), ToolError> {
    let engine = view.engine();
    rule_files::check_own(engine)?;
    let files = engine.filesystem_options().map_err(unavailable("repository"))?;
    // Names that the file system folds cannot be told apart by their bytes.
    if files.ignore_case || files.precompose_unicode || index.is_sparse() {
        rule_files::check(view, index, scope)?;
        let value = meanwhile()?;
        return Ok((engine::differences(view, index, scope)?, value));
    }
    let mut stat = engine.stat_options().map_err(unavailable("repository"))?;
    // Nobody but the gateway writes the index of a disposable worktree, and it notes times in full before anybody can change a
    // file. So a file of the same second as the index, which is any of a worktree just made, need not be read.
    stat.use_nsec |= view.repository().generation().is_some();
    // Numbers of file systems change from one mount to the next; git does not compare them either.
    stat.use_stdev = false;
    let comparison = Comparison {
        root: view.repository().work_tree()?,
        index,
        context: view.context(),
        scope,
        stat,
        symlinks: files.symlink,
        executable_bit: files.executable_bit,
        left: AtomicUsize::new(MAX_ENTRIES),
        queue: Queue::new(Directory { path: BString::default(), entries: 0..index.entries().len() }),
    };
    comparison.run(engine, meanwhile)
}

/// All differences in `scope`, in no order.
///
/// # Errors
/// As [`beside`].
pub(crate) fn differences(view: &View<'_>, index: &State, scope: Scope) -> Result<Vec<Unstaged>, ToolError> {
    beside(view, index, scope, || Ok(())).map(|(found, ())| found)
}

/// What all threads of a comparison share.
struct Comparison<'c> {
    root: &'c RepoRoot,
    index: &'c State,
    context: &'c ExecContext,
    scope: Scope,
    stat: stat::Options,
    /// Whether the file system has links.
    symlinks: bool,
    /// Whether the file system keeps who may execute a file.
    executable_bit: bool,
    /// How many entries of directories may still be looked at.
    left: AtomicUsize,
    queue: Queue,
}

impl Comparison<'_> {
    fn run<T>(
        &self,
        engine: &gix::Repository,
        meanwhile: impl FnOnce() -> Result<T, ToolError>,
    ) -> Result<(Vec<Unstaged>, T), ToolError> {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let worth = self.index.entries().len() / FILES_A_THREAD;
        let helpers = processors.min(MAX_THREADS).min(worth).saturating_sub(1);
        std::thread::scope(|threads| {
            // A thread that cannot be started is one that does not help.
            let started: Vec<_> = (0..helpers)
                .filter_map(|_| {
                    let engine = engine.clone();
                    let named = std::thread::Builder::new().name("gitoma-compare".into());
                    named.spawn_scoped(threads, move || self.work(&engine)).ok()
                })
                .collect();
            let value = meanwhile().inspect_err(|_| self.queue.stop());
            let mut found = self.work(engine);
            for helper in started {
                let more = helper.join().unwrap_or_else(|_| {
                    Err(ToolError::unavailable("work tree", "a thread of the comparison panicked"))
                });
                found = found.and_then(|mut found| {
                    found.extend(more?);
                    Ok(found)
                });
            }
            // What the walk says of being stopped early is no news where that was the reason.
            let value = value?;
            Ok((found?, value))
        })
    }

    /// Takes directories from the queue until there are no more.
    fn work(&self, engine: &gix::Repository) -> Result<Vec<Unstaged>, ToolError> {
        let mut worker = Worker::new(self, engine);
        while let Some(turn) = self.queue.next() {
            self.context.checkpoint()?;
            worker.compare(turn.directory())?;
            turn.done();
        }
        Ok(worker.found())
    }
}
