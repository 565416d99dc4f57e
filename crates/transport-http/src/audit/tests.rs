use super::*;

#[test]
fn a_query_asks_for_one_part() {
    let after = |seq, limit| Ok(AuditSpan::After { seq, limit });
    for (query, expected) in [
        (None, Ok(AuditSpan::Last(100))),
        (Some("limit=500"), Ok(AuditSpan::Last(500))),
        (Some("last=0"), Ok(AuditSpan::Last(0))),
        (Some("last=500"), Ok(AuditSpan::Last(500))),
        (Some("last=501"), Err(BadQuery)),
        (Some("after=3"), after(3, 100)),
        (Some("after=3&limit=1"), after(3, 1)),
        (Some("after=3&limit=0"), Err(BadQuery)),
        (Some("after=3&limit=501"), Err(BadQuery)),
        (Some("after=3&last=3"), Err(BadQuery)),
        (Some("last=3&limit=3"), Err(BadQuery)),
        (Some("seq=3"), Err(BadQuery)),
    ] {
        assert_eq!(span(query), expected, "{query:?}");
    }
}
