//! Which of the added files are removed ones under another name: the same content, or lines that are the same for at least
//! half of the larger file, as git measures it. Looking for the latter takes time, and is left out where it takes too much.

#[cfg(test)]
mod tests;

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::Hasher;

use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::object::tree::EntryKind;

use super::differences::Difference;
use super::{Collector, Side, Status, form, modified};
use crate::object::{blob, blob_size};
use crate::view::View;

/// How many pairs of files are compared by content, and how many bytes they have together.
const MAX_PAIRS: usize = 40_000;
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Larger files are found by identity alone.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// Lines are cut into pieces of this many bytes, as git does.
const PIECE_BYTES: usize = 64;

/// A file on one side only.
#[derive(Debug)]
struct Lone {
    path: BString,
    kind: EntryKind,
    id: ObjectId,
}

impl Lone {
    fn side(&self) -> Side {
        Side::Object { kind: self.kind, id: self.id }
    }

    fn name(&self) -> &[u8] {
        self.path.rfind_byte(b'/').and_then(|at| self.path.get(at + 1..)).unwrap_or(&self.path)
    }

    /// Two files of one identity are the same; an empty file is like every other, which says nothing.
    fn identity(&self) -> Option<(u8, ObjectId)> {
        (self.id != ObjectId::empty_blob(self.id.kind())).then(|| (form(self.side()), self.id))
    }
}

/// Puts `differences` into `collector`, with removed and added files that are the same file made into one.
pub(super) fn add_paired(
    view: &View<'_>,
    differences: Vec<Difference>,
    collector: &mut Collector<'_>,
) -> Result<(), ToolError> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for Difference { path, old, new } in differences {
        match (old, new) {
            (Side::Absent, Side::Object { kind, id }) => added.push(Lone { path, kind, id }),
            (Side::Object { kind, id }, Side::Absent) => removed.push(Lone { path, kind, id }),
            (old, new) => collector.add(modified(old, new), None, path.as_bstr(), old, new),
        }
    }
    for lone in [&mut removed, &mut added] {
        lone.sort_by(|left, right| left.path.cmp(&right.path));
    }
    let mut pairs = Pairs { sources: vec![None; added.len()], taken: vec![false; removed.len()] };
    pairs.by_identity(view, &removed, &added)?;
    pairs.by_similarity(view, &removed, &added)?;
    for (new, source) in added.iter().zip(&pairs.sources) {
        view.checkpoint()?;
        match source.and_then(|source| removed.get(source)) {
            Some(old) => {
                let (from, to) = (old.path.as_bstr(), new.path.as_bstr());
                collector.add(Status::Renamed, Some(from), to, old.side(), new.side());
            }
            None => collector.add(Status::Added, None, new.path.as_bstr(), Side::Absent, new.side()),
        }
    }
    for (old, taken) in removed.iter().zip(&pairs.taken) {
        view.checkpoint()?;
        if !taken {
            collector.add(Status::Deleted, None, old.path.as_bstr(), old.side(), Side::Absent);
        }
    }
    Ok(())
}

/// What was found to belong together.
struct Pairs {
    /// For each added file, where it came from.
    sources: Vec<Option<usize>>,
    /// For each removed file, whether it went somewhere.
    taken: Vec<bool>,
}

impl Pairs {
    fn pair(&mut self, new: usize, old: usize) {
        if let (Some(source), Some(taken)) = (self.sources.get_mut(new), self.taken.get_mut(old)) {
            (*source, *taken) = (Some(old), true);
        }
    }

    /// Files of one identity: first those that kept their name, then in order.
    fn by_identity(&mut self, view: &View<'_>, removed: &[Lone], added: &[Lone]) -> Result<(), ToolError> {
        for keep_name in [true, false] {
            let mut waiting: HashMap<_, VecDeque<usize>> = HashMap::new();
            let key = |file: &Lone| {
                file.identity().map(|same| (same, keep_name.then(|| BString::from(file.name()))))
            };
            for (old, file) in removed.iter().enumerate() {
                if let Some(key) = key(file).filter(|_| self.taken.get(old) == Some(&false)) {
                    waiting.entry(key).or_default().push_back(old);
                }
            }
            for (new, file) in added.iter().enumerate() {
                view.checkpoint()?;
                let Some(key) = key(file).filter(|_| self.sources.get(new) == Some(&None)) else {
                    continue;
                };
                if let Some(old) = waiting.get_mut(&key).and_then(VecDeque::pop_front) {
                    self.pair(new, old);
                }
            }
        }
        Ok(())
    }

