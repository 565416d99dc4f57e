//! `gitoma secrets fingerprint`: what to write into `redact.allow` of a policy so that a value shows.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use gitoma_redact::{Fingerprint, Redactor, Scanner};

use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;
use crate::terminal;

/// The most that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

pub(super) fn run(place: Option<&Path>, redactor: Redactor, console: &Console) -> Result<Status, Failure> {
    match place {
        None => value(console),
        Some(place) => {
            let (file, line) = split(place);
            of_file(file, line, redactor, console)
        }
    }
}

/// The fingerprint of standard input, without the line end that a shell puts behind it.
fn value(console: &Console) -> Result<Status, Failure> {
    let text = read("standard input", std::io::stdin().lock())?;
    let value = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if value.is_empty() {
        return Err(Failure::Usage(
            "standard input holds no value; name a file or pipe a value in".to_owned(),
        ));
    }
    console.show(&Fingerprint::of(value).to_string())?;
    Ok(Status::Done)
}

/// `FILE:LINE` in its parts, unless a file is called so.
fn split(place: &Path) -> (&Path, Option<u64>) {
    if place.symlink_metadata().is_ok() {
        return (place, None);
    }
    let bytes = place.as_os_str().as_bytes();
    let Some(colon) = bytes.iter().rposition(|byte| *byte == b':') else { return (place, None) };
    let (file, line) = bytes.split_at(colon);
    let number =
        line.get(1..).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|text| text.parse().ok());
    match number {
        Some(number) => (Path::new(OsStr::from_bytes(file)), Some(number)),
        None => (place, None),
    }
}

fn of_file(file: &Path, line: Option<u64>, redactor: Redactor, console: &Console) -> Result<Status, Failure> {
    let name = redactor.redact(&file.to_string_lossy()).text.into_owned();
    #[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
    let opened = std::fs::File::open(file)
        .map_err(|source| Failure::Input { what: format!("the file {name}"), source })?;
    let text = read(&format!("the file {name}"), opened)?;
    let values = Scanner::new(redactor).value_fingerprints(&text);
    let mut found = false;
    for value in &values {
        if line.is_some_and(|line| !(value.start.line..=value.end.line).contains(&line)) {
            continue;
        }
        found = true;
        let place = format!("{}:{}:{}", terminal::line(&name), value.start.line, value.start.column);
        if !value.suffice {
            console.tell(&format!("{place} {}: no fingerprint lets it show", value.rule));
            continue;
        }
        for fingerprint in &value.fingerprints {
            console.show(&format!("{fingerprint} {place} {}", value.rule))?;
        }
    }
    if !found {
        console.tell("no secret is found there");
        return Ok(Status::Failed);
    }
    Ok(Status::Done)
}

fn read(what: &str, input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input
        .take(LARGEST.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| Failure::Input { what: what.to_owned(), source })?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::TooLarge { what: "the input", limit: LARGEST });
    }
    // Bytes that are no UTF-8 are seen as redaction of a file sees them.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
