use axum::http::HeaderValue;

use super::*;

#[test]
fn a_request_says_where_to_begin() {
    use TailStart::{After, Last, Resume};
    const NINE: &str = "019aa5b4-2c00-7000-8000-000000000001.9";
    let nine = Resume(NINE.parse().unwrap());
    for (query, ids, expected) in [
        (None, &[][..], Ok(Last(0))),
        (Some("last=500"), &[], Ok(Last(500))),
        (Some("last=501"), &[], Err(BadQuery)),
        (Some("after=7"), &[], Ok(After(7))),
        (Some("after=7&last=3"), &[], Err(BadQuery)),
        (Some("after=019aa5b4-2c00-7000-8000-000000000001.9"), &[], Ok(nine)),
        (Some("after=019aa5b4-2c00-7000-8000-000000000001.9&last=3"), &[], Err(BadQuery)),
        (Some("after=019AA5B4-2C00-7000-8000-000000000001.9"), &[], Err(BadQuery)),
        (Some("after=019aa5b4-2c00-7000-8000-000000000001"), &[], Err(BadQuery)),
        (None, &[NINE], Ok(nine)),
        // who comes again with the address it came with at first
        (Some("after=7"), &[NINE], Ok(nine)),
        (Some("last=100"), &[NINE], Ok(nine)),
        (Some("after=x"), &[NINE], Err(BadQuery)),
        (None, &[NINE, NINE], Err(BadQuery)),
        // a number of a chain that nobody knows
        (None, &["9"], Err(BadQuery)),
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
