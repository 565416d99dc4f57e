//! A tracked file beside what the index knows of it, in git's way: what the system says of it is compared first, and its content
//! only where that is another, or where it changed so late that it would say the same.

use std::ops::Range;

use gitoma_confine::{Kind, Looked, Surveyed};
use gitoma_core::ToolError;
use gix::index::entry::mode::Change;
use gix::index::entry::{Flags, Mode, Stat, stat};

use super::directory::Worker;
use super::{Entry, What};
use crate::object::unavailable;

/// What git does not look for in the work tree, or was told not to.
const LEFT_ALONE: Flags =
    Flags::UPTODATE.union(Flags::SKIP_WORKTREE).union(Flags::ASSUME_VALID).union(Flags::FSMONITOR_VALID);

impl Worker<'_, '_> {
    /// Compares the file `name` in `place`, which has `entries` in the index: one, or up to three if it is in conflict.
    pub(super) fn tracked(
        &mut self,
        place: &Surveyed,
        name: &[u8],
        entries: Range<usize>,
    ) -> Result<(), ToolError> {
        let index = self.comparison.index;
        let Some(entry) = index.entries().get(entries.start) else { return Ok(()) };
        if entry.flags.intersects(LEFT_ALONE) {
            return Ok(());
        }
        let path = entry.path(index);
        if entry.stage_raw() != 0 {
            self.push(path, What::Conflicted);
            return Ok(());
        }
        let looked = place.look(name).map_err(unavailable("work tree"))?;
        if let Some(what) = self.difference(place, name, entry, looked)? {
            self.push(path, what);
        }
        Ok(())
    }

    fn difference(
        &mut self,
        place: &Surveyed,
        name: &[u8],
        entry: &gix::index::Entry,
        looked: Option<Looked>,
    ) -> Result<Option<What>, ToolError> {
        let indexed = Entry { mode: entry.mode, id: entry.id };
        let Some(looked) = looked else { return Ok(Some(What::Deleted(indexed))) };
        if looked.kind == Kind::Directory {
            // A submodule is not looked into.
            return Ok((!entry.mode.is_submodule()).then_some(What::Deleted(indexed)));
        }
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            return Ok(Some(What::IntentToAdd));
        }
        // The engine would not say so of a file that may be executed.
        if entry.mode == Mode::FILE_EXECUTABLE && looked.kind != Kind::File {
            return Ok(Some(What::TypeChanged(indexed)));
        }
        let change = entry.mode.change_to_match_fs_with_values(
            looked.kind == Kind::File,
            false,
            looked.kind == Kind::Link,
            looked.executable,
            self.comparison.symlinks,
            self.comparison.executable_bit,
        );
        match change {
            Some(Change::Type { .. }) => return Ok(Some(What::TypeChanged(indexed))),
            Some(Change::ExecutableBit) => return Ok(Some(What::Modified(indexed))),
            None => {}
        }
        let now = stat_of(&looked);
        let (options, written) = (self.comparison.stat, self.comparison.index.timestamp());
        // A size of 0 is git's mark for a file that must be read, unless that is its size.
        let is_marked = entry.id.is_empty_blob() && entry.stat.size != 0;
        if now.matches(&entry.stat, options) && !is_marked && !now.is_racy(written, options) {
            return Ok(None);
        }
        let may_be_marked = entry.stat.size == 0 && !entry.id.is_empty_blob();
        let differs = (u64::from(entry.stat.size) != looked.size && !may_be_marked)
            || self.contents.differs(place, name, entry, looked.kind, self.comparison.symlinks)?;
        Ok(differs.then_some(What::Modified(indexed)))
    }

    /// Files whose directory is not there.
    pub(super) fn all_deleted(&mut self, entries: Range<usize>) -> Result<(), ToolError> {
        let index = self.comparison.index;
        let mut conflict = None;
        for entry in index.entries().get(entries).unwrap_or_default() {
            if entry.flags.intersects(LEFT_ALONE) {
                continue;
            }
            let path = entry.path(index);
            if entry.stage_raw() == 0 {
                self.push(path, What::Deleted(Entry { mode: entry.mode, id: entry.id }));
            } else if conflict != Some(path) {
                conflict = Some(path);
                self.push(path, What::Conflicted);
            }
        }
        Ok(())
    }
}

/// In the form of the index, which keeps the lower half of most numbers.
fn stat_of(looked: &Looked) -> Stat {
    #[expect(clippy::cast_possible_truncation, reason = "git compares the lower 32 bits")]
    let low = |number: u64| number as u32;
    let time = |(seconds, nanoseconds): (i64, u32)| match u64::try_from(seconds) {
        Ok(seconds) => stat::Time { secs: low(seconds), nsecs: nanoseconds },
        Err(_) => stat::Time::default(),
    };
    Stat {
        mtime: time(looked.modified),
        ctime: time(looked.changed),
        // Not compared: `beside` sees to it.
        dev: 0,
        ino: low(looked.inode),
        uid: looked.owner,
        gid: looked.group,
        size: low(looked.size),
    }
}
