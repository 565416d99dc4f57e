use axum::http::HeaderValue;

use super::*;

fn map(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
    values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
}

#[test]
fn what_a_client_takes_is_what_it_says() {
    let table: [(&[&str], bool, bool); 10] = [
        (&["application/json, text/event-stream"], true, true),
        (&["application/json", "Text/Event-Stream; charset=utf-8"], true, true),
        (&["*/*"], true, true),
        (&["application/*"], true, false),
        (&["text/event-stream"], false, true),
        (&["application/json;q=0, text/event-stream;q=0.0"], false, false),
        (&["application/json;q=0.1"], true, false),
        (&["application/jsonp, text/*;q=1"], false, true),
        (&[""], false, false),
        (&[], false, false),
    ];
    for (values, json, events) in table {
        let headers = map(&ACCEPT, values);
        assert_eq!((takes(&headers, JSON), takes(&headers, EVENTS)), (json, events), "{values:?}");
    }
}

#[test]
fn a_body_is_json_only_if_it_is_said_to_be() {
    for (values, expected) in [
        (&["application/json"] as &[_], true),
        (&["Application/JSON; charset=utf-8"], true),
        (&["application/json", "application/json"], false),
        (&["text/plain"], false),
        (&["application/x-www-form-urlencoded"], false),
        (&[], false),
    ] {
        assert_eq!(is_json(&map(&CONTENT_TYPE, values)), expected, "{values:?}");
    }
}

#[test]
fn a_header_that_is_there_twice_says_nothing() {
    assert_eq!(single(&map(&SESSION, &["a"]), &SESSION), Ok(Some("a")));
    assert_eq!(single(&map(&SESSION, &["a", "a"]), &SESSION), Err(Ambiguous));
    assert_eq!(single(&HeaderMap::new(), &SESSION), Ok(None));
    let odd = HeaderMap::from_iter([(SESSION, HeaderValue::from_bytes(b"\xff").unwrap())]);
    assert_eq!(single(&odd, &SESSION), Err(Ambiguous));
}

#[test]
fn several_restrictions_are_one() {
    let headers = map(&RESTRICT, &["repos=a b", "read-only, repos=b"]);
    assert_eq!(restriction(&headers), Restriction::parse("read-only, repos=b"));
    assert_eq!(restriction(&HeaderMap::new()), Ok(Restriction::default()));
    assert_eq!(restriction(&map(&RESTRICT, &["", ""])), Err(BadRestriction::Empty));
}
