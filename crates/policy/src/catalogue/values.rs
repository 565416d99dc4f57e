//! Which values an argument of a tool may have, as far as the tool's JSON Schema says. What a schema says in other words
//! than these counts as any value, so that nothing is held against a rule that might be right.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::argument::Kind;

/// The values that an argument may have besides null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    /// Nothing is known.
    Any,
    /// Those of these kinds.
    Of(BTreeSet<Kind>),
    /// These.
    Listed(Vec<Value>),
}

impl Values {
    /// Reads `enum`, `const`, `type`, and alternatives of these.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let get = |key| schema.get(key);
        if let Some(options) = get("enum").and_then(Value::as_array) {
            return Self::listed(options);
        }
        if let Some(constant) = get("const") {
            return Self::listed(std::slice::from_ref(constant));
        }
        let types: Vec<&str> = match get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() {
            return types.into_iter().map(Self::of_type).reduce(Self::or).unwrap_or(Self::Any);
        }
        let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(get).find_map(Value::as_array);
        let alternatives = alternatives.into_iter().flatten().map(Self::of_schema);
        alternatives.reduce(Self::or).unwrap_or(Self::Any)
    }

    fn listed(options: &[Value]) -> Self {
        Self::Listed(options.iter().filter(|option| !option.is_null()).cloned().collect())
    }

    fn of_type(name: &str) -> Self {
        let kind = match name {
            "null" => return Self::Listed(Vec::new()),
            "string" => Kind::Text,
            "number" | "integer" => Kind::Number,
            "boolean" => Kind::Boolean,
            "array" => Kind::List,
            "object" => Kind::Map,
            _ => return Self::Any,
        };
        Self::Of([kind].into())
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Listed(mut one), Self::Listed(other)) => {
                one.extend(other);
                Self::Listed(one)
            }
            (one, other) => match (one.kinds(), other.kinds()) {
                (Some(one), Some(other)) => Self::Of(one.union(&other).copied().collect()),
                _ => Self::Any,
            },
        }
    }

    /// The kinds of the values, if they are known.
    pub(crate) fn kinds(&self) -> Option<BTreeSet<Kind>> {
        match self {
            Self::Any => None,
            Self::Of(kinds) => Some(kinds.clone()),
            Self::Listed(values) => Some(values.iter().filter_map(Kind::of).collect()),
        }
    }
}
