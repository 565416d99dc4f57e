//! What the files of a commit take, before any of it is written. To learn the size of what lies in a pack takes nearly as long as to read
//! it, so what is read for that is kept, as far as there is room.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gitoma_confine::RelPath;
use gitoma_core::{ExecContext, ToolError};
use gix::ObjectId;
use gix::index::entry::Mode;
use gix::objs::FindExt as _;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

use super::threads;
use crate::object::{FILE_BYTES, malformed_tree, root_tree, unavailable};
use crate::view::View;

/// How many bytes of contents are kept until they are written.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;
/// How many bytes of contents each thread has at hand for those that are stored as a difference from them.
const BASE_BYTES: usize = 16 * 1024 * 1024;

/// What a commit's files take.
pub(super) struct Plan {
    pub(super) index: gix::index::File,
    /// The files that are made, in the order of the index.
    pub(super) files: Vec<Planned>,
    pub(super) bytes: u64,
}

/// A file that is made.
pub(super) struct Planned {
    /// Its place in the index.
    pub(super) at: usize,
    pub(super) path: RelPath,
    pub(super) executable: bool,
    id: ObjectId,
    kept: Option<Kept>,
}

/// A content that was read already, among those of its neighbours.
struct Kept {
    all: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Planned {
    /// Its content, read into `buffer` if it was not kept.
    pub(super) fn content<'c>(
        &'c self,
        engine: &gix::Repository,
        buffer: &'c mut Vec<u8>,
    ) -> Result<&'c [u8], ToolError> {
        match self.kept.as_ref().and_then(|kept| kept.all.get(kept.range.clone())) {
            Some(content) => Ok(content),
            None => {
                let blob = engine.objects.find_blob(&self.id, buffer).map_err(unavailable("object"))?;
                Ok(blob.data)
            }
        }
    }
}

/// Looks at what `commit` holds.
pub(super) fn plan(view: &View<'_>, commit: ObjectId) -> Result<Plan, ToolError> {
    let root = root_tree(view, commit)?.id;
    let index = view.engine().index_from_tree(&root).map_err(malformed_tree)?;
    let mut files = Vec::with_capacity(index.entries().len());
    for (at, entry) in index.entries().iter().enumerate() {
        if at.is_multiple_of(256) {
            view.checkpoint()?;
        }
        if !matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
            continue;
        }
        let Ok(path) = RelPath::from_git_bytes(entry.path(&index)) else { continue };
        let executable = entry.mode == Mode::FILE_EXECUTABLE;
        files.push(Planned { at, path, executable, id: entry.id, kept: None });
    }
    let (context, left) = (view.context(), AtomicU64::new(KEPT_BYTES));
    let looked = threads::runs(view, &files, |engine| {
        let mut look = Look { engine: for_contents(engine), context, left: &left, buffer: Vec::new() };
        move |files: &[Planned]| look.at(files)
    })?;
    let mut bytes = 0_u64;
    let files = files.into_iter().zip(looked.into_iter().flatten()).filter_map(|(file, (size, kept))| {
        (size <= FILE_BYTES).then(|| {
            bytes = bytes.saturating_add(size);
            Planned { kept, ..file }
        })
    });
    let files = files.collect();
    Ok(Plan { index, files, bytes })
}

/// An engine that reads each content once: a store of whole objects would only copy them.
pub(super) fn for_contents(mut engine: gix::Repository) -> gix::Repository {
    engine.object_cache_size(None);
    engine.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(BASE_BYTES)));
    engine
}

/// A thread that looks at contents.
struct Look<'l> {
    engine: gix::Repository,
    context: &'l ExecContext,
    /// How many bytes may still be read.
    left: &'l AtomicU64,
    buffer: Vec<u8>,
}

impl Look<'_> {
    /// The sizes of some files, and their contents as far as there is room.
    fn at(&mut self, files: &[Planned]) -> Result<Vec<(u64, Option<Kept>)>, ToolError> {
        let (mut all, mut looked) = (Vec::new(), Vec::with_capacity(files.len()));
        for file in files {
            self.context.checkpoint()?;
            let (size, kept) = self.one(file.id)?;
            let start = all.len();
            if kept {
                all.extend_from_slice(&self.buffer);
            }
            looked.push((size, kept.then_some(start..all.len())));
        }
        let all = Arc::new(all);
        let kept = |range| Kept { all: Arc::clone(&all), range };
        Ok(looked.into_iter().map(|(size, range)| (size, range.map(kept))).collect())
    }

    /// The size of the blob `id`, and whether it was read and is to be kept.
    fn one(&mut self, id: ObjectId) -> Result<(u64, bool), ToolError> {
        let read = match self.left.load(Ordering::Relaxed) {
            0 => None,
            // What is beyond all limits the engine does not read; its size is known all the same.
            _ => self.engine.objects.find_blob(&id, &mut self.buffer).ok().map(|blob| blob.data.len()),
        };
        let Some(length) = read else {
            let header = self.engine.find_header(id).map_err(unavailable("object"))?;
            return Ok((header.size(), false));
        };
        self.buffer.truncate(length);
        let size = length as u64;
        // What is read and not kept counts too, so that no tree makes the same one be read for ever.
        let spend = |left: u64| Some(left.saturating_sub(size));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        Ok((size, size <= FILE_BYTES && before.is_ok_and(|before| before >= size)))
    }
}
