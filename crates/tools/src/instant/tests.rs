use super::{DayEnd, format, parse};

#[test]
fn times_and_dates() {
    for (text, end, expected) in [
        ("1970-01-01", DayEnd::First, 0),
        ("1970-01-01", DayEnd::Last, 86_399),
        ("1970-01-01T00:00:10Z", DayEnd::First, 10),
        ("1970-01-01T01:00:00+01:00", DayEnd::Last, 0),
        ("1969-12-31", DayEnd::First, -86_400),
    ] {
        assert_eq!(parse("since", text, end).unwrap(), expected, "{text}");
    }
}

#[test]
fn anything_else_is_refused_without_being_repeated() {
    for text in [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-01-01T00:00:00",
        "--since=x",
        "9999-12-31T99:00:00Z",
    ] {
        let error = parse("since", text, DayEnd::First).unwrap_err().to_string();
        assert_eq!(
            error,
            "argument `since` is not valid: expected an RFC 3339 time or a date like 2026-01-31"
        );
    }
}

#[test]
fn out() {
    assert_eq!(format(0).as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(format(i64::MAX), None);
}
