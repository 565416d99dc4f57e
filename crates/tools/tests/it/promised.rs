//! What tools promise of their results, held against every result that a test sees: in a strict form, so that a field which no schema
//! names is a fault as one that is missing is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gitoma_core::config::WriteSettings;
use jsonschema::Validator;
use serde_json::{Map, Value};

/// The output schemas of all tools, by name.
pub(crate) static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let tools = gitoma_tools::with_writes(&[], &WriteSettings::default()).unwrap();
    let schema = |tool: &gitoma_core::ToolSpec| {
        let schema = tool.output_schema.as_deref();
        Value::Object(schema.unwrap_or_else(|| panic!("{} promises nothing", tool.name)).clone())
    };
    tools.iter().map(|tool| (tool.spec().name.to_string(), schema(tool.spec()))).collect()
});

static STRICT: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let strict = |schema: &Value| {
        let mut schema = schema.clone();
        close(&mut schema);
        jsonschema::draft202012::new(&schema).unwrap()
    };
    SCHEMAS.iter().map(|(name, schema)| (name.as_str(), strict(schema))).collect()
});

/// Forbids what `schema` does not name, in every object.
fn close(schema: &mut Value) {
    let Value::Object(schema) = schema else { panic!("no schema: {schema}") };
    if let Some(properties) = schema.get_mut("properties") {
        properties.as_object_mut().unwrap().values_mut().for_each(close);
        schema.insert("additionalProperties".into(), false.into());
    }
    if let Some(items) = schema.get_mut("items") {
        close(items);
    }
}

/// Requires that `result` is what `tool` promises, and nothing besides.
pub(crate) fn require(tool: &str, result: &Value) {
    let faults: Vec<String> =
        STRICT[tool].iter_errors(result).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{tool} does not keep its promise: {faults:#?} in {result}");
}

/// The fields that `schema` names, as `files[].path`.
pub(crate) fn fields(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    named(schema, "", &mut found);
    found
}

fn named(schema: &Value, place: &str, found: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().unwrap_or(&Map::new()) {
        let place = format!("{place}{name}");
        named(property, &format!("{place}."), found);
        named(&property["items"], &format!("{place}[]."), found);
        found.push(place);
    }
}

/// The fields that `result` has, named the same way.
pub(crate) fn shown(result: &Value) -> Vec<String> {
    let mut found = Vec::new();
    seen(result, "", &mut found);
    found
}

fn seen(value: &Value, place: &str, found: &mut Vec<String>) {
    for (name, field) in value.as_object().unwrap_or(&Map::new()) {
        let place = format!("{place}{name}");
        seen(field, &format!("{place}."), found);
        for item in field.as_array().unwrap_or(&Vec::new()) {
            seen(item, &format!("{place}[]."), found);
        }
        found.push(place);
    }
}
