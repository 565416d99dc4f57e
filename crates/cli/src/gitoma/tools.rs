//! `gitoma tools`: what the caller may call.

use gitoma_core::{Annotations, ToolSpec};
use serde::Serialize;
use serde_json::{Map, Value};

use super::opened::{Opened, settings};
use super::status::Status;
use super::{ToolsArguments, refusal};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

/// A tool as JSON shows it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    capability: &'static str,
    annotations: Hints,
    input_schema: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<&'a Map<String, Value>>,
}

#[derive(Debug, Serialize)]
struct Hints {
    read_only: bool,
    destructive: bool,
    idempotent: bool,
    open_world: bool,
}

impl<'a> From<&'a ToolSpec> for Listed<'a> {
    fn from(spec: &'a ToolSpec) -> Self {
        let Annotations { read_only, destructive, idempotent, open_world } = spec.annotations;
        Self {
            name: &spec.name,
            title: &spec.title,
            description: &spec.description,
            capability: spec.capability.as_str(),
            annotations: Hints { read_only, destructive, idempotent, open_world },
            input_schema: &spec.input_schema,
            output_schema: spec.output_schema.as_deref(),
        }
    }
}

pub(super) fn run(arguments: &ToolsArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let opened = Opened::new(settings(&arguments.caller.flags)?, tools)?;
    let credential = opened.credential(&arguments.caller.principal)?;
    let answer = opened.reachable(credential);
    opened.close();
    let specs = match answer {
        Ok(specs) => specs,
        Err(refused) => {
            refusal::render(&refused, &arguments.caller.principal, arguments.json, console)?;
            return Ok(Status::from(&refused.kind));
        }
    };
    if arguments.json {
        let tools: Vec<_> = specs.iter().map(Listed::from).collect();
        console.json(&serde_json::json!({ "tools": tools }))?;
    } else {
        console.show(&table(&specs))?;
    }
    Ok(Status::Done)
}

fn table(specs: &[ToolSpec]) -> String {
    if specs.is_empty() {
        return "no tool: policy allows this principal none".to_owned();
    }
    let width = specs.iter().map(|spec| spec.name.len()).max().unwrap_or(0);
    let row =
        |spec: &ToolSpec| format!("{:width$}  {:10}  {}", spec.name, spec.capability.as_str(), spec.title);
    specs.iter().map(row).collect::<Vec<_>>().join("\n")
}
