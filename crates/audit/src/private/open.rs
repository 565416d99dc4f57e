//! Opens and erases the commitments of a call, whichever chain it is in.

use std::path::Path;

use jiff::civil::Date;
use uuid::Uuid;

use super::{Disclosure, Erased, PrivateFolder, Subject};
use crate::{
    digest::Digest,
    line::entry::Entry,
    reader::{ReadError, Reader},
    verify::{self, VerifyError},
};

/// A commitment that an entry carries, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The chain.
    pub chain_id: Uuid,
    /// The entry.
    pub seq: u64,
    /// What was committed to.
    pub subject: Subject,
    /// The commitment.
    pub commitment: Digest,
    /// What opens it; `None` if it was erased, lost or never kept.
    pub disclosure: Option<Disclosure>,
}

/// Finds the commitments of a call in the chains at `path`, with what opens them. Lines that are no entries are handed to `bad`.
///
/// # Errors
/// [`VerifyError`] if nothing can be read.
pub fn committed(
    path: &Path,
    call_id: Uuid,
    mut bad: impl FnMut(&ReadError),
) -> Result<Vec<Committed>, VerifyError> {
    let mut found = Vec::new();
    for chain in verify::chains(path)?.0 {
        let disclosures = PrivateFolder::of(&chain.path).find(call_id)?;
        for entry in Reader::open(&chain.path)? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    bad(&error);
                    continue;
                }
            };
            if entry.call_id == Some(call_id) {
                found.extend(commitments(&entry).map(|(subject, commitment)| {
                    let opens = |disclosure: &&Disclosure| disclosure.subject == subject;
                    Committed {
                        chain_id: entry.chain_id,
                        seq: entry.seq,
                        subject,
                        commitment,
                        disclosure: disclosures.iter().find(opens).cloned(),
                    }
                }));
            }
        }
    }
    Ok(found)
}

fn commitments(entry: &Entry) -> impl Iterator<Item = (Subject, Digest)> {
    let both = [(Subject::Arguments, entry.args_commit), (Subject::Result, entry.result_commit)];
    both.into_iter().filter_map(|(subject, commitment)| Some((subject, commitment?)))
}

/// What to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erase {
    /// What opens the commitments of one call.
    Call(Uuid),
    /// What opens the commitments of all calls before a day, by UTC.
    Before(Date),
}

/// Erases what opens commitments in the chains at `path`, also while a process writes them. The chains stay as they are.
///
/// # Errors
/// [`VerifyError`] if the system refuses something; what was erased until then is gone.
pub fn erase(path: &Path, what: Erase) -> Result<Erased, VerifyError> {
    let mut erased = Erased::default();
    for chain in verify::chains(path)?.0 {
        let folder = PrivateFolder::of(&chain.path);
        let (sum, more) = match what {
            Erase::Call(call_id) => (&mut erased.lines, folder.erase(call_id)?),
            Erase::Before(day) => (&mut erased.days, folder.erase_before(day)?),
        };
        *sum = sum.saturating_add(more);
    }
    Ok(erased)
}
