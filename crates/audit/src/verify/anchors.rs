//! Anchors: notes of checkpoints that are kept where who writes the log cannot reach them. Which folders and files hold some is found
//! out before a chain is looked at; a note in a folder is read when the chain has come as far as its size, since there may be very many.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{
    checkpoint::{Checkpoint, CheckpointError, notes::NoteFolder},
    files,
    line::members::canonical_uuid,
    note::{NOTE_BYTES, NoteError, TrustedKeys, UnverifiedNote, key::VerifierKey},
    tree::TreeHead,
};

/// Why something that was brought as an anchor is none. Programs exit with 2. A file is called as it was named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The system refused something.
    #[error("the anchor {file} cannot be read")]
    Io {
        /// The file or folder.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file is longer than any note.
    #[error("the anchor {file} is longer than 65,536 bytes, so it is no checkpoint")]
    TooLong {
        /// The file.
        file: String,
    },
    /// The file holds no checkpoint of a chain of Gitoma, or one that was signed badly.
    #[error("the anchor {file} is not accepted")]
    NoCheckpoint {
        /// The file.
        file: String,
        /// Why.
        source: CheckpointError,
    },
    /// The checkpoint is about another chain or size than the names of file and folder say.
    #[error("the anchor {file} is about another chain or size than its name says")]
    Misnamed {
        /// The file.
        file: String,
    },
    /// The folder holds no notes, neither of one chain nor in folders that are named by chains.
    #[error("there is no anchor in {file}: neither files <size>.note nor folders <chain_id> with such files")]
    Empty {
        /// The folder.
        file: String,
    },
    /// No key that is trusted has signed it.
    #[error("the anchor {file} is signed by none of the given keys, nor by one that they lead to")]
    Untrusted {
        /// The file.
        file: String,
    },
    /// It is about a chain that is not looked at.
    #[error("the anchor {file} is about chain {chain}, which is not looked at")]
    OtherChain {
        /// The file or folder.
        file: String,
        /// The chain that it is about.
        chain: Uuid,
    },
    /// Anchors were given and none of them is about the one chain that is looked at.
    #[error("none of the given anchors is about this chain")]
    NotThisChain,
}

/// Notes that were brought to hold chains against.
#[derive(Debug, Clone, Default)]
pub struct Anchors(Vec<AnchorNotes>);

/// Notes of one chain that lie in one place.
#[derive(Debug, Clone)]
pub(super) struct AnchorNotes {
    pub(super) chain: Uuid,
    /// Whether this chain was meant, rather than whatever chains a directory holds.
    meant: bool,
    path: PathBuf,
    kept: Kept,
    /// Their sizes, ascending.
    pub(super) sizes: Vec<u64>,
}

#[derive(Debug, Clone)]
enum Kept {
    File(Vec<u8>),
    Folder(NoteFolder),
}

/// An anchor that was read.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) file: String,
    pub(super) head: TreeHead,
    /// The trusted keys that signed it; none where nobody asked.
    pub(super) signers: Vec<VerifierKey>,
}

