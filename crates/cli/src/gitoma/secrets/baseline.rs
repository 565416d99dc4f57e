//! The file of known findings: how it is read and written. What it says is the scanner's.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use gitoma_redact::Baseline;

use crate::failure::Failure;
use crate::replace;

/// Reads a baseline, no more of it than one may have.
pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    let what = format!("the baseline {}", path.display());
    let limit = Baseline::LARGEST as u64;
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
    let opened = File::open(path);
    let read = opened.and_then(|file| file.take(limit.saturating_add(1)).read_to_string(&mut text));
    if let Err(source) = read {
        return Err(Failure::Input { what, source });
    }
    Baseline::parse(&text).map_err(|error| Failure::Usage(format!("{what} cannot be used: {error}")))
}

/// Puts a baseline in the place of the file, all of it or nothing.
pub(super) fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    replace::write(path, baseline.to_json().as_bytes())
        .map_err(|source| Failure::Unwritten { what: format!("the baseline {}", path.display()), source })
}
