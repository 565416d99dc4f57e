//! Objects that are made in memory, and put into the repository once everything was judged.

use gitoma_core::ToolError;
use gix::ObjectId;
use gix::objs::{Kind, Write as _};

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
        Self { engine: view.repository().engine().with_object_memory() }
    }

    /// The engine that writes into memory.
    pub(super) fn engine(&self) -> &gix::Repository {
        &self.engine
    }

    /// Takes out what was made.
    pub(super) fn finish(mut self) -> New {
        let made = self.engine.objects.take_object_memory();
        New {
            objects: made
                .iter()
                .flat_map(|made| made.iter())
                .map(|(id, (kind, bytes))| (*id, *kind, bytes.clone()))
                .collect(),
        }
    }
}

/// Objects that are made and not yet in the repository.
pub(super) struct New {
    objects: Vec<(ObjectId, Kind, Vec<u8>)>,
}

impl New {
    /// What they take of the disk: each is a file of its own.
    pub(super) fn disk_bytes(&self) -> u64 {
        let blocks = |bytes: &[u8]| (bytes.len() as u64).div_ceil(BLOCK).max(1);
        self.objects.iter().map(|(_, _, bytes)| blocks(bytes).saturating_mul(BLOCK)).sum()
    }

    /// Puts them into the repository, where nothing refers to them yet.
    pub(super) fn keep(self, view: &View<'_>) -> Result<(), ToolError> {
        for (id, kind, bytes) in self.objects {
            let written = view.engine().objects.write_buf(kind, &bytes).map_err(room)?;
            if written != id {
                return Err(unavailable("object")("an object has another id than it was judged by"));
            }
        }
        Ok(())
    }
}

/// A failure to write an object: most often the disk is full.
fn room(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ToolError {
    let source = source.into();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*source);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return ToolError::NoRoom { reason: "the disk is full; nothing was changed".into() };
        }
        cause = error.source();
    }
    ToolError::unavailable("object", source)
}
