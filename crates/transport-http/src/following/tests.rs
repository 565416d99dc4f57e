use axum::http::HeaderValue;

use super::*;

#[test]
fn a_request_says_where_to_begin() {
    use TailStart::{After, Last};
    for (query, ids, expected) in [
        (None, &[][..], Ok(Last(0))),
        (Some("last=500"), &[], Ok(Last(500))),
        (Some("last=501"), &[], Err(BadQuery)),
        (Some("after=7"), &[], Ok(After(7))),
        (Some("after=7&last=3"), &[], Err(BadQuery)),
        (None, &["9"], Ok(After(9))),
        // who comes again with the address it came with at first
        (Some("after=7"), &["9"], Ok(After(9))),
        (Some("last=100"), &["9"], Ok(After(9))),
        (None, &["9", "9"], Err(BadQuery)),
        (None, &["nine"], Err(BadQuery)),
        (None, &[""], Err(BadQuery)),
        (Some("from=9"), &[], Err(BadQuery)),
    ] {
        let mut headers = HeaderMap::new();
        for id in ids {
            headers.append(LAST_EVENT_ID, HeaderValue::from_static(id));
        }
        assert_eq!(start(query, &headers), expected, "{query:?} {ids:?}");
    }
}
