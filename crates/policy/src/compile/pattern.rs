//! The globs and host patterns of a rule: parsed, and refused in their place if they are none.

use std::sync::Arc;

use super::Compiler;
use super::shared::key;
use crate::document::{List, Placed};
use crate::error::Place;
use crate::fold;
use crate::glob::Glob;
use crate::reference;
use crate::rule::{Globs, HostPattern};

impl Compiler<'_> {
    /// The patterns of the key `what`, `paths` or `refs`.
    pub(super) fn globs(&mut self, list: &List<String>, what: &str, fold: bool) -> Arc<Globs> {
        let about = format!("{what} {}", if fold { "folded" } else { "exact" });
        self.shared(
            |shared| &mut shared.globs,
            key(&about, list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, what);
                }
                let items = list.value.iter();
                let globs: Box<[Glob]> = items
                    .filter_map(|text| {
                        let glob = compiler.glob(&text.value, text.place, fold)?;
                        let fault = (what == "refs").then(|| reference::fault(&text.value)).flatten();
                        if let Some((message, fix)) = fault {
                            compiler.faults.note(text.place, message, Some(&fix));
                        }
                        Some(glob)
                    })
                    .collect();
                let everything = globs.iter().any(Glob::is_everything);
                Arc::new(Globs { list: globs, everything })
            },
        )
    }

    pub(super) fn glob(&mut self, text: &str, at: Place, fold: bool) -> Option<Glob> {
        match Glob::parse(text, fold) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.faults.note(at, error.to_string(), None);
                None
            }
        }
    }

    pub(super) fn hosts(&mut self, list: &List<String>) -> Arc<[HostPattern]> {
        self.shared(
            |shared| &mut shared.hosts,
            key("", list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, "hosts");
                }
                list.value.iter().map(|host| compiler.host(host)).collect()
            },
        )
    }

    fn host(&mut self, host: &Placed<String>) -> HostPattern {
        let text = fold::case(&host.value);
        let (pattern, name) = match text.strip_prefix("*.") {
            _ if text == "*" => (HostPattern::Any, "any"),
            Some(domain) => (HostPattern::Beneath(format!(".{domain}").into()), domain),
            None => (HostPattern::Exact(text.as_ref().into()), text.as_ref()),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':');
        // As it is written: some signs that no host has fold to letters.
        let is_ascii = host.value.is_ascii();
        if !is_ascii
            || name.is_empty()
            || name.starts_with('.')
            || name.ends_with('.')
            || !name.bytes().all(plain)
        {
            let fix = "write `git.example.com`, `*.example.com`, or `*`; no scheme, no path";
            self.faults.note(host.place, "not a host name", Some(fix));
        }
        pattern
    }
}

#[cfg(test)]
mod tests;
