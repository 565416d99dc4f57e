//! Revisions: text that names one commit.
//!
//! Holds a small closed grammar (a base, then steps to its ancestors), so that the git layer resolves it without a
//! general revision parser. Whatever could name a blob, a reflog entry, a search or a range is no revision here.

mod error;
#[cfg(test)]
mod tests;

use std::fmt;

pub use error::RevisionError;

use crate::reference::RefName;

/// The longest revision in bytes: a reference name and eight steps.
const MAX_BYTES: usize = 320;
/// The most steps after the base.
const MAX_STEPS: usize = 8;
/// The largest number in one step.
const MAX_COUNT: u32 = 100_000;
/// The digits of a full object id (SHA-1).
const FULL_ID_DIGITS: usize = 40;
/// The fewest digits of an abbreviated object id.
const LEAST_ID_DIGITS: usize = 7;

/// Names one commit: a [`Base`] and up to eight [`Step`]s from it, as in `main~2^2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    text: String,
    base: Base,
    steps: Vec<Step>,
}

/// Where a revision starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// `HEAD`: what is checked out.
    Head,
    /// A branch, a tag or a full reference.
    Name(RefName),
    /// 7 to 40 hexadecimal digits. As in git, fewer than 40 may also be the name of a reference, which then wins.
    Id(ObjectPrefix),
}

/// Holds 7 to 40 hexadecimal digits of an object id, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPrefix(String);

impl ObjectPrefix {
    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether all 40 digits are there, so that no reference can take precedence.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() == FULL_ID_DIGITS
    }
}

/// One step from a commit to an ancestor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `~N`: N generations back along first parents; 0 stays. At most 100,000.
    Ancestor(u32),
    /// `^N`: the Nth parent, from 1; 0 stays. At most 100,000.
    Parent(u32),
}

impl Revision {
    /// Parses a revision written by a caller.
    ///
    /// # Errors
    /// The broken rule, as [`RevisionError`].
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        if text.is_empty() {
            return Err(RevisionError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(RevisionError::TooLong);
        }
        refuse_other_grammars(text)?;
        let (base, suffix) = text.find(['~', '^']).map_or((text, ""), |at| text.split_at(at));
        Ok(Self { text: text.to_owned(), base: parse_base(base)?, steps: parse_steps(suffix)? })
    }

    /// Returns the text as it was parsed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns where the revision starts.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Returns the steps to take from the base, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl AsRef<str> for Revision {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Names the grammar that was used instead, so that a refusal can say more than that the text is malformed.
fn refuse_other_grammars(text: &str) -> Result<(), RevisionError> {
    if text.starts_with('-') {
        Err(RevisionError::OptionLike)
    } else if text.starts_with('^') || text.contains("..") {
        Err(RevisionError::Range)
    } else if text.starts_with(":/") || text.contains("^{/") {
        Err(RevisionError::Search)
    } else if text.contains(':') {
        Err(RevisionError::ObjectPath)
    } else if text.contains("@{") {
        Err(RevisionError::Reflog)
    } else {
        Ok(())
    }
}

fn parse_base(base: &str) -> Result<Base, RevisionError> {
    if base == "HEAD" {
        return Ok(Base::Head);
    }
    let is_id = (LEAST_ID_DIGITS..=FULL_ID_DIGITS).contains(&base.len())
        && base.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id {
        return Ok(Base::Id(ObjectPrefix(base.to_ascii_lowercase())));
    }
    RefName::parse(base).map(Base::Name).map_err(RevisionError::from)
}

/// Parses `~N` and `^N` in any mix; a missing N is 1.
fn parse_steps(suffix: &str) -> Result<Vec<Step>, RevisionError> {
    let mut steps = Vec::new();
    let mut rest = suffix;
    loop {
        let mut characters = rest.chars();
        let Some(sign) = characters.next() else {
            return Ok(steps);
        };
        let after = characters.as_str();
        let (digits, next) =
            after.find(|c: char| !c.is_ascii_digit()).map_or((after, ""), |at| after.split_at(at));
        let count = if digits.is_empty() {
            1
        } else {
            digits.parse().ok().filter(|count| *count <= MAX_COUNT).ok_or(RevisionError::StepTooFar)?
        };
        match sign {
            '~' => steps.push(Step::Ancestor(count)),
            '^' => steps.push(Step::Parent(count)),
            _ => return Err(RevisionError::UnknownSuffix),
        }
        if steps.len() > MAX_STEPS {
            return Err(RevisionError::TooManySteps);
        }
        rest = next;
    }
}
