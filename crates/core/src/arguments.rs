//! Strict arguments: the JSON Schema of a Rust type, and a parse that refuses what the schema does not know. Messages are made of
//! names from the schema alone, so a caller's input is never echoed.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ArgError;

/// The JSON Schema (2020-12) of `Arguments`, inlined and without the type's Rust name.
pub(crate) fn schema<Arguments: JsonSchema>() -> Map<String, Value> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let schema = settings.into_generator().into_root_schema_for::<Arguments>();
    match Value::from(schema) {
        Value::Object(mut fields) => {
            fields.shift_remove("$schema");
            fields.shift_remove("title");
            fields.shift_remove("description");
            fields.entry("type").or_insert_with(|| "object".into());
            fields.entry("properties").or_insert_with(|| Value::Object(Map::new()));
            fields.entry("additionalProperties").or_insert(Value::Bool(false));
            fields
        }
        _ => Map::new(),
    }
}

/// Parses `arguments` into `Arguments`, refusing unknown names.
///
/// `schema` is the tool's own (`ToolSpec::input_schema`): unknown names, missing names and the words for what was expected come
/// from it.
///
/// # Errors
/// [`ArgError`] for the first argument that does not fit.
pub fn parse<Arguments: DeserializeOwned>(
    schema: &Map<String, Value>,
    arguments: &Map<String, Value>,
) -> Result<Arguments, ArgError> {
    parse_owned(schema, arguments.clone())
}

/// As [`parse`], of arguments that nobody else needs.
///
/// # Errors
/// As [`parse`].
pub fn parse_owned<Arguments: DeserializeOwned>(
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Arguments, ArgError> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| properties.is_some_and(|properties| properties.contains_key(name));
    if !arguments.keys().all(|name| known(name)) {
        let names: Vec<_> = properties
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(|name| format!("`{name}`"))
            .collect();
        let known = if names.is_empty() { "no arguments".to_owned() } else { names.join(", ") };
        return Err(ArgError::Unknown { known });
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !arguments.contains_key(name) {
            return Err(ArgError::Missing { name: name.to_owned().into() });
        }
    }
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|failure| {
        // The path's first segment is a name that passed the check above; its value and serde's words stay here.
        let name = failure.path().iter().find_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } if known(key) => Some(key.clone()),
            _ => None,
        });
        match name {
            Some(name) => {
                let expected = expected(properties.and_then(|properties| properties.get(&name)));
                ArgError::Invalid { name: name.into(), expected: expected.into() }
            }
            None => {
                ArgError::Invalid { name: "arguments".into(), expected: "what the tool's schema says".into() }
            }
        }
    })
}

/// What a property should be, in words taken from its schema.
fn expected(property: Option<&Value>) -> String {
    let Some(property) = property.and_then(Value::as_object) else {
        return "what the tool's schema says".to_owned();
    };
    let kinds = match property.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .filter(|kind| *kind != "null")
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "a value".to_owned(),
    };
    let choices = choices(property);
    match (choices.is_empty(), property.get("minimum"), property.get("maximum")) {
        (false, _, _) => {
            let quoted: Vec<_> = choices.iter().map(|choice| format!("`{choice}`")).collect();
            format!("one of {}", quoted.join(", "))
        }
        (true, Some(low), Some(high)) => format!("{kinds} from {low} to {high}"),
        (true, Some(low), None) => format!("{kinds} of at least {low}"),
        (true, None, Some(high)) => format!("{kinds} of at most {high}"),
        (true, None, None) => kinds,
    }
}

/// The words that a property's schema admits, if it admits only certain words: `enum`, `const`, and either below `anyOf` or `oneOf`.
#[must_use]
pub fn choices(property: &Map<String, Value>) -> Vec<&str> {
    let listed = property.get("enum").and_then(Value::as_array).into_iter().flatten();
    let constant = property.get("const");
    let mut words: Vec<_> = listed.chain(constant).filter_map(Value::as_str).collect();
    for alternatives in
        ["anyOf", "oneOf"].iter().filter_map(|key| property.get(*key)).filter_map(Value::as_array)
    {
        words.extend(alternatives.iter().filter_map(Value::as_object).flat_map(choices));
    }
    words
}

#[cfg(test)]
mod tests;
