use serde_json::json;

use super::*;

#[test]
fn it_is_one_text_under_our_key() {
    let none = Ok(Restriction::default());
    let read = |meta: Value| of(&none, meta.as_object().unwrap()).restriction;
    for meta in [json!({}), json!({"restrict": "echo", "gitoma/call_id": 7})] {
        assert_eq!(read(meta), Ok(Restriction::default()));
    }
    let text = "read-only, repos=a/b";
    assert_eq!(read(json!({KEY: text})), Restriction::parse(text));
    for value in [json!(null), json!(true), json!(["read-only"]), json!({"read-only": true})] {
        assert_eq!(read(json!({KEY: value})), Err(BadRestriction::NotText), "{value}");
    }
    assert_eq!(read(json!({KEY: ""})), Err(BadRestriction::Empty));
}

#[test]
fn what_the_header_gives_up_is_given_up_besides() {
    let meta = json!({KEY: "repos=a b"});
    let both = of(&Restriction::parse("repos=b c, read-only"), meta.as_object().unwrap());
    assert_eq!(both.restriction, Restriction::parse("repos=b, read-only"));
    let bad = Err(BadRestriction::Unknown);
    let refused = of(&bad, meta.as_object().unwrap());
    assert_eq!((refused.restriction, refused.place), (bad, "Gitoma-Restrict"));
    let bad = json!({KEY: "nothing"});
    assert_eq!(of(&Restriction::parse("read-only"), bad.as_object().unwrap()).place, METADATA);
}
