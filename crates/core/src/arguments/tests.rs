use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only ever parsed")]
struct Sample {
    repo: String,
    #[schemars(range(min = 1, max = 100))]
    count: Option<u32>,
    detail: Option<Detail>,
    parts: Option<Vec<Part>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are only ever parsed")]
struct Part {
    text: String,
    at: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Detail {
    Short,
    Full,
}

fn check(arguments: &Value, expected: &str) {
    let result = parse::<Sample>(&schema::<Sample>(), arguments.as_object().unwrap());
    let text = result.map_or_else(|error| error.to_string(), |_| "ok".to_owned());
    assert_eq!(text, expected);
    assert!(!text.contains("canary"), "input was echoed: {text}");
}

#[test]
fn says_what_is_wrong_without_echoing_it() {
    check(&json!({"repo": "a"}), "ok");
    check(&json!({"repo": "a", "count": 3, "detail": "full"}), "ok");
    check(&json!({}), "argument `repo` is missing");
    check(
        &json!({"repo": "a", "canary": 1}),
        "an argument is unknown; this tool takes `repo`, `count`, `detail`, `parts`",
    );
    check(&json!({"repo": ["canary"]}), "argument `repo` is not valid: expected string");
    check(
        &json!({"repo": "a", "count": "canary"}),
        "argument `count` is not valid: expected integer from 1 to 100",
    );
    check(
        &json!({"repo": "a", "count": -1}),
        "argument `count` is not valid: expected integer from 1 to 100",
    );
}

#[test]
fn what_is_wrong_within_a_list_is_said_by_its_place() {
    let part = "argument `parts[1]` is not valid: expected an object of `text`, and no more than `at`";
    let good = json!({"text": "a"});
    check(&json!({"repo": "a", "parts": [good, {"canary": 1}]}), part);
    check(&json!({"repo": "a", "parts": [good, {"text": "a", "canary": 1}]}), part);
    check(&json!({"repo": "a", "parts": [good, "canary"]}), part);
    check(&json!({"repo": "a", "parts": [good, {}]}), part);
    check(
        &json!({"repo": "a", "parts": [{"text": ["canary"]}]}),
        "argument `parts[0].text` is not valid: expected string",
    );
    check(&json!({"repo": "a", "parts": "canary"}), "argument `parts` is not valid: expected array");
}

#[test]
fn numbers_have_no_width() {
    let schema = Value::Object(schema::<Sample>()).to_string();
    assert!(!schema.contains("uint32") && schema.contains("maximum"), "{schema}");
}

#[test]
fn words_that_are_admitted_are_named() {
    check(
        &json!({"repo": "a", "detail": "canary"}),
        "argument `detail` is not valid: expected one of `short`, `full`",
    );
}

#[test]
fn schemas_are_closed_objects() {
    let schema = schema::<Sample>();
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], json!(["repo"]));
    assert!(!schema.contains_key("$schema"));
}
