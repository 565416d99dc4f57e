//! Patterns that an operator adds to the standard rules. A pattern is a regular expression of a closed kind: it is searched
//! in linear time whatever the text, cannot grow beyond a fixed size, and says so much of what it means that it cannot take
//! a whole repository away by mistake. What it may be is decided here, once, when it is compiled.

mod shape;

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::finding::{Finding, PLACEHOLDER};
use crate::spans::{Match, Rank};

/// Why a pattern is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// The text is no regular expression, or one with something that cannot be searched in linear time.
    Syntax(String),
    /// The text is longer than [`Patterns::LONGEST`].
    TooLong,
    /// There are more than [`Patterns::MOST`].
    TooMany,
    /// The compiled form would be larger than the limit.
    TooLarge,
    /// Some match would hold fewer than [`Patterns::LEAST_LITERAL`] characters that the pattern spells out.
    TooBroad,
    /// Something is repeated without bound, or beyond 1,024 bytes, elsewhere than at the end.
    Unbounded,
    /// Of a choice one branch reads on far beyond where another matches.
    LooksAhead,
    /// The pattern matches what stands in for secrets.
    Placeholder,
}

impl PatternError {
    /// What to write instead.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "write a regular expression without look-around and back-references",
            Self::TooLong => "write at most 1024 bytes",
            Self::TooMany => "keep at most 64 patterns",
            Self::TooLarge => "repeat less, or name few characters, as in [A-Za-z0-9_] for \\w",
            Self::TooBroad => "begin with what every such value begins with, as in ACME-[0-9]+",
            Self::Unbounded => {
                "write an upper bound, as in {1,200}, or end the pattern with the repetition of one class"
            }
            Self::LooksAhead => {
                "write the branches as patterns of their own, or shorten the longer one, where \\w and [^x] count four bytes"
            }
            Self::Placeholder => "leave out what matches ***",
        }
    }
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(why) => write!(formatter, "pattern is not valid: {why}"),
            Self::TooLong => formatter.write_str("pattern is too long"),
            Self::TooMany => formatter.write_str("pattern is one too many"),
            Self::TooLarge => formatter.write_str("pattern is too large when compiled"),
            Self::TooBroad => write!(
                formatter,
                "pattern is too broad: a match may hold fewer than {} characters that it spells out",
                Patterns::LEAST_LITERAL
            ),
            Self::Unbounded => {
                formatter.write_str("pattern repeats without bound, or beyond 1024 bytes, before its end")
            }
            Self::LooksAhead => write!(
                formatter,
                "pattern has a choice of which one branch reads more than {} bytes beyond another",
                Patterns::MOST_AHEAD
            ),
            Self::Placeholder => write!(formatter, "pattern matches the placeholder {PLACEHOLDER}"),
        }
    }
}

impl std::error::Error for PatternError {}

/// The pattern of a list that is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern {
    /// Its place in the list, from 0.
    pub index: usize,
    /// Why.
    pub error: PatternError,
}

/// Compiled patterns. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    expressions: Arc<[Regex]>,
}

impl Patterns {
    /// The most bytes of a pattern's text.
    pub const LONGEST: usize = 1_024;
    /// The most patterns of one list.
    pub const MOST: usize = 64;
    /// The fewest characters that every match must hold and the pattern spells out, in either case.
    pub const LEAST_LITERAL: usize = 3;
    /// The most bytes of a match before an unbounded end.
    const LONGEST_MATCH: usize = 1_024;
    /// The most bytes that a branch of a choice may read beyond where another matches.
    const MOST_AHEAD: usize = 32;
    /// The most bytes of a compiled pattern, and of its search's tables.
    const SIZE: usize = 1 << 19;
    /// The deepest nesting of groups.
    const NEST: u32 = 32;

    /// Compiles patterns in the syntax of the `regex` crate.
    ///
    /// A repetition without bound (`+`, `*`, `{2,}`) may stand once in each alternative, at its end, and repeat one
    /// character or class: then no text makes the search read the same bytes again and again. What stands before it
    /// matches at most 1,024 bytes, and no branch of a choice more than 32 bytes beyond another. Every match must
    /// hold at least [`Patterns::LEAST_LITERAL`] characters that the pattern spells out (in either case), so that
    /// `.`, `\w+` and the empty text are no patterns.
    ///
    /// # Errors
    /// [`BadPattern`] for the first of which one of these does not hold.
    pub fn compile<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, BadPattern> {
        let expressions = texts.into_iter().enumerate().map(|(index, text)| {
            let compiled = if index < Self::MOST { compile(text) } else { Err(PatternError::TooMany) };
            compiled.map_err(|error| BadPattern { index, error })
        });
        Ok(Self { expressions: expressions.collect::<Result<_, _>>()? })
    }

    /// Finds the matches, line by line: line ends are kept, so that line numbers stay true.
    pub(crate) fn find(&self, text: &str) -> Vec<Match> {
        let mut found = Vec::new();
        for hit in self.expressions.iter().flat_map(|expression| expression.find_iter(text)) {
            let mut start = hit.start();
            for part in hit.as_str().split(['\n', '\r']) {
                let end = start + part.len();
                found.push(Match { rule: Finding::PATTERN, rank: Rank::Context, start, end, quote: None });
                start = end + 1;
            }
        }
        found
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.expressions.is_empty()
    }
}

fn compile(text: &str) -> Result<Regex, PatternError> {
    if text.len() > Patterns::LONGEST {
        return Err(PatternError::TooLong);
    }
    shape::check(text)?;
    let expression = RegexBuilder::new(text)
        .size_limit(Patterns::SIZE)
        .dfa_size_limit(Patterns::SIZE)
        .nest_limit(Patterns::NEST)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
            _ => PatternError::Syntax("the engine does not take it".to_owned()),
        })?;
    if expression.is_match(PLACEHOLDER) { Err(PatternError::Placeholder) } else { Ok(expression) }
}

#[cfg(test)]
mod tests;
