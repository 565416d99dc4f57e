//! What opens the commitments of a chain: salts, and texts where they are kept. It lies apart from the chain, in `private/<day>.jsonl`, so
//! that it can be erased and the chain stays whole. One line opens one commitment; an erased line is blank.
//!
//! A line that was never written, or was lost in a power cut, is as good as erased: the commitment stays, and nobody can open it.

mod discloser;
mod erasures;
pub(crate) mod open;

use std::{
    fs::File,
    io::{self, BufReader, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::discloser::Discloser;
use crate::{
    commitment::{Salt, commit},
    digest::Digest,
    files,
    lines::Lines,
    vocabulary::words,
};

/// Name of the folder in the folder of a chain.
pub(crate) const PRIVATE: &str = "private";
/// Bytes of text that are kept of one commitment at most.
pub(crate) const TEXT_BYTES: usize = 16 * 1024;

words! {
    /// What was committed to.
    #[non_exhaustive]
    Subject {
        /// The arguments of a call: the compact JSON of what was given, after redaction.
        Arguments = "args",
        /// Its result: the compact JSON of what left, after redaction.
        Result = "result",
    }
}

/// What opens one commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The call.
    pub call_id: Uuid,
    /// What of it.
    pub subject: Subject,
    /// The salt.
    pub salt: Salt,
    /// The bytes, where they are kept.
    pub text: Option<String>,
}

impl Disclosure {
    /// Whether this, with the text that is kept or with `bytes`, opens `commitment`; `None` if there are no bytes at all.
    #[must_use]
    pub fn opens(&self, commitment: &Digest, bytes: Option<&[u8]>) -> Option<bool> {
        let bytes = bytes.or_else(|| self.text.as_deref().map(str::as_bytes))?;
        Some(commit(self.salt, bytes) == *commitment)
    }
}

/// A line as it is spelled; [`Discloser`] writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled<'a> {
    call_id: Uuid,
    #[serde(borrow)]
    subject: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    salt: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    text: Option<std::borrow::Cow<'a, str>>,
}

impl Spelled<'_> {
    fn read(line: &[u8]) -> Option<Disclosure> {
        let spelled: Spelled<'_> = serde_json::from_slice(line).ok()?;
        Some(Disclosure {
            call_id: spelled.call_id,
            subject: Subject::parse(&spelled.subject)?,
            salt: Salt::parse(&spelled.salt)?,
            text: spelled.text.map(std::borrow::Cow::into_owned),
        })
    }
}

/// The folder of a chain's disclosures, which may be missing.
#[derive(Debug, Clone)]
pub(crate) struct PrivateFolder {
    path: PathBuf,
}

/// What was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Lines that were blanked.
    pub lines: u64,
    /// Files of whole days that were removed.
    pub days: u64,
}

impl PrivateFolder {
    pub(crate) fn of(chain: &Path) -> Self {
        Self { path: chain.join(PRIVATE) }
    }

    /// The file of a day.
    fn file(&self, day: Date) -> PathBuf {
        self.path.join(format!("{day}.jsonl"))
    }

    /// Makes the folder where it is missing.
    fn make(&self) -> io::Result<()> {
        if self.path.exists() { Ok(()) } else { files::directory(&self.path) }
    }

    /// Opens the file of a day to append to it. What a crash or a full disk has cut short is ended, so that no line fuses with it.
    fn day(&self, day: Date) -> io::Result<File> {
        self.make()?;
        let mut file = files::open_or_create(&self.file(day))?;
        let mut last = [b'\n'];
        if let Some(place) = file.metadata()?.len().checked_sub(1) {
            file.read_exact_at(&mut last, place)?;
        }
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
        Ok(file)
    }

    /// The days of which there is a file, oldest first.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::NotADirectory`] if a link leads elsewhere, where nothing is ours to erase.
    fn days(&self) -> io::Result<Vec<Date>> {
        match self.path.symlink_metadata() {
            Ok(folder) if !folder.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let names = match files::names(&self.path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut days = Vec::new();
        for name in names {
            let name = name?;
            // a day has other spellings too, and they are no files of ours
            let day = name.to_str().and_then(|name| name.strip_suffix(".jsonl")?.parse::<Date>().ok());
            days.extend(day.filter(|day| *name == *format!("{day}.jsonl")));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// Finds what opens the commitments of a call.
    pub(crate) fn find(&self, call_id: Uuid) -> io::Result<Vec<Disclosure>> {
        let mut found = Vec::new();
        self.each(call_id, |_, _, _, disclosure| {
            // what another call was given may name this one
            found.extend(disclosure.filter(|disclosure| disclosure.call_id == call_id));
            Ok(())
        })?;
        Ok(found)
    }

    /// Blanks what opens the commitments of a call, and lets a process that writes here know that it shall write no more of it. It is off
    /// the disk as far as a file system lets anybody say that.
    pub(crate) fn erase(&self, call_id: Uuid) -> io::Result<u64> {
        self.days()?;
        // first: what is written behind the lines that are looked at, is written by somebody who has seen this, or sees it then
        let announced = self.announce_erasure(call_id);
        let mut lines = 0_u64;
        self.each(call_id, |day, offset, length, disclosure| {
            if disclosure.is_some_and(|disclosure| disclosure.call_id != call_id) {
                return Ok(());
            }
            self.blank(day, offset, length)?;
            lines = lines.saturating_add(1);
            Ok(())
        })?;
        // a full disk shall keep nobody from blanking what is there
        announced.map(|()| lines)
    }

    /// Overwrites a part of a day's file with spaces.
    fn blank(&self, day: Date, offset: u64, length: usize) -> io::Result<()> {
        let file = files::modify(&self.file(day))?;
        file.write_all_at(&vec![b' '; length], offset)?;
        file.sync_all()
    }

    /// Removes the files of the days before `day`.
    pub(crate) fn erase_before(&self, day: Date) -> io::Result<u64> {
        let mut days = 0_u64;
        for past in self.days()?.into_iter().take_while(|past| *past < day) {
            files::remove(&self.file(past))?;
            days = days.saturating_add(1);
        }
        if days > 0 {
            files::sync_directory(&self.path)?;
        }
        Ok(days)
    }

    /// Hands the lines that name a call to `take`: the day, where the line begins, its length, and what it says. One that is about another
    /// call may name it in its text; one that says nothing, since it is spelled in another way or cut short, may be about it.
    fn each(
        &self,
        call_id: Uuid,
        mut take: impl FnMut(Date, u64, usize, Option<Disclosure>) -> io::Result<()>,
    ) -> io::Result<()> {
        let id = call_id.as_hyphenated().to_string();
        let finder = memchr::memmem::Finder::new(&id);
        for day in self.days()? {
            let mut lines = Lines::new(BufReader::new(files::read(&self.file(day))?));
            while let Some(line) = lines.next()? {
                if finder.find(line.bytes).is_some() {
                    take(day, line.offset, line.bytes.len(), Spelled::read(line.bytes))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
