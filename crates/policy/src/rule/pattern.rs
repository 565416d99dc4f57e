//! The patterns a rule is made of: of tools, of hosts, and lists of globs. Each knows what it matches and nothing of rules.

use super::Text;
use crate::glob::Glob;
use crate::model::Effect;
use crate::set::Tool;

/// A tool by its name, or all whose name begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ToolPattern {
    Exact(Box<str>),
    Prefix(Box<str>),
}

impl ToolPattern {
    pub(crate) fn matches(&self, tool: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *tool,
            Self::Prefix(prefix) => tool.starts_with(&**prefix),
        }
    }
}

/// Patterns of which one must match, and which of the known tools they match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tools {
    patterns: Box<[ToolPattern]>,
    /// One bit for each tool of the catalogue, in its order: of the first 64 tools, which few catalogues exceed, and of
    /// all that follow.
    first: u64,
    further: Box<[u64]>,
}

impl Tools {
    /// The patterns, held against the names of the catalogue.
    pub(crate) fn new(patterns: Box<[ToolPattern]>, catalogue: &[&str]) -> Self {
        let bit = |name: &str| u64::from(patterns.iter().any(|pattern| pattern.matches(name)));
        let word = |names: &[&str]| names.iter().rev().fold(0, |word, name| word << 1 | bit(name));
        let mut words = catalogue.chunks(64).map(word);
        let first = words.next().unwrap_or_default();
        let further = words.collect();
        Self { patterns, first, further }
    }

    /// One bit for each of the first 64 tools of the catalogue.
    pub(crate) const fn first_known(&self) -> u64 {
        self.first
    }

    /// Whether the tool is among them.
    pub(crate) fn include(&self, tool: Tool<'_>) -> bool {
        match tool.position {
            Some(position @ 0..64) => self.first >> position & 1 == 1,
            Some(position) => {
                let word = (position / 64).checked_sub(1).and_then(|word| self.further.get(word));
                word.is_some_and(|word| word >> (position % 64) & 1 == 1)
            }
            None => self.patterns.iter().any(|pattern| pattern.matches(tool.name)),
        }
    }
}

impl std::ops::Deref for Tools {
    type Target = [ToolPattern];

    fn deref(&self) -> &[ToolPattern] {
        &self.patterns
    }
}

/// A host by its name, all beneath a domain, or any. Lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HostPattern {
    Any,
    Exact(Box<str>),
    /// With the leading dot.
    Beneath(Box<str>),
}

impl HostPattern {
    pub(super) fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => **name == *host,
            Self::Beneath(domain) => host.len() > domain.len() && host.ends_with(&**domain),
        }
    }
}

/// Patterns of which one must match.
#[derive(Debug, Clone)]
pub(crate) struct Globs {
    pub(crate) list: Box<[Glob]>,
    /// Whether one of them is `**`.
    pub(crate) everything: bool,
}

impl Globs {
    /// Whether one of them matches the text as a rule of the effect sees it.
    pub(crate) fn matches(&self, text: &Text<'_>, effect: Effect) -> bool {
        self.everything
            || match text.folded_for(effect) {
                None => self.list.iter().any(|glob| glob.matches(text.exact)),
                Some(folded) => self.list.iter().any(|glob| glob.matches_folded(text.exact, folded)),
            }
    }
}

#[cfg(test)]
mod tests;
