//! What a caller gives up for one call: the text every transport takes ([`Restriction::parse`]), and the answer of a call that was
//! only judged because the caller wanted no more ([`DryRun`]). Whether a call still may run is said by policy alone.

use std::str::FromStr;

use gitoma_policy::{Capability, Narrowing};
use serde::Serialize;

use crate::tool::ToolSpec;
use crate::verdict::Verdict;

/// What a caller gives up for one call. It can only tighten: the default gives nothing up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restriction {
    /// What the decision honours.
    pub narrowing: Narrowing,
    /// The call is judged and recorded, and not run.
    pub dry_run: bool,
}

/// Why a text is no restriction. The call it came with must be refused: what a caller wanted to give up must not be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRestriction {
    /// It is no text, or text that is not ASCII.
    #[error("the restriction is not ASCII text; {SYNTAX}")]
    NotText,
    /// It is longer than [`Restriction::MAX_BYTES`].
    #[error("the restriction is longer than {} bytes; {SYNTAX}", Restriction::MAX_BYTES)]
    TooLong,
    /// It has no element.
    #[error("the restriction is empty: leave it out to give nothing up; {SYNTAX}")]
    Empty,
    /// An element is none of the known ones.
    #[error("the restriction has an unknown element; {SYNTAX}")]
    Unknown,
    /// An element that takes no value has one.
    #[error("`read-only` and `dry-run` take no value in a restriction; {SYNTAX}")]
    Value,
    /// `repos` names no repository.
    #[error("`repos` names no repository in the restriction; {SYNTAX}")]
    NoRepository,
    /// What `repos` names cannot be a repository.
    #[error("`repos` names something that is no alias of a repository in the restriction; {SYNTAX}")]
    NoAlias,
}

/// What every [`BadRestriction`] says is allowed.
const SYNTAX: &str = "allowed are `read-only`, `dry-run` and `repos=ALIAS` (several aliases separated by blanks), \
    separated by commas";

impl BadRestriction {
    /// The stable code of a refusal for this reason.
    pub const CODE: &str = "bad_restriction";
}

impl Restriction {
    /// The longest text that is read, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Reads a list of what is given up, separated by commas with blanks around them:
    ///
    /// - `read-only`: every capability but read;
    /// - `dry-run`: running the call at all;
    /// - `repos=ALIAS ALIAS …`: every repository but these, each of `A-Za-z0-9._-/`, compared exactly.
    ///
    /// Each element tightens what those before it left, so an element more never widens: of `repos=a b, repos=b c` only `b` is left.
    /// That makes it safe to append to a list. Empty elements are passed over (RFC 9110 §5.6.1.2). Names are in lower case.
    ///
    /// # Errors
    /// [`BadRestriction`] for anything else, an empty list among it. No error repeats the text.
    pub fn parse(text: &str) -> Result<Self, BadRestriction> {
        if text.len() > Self::MAX_BYTES {
            return Err(BadRestriction::TooLong);
        }
        if !text.is_ascii() {
            return Err(BadRestriction::NotText);
        }
        let elements = text.split(',').map(|element| element.trim_matches(BLANKS));
        let parts = elements.filter(|element| !element.is_empty()).map(element);
        let whole = parts.reduce(|whole, part| Ok(whole?.and(part?)));
        whole.unwrap_or(Err(BadRestriction::Empty))
    }

    /// Reads the values of a header that may be there several times, each nothing where it is no text: they are one list (RFC 9110 §5.3), so
    /// that whoever adds one between us and the caller tightens. Without any, nothing is given up.
    ///
    /// # Errors
    /// As [`Restriction::parse`].
    pub fn parse_all<'v>(values: impl IntoIterator<Item = Option<&'v str>>) -> Result<Self, BadRestriction> {
        let values: Option<Vec<&str>> = values.into_iter().collect();
        match values.ok_or(BadRestriction::NotText)?.as_slice() {
            [] => Ok(Self::default()),
            [one] => Self::parse(one),
            several => Self::parse(&several.join(",")),
        }
    }

    /// Gives up what either gives up.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let repositories = match (self.narrowing.repositories, other.narrowing.repositories) {
            (Some(mut left), Some(right)) => {
                left.retain(|alias| right.contains(alias));
                Some(left)
            }
            (left, right) => left.or(right),
        };
        let read_only = self.narrowing.read_only || other.narrowing.read_only;
        Self { narrowing: Narrowing { read_only, repositories }, dry_run: self.dry_run || other.dry_run }
    }

    /// Whether a call of the tool is left under some arguments, so that a list may show it. Only the decision lets one run.
    #[must_use]
    pub fn leaves(&self, tool: &ToolSpec) -> bool {
        !self.narrowing.read_only || tool.capability == Capability::Read
    }
}

impl FromStr for Restriction {
    type Err = BadRestriction;

    fn from_str(text: &str) -> Result<Self, BadRestriction> {
        Self::parse(text)
    }
}

/// RFC 9110 §5.6.3
const BLANKS: [char; 2] = [' ', '\t'];

fn element(text: &str) -> Result<Restriction, BadRestriction> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let mut restriction = Restriction::default();
    match (name, value) {
        ("read-only", None) => restriction.narrowing.read_only = true,
        ("dry-run", None) => restriction.dry_run = true,
        ("read-only" | "dry-run", Some(_)) => return Err(BadRestriction::Value),
        ("repos", value) => restriction.narrowing.repositories = Some(aliases(value.unwrap_or_default())?),
        _ => return Err(BadRestriction::Unknown),
    }
    Ok(restriction)
}

fn aliases(text: &str) -> Result<Vec<String>, BadRestriction> {
    let mut aliases: Vec<String> = Vec::new();
    for alias in text.split(BLANKS).filter(|alias| !alias.is_empty()) {
        // Whether there is such a repository is not told: a name nobody has leaves nothing.
        if !alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)) {
            return Err(BadRestriction::NoAlias);
        }
        aliases.push(alias.to_owned());
    }
    if aliases.is_empty() {
        return Err(BadRestriction::NoRepository);
    }
    aliases.sort_unstable();
    aliases.dedup();
    Ok(aliases)
}

/// The answer to a call that its caller restricted to a dry run: the verdict, marked as not executed. Every transport says it so.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DryRun {
    executed: bool,
    #[serde(flatten)]
    verdict: Verdict,
}

impl DryRun {
    /// The answer that tells `verdict`.
    #[must_use]
    pub fn new(verdict: Verdict) -> Self {
        Self { executed: false, verdict }
    }

    /// What the policy says of the call.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

#[cfg(test)]
mod tests;
