//! Follows chains while others write them: hands out entries as they come, whole lines only, over segments and new chains. What is taken away or
//! replaced beneath it, it says, and reads no more of that chain.
//! It opens files to read them and takes no lock, so that no writer ever waits for who follows it.

use std::{
    fs::File,
    io::{self, BufReader, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{
    files,
    folder::{self, ChainFolder},
    line::{entry::Entry, read},
    lines::Lines,
    reader::ReadError,
    verify::{self, VerifyError},
    vocabulary::Kind,
};

/// The chains of an audit directory, or one chain, followed from the begin of their last segments on.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    chains: Vec<Followed>,
}

/// One chain, and how far it has been read.
#[derive(Debug)]
struct Followed {
    folder: ChainFolder,
    /// The segment that is read; none as long as the chain has none.
    segment: Option<u64>,
    file: Option<File>,
    /// Whether the segment is not the one any more that was read.
    lost: bool,
    /// Where the next line begins.
    offset: u64,
    /// How many lines were read of this segment.
    lines: u64,
}

impl Follower {
    /// Opens the chains at `path`: an audit directory, in which more may appear, or the folder of one chain.
    ///
    /// # Errors
    /// As [`verify()`](crate::verify()).
    pub fn open(path: &Path) -> Result<Self, VerifyError> {
        let mut chains = Vec::new();
        for folder in verify::chains(path)?.0 {
            chains.push(Followed::from_the_last(folder)?);
        }
        Ok(Self { path: path.to_owned(), chains })
    }

    /// Hands every line to `take` that was ended since the last time, chain by chain, the oldest chain first.
    ///
    /// # Errors
    /// [`VerifyError`] if the directory cannot be listed any more. What is wrong with a line or a segment goes to `take`.
    pub fn poll(&mut self, take: &mut dyn FnMut(Result<Entry, ReadError>)) -> Result<(), VerifyError> {
        for chain in &mut self.chains {
            chain.poll(take);
        }
        for folder in verify::chains(&self.path)?.0 {
            if self.chains.iter().all(|known| known.folder.path != folder.path) {
                let mut chain = Followed::from(folder, None);
                chain.poll(take);
                self.chains.push(chain);
            }
        }
        Ok(())
    }

    /// The chains that are followed, as far as their folders name them.
    pub fn chains(&self) -> impl Iterator<Item = Uuid> {
        self.chains.iter().filter_map(|chain| chain.folder.chain_id)
    }
}

impl Followed {
    fn from_the_last(folder: ChainFolder) -> io::Result<Self> {
        let segment = folder.content()?.segments.last().copied();
        Ok(Self::from(folder, segment))
    }

    /// Begins with a segment, or with the first that there is.
    const fn from(folder: ChainFolder, segment: Option<u64>) -> Self {
        Self { folder, segment, file: None, lost: false, offset: 0, lines: 0 }
    }

    /// Reads on, over as many segments as have come.
    fn poll(&mut self, take: &mut dyn FnMut(Result<Entry, ReadError>)) {
        while !self.lost {
            match self.read(take) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // told once; the file is opened anew the next time
                    self.file = None;
                    take(Err(error.into()));
                    return;
                }
            }
        }
    }

    /// Says that what is there is not what was read.
    fn lose(&mut self, segment: u64, take: &mut dyn FnMut(Result<Entry, ReadError>)) -> bool {
        (self.lost, self.file) = (true, None);
        take(Err(ReadError::Replaced { file: folder::segment_name(segment) }));
        false
    }

    /// Reads the whole lines that are there; tells whether there is a next segment to go on with.
    fn read(&mut self, take: &mut dyn FnMut(Result<Entry, ReadError>)) -> io::Result<bool> {
        let Some(segment) = self.segment else {
            self.segment = self.folder.content()?.segments.first().copied();
            return Ok(self.segment.is_some());
        };
        let mut file = match self.file.take() {
            Some(file) => file,
            None => match files::read(&self.folder.segment(segment)) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    // it is not there yet, unless those behind it are
                    let segments = self.folder.content()?.segments;
                    let passed = segments.last().is_some_and(|last| *last > segment);
                    return Ok(passed && !segments.contains(&segment) && self.lose(segment, take));
                }
                Err(error) => return Err(error),
            },
        };
        let length = file.metadata()?.len();
        // whole lines are never taken back by a writer
        if length < self.offset {
            return Ok(self.lose(segment, take));
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut lines = Lines::new(BufReader::new(&file));
        let (begin, mut next) = (self.offset, None);
        while let Some(line) = lines.next()?.filter(|line| line.ended) {
            self.lines = self.lines.saturating_add(1);
            let entry = read::read(line.bytes);
            if let Ok(entry) = &entry
                && entry.kind == Kind::SegmentClose
            {
                // a close that is not where its number says could lead in a circle
                next = entry.seq.checked_add(1).filter(|next| *next > segment);
            }
            let bad =
                |class| ReadError::Line { file: folder::segment_name(segment), line: self.lines, class };
            take(entry.map_err(bad));
            self.offset = begin.saturating_add(lines.offset());
        }
        if next.is_some() {
            (self.segment, self.offset, self.lines) = (next, 0, 0);
            return Ok(true);
        }
        // a close was not met, so it is the last one and must be where it was
        if !files::is_named(&file, &self.folder.segment(segment))? {
            return Ok(self.lose(segment, take));
        }
        self.file = Some(file);
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
