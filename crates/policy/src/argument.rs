//! Declarative matchers on a call's arguments. They look at one top-level argument each and know three answers, since
//! a value of another kind than the matcher speaks of is neither a match nor a mismatch.

mod kind;

use serde_json::{Map, Value};

pub(crate) use self::kind::Kind;
use crate::glob::Glob;

/// Whether something matches, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// A deny or ask rule applies then, an allow rule does not.
    Unknown,
}

impl From<bool> for Answer {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// What one argument must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub(crate) name: Box<str>,
    pub(crate) test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// One of these strings, numbers or booleans.
    OneOf(Box<[Value]>),
    /// A string that the pattern matches. With the flag, compared folded.
    Glob(Glob, bool),
    /// A number from the first to the second, both included.
    Range(Option<f64>, Option<f64>),
    /// A string of at most so many characters, or a list of at most so many items.
    MaxLength(u64),
    /// Not given, or null.
    Absent,
}

impl Argument {
    /// How many values it is compared with.
    pub(crate) fn weight(&self) -> usize {
        if let Test::OneOf(options) = &self.test { options.len() } else { 1 }
    }

    /// Tests the arguments of a call; `None` when they are not known.
    pub(crate) fn test(&self, arguments: Option<&Map<String, Value>>) -> Answer {
        let Some(arguments) = arguments else { return Answer::Unknown };
        let value = arguments.get(&*self.name).filter(|value| !value.is_null());
        let Some(value) = value else { return Answer::from(self.test == Test::Absent) };
        self.test.answer(value)
    }
}

impl Test {
    /// What the matcher says of a value that is not null.
    pub(crate) fn answer(&self, value: &Value) -> Answer {
        match (self, value) {
            (Self::Absent, _) => Answer::No,
            (Self::OneOf(options), _) if options.iter().any(|option| same(option, value)) => Answer::Yes,
            // `"5"` is neither 5 nor another number than 5.
            (Self::OneOf(options), _) if options.iter().any(|option| is_of_kind(option, value)) => Answer::No,
            (Self::OneOf(_), _) => Answer::Unknown,
            (Self::Glob(glob, false), Value::String(text)) => glob.matches(text).into(),
            (Self::Glob(glob, true), Value::String(text)) => {
                glob.matches_folded(text, &crate::fold::case(text)).into()
            }
            (Self::Range(min, max), Value::Number(number)) => {
                number.as_f64().map_or(Answer::Unknown, |number| {
                    Answer::from(min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max))
                })
            }
            (Self::MaxLength(most), Value::String(text)) => at_most(text.chars().count(), *most),
            (Self::MaxLength(most), Value::Array(items)) => at_most(items.len(), *most),
            (Self::Glob(..) | Self::Range(..) | Self::MaxLength(_), _) => Answer::Unknown,
        }
    }
}

fn at_most(length: usize, most: u64) -> Answer {
    u64::try_from(length).is_ok_and(|length| length <= most).into()
}

/// Whether both are texts, both numbers, or both booleans.
fn is_of_kind(a: &Value, b: &Value) -> bool {
    matches!(
        (a, b),
        (Value::String(_), Value::String(_))
            | (Value::Number(_), Value::Number(_))
            | (Value::Bool(_), Value::Bool(_))
    )
}

/// Equality of scalars in which `1` and `1.0` are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            // Integers compare exactly; floating point only joins in when one side has a fraction or an exponent.
            let whole =
                |n: &serde_json::Number| n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from));
            match (whole(a), whole(b)) {
                (Some(a), Some(b)) => a == b,
                _ => a.as_f64() == b.as_f64(),
            }
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests;
