//! The kinds of values, as argument matchers tell them apart.

use serde_json::Value;

use super::Test;

/// The kinds of values that are not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Number,
    Boolean,
    List,
    Map,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Boolean, Self::List, Self::Map];

    /// The kind of the value; none for null, which is as if it were not given.
    pub(crate) const fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(_) => Some(Self::Boolean),
            Value::Number(_) => Some(Self::Number),
            Value::String(_) => Some(Self::Text),
            Value::Array(_) => Some(Self::List),
            Value::Object(_) => Some(Self::Map),
        }
    }

    /// The kind in words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

impl Test {
    /// Whether the matcher says yes or no, rather than unknown, to values of the kind.
    pub(crate) fn speaks_of(&self, kind: Kind) -> bool {
        match self {
            Self::OneOf(options) => options.iter().any(|option| Kind::of(option) == Some(kind)),
            Self::Glob(..) => matches!(kind, Kind::Text),
            Self::Range(..) => matches!(kind, Kind::Number),
            Self::MaxLength(_) => matches!(kind, Kind::Text | Kind::List),
            Self::Absent => true,
        }
    }
}
