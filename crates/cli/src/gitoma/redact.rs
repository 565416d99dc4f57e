//! `gitoma redact`: standard input to standard output without secrets.

use std::io::Read as _;

use gitoma_redact::Redactor;

use super::status::Status;
use crate::console::Console;
use crate::failure::Failure;

/// The most that is read, in bytes. The whole text is held: a secret that a border cut in two would be missed.
const LIMIT: u64 = 64 * 1024 * 1024;

pub(super) fn run(console: &Console) -> Result<Status, Failure> {
    let what = "standard input";
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Failure::Input { what: what.to_owned(), source })?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::TooLarge { what, limit: LIMIT });
    }
    let text = String::from_utf8_lossy(&bytes);
    console.print(&Redactor::new().redact(&text).text)?;
    Ok(Status::Done)
}
