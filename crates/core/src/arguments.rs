//! Strict arguments: the JSON Schema of a Rust type, and a parse that refuses what the schema does not know. Messages are made of
//! names from the schema alone, so a caller's input is never echoed.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

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
            fields.values_mut().for_each(without_widths);
            fields
        }
        _ => Map::new(),
    }
}

/// Takes the width of Rust's numbers out of `schema`, such as `uint32`: no format of JSON Schema's, and validators warn of each. The bounds say
/// as much.
fn without_widths(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let kind = fields.get("format").and_then(Value::as_str);
            let is_width = kind.is_some_and(|kind| {
                ["uint", "int"].iter().any(|sign| {
                    kind.strip_prefix(sign)
                        .is_some_and(|width| width.bytes().all(|digit| digit.is_ascii_digit()))
                })
            });
            if is_width {
                fields.shift_remove("format");
            }
            fields.values_mut().for_each(without_widths);
        }
        Value::Array(items) => items.iter_mut().for_each(without_widths),
        _ => {}
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
        let (name, property) = place(schema, failure.path());
        let expected = expected(property);
        ArgError::Invalid { name: name.into(), expected: expected.into() }
    })
}

/// Which part of the arguments `path` leads to, such as `edits[0].old_text`, and what the schema says of it. Names are those of the schema,
/// and a name that it does not have ends the way: the caller's values and serde's words stay here.
fn place<'schema>(
    schema: &'schema Map<String, Value>,
    path: &serde_path_to_error::Path,
) -> (String, Option<&'schema Value>) {
    let mut name = String::new();
    let mut found: Option<&Value> = None;
    for segment in path {
        let around = found.map_or(Some(schema), |found| found.as_object());
        let next = match segment {
            Segment::Map { key } => around
                .and_then(|around| around.get("properties")?.as_object()?.get_key_value(key))
                .map(|(key, property)| {
                    (if name.is_empty() { key.clone() } else { format!(".{key}") }, property)
                }),
            Segment::Seq { index } => {
                around.and_then(|around| around.get("items")).map(|items| (format!("[{index}]"), items))
            }
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some((step, property)) = next else { break };
        name.push_str(&step);
        found = Some(property);
    }
    if name.is_empty() { ("arguments".to_owned(), None) } else { (name, found) }
}

/// What a property should be, in words taken from its schema.
fn expected(property: Option<&Value>) -> String {
    let Some(property) = property.and_then(Value::as_object) else {
        return "what the tool's schema says".to_owned();
    };
    if let Some(fields) = property.get("properties").and_then(Value::as_object) {
        let required = property.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        let named = |wanted: bool| -> Vec<_> {
            fields.keys().filter(|name| is_required(name) == wanted).map(|name| format!("`{name}`")).collect()
        };
        let (must, may) = (named(true), named(false));
        return match (must.is_empty(), may.is_empty()) {
            (_, true) => format!("an object of {}", must.join(", ")),
            (true, false) => format!("an object of no more than {}", may.join(", ")),
            (false, false) => {
                format!("an object of {}, and no more than {}", must.join(", "), may.join(", "))
            }
        };
    }
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
