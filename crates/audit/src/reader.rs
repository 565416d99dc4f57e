//! Reads entries one after the other, for people and exports.
//! Each line is checked by itself and a bad one does not end the reading; links are the verifier's business.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader},
    path::Path,
    sync::Arc,
};

use crate::{
    files,
    folder::{self, ChainFolder},
    line::{entry::Entry, read},
    lines::Lines,
    verify::{self, VerifyError, fault::FaultClass},
};

/// Why a line gave no entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused something; reading goes on with the next segment.
    #[error("cannot read the audit log")]
    Io(#[from] io::Error),
    /// The line is no entry; reading goes on with the next line.
    #[error("line {line} of {file} is no audit entry ({class})")]
    Line {
        /// File name of the segment.
        file: String,
        /// Line in it, from 1.
        line: u64,
        /// What is wrong.
        class: FaultClass,
    },
    /// A segment that is followed was removed, replaced or cut, which no writer does; nothing more is read of its chain.
    #[error("{file} was removed, replaced or cut while it was followed")]
    Replaced {
        /// File name of the segment.
        file: String,
    },
}

impl Entry {
    /// Reads one line, without its LF, as strictly as the verifier does. Whether it is linked to others is not looked at.
    ///
    /// # Errors
    /// The class of what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, FaultClass> {
        read::read(line)
    }
}

/// Yields the entries of one chain, or of all chains of a directory, oldest chain first.
#[derive(Debug)]
pub struct Reader {
    /// The segments to come: each chain's folder, and numbers rather than paths, since there may be very many.
    segments: VecDeque<(Arc<ChainFolder>, u64)>,
    open: Option<(Lines<BufReader<File>>, String)>,
}

impl Reader {
    /// Opens the chains at `path`: an audit directory, or the folder of one chain.
    ///
    /// # Errors
    /// As [`verify()`](crate::verify()).
    pub fn open(path: &Path) -> Result<Self, VerifyError> {
        let mut segments = VecDeque::new();
        for chain in verify::chains(path)?.0 {
            let chain = Arc::new(chain);
            let numbers = chain.content()?.segments;
            segments.extend(numbers.into_iter().map(|first_seq| (Arc::clone(&chain), first_seq)));
        }
        Ok(Self { segments, open: None })
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((lines, name)) = &mut self.open {
                match lines.next() {
                    Ok(Some(line)) => {
                        let class = match read::read(line.bytes) {
                            Ok(entry) if line.ended => return Some(Ok(entry)),
                            Ok(_) => FaultClass::TornTail,
                            Err(_) if !line.ended => FaultClass::TornTail,
                            Err(class) => class,
                        };
                        return Some(Err(ReadError::Line { file: name.clone(), line: line.number, class }));
                    }
                    Ok(None) => self.open = None,
                    Err(error) => {
                        self.open = None;
                        return Some(Err(error.into()));
                    }
                }
            }
            let (chain, first_seq) = self.segments.pop_front()?;
            match files::read(&chain.segment(first_seq)) {
                Ok(file) => {
                    let lines = Lines::new(BufReader::new(file));
                    self.open = Some((lines, folder::segment_name(first_seq)));
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}
