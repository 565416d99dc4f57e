//! `gitoma-audit show`: entries for people, or as they stand.

use std::path::Path;

use gitoma_audit::Reader;

use super::{
    UNKNOWN,
    arguments::ShowArguments,
    explained,
    listing::{Listing, gravest},
};
use crate::console::Console;
use crate::failure::Failure;

pub(super) fn run(arguments: &ShowArguments, console: &Console) -> Result<u8, Failure> {
    let limit = arguments.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut listing = Listing::new(console, &arguments.filter, arguments.json, limit);
    let mut codes = Vec::new();
    for directory in &arguments.directories {
        codes.push(show(directory, &mut listing, console)?);
        if console.is_closed() {
            return Ok(0);
        }
    }
    listing.finish()?;
    Ok(gravest(codes))
}

/// Shows what is in `directory`; the answer is the exit code it amounts to.
fn show(directory: &Path, listing: &mut Listing<'_>, console: &Console) -> Result<u8, Failure> {
    let reader = match Reader::open(directory) {
        Ok(reader) => reader,
        Err(error) => {
            console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
            return Ok(UNKNOWN);
        }
    };
    let mut code = 0;
    for entry in reader {
        code = gravest([code, listing.take(entry)?]);
        if console.is_closed() {
            return Ok(0);
        }
    }
    Ok(code)
}
