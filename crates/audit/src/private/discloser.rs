//! Writes disclosures: gathers lines, so that a call costs no write of its own, and appends them to the file of their day. When that must
//! happen at the latest is the business of the log; what is lost until then is as good as erased.

use std::{
    fs::File,
    io::{self, Write as _},
    ops::Range,
    os::unix::fs::MetadataExt as _,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::{PrivateFolder, Subject, TEXT_BYTES, erasures::Erasures};
use crate::{commitment::Commitment, limit};

/// Bytes that are gathered at most, but for the line that makes them more.
const GATHERED_BYTES: usize = 16 * 1024;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Gathers disclosures, one line each, and writes them in the file of their day.
#[derive(Debug)]
pub(crate) struct Discloser {
    folder: PrivateFolder,
    /// Days since 1970 of what is gathered, and the date that this is.
    day: (i64, Date),
    gathered: Vec<u8>,
    /// Whose lines they are, and where they stand in what is gathered.
    lines: Vec<(Uuid, Range<usize>)>,
    open: Option<(Date, File)>,
    erasures: Option<Erasures>,
}

/// What became of a disclosure, and of what was gathered before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Whether it is the first of what is gathered, which somebody must write in time.
    pub(crate) is_first: bool,
    /// How many could not be kept.
    pub(crate) lost: u64,
}

impl Discloser {
    /// The writer of the disclosures in `folder`; nobody else writes there.
    pub(crate) fn new(folder: PrivateFolder) -> Self {
        Erasures::forget(&folder);
        let day = (0, date(Timestamp::UNIX_EPOCH));
        Self { folder, day, gathered: Vec::new(), lines: Vec::new(), open: None, erasures: None }
    }

    /// Keeps what opens a commitment of a call that is made at `moment`. It is gathered, and written when that is much, when the day is
    /// over, or when [`Discloser::write`] is called.
    pub(crate) fn keep(
        &mut self,
        moment: Timestamp,
        call_id: Uuid,
        subject: Subject,
        commitment: &Commitment,
    ) -> Kept {
        let day = moment.as_second().div_euclid(DAY_SECONDS);
        let mut lost = 0;
        if day != self.day.0 {
            lost = self.write();
            self.day = (day, date(moment));
        }
        // before anything is held back that somebody may want erased
        if self.erasures.is_none() {
            self.erasures = Erasures::open(&self.folder).ok();
        }
        if self.erasures.is_none() {
            return Kept { is_first: false, lost: lost.saturating_add(1) };
        }
        let begin = self.gathered.len();
        spell(&mut self.gathered, call_id, subject, commitment);
        self.lines.push((call_id, begin..self.gathered.len()));
        if self.gathered.len() < GATHERED_BYTES {
            return Kept { is_first: begin == 0, lost };
        }
        Kept { is_first: false, lost: lost.saturating_add(self.write()) }
    }

    /// Writes what is gathered; tells how many lines could not be kept.
    pub(crate) fn write(&mut self) -> u64 {
        if self.lines.is_empty() {
            return 0;
        }
        let lost = match self.try_write() {
            Ok(()) => 0,
            Err(_) => {
                // opened anew, the file is seen to end in half a line
                self.open = None;
                u64::try_from(self.lines.len()).unwrap_or(u64::MAX)
            }
        };
        self.lines.clear();
        self.gathered.clear();
        lost
    }

    fn try_write(&mut self) -> io::Result<()> {
        let mut erasures = match self.erasures.take() {
            Some(erasures) if erasures.is_there() => erasures,
            _ => Erasures::open(&self.folder)?,
        };
        erasures.refresh()?;
        self.leave_out(&erasures);
        let written = if self.lines.is_empty() { Ok(()) } else { self.append(&mut erasures) };
        self.erasures = Some(erasures);
        written
    }

    /// Lets go of the lines of calls that were erased.
    fn leave_out(&mut self, erasures: &Erasures) {
        if !self.lines.iter().any(|(call_id, _)| erasures.contains(*call_id)) {
            return;
        }
        let gathered = std::mem::take(&mut self.gathered);
        for (call_id, place) in std::mem::take(&mut self.lines) {
            if !erasures.contains(call_id) {
                let begin = self.gathered.len();
                self.gathered.extend_from_slice(gathered.get(place).unwrap_or_default());
                self.lines.push((call_id, begin..self.gathered.len()));
            }
        }
    }

    fn append(&mut self, erasures: &mut Erasures) -> io::Result<()> {
        let day = self.day.1;
        // today's file may have been erased as a whole meanwhile: what is written to it then is kept for nobody
        let there = |file: &File| file.metadata().is_ok_and(|metadata| metadata.nlink() > 0);
        let file = match &mut self.open {
            Some((open, file)) if *open == day && there(file) => file,
            _ => &mut self.open.insert((day, self.folder.day(day)?)).1,
        };
        let end = file.metadata()?.len();
        file.write_all(&self.gathered)?;
        if erasures.refresh()? {
            // whoever erases may have looked before this was written
            for (_, place) in self.lines.iter().filter(|(call_id, _)| erasures.contains(*call_id)) {
                let begin = end.saturating_add(u64::try_from(place.start).unwrap_or(u64::MAX));
                // without its LF
                self.folder.blank(day, begin, place.len().saturating_sub(1))?;
            }
        }
        Ok(())
    }
}

/// What is gathered is written as far as it can be: a log that ends in order loses nothing.
impl Drop for Discloser {
    fn drop(&mut self) {
        self.write();
    }
}

/// The day of a moment, by UTC.
fn date(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}

/// Appends a line to `buffer`, by hand: everything but the text has a fixed alphabet.
fn spell(buffer: &mut Vec<u8>, call_id: Uuid, subject: Subject, commitment: &Commitment) {
    let begin = buffer.len();
    buffer.extend_from_slice(br#"{"call_id":""#);
    buffer.extend_from_slice(call_id.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    buffer.extend_from_slice(br#"","subject":""#);
    buffer.extend_from_slice(subject.as_str().as_bytes());
    buffer.extend_from_slice(br#"","salt":""#);
    buffer.extend_from_slice(&commitment.salt.digits());
    buffer.push(b'"');
    if let Some(text) = commitment.text.as_deref().filter(|text| text.len() <= TEXT_BYTES) {
        let end = buffer.len();
        buffer.extend_from_slice(br#","text":"#);
        let spelled = serde_json::to_writer(&mut *buffer, text);
        // escapes may make a text six times as long
        if spelled.is_err() || buffer.len().saturating_sub(begin).saturating_add(1) >= limit::LINE_BYTES {
            buffer.truncate(end);
        }
    }
    buffer.extend_from_slice(b"}\n");
}

#[cfg(test)]
mod tests;
