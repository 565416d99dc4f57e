//! A folder of checkpoints: `<size>.note` for each, the size in twenty digits, and `<size>.tree` where the tree's state of that size is
//! kept too. The folder `checkpoints/` of a chain is one, and so is what a sink or an auditor keeps of a chain elsewhere.
//!
//! A file is whole or not there, whatever a crash comes between: it is written under another name, made durable and renamed. One
//! process writes to a folder; others read it meanwhile. What is in a file is verified by who reads it.
//!
//! What a sink keeps is made to be read by others, as far as the umask and the directories above let them: a note is a public statement.

use std::{
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{files, folder::ChainFolder, note::NOTE_BYTES};

/// Name of that folder in the folder of a chain.
pub(crate) const CHECKPOINTS: &str = "checkpoints";
/// Begin of the name of a file in the making.
const UNFINISHED: &str = ".new-";
/// Longest state of a tree in bytes: a header, a size, and 53 hashes of 45 bytes.
const TREE_BYTES: usize = 4 * 1024;

/// What of a checkpoint a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Note,
    Tree,
}

impl Part {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Note => ".note",
            Self::Tree => ".tree",
        }
    }

    const fn longest(self) -> usize {
        match self {
            Self::Note => NOTE_BYTES,
            Self::Tree => TREE_BYTES,
        }
    }
}

/// A folder of checkpoints, which may be missing as long as there are none.
#[derive(Clone, Debug)]
pub(crate) struct NoteFolder {
    path: PathBuf,
    /// Whether others may read what is made there.
    shared: bool,
}

/// What lies in a folder of checkpoints.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Sizes of which there is a note, ascending.
    pub(crate) notes: Vec<u64>,
    /// Sizes of which there is a tree's state, ascending.
    pub(crate) trees: Vec<u64>,
    /// How many names do not belong here.
    pub(crate) unexpected: u64,
}

impl NoteFolder {
    /// The folder of a chain, which is for its owner alone.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, shared: false }
    }

    /// A folder elsewhere, for whoever may look there.
    pub(crate) const fn shared(path: PathBuf) -> Self {
        Self { path, shared: true }
    }

    /// When the file of a note was made.
    pub(crate) fn made(&self, size: u64) -> io::Result<SystemTime> {
        files::modified(&self.file(size, Part::Note))
    }

    /// The sizes at which segments end, ascending, of a folder that lies beside them.
    pub(crate) fn borders(&self) -> io::Result<Vec<u64>> {
        let Some(chain) = self.path.parent() else { return Ok(Vec::new()) };
        Ok(ChainFolder::new(chain.to_owned()).content()?.segments)
    }

    /// Lists the folder. Only numbers are kept, since there may be very many.
    pub(crate) fn list(&self) -> io::Result<Notes> {
        let mut found = Notes::default();
        let names = match files::names(&self.path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
        };
        for name in names {
            let name = name?;
            let name = name.to_string_lossy();
            match size(&name) {
                Some((size, Part::Note)) => found.notes.push(size),
                Some((size, Part::Tree)) => found.trees.push(size),
                None if name.starts_with(UNFINISHED) => {}
                None => found.unexpected = found.unexpected.saturating_add(1),
            }
        }
        found.notes.sort_unstable();
        found.trees.sort_unstable();
        Ok(found)
    }

    /// Reads the note of a size; `None` if there is none.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::FileTooLarge`] if it is longer than any note.
    pub(crate) fn note(&self, size: u64) -> io::Result<Option<Vec<u8>>> {
        self.read(size, Part::Note)
    }

    /// Reads the tree's state of a size; `None` if there is none.
    ///
    /// # Errors
    /// As [`Self::note`].
    pub(crate) fn tree(&self, size: u64) -> io::Result<Option<Vec<u8>>> {
        self.read(size, Part::Tree)
    }

    /// Keeps the note of a size; it and its name are durable when this returns.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::AlreadyExists`] if another note of that size is here: the chain has forked.
    pub(crate) fn keep_note(&self, size: u64, note: &str) -> io::Result<()> {
        match self.note(size)? {
            Some(kept) if kept == note.as_bytes() => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => self.write(size, Part::Note, note),
        }
    }

    /// Keeps the tree's state of a size; it and its name are durable when this returns. What was there is replaced: a state is
    /// believed for the root it gives, and an unreadable one must not stay in the way.
    pub(crate) fn keep_tree(&self, size: u64, state: &str) -> io::Result<()> {
        self.write(size, Part::Tree, state)
    }

    /// Takes a note away that is of no use any more; it may be missing.
    pub(crate) fn forget_note(&self, size: u64) -> io::Result<()> {
        self.forget(size, Part::Note)
    }

    /// Takes a tree's state away that is of no use any more; it may be missing.
    pub(crate) fn forget_tree(&self, size: u64) -> io::Result<()> {
        self.forget(size, Part::Tree)
    }

    fn read(&self, size: u64, part: Part) -> io::Result<Option<Vec<u8>>> {
        let file = match files::read(&self.file(size, part)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(part.longest() as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > part.longest() { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
    }

    fn write(&self, size: u64, part: Part, text: &str) -> io::Result<()> {
        if !self.path.exists() {
            if self.shared {
                files::shared_directory(&self.path)?;
            } else {
                files::directory(&self.path)?;
            }
            if let Some(parent) = self.path.parent() {
                files::sync_directory(parent)?;
            }
        }
        let unfinished = self.path.join(format!("{UNFINISHED}{}", name(size, part)));
        let made =
            self.make(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, self.file(size, part)));
        if made.is_err() {
            // a full disk shall not fill up with these too
            drop(files::remove(&unfinished));
        }
        made?;
        files::sync_directory(&self.path)
    }

    /// Writes a file and makes its content durable.
    fn make(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = if self.shared { files::open_or_share(path)? } else { files::open_or_create(path)? };
        // an earlier try may have been cut short
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Takes away what a crash has left of files in the making; only the folder's one writer may.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        let names = match files::names(&self.path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for name in names {
            let name = name?;
            if name.to_string_lossy().starts_with(UNFINISHED) {
                files::remove(&self.path.join(name))?;
            }
        }
        Ok(())
    }

    fn forget(&self, size: u64, part: Part) -> io::Result<()> {
        match files::remove(&self.file(size, part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn file(&self, size: u64, part: Part) -> PathBuf {
        self.path.join(name(size, part))
    }
}

fn name(size: u64, part: Part) -> String {
    format!("{size:020}{}", part.suffix())
}

/// The size and the part that a file name stands for.
fn size(name: &str) -> Option<(u64, Part)> {
    let (digits, part) = [Part::Note, Part::Tree]
        .into_iter()
        .find_map(|part| name.strip_suffix(part.suffix()).map(|digits| (digits, part)))?;
    let plain = digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|size| (size, part))
}

#[cfg(test)]
mod tests;
