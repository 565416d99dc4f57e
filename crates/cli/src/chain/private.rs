//! `gitoma-audit disclose` and `erase`: what a commitment in the log stands for, and forgetting it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use gitoma_audit::{Committed, Erase, committed};
use uuid::Uuid;

use super::{
    UNKNOWN,
    arguments::{DiscloseArguments, EraseArguments},
    explained, listing,
};
use crate::console::Console;
use crate::failure::Failure;

/// The most bytes that are held against a commitment.
const GIVEN_BYTES: u64 = 256 * 1024 * 1024;

/// Shows what the commitments of a call stand for, or whether a file is what was committed to.
pub(super) fn disclose(arguments: &DiscloseArguments, console: &Console) -> Result<u8, Failure> {
    let call = id(&arguments.call)?;
    let given = arguments.file.as_deref().map(read).transpose()?;
    let mut code = 0;
    let found = committed(&arguments.directory, call, |error| {
        code = listing::gravest([code, listing::unreadable(error, console)]);
    });
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            console.tell(&format!("error: {}: {}", arguments.directory.display(), explained(&error)));
            return Ok(UNKNOWN);
        }
    };
    if found.is_empty() {
        console.tell("error: no entry of this call carries a commitment");
        return Ok(UNKNOWN);
    }
    let mut held = false;
    for one in &found {
        let (text, opened) = said(one, given.as_deref());
        held |= opened;
        console.show(&text)?;
    }
    if given.is_some() && !held {
        code = listing::gravest([code, 1]);
    }
    Ok(code)
}

/// What is known of a commitment, and whether the given bytes are what was committed to.
fn said(one: &Committed, given: Option<&[u8]>) -> (String, bool) {
    let head = format!("entry {}, {}, {}", one.seq, one.subject, one.commitment);
    let Some(disclosure) = &one.disclosure else {
        return (format!("{head}\n  erased, lost or never kept: nobody can open it any more"), false);
    };
    let salt = format!("{head}\n  salt {}", disclosure.salt);
    match (disclosure.opens(&one.commitment, given), given, &disclosure.text) {
        (Some(true), Some(_), _) => (format!("{salt}\n  the file is what was committed to"), true),
        (Some(_), Some(_), _) => (format!("{salt}\n  the file is not what was committed to"), false),
        (Some(true), None, Some(text)) => (format!("{salt}\n  {text}"), false),
        (Some(_), None, _) => (format!("{salt}\n  what is kept does not open it: it was changed"), false),
        (None, ..) => (
            format!(
                "{salt}\n  the text is not kept; --file FILE tells whether a file is what was committed to"
            ),
            false,
        ),
    }
}

/// Erases what opens commitments.
pub(super) fn erase(arguments: &EraseArguments, console: &Console) -> Result<u8, Failure> {
    let what = match (&arguments.call, &arguments.before) {
        (Some(call), _) => Erase::Call(id(call)?),
        (None, Some(day)) => Erase::Before(
            day.parse().map_err(|_| Failure::Usage("--before: no day, such as 2026-01-31".to_owned()))?,
        ),
        (None, None) => return Err(Failure::Usage("name --call or --before".to_owned())),
    };
    match gitoma_audit::erase(&arguments.directory, what) {
        Ok(erased) => {
            console
                .show(&format!("{} lines and {} files of whole days erased", erased.lines, erased.days))?;
            Ok(0)
        }
        Err(error) => {
            console.tell(&format!("error: {}: {}", arguments.directory.display(), explained(&error)));
            Ok(UNKNOWN)
        }
    }
}

fn id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| Failure::Usage("--call: no call id, which is a UUID".to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(GIVEN_BYTES.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|source| Failure::Input { what: file.display().to_string(), source })?;
    if bytes.len() as u64 > GIVEN_BYTES {
        return Err(Failure::TooLarge { what: "the file", limit: GIVEN_BYTES });
    }
    Ok(bytes)
}
