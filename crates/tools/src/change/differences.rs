//! What differs, one entry a file, before renames are looked for; no more of it than a result could ever be made from.

use std::ops::ControlFlow;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::bstr::{BStr, BString};

use super::Side;
use crate::collect::lies_beneath;

/// How many files may differ.
const MAX_FILES: usize = 50_000;

/// A file that differs.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) path: BString,
    pub(crate) old: Side,
    pub(crate) new: Side,
}

/// The differences found so far.
#[derive(Debug)]
pub(super) struct Differences<'v> {
    under: Option<&'v RelPath>,
    found: Vec<Difference>,
    full: bool,
}

impl Differences<'_> {
    /// Keeps a difference; breaks if there are too many.
    pub(super) fn push(&mut self, path: &BStr, old: Side, new: Side) -> ControlFlow<()> {
        if !lies_beneath(path, self.under) {
            return ControlFlow::Continue(());
        }
        if self.found.len() >= MAX_FILES {
            self.full = true;
            return ControlFlow::Break(());
        }
        self.found.push(Difference { path: path.to_owned(), old, new });
        ControlFlow::Continue(())
    }
}

/// All differences that `walk` finds, or, where those are too many, the ones beneath `under`.
///
/// All are wanted first, so that a file that came from elsewhere is found to have done so.
///
/// # Errors
/// [`ToolError::Unsuitable`] beyond 50,000 files, and those of `walk`.
pub(super) fn gather<'v>(
    under: Option<&'v RelPath>,
    mut walk: impl FnMut(&mut Differences<'v>) -> Result<(), ToolError>,
) -> Result<Vec<Difference>, ToolError> {
    for under in [None, under] {
        let mut differences = Differences { under, found: Vec::new(), full: false };
        walk(&mut differences)?;
        if !differences.full {
            return Ok(differences.found);
        }
    }
    Err(ToolError::Unsuitable {
        reason: "more than 50,000 files differ; give `path` to compare fewer".into(),
    })
}
