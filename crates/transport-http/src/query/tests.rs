use super::*;

#[test]
fn a_query_is_known_names_with_numbers() {
    for (query, expected) in [
        (None, Ok([None, None])),
        (Some(""), Ok([None, None])),
        (Some("after=7"), Ok([Some(7), None])),
        (Some("last=0&after=18446744073709551615"), Ok([Some(u64::MAX), Some(0)])),
        (Some("after=18446744073709551616"), Err(BadQuery)),
        (Some("after=7&after=7"), Err(BadQuery)),
        (Some("after"), Err(BadQuery)),
        (Some("after="), Err(BadQuery)),
        (Some("after=+7"), Err(BadQuery)),
        (Some("after=-7"), Err(BadQuery)),
        (Some("after=%37"), Err(BadQuery)),
        (Some("After=7"), Err(BadQuery)),
        (Some("limit=7"), Err(BadQuery)),
        (Some("&"), Err(BadQuery)),
        (Some("after=7&"), Err(BadQuery)),
    ] {
        assert_eq!(numbers(query, ["after", "last"]), expected, "{query:?}");
    }
}
