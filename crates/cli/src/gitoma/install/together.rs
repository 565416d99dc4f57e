//! Files that are changed together or not at all: each is written beside its place first, and only when all are, they take their places.

use gitoma_confine::{Published, Staged, WriteError};

use super::target::Site;
use crate::failure::Failure;

/// A file that is written and not yet in its place, with a copy of what stands there.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) site: &'a Site,
    pub(super) file: Staged,
    pub(super) copy: Option<Staged>,
}

/// One that took its place.
#[derive(Debug)]
struct Written<'a> {
    site: &'a Site,
    file: Published,
    copy: Option<Published>,
}

/// Puts all files in their places.
///
/// # Errors
/// [`Failure::Usage`] and [`Failure::Unwritten`] if one could not be put there, and every one is as it was; [`Failure::Unfinished`] if that cannot
/// be said.
pub(super) fn publish(files: Vec<Prepared<'_>>) -> Result<(), Failure> {
    let mut written: Vec<Written<'_>> = Vec::new();
    for file in files {
        match file.publish() {
            Ok(done) => written.push(done),
            Err(failure) => return Err(undone(written, failure)),
        }
    }
    Ok(())
}

/// Takes back what was `written`, after the `failure` of another file.
fn undone(written: Vec<Written<'_>>, failure: Failure) -> Failure {
    let standing: Vec<String> = written
        .into_iter()
        .rev()
        .filter_map(|written| {
            let told = written.site.told();
            written.take_back().err().map(|_| told)
        })
        .collect();
    if standing.is_empty() {
        return failure;
    }
    Failure::Unfinished {
        text: format!(
            "{failure}; these were changed before and could not be put back: {}",
            standing.join("; ")
        ),
    }
}

impl<'a> Prepared<'a> {
    fn publish(self) -> Result<Written<'a>, Failure> {
        let Self { site, file, copy } = self;
        let copy = copy.map(Staged::publish).transpose().map_err(|error| site.uncopied(error))?;
        match file.publish() {
            Ok(file) => Ok(Written { site, file, copy }),
            Err(error) => {
                // Where the file is as it was, so should be what lies beside it; else the copy is the way back.
                if let Some(copy) = copy.filter(|_| !matches!(error, WriteError::InDoubt)) {
                    let _ = copy.take_back();
                }
                Err(site.failed(error))
            }
        }
    }
}

impl Written<'_> {
    fn take_back(self) -> Result<(), WriteError> {
        self.file.take_back()?;
        // What is there instead is a copy of the very file.
        self.copy.map_or(Ok(()), |copy| copy.take_back().or(Ok(())))
    }
}
