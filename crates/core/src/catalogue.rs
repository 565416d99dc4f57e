//! The tools a policy may name, as far as registered tools say: their names, capabilities and arguments.

use std::sync::Arc;

use gitoma_policy::Catalogue;

use crate::tool::{Tool, ToolSpec};

/// The catalogue by which a gateway with `tools` reads its policy: the product's own tools, those included that this build leaves
/// out, and `tools`, with the arguments that their schemas have and the values those admit. A check of a policy uses the same one.
#[must_use]
pub fn catalogue(tools: &[Arc<dyn Tool>]) -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    for tool in tools {
        add(&mut catalogue, tool.spec());
    }
    catalogue
}

/// Adds a tool with its arguments, where its schema names them all.
fn add(catalogue: &mut Catalogue, spec: &ToolSpec) {
    if spec.input_schema.get("additionalProperties") != Some(&serde_json::Value::Bool(false)) {
        catalogue.insert(&*spec.name, spec.capability);
        return;
    }
    let properties = spec.input_schema.get("properties").and_then(serde_json::Value::as_object);
    catalogue.insert_with_schemas(&*spec.name, spec.capability, properties.into_iter().flatten());
}
