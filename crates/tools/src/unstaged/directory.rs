//! One directory: its files of rules are looked at before the engine may read them, its tracked files are compared, and what else
//! is in it is untracked or ignored.

use std::ops::Range;
use std::sync::atomic::Ordering;

use gitoma_confine::{Found, Kind, OpenError, Surveyed};
use gitoma_core::ToolError;
use gix::AttributeStack;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::Mode;
use gix::worktree::stack::state::ignore::Source;

use super::content::Contents;
use super::queue::Directory;
use super::{Comparison, Scope, Unstaged, What};
use crate::object::unavailable;
use crate::rule_files::{self, too_many_entries};

/// How many files are looked at between two looks at the clock.
const CHECKPOINT_EVERY: usize = 64;

/// One thread's part of a comparison.
pub(super) struct Worker<'w, 'c> {
    pub(super) comparison: &'w Comparison<'c>,
    engine: &'w gix::Repository,
    /// What is ignored; made when it is first asked for.
    excludes: Option<AttributeStack<'w>>,
    pub(super) contents: Contents<'w>,
    found: Vec<Unstaged>,
}

/// What the index has in one directory, each beneath the name that it has there.
struct Children<'i> {
    /// The entries of each file, one unless it is in conflict; in the order of names.
    files: Vec<(&'i [u8], Range<usize>)>,
    /// The entries beneath each directory; in the order of names.
    directories: Vec<(&'i [u8], Range<usize>)>,
}

impl<'w, 'c> Worker<'w, 'c> {
    pub(super) fn new(comparison: &'w Comparison<'c>, engine: &'w gix::Repository) -> Self {
        let contents = Contents::new(engine, comparison.index, comparison.context);
        Self { comparison, engine, excludes: None, contents, found: Vec::new() }
    }

    pub(super) fn found(self) -> Vec<Unstaged> {
        self.found
    }

    pub(super) fn push(&mut self, path: &BStr, what: What) {
        self.found.push(Unstaged { path: path.to_owned(), what });
    }

    /// Compares a directory, and adds those in it to the queue.
    pub(super) fn compare(&mut self, directory: &Directory) -> Result<(), ToolError> {
        let comparison = self.comparison;
        let place = match comparison.root.survey(&directory.path) {
            Ok(place) => place,
            Err(OpenError::NotFound | OpenError::NotADirectory | OpenError::LinkRefused) => {
                return self.all_deleted(directory.entries.clone());
            }
            Err(error) => return Err(unavailable("work tree")(error)),
        };
        let listed = match comparison.scope {
            Scope::Tracked => Vec::new(),
            Scope::Everything => self.list(&place)?,
        };
        for name in rule_files::NAMES {
            let name = name.as_bytes();
            if comparison.scope == Scope::Tracked || listed.iter().any(|found| name_of(found) == name) {
                rule_files::check_file(place.look(name).map_err(unavailable("work tree"))?)?;
            }
        }
        let children = comparison.children(directory);
        for (index, (name, entries)) in children.files.iter().enumerate() {
            if index.is_multiple_of(CHECKPOINT_EVERY) {
                comparison.context.checkpoint()?;
            }
            self.tracked(&place, name, entries.clone())?;
        }
        let tracked = children.directories.iter().filter(|(name, _)| *name != b".git");
        comparison.queue.extend(tracked.map(|(name, entries)| Directory {
            path: beneath(directory.path.as_bstr(), name),
            entries: entries.clone(),
        }));
        let untracked = listed.iter().filter(|found| !comparison.tracks(&children, found));
        self.untracked(directory, &place, untracked)
    }

    fn list(&self, place: &Surveyed) -> Result<Vec<Found>, ToolError> {
        let left = &self.comparison.left;
        let listed = place.list(left.load(Ordering::Relaxed)).map_err(unavailable("work tree"))?;
        let enough =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(listed.len()));
        enough.map(|_| listed).map_err(|_| too_many_entries())
    }

    fn untracked<'f>(
        &mut self,
        directory: &Directory,
        place: &Surveyed,
        listed: impl Iterator<Item = &'f Found>,
    ) -> Result<(), ToolError> {
        let mut entered = Vec::new();
        for found in listed {
            let name = name_of(found);
            // Git adds no pipes, sockets or devices, and nothing that is called like this.
            if found.kind == Kind::Other || name == b".git" {
                continue;
            }
            let path = beneath(directory.path.as_bstr(), name);
            if self.is_ignored(path.as_bstr(), found.kind)? {
                continue;
            }
            match found.kind {
                Kind::Directory if place.is_repository(name).map_err(unavailable("work tree"))? => {
                    self.push(path.as_bstr(), What::UntrackedRepository);
                }
                Kind::Directory => entered.push(Directory { path, entries: 0..0 }),
                Kind::Link => self.push(path.as_bstr(), What::UntrackedLink),
                Kind::File | Kind::Other => self.push(path.as_bstr(), What::UntrackedFile),
            }
        }
        self.comparison.queue.extend(entered);
        Ok(())
    }

    /// Asks the engine, which reads `.gitignore` in the directories that `path` lies in; all were looked at.
    fn is_ignored(&mut self, path: &BStr, kind: Kind) -> Result<bool, ToolError> {
        let excludes = match &mut self.excludes {
            Some(excludes) => excludes,
            none => none.insert(
                self.engine
                    .excludes(self.comparison.index, None, Source::WorktreeThenIdMappingIfNotSkipped)
                    .map_err(unavailable("work tree"))?,
            ),
        };
        let mode = if kind == Kind::Directory { Mode::DIR } else { Mode::FILE };
        let at = excludes.at_entry(path, Some(mode)).map_err(unavailable("work tree"))?;
        Ok(at.is_excluded())
    }
}

