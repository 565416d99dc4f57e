//! What tools promise of their results, held against every result that a test sees: in a strict form, so that a field which no schema
//! names is a fault as one that is missing is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gitoma_core::config::WriteSettings;
use jsonschema::Validator;
use serde_json::Value;

/// The output schemas of all tools, by name.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
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
