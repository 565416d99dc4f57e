//! The folder of a chain: its name, the names of its segments, and which chains a directory holds.
//! Reads names only, never content.

use std::{
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{
    checkpoint::notes::{CHECKPOINTS, NoteFolder},
    files,
    line::members::canonical_uuid,
};

/// Name of the lock file.
pub(crate) const LOCK: &str = "lock";
/// Name of the folder for what a recovery takes away.
pub(crate) const QUARANTINE: &str = "quarantine";
/// Begin of the name of a chain in the making; such a folder is not a chain yet.
pub(crate) const UNFINISHED: &str = ".new-";

/// The file name of the segment that begins with `first_seq`.
pub(crate) fn segment_name(first_seq: u64) -> String {
    format!("seg-{first_seq:020}.jsonl")
}

/// The `first_seq` of a segment's file name.
pub(crate) fn first_seq(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("seg-")?.strip_suffix(".jsonl")?;
    (digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The folder of one chain.
#[derive(Debug, Clone)]
pub(crate) struct ChainFolder {
    pub(crate) path: PathBuf,
    /// The chain that the folder's name promises; a copied folder may have another name.
    pub(crate) chain_id: Option<Uuid>,
}

/// What lies in the folder of a chain.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// `first_seq` of each segment, ascending.
    pub(crate) segments: Vec<u64>,
    /// How many names look like segments and are none.
    pub(crate) misnamed: u64,
    /// How many other names do not belong here.
    pub(crate) unexpected: u64,
}

impl ChainFolder {
    pub(crate) fn new(path: PathBuf) -> Self {
        let chain_id = path.file_name().and_then(|name| canonical_uuid(name.to_str()?));
        Self { path, chain_id }
    }

    pub(crate) fn segment(&self, first_seq: u64) -> PathBuf {
        self.path.join(segment_name(first_seq))
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join(LOCK)
    }

    /// The checkpoints that are kept with the chain.
    pub(crate) fn checkpoints(&self) -> NoteFolder {
        NoteFolder::new(self.path.join(CHECKPOINTS))
    }

    pub(crate) fn content(&self) -> io::Result<Content> {
        let mut content = Content::default();
        for name in files::names(&self.path)? {
            let name = name?;
            let name = name.to_string_lossy();
            if let Some(first) = first_seq(&name) {
                content.segments.push(first);
            } else if name.starts_with("seg-") {
                content.misnamed += 1;
            } else if ![LOCK, QUARANTINE, CHECKPOINTS, "private"].contains(&&*name) {
                content.unexpected += 1;
            }
        }
        content.segments.sort_unstable();
        Ok(content)
    }
}

/// The chains in an audit directory, oldest first, and how many names in it are no chain.
pub(crate) fn chains(directory: &Path) -> io::Result<(Vec<ChainFolder>, u64)> {
    let (mut chains, mut unexpected) = (Vec::new(), 0);
    for name in files::names(directory)? {
        let name = name?;
        let folder = ChainFolder::new(directory.join(&name));
        if folder.chain_id.is_some() && folder.path.symlink_metadata()?.is_dir() {
            chains.push(folder);
        } else if !name.to_string_lossy().starts_with(UNFINISHED) {
            unexpected += 1;
        }
    }
    // UUIDv7 begins with the time, so that names sort by age (RFC 9562, section 5.7)
    chains.sort_unstable_by_key(|folder: &ChainFolder| folder.chain_id);
    Ok((chains, unexpected))
}

/// Whether `path` is the folder of one chain, rather than a directory of such folders.
pub(crate) fn is_chain(path: &Path) -> io::Result<bool> {
    for name in files::names(path)? {
        let name = name?;
        if name == LOCK || name.to_string_lossy().starts_with("seg-") {
            return Ok(true);
        }
    }
    Ok(false)
}
