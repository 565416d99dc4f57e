//! What a request must look like to be judged at all: normal form of paths, and limits on lengths and counts. What it
//! refuses is denied with the code `bad_request`, never cleaned up: the tool must run on the value that was judged.

use crate::model::{Paths, Request};

/// The longest path or reference, in bytes.
pub(crate) const LONGEST_PATH: usize = 4_096;
/// The longest principal, role, tool, repository or host name, in bytes.
pub(crate) const LONGEST_NAME: usize = 512;
/// The most accesses in a call.
pub(crate) const MOST_ACCESSES: usize = 10_000;
/// The most named paths in a call, over all its accesses.
pub(crate) const MOST_PATHS: usize = 100_000;

/// Whether the request can be judged.
pub(crate) fn is_normal(request: &Request<'_>) -> bool {
    let names = [request.principal, request.tool].into_iter().chain(request.roles.iter().map(AsRef::as_ref));
    if !names.into_iter().all(is_name) || request.accesses.len() > MOST_ACCESSES {
        return false;
    }
    let mut paths = 0usize;
    request.accesses.iter().all(|access| {
        let named: &[String] = match &access.paths {
            Paths::Named(named) => named,
            Paths::None | Paths::Discovered => &[],
        };
        paths = paths.saturating_add(named.len());
        paths <= MOST_PATHS
            && access.repo.as_deref().is_none_or(is_name)
            && access.host.as_deref().is_none_or(is_name)
            && access.reference.as_deref().is_none_or(|reference| is_text(reference, LONGEST_PATH))
            && named.iter().all(|path| is_path(path))
    })
}

/// Whether `path` is relative, `/`-separated and has no empty, `.` or `..` segment, backslash or control character.
pub(crate) fn is_path(path: &str) -> bool {
    is_text(path, LONGEST_PATH) && has_plain_segments(path)
}

/// One walk over the bytes: this is asked of every path of every call.
fn has_plain_segments(path: &str) -> bool {
    let (mut length, mut dots) = (0usize, 0usize);
    let is_empty_or_dots = |length: usize, dots: usize| length == dots && length <= 2;
    for byte in path.bytes() {
        match byte {
            b'/' if is_empty_or_dots(length, dots) => return false,
            b'/' => (length, dots) = (0, 0),
            b'\\' => return false,
            _ => {
                length = length.saturating_add(1);
                dots = dots.saturating_add(usize::from(byte == b'.'));
            }
        }
    }
    !is_empty_or_dots(length, dots)
}

fn is_name(name: &str) -> bool {
    is_text(name, LONGEST_NAME)
}

fn is_text(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !has_control(text)
}

fn has_control(text: &str) -> bool {
    // Plain ASCII, the common case, is decided on bytes, without a branch at each.
    let is_suspect = |byte: u8| !(b' '..0x7F).contains(&byte);
    text.bytes().fold(false, |any, byte| any | is_suspect(byte)) && text.chars().any(char::is_control)
}
