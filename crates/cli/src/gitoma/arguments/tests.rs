use serde_json::json;

use super::*;

fn schema() -> Map<String, Value> {
    let schema = json!({ "properties": {
        "repo": { "type": "string" },
        "path": { "type": ["string", "null"] },
        "max_count": { "type": ["integer", "null"], "minimum": 1 },
        "recursive": { "type": "boolean" },
        "paths": { "type": "array", "items": { "type": "string" } },
        "detail": { "anyOf": [{ "type": "string", "enum": ["none", "stats"] }, { "type": "null" }] },
        "kind": { "enum": ["local", "remote"] },
        "filter": { "type": "object" },
        "anything": true,
    }});
    schema.as_object().unwrap().clone()
}

fn parsed(single: &[&str], object: Option<&str>, repository: Option<&str>) -> Result<Value, String> {
    let single: Vec<_> = single.iter().map(|text| (*text).to_owned()).collect();
    match arguments(&single, object, Some(&schema()), repository) {
        Ok(RawArgs::Object(arguments)) => Ok(arguments.into()),
        Ok(RawArgs::Malformed) => Err("malformed".to_owned()),
        Ok(RawArgs::TooLarge { .. } | RawArgs::NoRoom) => Err("too large".to_owned()),
        Err(failure) => Err(failure.to_string()),
    }
}

#[test]
fn the_schema_says_how_a_text_is_meant() {
    for (given, expected) in [
        (&["path=5"][..], json!({ "path": "5" })),
        (&["path=null"], json!({ "path": "null" })),
        (&["path={\"a\":1}"], json!({ "path": "{\"a\":1}" })),
        (&["path=a=b"], json!({ "path": "a=b" })),
        (&["path="], json!({ "path": "" })),
        (&["max_count=5"], json!({ "max_count": 5 })),
        (&["max_count=null"], json!({ "max_count": null })),
        (&["max_count=five"], json!({ "max_count": "five" })),
        (&["max_count=\"5\""], json!({ "max_count": "\"5\"" })),
        (&["max_count=true"], json!({ "max_count": "true" })),
        (&["recursive=true"], json!({ "recursive": true })),
        (&["paths=[\"a\",\"b\"]"], json!({ "paths": ["a", "b"] })),
        (&["paths=a"], json!({ "paths": ["a"] })),
        (&["paths=a", "max_count=1", "paths=b"], json!({ "paths": ["a", "b"], "max_count": 1 })),
        (&["detail=none"], json!({ "detail": "none" })),
        (&["kind=local"], json!({ "kind": "local" })),
        (&["filter={\"a\":1}"], json!({ "filter": { "a": 1 } })),
        (&["anything=5"], json!({ "anything": 5 })),
        (&["anything=x"], json!({ "anything": "x" })),
        (&["unheard_of=5"], json!({ "unheard_of": 5 })),
    ] {
        assert_eq!(parsed(given, None, None).unwrap(), expected, "{given:?}");
    }
}

#[test]
fn both_forms_add_up_and_never_contradict() {
    assert_eq!(
        parsed(&["path=x"], Some(r#"{"max_count": 2}"#), None).unwrap(),
        json!({ "max_count": 2, "path": "x" })
    );
    for (single, object, expected) in [
        (&["path=x"][..], Some(r#"{"path": "y"}"#), "both --arg and --args"),
        (&["path=x", "path=y"], None, "given twice"),
        (&["path"], None, "KEY=VALUE"),
        (&["=x"], None, "KEY=VALUE"),
        (&[], Some("[1]"), "malformed"),
        (&[], Some("{"), "malformed"),
    ] {
        let error = parsed(single, object, None).unwrap_err();
        assert!(error.contains(expected), "{single:?} {object:?}: {error}");
    }
}

#[test]
fn the_only_repository_is_filled_in() {
    assert_eq!(parsed(&[], None, Some("web")).unwrap(), json!({ "repo": "web" }));
    assert_eq!(parsed(&["repo=other"], None, Some("web")).unwrap(), json!({ "repo": "other" }));
    assert_eq!(parsed(&[], Some(r#"{"repo":"x"}"#), Some("web")).unwrap(), json!({ "repo": "x" }));
    assert_eq!(parsed(&[], None, None).unwrap(), json!({}));
    let RawArgs::Object(unknown) = arguments(&[], None, None, Some("web")).unwrap() else { panic!() };
    assert!(unknown.is_empty(), "a tool that is not known gets no repository");
}
