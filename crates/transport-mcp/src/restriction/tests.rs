use serde_json::json;

use super::*;

#[test]
fn it_is_one_text_under_our_key() {
    let read = |meta: Value| of(meta.as_object().unwrap());
    for meta in [json!({}), json!({"restrict": "echo", "gitoma/call_id": 7})] {
        assert_eq!(read(meta), Ok(Restriction::default()));
    }
    let text = "read-only, repos=a/b";
    assert_eq!(read(json!({RESTRICT: text})), Restriction::parse(text));
    for value in [json!(null), json!(true), json!(["read-only"]), json!({"read-only": true})] {
        assert_eq!(read(json!({RESTRICT: value})), Err(BadRestriction::NotText), "{value}");
    }
    assert_eq!(read(json!({RESTRICT: ""})), Err(BadRestriction::Empty));
}
