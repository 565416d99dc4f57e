//! Bounds on what git's trees may unfold to. A tree may name the same tree many times, so a dozen small objects can stand for
//! more files than fit into memory; whatever unfolds trees takes them from [`Bounded`], which stops the engine in its tracks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use gitoma_core::{ExecContext, ToolError};
use gix::ObjectId;
use gix::objs::tree::EntryRef;
use gix::objs::{Data, Find, FindExt, FindHeader, Header, Kind, TreeRefIter};

use crate::object::unavailable;

/// How many entries all trees of one comparison may have.
pub(crate) const MAX_ENTRIES: u64 = 500_000;
/// How many bytes the paths of all those entries may take together: what depth costs.
const MAX_PATH_BYTES: u64 = 64 * 1024 * 1024;

/// Walks through the tree `tree` to its last file, and refuses one that no tool should unfold.
///
/// To be asked before the engine makes a list of a whole tree, for that takes no interrupt.
///
/// # Errors
/// [`ToolError::Unsuitable`] beyond 500,000 entries or 64 MiB of paths, and whatever `context` stops the call with.
pub(crate) fn within_limits(
    engine: &gix::Repository,
    tree: ObjectId,
    context: &ExecContext,
) -> Result<(), ToolError> {
    let objects = Bounded::new(engine, context);
    let mut waiting = vec![tree];
    let mut buffer = Vec::new();
    while let Some(id) = waiting.pop() {
        for entry in objects.settle(objects.find_tree_iter(&id, &mut buffer), "object")? {
            let entry = entry.map_err(unavailable("object"))?;
            if entry.mode.is_tree() {
                waiting.push(entry.oid.to_owned());
            }
        }
    }
    Ok(())
}

/// What of blobs a comparison may see; beyond it, a blob looks binary and is left alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlobLimits {
    /// Bytes of one blob.
    pub(crate) bytes: u64,
    /// Lines of one blob.
    pub(crate) lines: usize,
    /// Lines of all blobs since the last commit that was read.
    pub(crate) lines_a_commit: usize,
    /// Bytes of all blobs; beyond it, the comparison is refused.
    pub(crate) total_bytes: u64,
}

/// A repository's objects for one comparison, as many as it may need and no more; every look at them is a checkpoint.
///
/// What is counted of trees is counted anew from each commit that is read, since a walk through history compares two commits
/// at a time. After the first refusal nothing is found any more.
pub(crate) struct Bounded<'v> {
    engine: &'v gix::Repository,
    context: &'v ExecContext,
    max_entries: u64,
    blobs: Option<BlobLimits>,
    entries: Cell<u64>,
    path_bytes: Cell<u64>,
    lines: Cell<usize>,
    blob_bytes: Cell<u64>,
    commits: Cell<u64>,
    /// The longest path to each tree that was named, in bytes.
    prefixes: RefCell<HashMap<ObjectId, u64>>,
    refusal: RefCell<Option<ToolError>>,
}

impl<'v> Bounded<'v> {
    pub(crate) fn new(engine: &'v gix::Repository, context: &'v ExecContext) -> Self {
        Self {
            engine,
            context,
            max_entries: MAX_ENTRIES,
            blobs: None,
            entries: Cell::new(0),
            path_bytes: Cell::new(0),
            lines: Cell::new(0),
            blob_bytes: Cell::new(0),
            commits: Cell::new(0),
            prefixes: RefCell::new(HashMap::new()),
            refusal: RefCell::new(None),
        }
    }

    /// With fewer entries than usual.
    pub(crate) fn with_entries(mut self, max_entries: u64) -> Self {
        self.max_entries = max_entries;
        self
    }

    /// With bounds on blobs, which are not looked at otherwise.
    pub(crate) fn with_blobs(mut self, blobs: BlobLimits) -> Self {
        self.blobs = Some(blobs);
        self
    }