    /// Text files that have most in common, best first.
    fn by_similarity(&mut self, view: &View<'_>, removed: &[Lone], added: &[Lone]) -> Result<(), ToolError> {
        let old = open(removed, |index| self.taken.get(index) == Some(&false));
        let new = open(added, |index| self.sources.get(index) == Some(&None));
        if old.len().saturating_mul(new.len()) > MAX_PAIRS || old.is_empty() || new.is_empty() {
            return Ok(());
        }
        let mut room = MAX_BYTES;
        let (Some(old), Some(new)) = (read(view, &old, &mut room)?, read(view, &new, &mut room)?) else {
            return Ok(());
        };
        let mut found = Vec::new();
        for (to, to_file, to_content) in &new {
            for (from, from_file, from_content) in &old {
                view.checkpoint()?;
                if let Some(score) = from_content.similarity(to_content) {
                    found.push((score, to_file.name() == from_file.name(), *to, *from));
                }
            }
        }
        found.sort_by_key(|(score, same_name, to, from)| {
            (std::cmp::Reverse((*score, *same_name)), *to, *from)
        });
        for (_, _, to, from) in found {
            if self.sources.get(to) == Some(&None) && self.taken.get(from) == Some(&false) {
                self.pair(to, from);
            }
        }
        Ok(())
    }
}

/// The files that `is_open` says are not paired yet and whose content can be compared.
fn open(files: &[Lone], is_open: impl Fn(usize) -> bool) -> Vec<(usize, &Lone)> {
    let comparable = |file: &Lone| {
        matches!(file.kind, EntryKind::Blob | EntryKind::BlobExecutable) && file.identity().is_some()
    };
    files.iter().enumerate().filter(|(index, file)| is_open(*index) && comparable(file)).collect()
}

/// Files beside what they hold, each with its place in its list.
type Contents<'f> = Vec<(usize, &'f Lone, Pieces)>;

/// Reads the files that are small enough; nothing if together they have more bytes than there is `room`.
fn read<'f>(
    view: &View<'_>,
    files: &[(usize, &'f Lone)],
    room: &mut u64,
) -> Result<Option<Contents<'f>>, ToolError> {
    let mut contents = Vec::new();
    for (index, file) in files {
        view.checkpoint()?;
        let size = blob_size(view, file.id)?;
        if size > MAX_FILE_BYTES {
            continue;
        }
        let Some(left) = room.checked_sub(size) else {
            return Ok(None);
        };
        *room = left;
        contents.push((*index, *file, Pieces::of(&blob(view, file.id, MAX_FILE_BYTES)?)));
    }
    Ok(Some(contents))
}

/// A content as a set of its lines: how many bytes each makes up.
#[derive(Debug)]
struct Pieces {
    bytes: usize,
    /// Hash and bytes, in order of hashes.
    pieces: Vec<(u64, usize)>,
}

impl Pieces {
    fn of(content: &[u8]) -> Self {
        let lines = content.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.chunks(PIECE_BYTES));
        let mut pieces: Vec<(u64, usize)> = lines
            .map(|piece| {
                let mut hasher = DefaultHasher::new();
                hasher.write(piece);
                (hasher.finish(), piece.len())
            })
            .collect();
        pieces.sort_unstable();
        pieces.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        Self { bytes: content.len(), pieces }
    }

    /// The part of the larger that both have, in ten thousandths; nothing below one half.
    fn similarity(&self, other: &Self) -> Option<usize> {
        let (smaller, larger) = (self.bytes.min(other.bytes), self.bytes.max(other.bytes));
        if smaller * 2 < larger {
            return None;
        }
        let mut others = other.pieces.iter().peekable();
        let mut common = 0;
        for (hash, bytes) in &self.pieces {
            while others.next_if(|(theirs, _)| theirs < hash).is_some() {}
            if let Some((_, theirs)) = others.next_if(|(theirs, _)| theirs == hash) {
                common += bytes.min(theirs);
            }
        }
        (common * 2 >= larger).then(|| common * 10_000 / larger.max(1))
    }
}
