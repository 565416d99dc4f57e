use serde_json::{Value, json};

use super::*;

#[test]
fn is_the_schema_that_it_says() {
    let commit = Fields::new().required("id", Shape::text()).optional("at", Shape::text().or_null());
    let fields = Fields::new()
        .required("head", Shape::from(commit.clone()).or_null())
        .optional("kind", Shape::one_of(["file", "link"]))
        .required("sizes", Shape::list(Shape::count().described("In bytes.")))
        .required("clean", Shape::flag())
        .and(commit.all_optional());
    let expected = json!({
        "type": "object",
        "properties": {
            "head": {
                "type": ["object", "null"],
                "properties": {"id": {"type": "string"}, "at": {"type": ["string", "null"]}},
                "required": ["id"],
            },
            "kind": {"type": "string", "enum": ["file", "link"]},
            "sizes": {"type": "array", "items": {"type": "integer", "description": "In bytes."}},
            "clean": {"type": "boolean"},
            "id": {"type": "string"},
            "at": {"type": ["string", "null"]},
        },
        "required": ["head", "sizes", "clean"],
    });
    assert_eq!(Value::Object(fields.schema()), expected);
}

#[test]
fn the_last_of_a_name_counts() {
    let one = || Fields::new().required("truncated", Shape::flag());
    let other = || Fields::new().optional("truncated", Shape::count());
    assert_eq!(one().and(other()), other());
    assert_eq!(other().and(one()), one());
    assert_eq!(one().optional("truncated", Shape::count()), other());
    assert_eq!(other().required("truncated", Shape::flag()), one());
}

#[test]
fn a_word_that_may_be_null_says_so_in_its_words() {
    let schema = Value::Object(Shape::one_of(["file"]).or_null().0);
    assert_eq!(schema, json!({"type": ["string", "null"], "enum": ["file", null]}));
}
