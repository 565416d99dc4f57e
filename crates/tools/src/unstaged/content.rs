//! Whether a tracked file has the content that the index has of it, once it is what git would store: line ends and encodings are
//! converted as attributes say, and no program runs.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;

use gitoma_confine::{Kind, OpenError, Surveyed};
use gitoma_core::{ExecContext, ToolError};
use gix::filter::Pipeline;
use gix::filter::plumbing::pipeline::convert::ToGitOutcome;
use gix::index::entry::Mode;
use gix::index::{Entry, State};
use gix::objs::{Kind as ObjectKind, compute_hash, compute_stream_hash};
use gix::worktree::stack::state::attributes::Source;

use crate::object::unavailable;

/// The most bytes that are held to convert a file. A larger one that would be converted counts as modified.
const CONVERTED_BYTES: u64 = 64 * 1024 * 1024;

/// One thread's way to contents.
pub(super) struct Contents<'w> {
    engine: &'w gix::Repository,
    index: &'w State,
    context: &'w ExecContext,
    /// Made when the first file is read.
    pipeline: Option<Pipeline<'w>>,
}

impl<'w> Contents<'w> {
    pub(super) fn new(engine: &'w gix::Repository, index: &'w State, context: &'w ExecContext) -> Self {
        Self { engine, index, context, pipeline: None }
    }

    /// Whether the file `name` in `place` has another content than `entry`.
    ///
    /// The engine reads `.gitattributes` in the directories that it lies in for this; all were looked at.
    pub(super) fn differs(
        &mut self,
        place: &Surveyed,
        name: &[u8],
        entry: &Entry,
        kind: Kind,
        symlinks: bool,
    ) -> Result<bool, ToolError> {
        self.context.checkpoint()?;
        if entry.mode == Mode::SYMLINK && (symlinks || kind == Kind::Link) {
            return match place.link_text(name) {
                Ok(text) => {
                    let id = compute_hash(entry.id.kind(), ObjectKind::Blob, &text);
                    Ok(id.map_err(unavailable("work tree"))? != entry.id)
                }
                Err(_) => Ok(true),
            };
        }
        match place.open_file(name) {
            Ok((file, size)) => self.file_differs(file, size, entry),
            // It cannot be read, or became something else since it was looked at; git calls that modified.
            Err(OpenError::Unavailable(source)) if source.kind() != io::ErrorKind::PermissionDenied => {
                Err(ToolError::unavailable("work tree", source))
            }
            Err(_) => Ok(true),
        }
    }

    fn file_differs(&mut self, file: File, size: u64, entry: &Entry) -> Result<bool, ToolError> {
        let pipeline = match &mut self.pipeline {
            Some(pipeline) => pipeline,
            none => none.insert(pipeline(self.engine, self.index).map_err(unavailable("work tree"))?),
        };
        let path = gix::path::from_bstr(entry.path(self.index));
        let path = path.map_err(unavailable("work tree"))?;
        let room = Cell::new(CONVERTED_BYTES);
        let watched = Watched { file, context: self.context, room: &room };
        let id = match pipeline.convert_to_git(watched, path.as_ref(), self.index) {
            Ok(ToGitOutcome::Unchanged(mut unchanged)) => {
                room.set(u64::MAX);
                let stop = AtomicBool::new(false);
                let (kind, progress) = (ObjectKind::Blob, &mut gix::progress::Discard);
                compute_stream_hash(entry.id.kind(), kind, &mut unchanged, size, progress, &stop)
            }
            Ok(ToGitOutcome::Buffer(bytes)) => compute_hash(entry.id.kind(), ObjectKind::Blob, bytes),
            // Only a program would answer like this, and none is configured that the engine trusts.
            Ok(ToGitOutcome::Process(_)) => return Ok(true),
            Err(_) if room.get() == 0 => return Ok(true),
            Err(error) => {
                self.context.checkpoint()?;
                return Err(unavailable("work tree")(error));
            }
        };
        self.context.checkpoint()?;
        // It cannot be read to the end that it had: it is changing.
        Ok(id.map_or(true, |id| id != entry.id))
    }
}

/// A file that stops to be read when the call should stop, or where there is no room for more of it.
struct Watched<'r> {
    file: File,
    context: &'r ExecContext,
    room: &'r Cell<u64>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.context.checkpoint().map_err(io::Error::other)?;
        let count = self.file.read(buffer)?;
        match self.room.get().checked_sub(count as u64) {
            Some(left) if left > 0 => {
                self.room.set(left);
                Ok(count)
            }
            _ => {
                self.room.set(0);
                Err(io::Error::other("the file is too large to be converted"))
            }
        }
    }
}

fn pipeline<'w>(engine: &'w gix::Repository, index: &State) -> gix::Result<Pipeline<'w>> {
    let attributes = engine.attributes_only(index, Source::WorktreeThenIdMapping)?;
    Pipeline::new(engine, attributes.detach())
}
