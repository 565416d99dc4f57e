//! From `--arg KEY=VALUE` and `--args JSON` to the arguments of a call. The tool's schema says how a text is meant; whether the
//! result is valid, the gateway says.

use gitoma_core::RawArgs;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The JSON types of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Types {
    text: bool,
    list: bool,
    object: bool,
    number: bool,
    boolean: bool,
    null: bool,
    /// Whether the schema says anything at all.
    known: bool,
}

impl Types {
    fn of(schema: &Value) -> Self {
        let mut types = Self::default();
        types.add(schema);
        types
    }

    fn add(&mut self, schema: &Value) {
        match schema.get("type") {
            Some(Value::String(name)) => self.add_name(name),
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).for_each(|name| self.add_name(name))
            }
            _ => {}
        }
        let constants = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        if constants.chain(schema.get("const")).any(Value::is_string) {
            self.add_name("string");
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            schema
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .for_each(|schema| self.add(schema));
        }
    }

    fn add_name(&mut self, name: &str) {
        self.known = true;
        match name {
            "string" => self.text = true,
            "array" => self.list = true,
            "object" => self.object = true,
            "number" | "integer" => self.number = true,
            "boolean" => self.boolean = true,
            "null" => self.null = true,
            _ => {}
        }
    }

    fn include(self, value: &Value) -> bool {
        match value {
            Value::String(_) => false,
            Value::Array(_) => self.list,
            Value::Object(_) => self.object,
            Value::Number(_) => self.number,
            Value::Bool(_) => self.boolean,
            Value::Null => self.null,
        }
    }
}

/// Puts the arguments of a call together.
///
/// `schema` is the tool's own, none for a tool that is not known; `repository` is filled in as `repo` where the tool has such an
/// argument and the caller gave none.
///
/// # Errors
/// [`Failure::Usage`] if a `--arg` has no key, or a key is given twice.
pub(super) fn arguments(
    single: &[String],
    object: Option<&str>,
    schema: Option<&Map<String, Value>>,
    repository: Option<&str>,
) -> Result<RawArgs, Failure> {
    let mut arguments = match object.map(serde_json::from_str::<Map<String, Value>>) {
        None => Map::new(),
        Some(Ok(arguments)) => arguments,
        // The gateway refuses it, so that it leaves its entry.
        Some(Err(_)) => return Ok(RawArgs::Malformed),
    };
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    for (key, texts) in grouped(single)? {
        let types = properties.and_then(|properties| properties.get(key)).map(Types::of).unwrap_or_default();
        let value = match texts.as_slice() {
            [text] => value(text, types),
            texts if types.list => Value::Array(texts.iter().map(|text| Value::from(*text)).collect()),
            _ => {
                return Err(Failure::Usage(
                    "an argument that is no list is given twice with --arg".to_owned(),
                ));
            }
        };
        if arguments.insert(key.to_owned(), value).is_some() {
            return Err(Failure::Usage("an argument is given with both --arg and --args".to_owned()));
        }
    }
    if let (Some(alias), true) =
        (repository, properties.is_some_and(|properties| properties.contains_key("repo")))
    {
        arguments.entry("repo").or_insert_with(|| alias.into());
    }
    Ok(RawArgs::Object(arguments))
}

/// The texts of each key, in the order in which the keys first appear.
fn grouped(single: &[String]) -> Result<Vec<(&str, Vec<&str>)>, Failure> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for argument in single {
        let Some((key, text)) = argument.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::Usage("--arg must be KEY=VALUE".to_owned()));
        };
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, texts)) => texts.push(text),
            None => groups.push((key, vec![text])),
        }
    }
    Ok(groups)
}

/// `text` as the type that is wanted. Where text is wanted it stays text, whatever it looks like; a single item becomes a list
/// where only a list is wanted.
fn value(text: &str, types: Types) -> Value {
    if types.text {
        return text.into();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) if types.include(&value) || (!types.known && !value.is_string()) => value,
        _ if types.list => Value::Array(vec![text.into()]),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests;
