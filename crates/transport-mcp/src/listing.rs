//! How a tool is described to a client: the gateway's [`ToolSpec`] in the protocol's words. Nothing is added and nothing hidden;
//! which tools a principal sees is decided by the gateway.

use std::sync::Arc;

use gitoma_core::ToolSpec;
use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

/// How many characters a result may have, to Claude Code (<https://code.claude.com/docs/en/mcp>): of a tool that does not say it, what is longer than
/// 50,000 goes into a file of which a model is told the name, and which it may have no tool to read.
const LONGEST: &str = "anthropic/maxResultSizeChars";
/// The most that counts.
const MOST: usize = 500_000;

/// The protocol's description of `spec` (MCP 2026-07-28, server/tools).
pub(crate) fn describe(spec: &ToolSpec) -> Tool {
    let hints = spec.annotations;
    let annotations = ToolAnnotations::with_title(spec.title.clone())
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    let meta = MetaObject(Map::from_iter([(LONGEST.to_owned(), spec.output_limit.min(MOST).into())]));
    let tool = Tool::new(spec.name.clone(), spec.description.clone(), Arc::clone(&spec.input_schema))
        .with_title(spec.title.clone())
        .with_annotations(annotations)
        .with_meta(meta);
    match &spec.output_schema {
        Some(schema) => tool.with_raw_output_schema(Arc::new(or_refused(schema))),
        None => tool,
    }
}

/// `schema` as what a call may be answered with: the tool's result, the envelope of a refusal, or the verdict of a dry run.
///
/// Only a result without `isError` must be what the schema says (MCP 2025-11-25, server/tools), but the TypeScript SDK up to its last
/// 1.x holds any structured content against it, and throws away what does not fit: a refusal would reach no model.
fn or_refused(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = schema.clone();
    if let Some(required) = schema.shift_remove("required") {
        let either =
            json!([{ "required": required }, { "required": ["error"] }, { "required": ["executed"] }]);
        schema.insert("anyOf".to_owned(), either);
    }
    schema
}