impl Comparison<'_> {
    /// What the index has in `directory` itself.
    fn children(&self, directory: &Directory) -> Children<'_> {
        let skipped = if directory.path.is_empty() { 0 } else { directory.path.len() + 1 };
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        let (mut at, end) = (directory.entries.start, directory.entries.end);
        while at < end {
            let name = self.tail(at, skipped);
            let first = at;
            if let Some(slash) = name.find_byte(b'/') {
                let (head, _) = name.split_at(slash);
                at = self.run_of(
                    first..end,
                    |tail| tail.strip_prefix(head).is_some_and(|rest| rest.first() == Some(&b'/')),
                    skipped,
                );
                directories.push((head, first..at));
            } else {
                at += 1;
                while at < end && self.tail(at, skipped) == name {
                    at += 1;
                }
                files.push((name, first..at));
            }
        }
        // By whole paths, which they are in the order of, `a-b` comes before `a/b`.
        directories.sort_unstable_by_key(|(name, _)| *name);
        Children { files, directories }
    }

    /// The path of an entry without its first bytes.
    fn tail(&self, entry: usize, skipped: usize) -> &[u8] {
        let entry = self.index.entries().get(entry);
        entry.and_then(|entry| entry.path(self.index).get(skipped..)).unwrap_or_default()
    }

    /// Where those entries of `range` end, which begin with one that `belongs`, that all do.
    fn run_of(&self, range: Range<usize>, belongs: impl Fn(&[u8]) -> bool, skipped: usize) -> usize {
        let entries = self.index.entries().get(range.clone()).unwrap_or_default();
        let count =
            entries.partition_point(|entry| entry.path(self.index).get(skipped..).is_some_and(&belongs));
        range.start + count.max(1)
    }

    /// Whether something is tracked. What stands where the index has something of the other kind, a directory for a file say, is
    /// not; a submodule is, whatever it is by now.
    fn tracks(&self, children: &Children<'_>, found: &Found) -> bool {
        let name = name_of(found);
        let file = children.files.binary_search_by_key(&name, |(name, _)| *name).ok();
        if found.kind != Kind::Directory {
            return file.is_some();
        }
        let submodule = file
            .and_then(|at| children.files.get(at))
            .and_then(|(_, entries)| self.index.entries().get(entries.start))
            .is_some_and(|entry| entry.mode.is_submodule());
        submodule || children.directories.binary_search_by_key(&name, |(name, _)| *name).is_ok()
    }
}

fn name_of(found: &Found) -> &[u8] {
    found.name.as_encoded_bytes()
}

fn beneath(directory: &BStr, name: &[u8]) -> BString {
    let mut path = BString::from(Vec::with_capacity(directory.len() + 1 + name.len()));
    if !directory.is_empty() {
        path.extend_from_slice(directory);
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}
