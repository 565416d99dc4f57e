//! The answer to git's question for a credential. Git asks a program that it starts without arguments of ours, so that program is Gitoma
//! itself under another name: a link, and a `main` that looks what it was called.
#![expect(
    clippy::disallowed_methods,
    reason = "the gateway's own link, and what a parent process of ours hands down"
)]

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::error::ProcessError;

/// The name under which the program answers.
pub const ASKPASS: &str = "gitoma-askpass";
/// The variable that holds the number of the descriptor.
pub(super) const DESCRIPTOR: &str = "GITOMA_ASKPASS_FD";
/// The longest credential with its lines, in bytes.
const LONGEST: u64 = 4 * 1024;

/// Answers git's question, if this process was started under the name [`ASKPASS`]; nothing happens otherwise. A `main` calls it first.
#[must_use]
pub fn askpass() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let name = arguments.next()?;
    if Path::new(&name).file_name() != Some(OsStr::new(ASKPASS)) {
        return None;
    }
    let answered = arguments.next().and_then(|prompt| {
        let held = held(&std::env::var_os(DESCRIPTOR)?)?;
        let answer = answer(prompt.to_str()?, &held)?;
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(answer.as_bytes()).and_then(|()| stdout.write_all(b"\n")).ok()?;
        stdout.flush().ok()
    });
    Some(if answered.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads what lies behind the descriptor. It is opened anew, since name and secret are asked for by two processes that share it.
fn held(number: &OsStr) -> Option<String> {
    let number: u32 = number.to_str()?.parse().ok()?;
    let file = std::fs::File::open(format!("/proc/self/fd/{number}")).ok()?;
    let mut held = String::new();
    file.take(LONGEST).read_to_string(&mut held).ok()?;
    Some(held)
}

/// What git is told: only what it asks for, and only for the remote that the credential belongs to.
pub(super) fn answer<'h>(prompt: &str, held: &'h str) -> Option<&'h str> {
    let mut lines = held.lines();
    let (origin, username, password) = (lines.next()?, lines.next()?, lines.next()?);
    let (scheme, authority) = origin.split_once("://")?;
    if prompt == format!("Username for '{origin}': ") {
        return Some(username);
    }
    (prompt == format!("Password for '{scheme}://{username}@{authority}': ")).then_some(password)
}

/// Makes `directory` hold the link [`ASKPASS`] to the running program, and returns where it is.
///
/// # Errors
/// [`ProcessError::Askpass`] if it cannot be made, or the running program is no longer where it was started.
pub fn link_askpass(directory: &Path) -> Result<PathBuf, ProcessError> {
    let program = std::env::current_exe().map_err(ProcessError::Askpass)?;
    if !program.is_file() {
        return Err(ProcessError::Askpass(ErrorKind::NotFound.into()));
    }
    let link = directory.join(ASKPASS);
    if std::fs::read_link(&link).is_ok_and(|target| target == program) {
        return Ok(link);
    }
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|_error| ProcessError::Askpass(ErrorKind::Other.into()))?;
    let temporary = directory.join(format!(".{ASKPASS}.{:016x}", u64::from_ne_bytes(random)));
    let made = symlink(&program, &temporary).and_then(|()| std::fs::rename(&temporary, &link));
    made.map(|()| link).map_err(ProcessError::Askpass)
}
