//! The texts that a person has searched for secrets: a directory, what git would commit of it, a commit, or what a difference
//! adds. It is no tool: nobody is judged, nothing of it reaches an agent, and the denylist does not hold, since it is `.env` that
//! must be looked at. What stays is confinement: no link is followed, and nothing that the repository says is run.

mod added;
mod encoding;
mod error;
mod history;
mod listing;
mod repository;

use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{FileTree, OpenError};
use gix::ObjectId;

pub use added::AddedLines;
use encoding::{Decoder, Encoding, decoded};
pub use error::CorpusError;

/// The largest file that is read from git's objects, in bytes: an object is held whole. Files of a directory are read in pieces.
const LARGEST_BLOB: u64 = 64 * 1024 * 1024;
/// How much is read at once.
const PIECE: usize = 64 * 1024;
/// How much is looked at to tell text from binary.
const PROBE: usize = 8_000;

/// Which texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// In a work tree of git, what is tracked, and what is neither tracked nor ignored; elsewhere everything.
    Tracked,
    /// Every file, but for git's own directories.
    Everything,
    /// What the index adds to the commit that is checked out.
    Staged,
    /// The files of a commit, or with `A..B` what B adds to A, or with `A...B` what B adds to their merge base.
    Revision(String),
}

/// One text: a file of the directory or an object of git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorpusText {
    /// Where it stands: from the top of the work tree if there is one, with `/` between components, whatever bytes they are.
    pub path: Vec<u8>,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File,
    /// The whole of an object.
    Blob(ObjectId),
    /// What an object adds to another one, or to nothing.
    Added(ObjectId, Option<ObjectId>),
}

/// What was left out, as nothing to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Symbolic links. None is followed, so nothing outside is read and nothing inside twice.
    pub links: u64,
    /// Pipes, sockets and devices.
    pub special: u64,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Unread {
    /// Where it stands.
    pub path: Vec<u8>,
    /// Why; says nothing of what it holds.
    pub why: String,
}

/// What reading a text came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// It was handed over; it has so many bytes. UTF-16 is handed over as UTF-8.
    Text(u64),
    /// It has a NUL within its first 8,000 bytes, is no UTF-16 with a byte order mark, and was not handed over.
    Binary,
    /// It is no longer there.
    Gone,
}

/// The texts, found but not read.
pub struct Corpus {
    root: PathBuf,
    tree: Option<FileTree>,
    engine: Option<gix::ThreadSafeRepository>,
    texts: Vec<CorpusText>,
    skipped: Skipped,
    unread: Vec<Unread>,
}

impl std::fmt::Debug for Corpus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Corpus").field("texts", &self.texts.len()).finish_non_exhaustive()
    }
}

impl Corpus {
    /// Finds the texts of `selection` at or beneath `path`. Of a difference, or a commit, no `path` means the whole repository;
    /// else it means the current directory.
    ///
    /// # Errors
    /// [`CorpusError`] if there is no such path, repository or revision. What cannot be read beneath is [`Corpus::unread`].
    pub fn open(path: Option<&Path>, selection: &Selection) -> Result<Self, CorpusError> {
        let named = path.unwrap_or(Path::new("."));
        match selection {
            Selection::Tracked => listing::tracked(named),
            Selection::Everything => listing::everything(named),
            Selection::Staged => history::staged(named, path.is_some()),
            Selection::Revision(text) => history::revision(named, path.is_some(), text),
        }
    }

    /// The directory that paths begin at.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The texts, by path.
    #[must_use]
    pub fn texts(&self) -> &[CorpusText] {
        &self.texts
    }

    /// What was left out.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// What could not be looked into.
    #[must_use]
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// A reader for one thread.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            tree: self.tree.as_ref(),
            engine: self.engine.as_ref().map(gix::ThreadSafeRepository::to_thread_local),
        }
    }
}

/// Reads texts.
pub struct Reader<'c> {
    tree: Option<&'c FileTree>,
    engine: Option<gix::Repository>,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader<'_> {
    /// Hands the text over in pieces.
    ///
    /// # Errors
    /// [`Unread`] if it cannot be read to its end; some of it may have been handed over by then.
    pub fn read(&self, text: &CorpusText, mut take: impl FnMut(&[u8])) -> Result<Content, Unread> {
        let unread = |why: String| Unread { path: text.path.clone(), why };
        match text.place {
            Place::File => self.file(&text.path, &mut take).map_err(unread),
            Place::Blob(id) | Place::Added(id, _) => {
                let bytes = self.blob(id).map_err(unread)?;
                let Some(text) = decoded(&bytes) else { return Ok(Content::Binary) };
                take(&text);
                Ok(Content::Text(bytes.len() as u64))
            }
        }
    }

    /// The lines of the text that count: all, or those that a difference adds.
    ///
    /// # Errors
    /// [`Unread`] if what it is compared with cannot be read.
    pub fn added(&self, text: &CorpusText) -> Result<AddedLines, Unread> {
        let unread = |why: String| Unread { path: text.path.clone(), why };
        match text.place {
            Place::Added(new, Some(old)) => {
                let (old, new) = (self.blob(old).map_err(unread)?, self.blob(new).map_err(unread)?);
                // of what was no text before, no line is known
                Ok(AddedLines::between(
                    &decoded(&old).unwrap_or_default(),
                    &decoded(&new).unwrap_or_default(),
                ))
            }
            Place::File | Place::Blob(_) | Place::Added(_, None) => Ok(AddedLines::all()),
        }
    }

    fn file(&self, path: &[u8], take: &mut impl FnMut(&[u8])) -> Result<Content, String> {
        let Some(tree) = self.tree else { return Ok(Content::Gone) };
        let path = Path::new(std::ffi::OsStr::from_bytes(path));
        let mut file = match tree.open_file(path) {
            Ok((file, _)) => file,
            Err(OpenError::NotFound) => return Ok(Content::Gone),
            Err(error) => return Err(said(&error)),
        };
        let mut piece = vec![0; PIECE];
        let (mut total, mut filled) = (0_u64, 0);
        let mut decoder: Option<Decoder> = None;
        loop {
            let room = piece.get_mut(filled..).unwrap_or_default();
            let read = match file.read(room) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(said(&OpenError::Unavailable(error))),
            };
            filled += read;
            // the first piece is long enough to tell what it is
            if decoder.is_none() && filled < PROBE && read > 0 {
                continue;
            }
            let bytes = piece.get(..filled).unwrap_or_default();
            let mut known = match decoder.take() {
                Some(known) => known,
                None => match Encoding::of(bytes) {
                    Some(encoding) => Decoder::new(encoding),
                    None => return Ok(Content::Binary),
                },
            };
            take(&known.decode(bytes));
            total += filled as u64;
            filled = 0;
            if read == 0 {
                take(known.end());
                return Ok(Content::Text(total));
            }
            decoder = Some(known);
        }
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, String> {
        let engine = self.engine.as_ref().ok_or("no repository is open")?;
        let broken = |_| "its object cannot be read".to_owned();
        let size = engine.find_header(id).map_err(broken)?.size();
        if size > LARGEST_BLOB {
            return Err(format!("its object is larger than {LARGEST_BLOB} bytes"));
        }
        engine.find_blob(id).map(|mut blob| blob.take_data()).map_err(broken)
    }
}

/// Why something was not opened, with what the system says.
fn said(error: &OpenError) -> String {
    match error {
        OpenError::Unavailable(source) => format!("{error}: {source}"),
        other => other.to_string(),
    }
}
