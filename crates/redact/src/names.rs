//! Names of settings that an operator adds to those that announce a secret by themselves. Case and spelling of a name do
//! not matter, and it may be the end of a longer one, as with the names that are built in.

use crate::key;
use aho_corasick::{AhoCorasick, MatchKind};
use std::ops::Range;
use std::sync::Arc;

/// The names and the automaton of their last words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// In lower case, an underscore between the words.
    names: Arc<[String]>,
    /// Finds the last word of each; `None` if there are no names.
    automaton: Option<AhoCorasick>,
}

impl Names {
    pub(crate) fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut names: Vec<String> =
            names.into_iter().map(|name| key::words(name.as_ref().as_bytes())).collect();
        names.retain(|name| !name.is_empty());
        names.sort();
        names.dedup();
        let mut last: Vec<&str> = names.iter().filter_map(|name| name.rsplit('_').next()).collect();
        last.sort_unstable();
        last.dedup();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(last)
            .ok()
            .filter(|_| !names.is_empty());
        Self { names: names.into(), automaton }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether `name`, as it stands in a text, is one of them or ends in one.
    pub(crate) fn hold(&self, name: &[u8]) -> bool {
        if self.is_empty() {
            return false;
        }
        let spelled = key::words(name);
        self.names.iter().any(|own| {
            let lead = spelled.strip_suffix(own.as_str());
            lead.is_some_and(|lead| lead.is_empty() || lead.ends_with('_'))
        })
    }

    /// Where a name may stand.
    pub(crate) fn hits<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let automaton = self.automaton.iter();
        automaton.flat_map(move |automaton| automaton.find_overlapping_iter(text)).map(|hit| hit.range())
    }
}
