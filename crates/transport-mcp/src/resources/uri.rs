//! [`ResourceUri`]: the one way to name a file or a folder of a repository as a resource, `repo://ALIAS/PATH` with `?ref=REVISION` where
//! a commit is meant. What is read out of it are the arguments of a tool; whether a path is good, and whether the caller may have it, is
//! said where the tool's own are judged.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{LIST_FOLDER, READ_FILE};

const SCHEME: &str = "repo://";
/// The longest text that is read, in bytes: room for the longest path with every byte encoded, and for the rest.
const MAX_BYTES: usize = 16 * 1024;
/// The slash within an alias, as it must be written.
const SLASH: &str = "%2F";
const REFERENCE: &str = "ref=";

/// RFC 3986 §2.3: all but what never needs to be encoded.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// RFC 3986 §3.3: what may stand in a path as it is.
const PATH: &AsciiSet = &COMPONENT
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// The address of a file, or of a folder, in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceUri {
    alias: String,
    /// From the repository's root, without a slash at its end; empty for the root.
    path: String,
    is_folder: bool,
    reference: Option<String>,
}

impl ResourceUri {
    /// Reads `text`: `repo://`, the alias with its slash as `%2F`, `/`, the path, and `?ref=` with a revision if that is meant. A folder ends in
    /// a slash. Percent-encoding is undone once (RFC 3986 §2.1).
    ///
    /// Nothing is put right: another spelling of scheme or alias, user information, a port, a fragment, another query, a segment that is
    /// empty or `.`, a slash that is encoded in the path, and what no URI may hold are no address. `..` and the rest of what a path must
    /// not be are left to who judges paths.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (authority, rest) = text.strip_prefix(SCHEME)?.split_once('/')?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let (path, is_folder) = match path.strip_suffix('/') {
            Some("") => return None,
            Some(path) => (path, true),
            None => (path, path.is_empty()),
        };
        let reference = match query {
            Some(query) => Some(decoded(query.strip_prefix(REFERENCE)?, |byte| matches!(byte, b'/' | b'?'))?),
            None => None,
        };
        Some(Self { alias: alias(authority)?, path: segments(path, is_folder)?, is_folder, reference })
    }

    /// Which repository it is of.
    pub(super) fn alias(&self) -> &str {
        &self.alias
    }

    /// The root of the repository `alias`; nothing if that cannot be an alias.
    pub(super) fn of_root(alias: &str) -> Option<Self> {
        let good = !alias.is_empty() && alias.bytes().all(is_of_alias);
        good.then(|| Self { alias: alias.to_owned(), path: String::new(), is_folder: true, reference: None })
    }

    /// The tool that reads it, and its arguments.
    pub(super) fn call(&self) -> (&'static str, Map<String, Value>) {
        let mut arguments = Map::new();
        arguments.insert("repo".to_owned(), self.alias.as_str().into());
        if !self.path.is_empty() {
            arguments.insert("path".to_owned(), self.path.as_str().into());
        }
        if let Some(reference) = &self.reference {
            arguments.insert("ref".to_owned(), reference.as_str().into());
        }
        (if self.is_folder { LIST_FOLDER } else { READ_FILE }, arguments)
    }

    /// The same with each part as `clean` leaves it, for an answer.
    pub(super) fn cleaned(self, clean: impl Fn(&str) -> String) -> Self {
        Self {
            alias: clean(&self.alias),
            path: clean(&self.path),
            reference: self.reference.as_deref().map(clean),
            ..self
        }
    }
}

/// The one spelling that it is given in answers.
impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alias, path, is_folder, reference } = self;
        write!(f, "{SCHEME}{}/{}", utf8_percent_encode(alias, COMPONENT), utf8_percent_encode(path, PATH))?;
        if *is_folder && !path.is_empty() {
            f.write_str("/")?;
        }
        match reference {
            Some(reference) => write!(f, "?{REFERENCE}{}", utf8_percent_encode(reference, COMPONENT)),
            None => Ok(()),
        }
    }
}

/// The alias that `authority` spells in the one way there is.
fn alias(authority: &str) -> Option<String> {
    let alias = authority.replace(SLASH, "/");
    (!alias.is_empty() && alias.bytes().all(is_of_alias)).then_some(alias)
}

fn is_of_alias(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/')
}

/// The path whose segments `path` spells; the root has none, and is a folder.
fn segments(path: &str, is_folder: bool) -> Option<String> {
    if path.is_empty() {
        return is_folder.then(String::new);
    }
    let segment = |segment: &str| {
        // RFC 6570 §3.2.3 leaves brackets as they are in a path; RFC 3986 has them encoded.
        let segment = decoded(segment, |byte| matches!(byte, b'&' | b'[' | b']'))?;
        (!segment.contains('/') && !matches!(segment.as_str(), "" | ".")).then_some(segment)
    };
    path.split('/').map(segment).collect::<Option<Vec<_>>>().map(|segments| segments.join("/"))
}

/// The text that `part` spells, in which only what a URI may hold stands as it is, and what `besides` says.
fn decoded(part: &str, besides: impl Fn(u8) -> bool) -> Option<String> {
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => [bytes.next()?, bytes.next()?].iter().all(u8::is_ascii_hexdigit),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';'
            | b'=' => true,
            b':' | b'@' => true,
            _ => byte.is_ascii_alphanumeric() || besides(byte),
        };
        if !good {
            return None;
        }
    }
    percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests;
