//! docs/tools.md is made from the tools themselves: `GITOMA_BLESS=1 cargo test -p gitoma-tests` writes it anew.

use std::fmt::Write as _;

use gitoma_core::ToolSpec;
use serde_json::Value;

use super::root;
use super::tools::registered;

const HEAD: &str = "\
# Tools

What an agent may ask for. What may be written, and how, is in [writes.md](writes.md). `repo` is an alias of the operator's configuration, never a path. What a call
names is judged before it runs, and what it finds while running is judged before it is shown: what policy refuses is left out and
counted in `omitted`. Content is redacted whole and then cut; a search does not hit secrets. Results are capped, and say so with
`truncated` and, where there is more, `next_cursor`.

What a result looks like is in the tool's output schema (JSON Schema 2020-12): `outputSchema` over MCP, `output_schema` over HTTP. It names every
field and says which are always there; fields may be added to it, so a client bears what it does not know. A result that is cut for its size
keeps its fields, with shorter texts and shorter lists.

This page is generated from the tools (`tests/it/tidy/guide.rs`); a parameter with `?` is optional.
";

/// The page as the tools describe themselves.
fn render() -> String {
    let mut page = HEAD.to_owned();
    for tool in registered() {
        let spec = tool.spec();
        let properties = spec.input_schema["properties"].as_object().unwrap();
        let name = |name: &String| if is_required(spec, name) { name.clone() } else { format!("{name}?") };
        let parameters: Vec<_> = properties.keys().map(name).collect();
        writeln!(page, "\n## `{}({})`\n\n{}", spec.name, parameters.join(", "), spec.description).unwrap();
        if !properties.is_empty() {
            page.push_str("\n| parameter | what |\n|---|---|\n");
        }
        for (name, schema) in properties {
            let about = schema["description"].as_str().unwrap().replace(['\n', '|'], " ");
            writeln!(page, "| `{name}` | {about}{} |", bounds(schema)).unwrap();
        }
    }
    page
}

fn is_required(spec: &ToolSpec, name: &str) -> bool {
    let required = spec.input_schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

fn bounds(schema: &Value) -> String {
    let choices = gitoma_core::arguments::choices(schema.as_object().unwrap());
    if !choices.is_empty() {
        return format!(" (`{}`)", choices.join("`, `"));
    }
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Number(low), Value::Number(high)) => format!(" ({low} to {high})"),
        (Value::Number(low), _) => format!(" (at least {low})"),
        _ => String::new(),
    }
}

#[test]
fn the_page_is_what_the_tools_say() {
    let path = root().join("docs/tools.md");
    if std::env::var_os("GITOMA_BLESS").is_some() {
        std::fs::write(&path, render()).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == render(),
        "docs/tools.md is stale: run with GITOMA_BLESS=1"
    );
}
