use axum::http::HeaderValue;

use super::*;

fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn a_bearer_token_comes_from_exactly_one_header() {
    for (values, expected) in [
        (&["Bearer abc"][..], Some("abc")),
        (&["bearer abc"], Some("abc")),
        (&["BEARER  abc "], Some("abc")),
        (&["Bearer a b"], Some("a b")),
        (&[], None),
        (&["Bearer"], None),
        (&["Bearer "], None),
        (&["Bearerabc"], None),
        (&["Basic abc"], None),
        (&["abc"], None),
        (&["Bearer \u{e9}"], None),
        (&["Bearer abc", "Bearer abc"], None),
        (&["Bearer abc", "Bearer def"], None),
    ] {
        let found = match credential(&headers(&AUTHORIZATION, values), &Extensions::new()) {
            Credential::Bearer(token) => Some(token.expose().to_owned()),
            Credential::Absent => None,
            Credential::Local(_) | Credential::User(_) => panic!("over TCP nobody is known without a token"),
        };
        assert_eq!(found.as_deref(), expected, "{values:?}");
    }
}

#[test]
fn request_ids_that_are_doubled_or_odd_are_left_out() {
    for (values, expected) in [
        (&["build-17.a_B"][..], Some("build-17.a_B")),
        (&["a b"], None),
        (&["a\tb"], None),
        (&[""], None),
        (&["one", "two"], None),
    ] {
        let headers = headers(&REQUEST_ID, values);
        let found = single(&headers, &REQUEST_ID).and_then(CorrelationId::parse);
        assert_eq!(found.as_ref().map(CorrelationId::as_str), expected, "{values:?}");
    }
}

#[test]
fn restrictions_in_several_headers_are_one_list() {
    let read = |values: &[&str]| restriction(&headers(&RESTRICT, values));
    assert_eq!(read(&[]), Ok(Restriction::default()));
    for values in [
        &["read-only, dry-run, repos=b"][..],
        &["read-only", "dry-run", "repos=b"],
        &["repos=a b", "", "read-only, repos=c b,dry-run"],
    ] {
        assert_eq!(read(values), Restriction::parse("read-only, dry-run, repos=b"), "{values:?}");
    }
    let long = format!("repos={}", "a ".repeat(1500));
    for (values, expected) in [
        (&[""][..], BadRestriction::Empty),
        (&["", " "], BadRestriction::Empty),
        (&["read-only", "echo"], BadRestriction::Unknown),
        (&["read-only", "\u{e9}"], BadRestriction::NotText),
        (&[&long, &long], BadRestriction::TooLong),
    ] {
        assert_eq!(read(values), Err(expected), "{values:?}");
    }
    assert!(read(&[&long]).is_ok());
}
