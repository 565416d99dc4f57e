mod page;

use std::path::PathBuf;

use super::*;

/// Compares a page with what is made here, or writes it anew.
#[expect(clippy::disallowed_methods, reason = "the pages stand in the project's own folder")]
fn is_made(page: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    if std::env::var_os("GITOMA_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "docs/{page} is stale: run with GITOMA_BLESS=1");
}

#[test]
fn the_documents_are_what_the_routes_say() {
    is_made("openapi.json", &text());
    is_made("api.md", &page::text());
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.push(target.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{}", found.len());
    for target in found {
        assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
    }
}

#[test]
fn problems_have_the_closed_list_of_codes() {
    let document = document();
    let listed = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let all: Vec<_> = codes::ALL.iter().flat_map(|row| row.codes).collect();
    assert_eq!(listed, &json!(all));
    // An endpoint narrows it to its own.
    let responses = &document["paths"]["/api/v1/tools/{name}"]["post"]["responses"];
    assert_eq!(responses["404"]["$ref"], "#/components/responses/unknown_tool");
    for (response, codes) in [
        (&document["components"]["responses"]["unknown_tool"], json!(["unknown_tool"])),
        (&responses["400"], json!(["malformed", "bad_restriction"])),
    ] {
        let narrowed = &response["content"]["application/problem+json"]["schema"]["allOf"][1];
        assert_eq!(narrowed["properties"]["code"]["enum"], codes);
    }
}

#[test]
fn who_may_ask_is_said_where_generated_clients_look() {
    let document = document();
    assert_eq!(document["paths"]["/healthz"]["get"]["security"], json!([]));
    assert_eq!(document["paths"]["/metrics"]["get"]["security"], json!([{ "bearer": [] }]));
}
