//! Objects that are made in memory, and put into the repository once everything was judged.

use gitoma_core::ToolError;
use gix::objs::Write as _;
use gix::odb::memory::Storage;

use crate::object::unavailable;
use crate::view::View;

/// What a file takes of a disk at least.
const BLOCK: u64 = 4096;

/// Objects that are being made.
pub(super) struct Objects {
    engine: gix::Repository,
}

impl Objects {
    pub(super) fn new(view: &View<'_>) -> Self {
        Self { engine: view.engine().clone().with_object_memory() }
    }

    /// The engine that writes into memory.
    pub(super) fn engine(&self) -> &gix::Repository {
        &self.engine
    }

    /// Takes out what was made.
    pub(super) fn finish(mut self) -> New {
        New(self.engine.objects.take_object_memory().unwrap_or_default())
    }
}

/// Objects that are made and not yet in the repository.
pub(super) struct New(Storage);

impl New {
    /// What they take of the disk: each is a file of its own.
    pub(super) fn disk_bytes(&self) -> u64 {
        let blocks = |bytes: &[u8]| (bytes.len() as u64).div_ceil(BLOCK).max(1);
        self.0.values().map(|(_, bytes)| blocks(bytes).saturating_mul(BLOCK)).sum()
    }

    /// Puts them into the repository, where nothing refers to them yet. As with git itself, nothing waits until they are on the disk.
    pub(super) fn keep(&self, view: &View<'_>) -> Result<(), ToolError> {
        for (id, (kind, bytes)) in self.0.iter() {
            view.engine()
                .objects
                .write_buf_with_known_id(*kind, bytes, *id)
                .map_err(unavailable("object"))?;
        }
        Ok(())
    }
}
