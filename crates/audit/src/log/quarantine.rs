//! What a start takes away from the end of a segment: copied aside, made durable there, and only then cut off.
//! The copy's name holds the place and the hash, so that a start that was itself cut short still comes onto the record.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
};

use super::error::{Action as _, OpenError};
use crate::{
    digest::{Digest, Running},
    files,
    folder::{ChainFolder, QUARANTINE},
};

const ACTION: &str = "quarantine the torn tail";

/// What was taken away.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Torn {
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
    /// File name of the copy; none if nothing was there to copy.
    pub(super) name: Option<String>,
}

impl Torn {
    /// Stands for a segment that was announced and is missing, or empty.
    pub(super) fn nothing() -> Self {
        Self { bytes: 0, sha256: Digest::of(b""), name: None }
    }
}

/// Copies `tail`, in whose place the entry `next_seq` comes, to the quarantine and cuts `file` back to `length`.
pub(super) fn take_away(
    folder: &ChainFolder,
    file: &File,
    length: u64,
    tail: &[u8],
    next_seq: u64,
) -> Result<(), OpenError> {
    let directory = folder.path.join(QUARANTINE);
    files::directory(&directory).action(ACTION)?;
    let path = directory.join(format!("{}{}.torn", prefix(next_seq), Digest::of(tail)));
    // a copy of an earlier try may be cut short itself
    let mut copy = files::open_or_create(&path).action(ACTION)?;
    copy.set_len(0).action(ACTION)?;
    copy.write_all(tail).action(ACTION)?;
    copy.sync_all().action(ACTION)?;
    files::sync_directory(&directory).action(ACTION)?;
    files::sync_directory(&folder.path).action(ACTION)?;
    file.set_len(length).action("cut the torn tail off")?;
    file.sync_all().action("cut the torn tail off")
}

/// Moves the whole segment that begins with `first_seq` to the quarantine.
pub(crate) fn take_segment(folder: &ChainFolder, first_seq: u64) -> io::Result<()> {
    let (directory, path) = (folder.path.join(QUARANTINE), folder.segment(first_seq));
    files::directory(&directory)?;
    let sha256 = Running::of(files::read(&path)?)?.digest();
    std::fs::rename(&path, directory.join(format!("{}{sha256}.torn", prefix(first_seq))))?;
    files::sync_directory(&directory)?;
    files::sync_directory(&folder.path)
}

/// Moves what stands from byte `from` on of the segment that begins with `first_seq` to the quarantine, however much that is, and makes the
/// segment one that can be written again. In its place the entry `next_seq` comes.
pub(crate) fn take_end(folder: &ChainFolder, first_seq: u64, from: u64, next_seq: u64) -> io::Result<()> {
    let (directory, path) = (folder.path.join(QUARANTINE), folder.segment(first_seq));
    files::directory(&directory)?;
    let mut source = files::read(&path)?;
    files::make_writable(&source)?;
    source.seek(SeekFrom::Start(from))?;
    let sha256 = Running::of(&source)?.digest();
    source.seek(SeekFrom::Start(from))?;
    let mut copy = files::open_or_create(&directory.join(format!("{}{sha256}.torn", prefix(next_seq))))?;
    // a copy of an earlier try may be cut short itself
    copy.set_len(0)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()?;
    files::sync_directory(&directory)?;
    files::sync_directory(&folder.path)?;
    let segment = files::modify(&path)?;
    segment.set_len(from)?;
    segment.sync_all()
}

/// The most copies that one start records. More of them wait for the next: no crash leaves so many, and no start shall take for ever.
const MOST: usize = 256;

/// Everything that was taken away from the entry `next_seq` on, which comes next: by this start, and by those and by repairs that ended before
/// they could record it. Nothing of it can be on the record, which would stand behind `next_seq`. A copy that comes from further on is named
/// by the place where it is recorded, so that no later start finds it again.
pub(super) fn unrecorded(folder: &ChainFolder, next_seq: u64) -> Result<Vec<Torn>, OpenError> {
    let directory = folder.path.join(QUARANTINE);
    let names = match files::names(&directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).action(ACTION),
    };
    let mut found = Vec::new();
    for name in names {
        let name = name.action(ACTION)?.to_string_lossy().into_owned();
        let Some((seq, promised)) = taken(&name).filter(|(seq, _)| *seq >= next_seq) else { continue };
        if found.len() >= MOST {
            break;
        }
        let file = files::read(&directory.join(&name)).action(ACTION)?;
        let bytes = file.metadata().action(ACTION)?.len();
        let sha256 = Running::of(file).action(ACTION)?.digest();
        // a copy that was cut short is of a tail that stands where it stood
        if sha256 == promised {
            found.push((seq, Torn { bytes, sha256, name: Some(name) }));
        }
    }
    found.sort_unstable_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    let here = |(seq, mut torn): (u64, Torn)| {
        let name = format!("{}{}.torn", prefix(next_seq), torn.sha256);
        if let Some(other) = torn.name.as_mut().filter(|_| seq > next_seq) {
            std::fs::rename(directory.join(&*other), directory.join(&name)).action(ACTION)?;
            *other = name;
        }
        Ok(torn)
    };
    let found: Vec<Torn> = found.into_iter().map(here).collect::<Result<_, OpenError>>()?;
    if !found.is_empty() {
        files::sync_directory(&directory).action(ACTION)?;
    }
    Ok(found)
}

/// The place and the hash that the name of a copy holds.
fn taken(name: &str) -> Option<(u64, Digest)> {
    let (seq, rest) = name.split_once('-')?;
    let plain = seq.len() == 20 && seq.bytes().all(|digit| digit.is_ascii_digit());
    let hash = Digest::parse(rest.strip_suffix(".torn")?)?;
    plain.then(|| seq.parse().ok()).flatten().map(|seq| (seq, hash))
}

fn prefix(next_seq: u64) -> String {
    format!("{next_seq:020}-")
}