    /// The outcome of a comparison over these objects: that they were refused comes first, even if the engine made light of it.
    pub(crate) fn settle<T, E>(&self, outcome: Result<T, E>, what: &'static str) -> Result<T, ToolError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match self.refusal.take() {
            Some(refusal) => Err(refusal),
            None => outcome.map_err(unavailable(what)),
        }
    }

    fn refuse(&self, refusal: ToolError) -> gix::Error {
        self.refusal.borrow_mut().get_or_insert(refusal);
        stopped()
    }

    fn checkpoint(&self) -> gix::Result<()> {
        if self.refusal.borrow().is_some() {
            return Err(stopped());
        }
        self.context.checkpoint().map_err(|refusal| self.refuse(refusal))
    }

    fn count_tree(&self, id: &gix::oid, data: &[u8]) -> gix::Result<()> {
        let mut prefixes = self.prefixes.borrow_mut();
        let prefix = prefixes.get(id).copied().unwrap_or(0);
        let (mut entries, mut path_bytes) = (self.entries.get(), self.path_bytes.get());
        for entry in TreeRefIter::from_bytes(data, id.kind()) {
            // What cannot be parsed is for the reader to find.
            let Ok(EntryRef { mode, filename, oid }) = entry else { break };
            let length = prefix + filename.len() as u64 + 1;
            entries += 1;
            path_bytes += length;
            if entries > self.max_entries || path_bytes > MAX_PATH_BYTES {
                return Err(self.refuse(too_many_entries()));
            }
            if mode.is_tree() {
                let longest = prefixes.entry(oid.to_owned()).or_default();
                *longest = length.max(*longest);
            }
        }
        self.entries.set(entries);
        self.path_bytes.set(path_bytes);
        Ok(())
    }

    fn start_anew(&self) {
        // Only who looks at the blobs as well follows a file through history.
        if self.blobs.is_some() {
            self.commits.set(self.commits.get() + 1);
            self.context.report(self.commits.get(), None, "commits read");
        }
        self.entries.set(0);
        self.path_bytes.set(0);
        self.lines.set(0);
        self.prefixes.borrow_mut().clear();
    }

    /// Counts a blob; whether it may be seen.
    fn admit_blob(&self, limits: BlobLimits, data: &[u8]) -> gix::Result<bool> {
        let bytes = self.blob_bytes.get() + data.len() as u64;
        if bytes > limits.total_bytes {
            return Err(self
                .refuse(ToolError::TooLarge { what: "the history of the file", limit: limits.total_bytes }));
        }
        self.blob_bytes.set(bytes);
        let lines = crate::patch::lines(data);
        if data.len() as u64 > limits.bytes
            || lines > limits.lines
            || self.lines.get() + lines > limits.lines_a_commit
        {
            return Ok(false);
        }
        self.lines.set(self.lines.get() + lines);
        Ok(true)
    }
}

impl Find for Bounded<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        self.checkpoint()?;
        let kind = match self.engine.try_find(id, buffer)? {
            None => return Ok(None),
            Some(Data { kind, data, .. }) => {
                match (kind, self.blobs) {
                    (Kind::Tree, _) => self.count_tree(id, data)?,
                    (Kind::Commit, _) => self.start_anew(),
                    (Kind::Blob, Some(limits)) if !self.admit_blob(limits, data)? => {
                        return Ok(Some(unseen(buffer)));
                    }
                    (Kind::Blob | Kind::Tag, _) => {}
                }
                kind
            }
        };
        Ok(Some(Data { kind, object_hash: id.kind(), data: buffer }))
    }
}

impl FindHeader for Bounded<'_> {
    fn try_header(&self, id: &gix::oid) -> gix::Result<Option<Header>> {
        self.checkpoint()?;
        FindHeader::try_header(self.engine, id)
    }
}

/// A blob that looks binary to whoever compares blobs.
fn unseen(buffer: &mut Vec<u8>) -> Data<'_> {
    buffer.clear();
    buffer.push(0);
    Data { kind: Kind::Blob, object_hash: gix::hash::Kind::Sha1, data: buffer }
}

/// What the engine is told; the caller is told the refusal.
fn stopped() -> gix::Error {
    gix::Error::from_error(gix::error::message("the objects are no longer available"))
}

/// The refusal of trees beyond the limits.
fn too_many_entries() -> ToolError {
    ToolError::Unsuitable {
        reason: "more than 500,000 directory entries, or 64 MiB of paths, would have to be looked at".into(),
    }
}
