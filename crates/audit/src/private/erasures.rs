//! Which calls were erased while a process writes: the file `erased` in the folder of disclosures, an id a line. The process makes it
//! anew, whoever erases adds to it, and what the process still holds back of those calls it then never writes. It says nothing that the
//! chain does not say: the calls are there, and what opened their commitments is not.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::MetadataExt as _,
};

use uuid::Uuid;

use super::PrivateFolder;
use crate::{files, lines::Lines};

/// Name of the list.
const ERASED: &str = "erased";
/// The longest list that is read: a hundred thousand calls that were erased while they ran. A longer one counts as a list of all, so
/// that nothing is kept which somebody may have erased, and no call waits for it to be read.
const LONGEST: u64 = 4 * 1024 * 1024;

impl PrivateFolder {
    /// Lets the process that writes here know that nothing of a call shall be kept. Where none has kept anything, nobody need know.
    pub(super) fn announce_erasure(&self, call_id: Uuid) -> io::Result<()> {
        match files::append(&self.path.join(ERASED)) {
            // in one piece, so that nobody reads half an id
            Ok(mut list) => list.write_all(format!("{call_id}\n").as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The list as the process that writes disclosures reads it: what was erased since it began.
#[derive(Debug)]
pub(super) struct Erasures {
    list: File,
    /// Up to where it was read.
    read: u64,
    calls: HashSet<Uuid>,
    /// Whether the list is too long to be read.
    all: bool,
}

impl Erasures {
    /// Lets go of the list of an earlier process, whose calls are over.
    pub(super) fn forget(folder: &PrivateFolder) {
        // one that stays is only longer than it need be
        drop(files::remove(&folder.path.join(ERASED)));
    }

    /// Makes the list, so that whoever erases finds it.
    pub(super) fn open(folder: &PrivateFolder) -> io::Result<Self> {
        folder.make()?;
        Ok(Self {
            list: files::open_or_create(&folder.path.join(ERASED))?,
            read: 0,
            calls: HashSet::new(),
            all: false,
        })
    }

    /// Whether the list is still there; the whole folder may have been removed.
    pub(super) fn is_there(&self) -> bool {
        self.list.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
    }

    /// Reads what was added; tells whether anything was.
    pub(super) fn refresh(&mut self) -> io::Result<bool> {
        let length = self.list.metadata()?.len();
        if self.all || length <= self.read {
            return Ok(false);
        }
        if length > LONGEST {
            (self.all, self.calls) = (true, HashSet::new());
            return Ok(true);
        }
        self.list.seek(SeekFrom::Start(self.read))?;
        let mut lines = Lines::new(BufReader::new((&self.list).take(length.saturating_sub(self.read))));
        let mut whole = 0;
        while let Some(line) = lines.next()? {
            if !line.ended {
                break;
            }
            self.calls.extend(Uuid::try_parse_ascii(line.bytes).ok());
            whole = lines.offset();
        }
        self.read = self.read.saturating_add(whole);
        Ok(whole > 0)
    }

    /// Whether a call was erased.
    pub(super) fn contains(&self, call_id: Uuid) -> bool {
        self.all || self.calls.contains(&call_id)
    }
}