impl Anchors {
    /// Finds the anchors at each of `paths`: a file that holds a note; a folder of notes of one chain, as `<size>.note`; or a
    /// directory of such folders, `<chain_id>/<size>.note`, as a sink keeps it.
    ///
    /// # Errors
    /// [`AnchorError`] names the first path where there are none.
    pub fn read(paths: &[impl AsRef<Path>]) -> Result<Self, AnchorError> {
        let mut anchors = Self::default();
        for path in paths {
            anchors.add(path.as_ref())?;
        }
        Ok(anchors)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is about `chain`.
    pub(super) fn of(&self, chain: Uuid) -> impl Iterator<Item = &AnchorNotes> {
        self.0.iter().filter(move |notes| notes.chain == chain)
    }

    /// What is about none of `chains`, which are sorted.
    pub(super) fn beside(&self, chains: &[Uuid]) -> impl Iterator<Item = &AnchorNotes> {
        self.0.iter().filter(|notes| chains.binary_search(&notes.chain).is_err())
    }

    fn add(&mut self, path: &Path) -> Result<(), AnchorError> {
        let io = failed(path);
        if !path.metadata().map_err(&io)?.is_dir() {
            let note = read(path).map_err(&io)?;
            let checkpoint = believed(&note).map_err(|source| no_checkpoint(path, source))?;
            self.0.push(AnchorNotes {
                chain: checkpoint.chain_id,
                meant: true,
                path: path.to_owned(),
                kept: Kept::File(note),
                sizes: vec![checkpoint.head.size],
            });
            return Ok(());
        }
        let folder = NoteFolder::new(path.to_owned());
        let sizes = folder.list().map_err(&io)?.notes;
        let before = self.0.len();
        if sizes.is_empty() {
            for name in files::names(path).map_err(&io)? {
                let name = name.map_err(&io)?;
                let Some(chain) = name.to_str().and_then(canonical_uuid) else { continue };
                self.add_folder(path.join(&name), chain, false)?;
            }
        } else if let Some(chain) = chain_of(path, &folder, &sizes)? {
            self.add_folder(path.to_owned(), chain, true)?;
        }
        if self.0.len() > before { Ok(()) } else { Err(AnchorError::Empty { file: shown(path) }) }
    }

    fn add_folder(&mut self, path: PathBuf, chain: Uuid, meant: bool) -> Result<(), AnchorError> {
        let folder = NoteFolder::new(path.clone());
        let sizes = folder.list().map_err(failed(&path))?.notes;
        if !sizes.is_empty() {
            self.0.push(AnchorNotes { chain, meant, path, kept: Kept::Folder(folder), sizes });
        }
        Ok(())
    }
}

impl AnchorNotes {
    /// Reads the note of a size; `None` if it is not kept any more. With keys it must be signed by one of them.
    ///
    /// # Errors
    /// [`AnchorError`] if it is no anchor.
    pub(super) fn open(
        &self,
        size: u64,
        trusted: Option<&TrustedKeys>,
    ) -> Result<Option<Anchor>, AnchorError> {
        let (path, note) = match &self.kept {
            Kept::File(note) => (self.path.clone(), Some(note.clone())),
            Kept::Folder(folder) => {
                let path = self.path.join(format!("{size:020}.note"));
                let note = folder.note(size).map_err(failed(&path))?;
                (path, note)
            }
        };
        let Some(note) = note else { return Ok(None) };
        let checkpoint = believed(&note).map_err(|source| no_checkpoint(&path, source))?;
        let file = shown(&path);
        if checkpoint.chain_id != self.chain || checkpoint.head.size != size {
            return Err(AnchorError::Misnamed { file });
        }
        let mut signers = Vec::new();
        if let Some(trusted) = trusted {
            match UnverifiedNote::parse(&note).and_then(|note| note.verify(trusted)) {
                Ok(note) => signers = note.signers().to_vec(),
                Err(NoteError::Unsigned) => return Err(AnchorError::Untrusted { file }),
                Err(source) => return Err(no_checkpoint(&path, source.into())),
            }
        }
        Ok(Some(Anchor { file, head: checkpoint.head, signers }))
    }

    /// The chain, which is missing, unless nothing here speaks of it any more.
    ///
    /// # Errors
    /// [`AnchorError`] if what speaks of it is no anchor: with keys, one of them must have signed a note.
    pub(super) fn missing(&self, keys: &[VerifierKey]) -> Result<Option<Uuid>, AnchorError> {
        let mut trusted = TrustedKeys::default();
        for key in keys {
            // one that is in the list already is trusted already
            let _ = trusted.add(key.clone());
        }
        let mut untrusted = None;
        for size in self.sizes.iter().rev() {
            match self.open(*size, (!keys.is_empty()).then_some(&trusted)) {
                Ok(Some(_)) => return Ok(Some(self.chain)),
                Ok(None) => {}
                Err(error @ AnchorError::Untrusted { .. }) => untrusted = Some(error),
                Err(error) => return Err(error),
            }
        }
        untrusted.map_or(Ok(None), Err)
    }

    /// The error of an anchor for a chain that is not looked at; `None` if it may be about any chain.
    pub(super) fn elsewhere(&self) -> Option<AnchorError> {
        self.meant.then(|| AnchorError::OtherChain { file: shown(&self.path), chain: self.chain })
    }
}

/// The chain that a folder of notes is about: as it is named, or as its first note says.
fn chain_of(path: &Path, folder: &NoteFolder, sizes: &[u64]) -> Result<Option<Uuid>, AnchorError> {
    if let Some(chain) = path.file_name().and_then(|name| canonical_uuid(name.to_str()?)) {
        return Ok(Some(chain));
    }
    for size in sizes {
        let file = path.join(format!("{size:020}.note"));
        if let Some(note) = folder.note(*size).map_err(failed(&file))? {
            let checkpoint = believed(&note).map_err(|source| no_checkpoint(&file, source))?;
            return Ok(Some(checkpoint.chain_id));
        }
    }
    Ok(None)
}

/// What a note says, whoever signed it.
pub(super) fn believed(note: &[u8]) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::parse(UnverifiedNote::parse(note)?.believed())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut note = Vec::new();
    files::read(path)?.take(NOTE_BYTES as u64 + 1).read_to_end(&mut note)?;
    if note.len() > NOTE_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(note) }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> AnchorError {
    move |source| match source.kind() {
        io::ErrorKind::FileTooLarge => AnchorError::TooLong { file: shown(path) },
        _ => AnchorError::Io { file: shown(path), source },
    }
}

fn no_checkpoint(path: &Path, source: CheckpointError) -> AnchorError {
    AnchorError::NoCheckpoint { file: shown(path), source }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
