use jiff::Timestamp;
use proptest::prelude::*;

use super::{parse, write};

fn text(moment: Timestamp) -> String {
    let mut buffer = Vec::new();
    write(moment, &mut buffer);
    String::from_utf8(buffer).unwrap()
}

#[test]
fn writes_the_one_form() {
    let moment = Timestamp::from_microsecond(1_772_323_199_000_042).unwrap();
    assert_eq!(text(moment), "2026-02-28T23:59:59.000042Z");
}

#[test]
fn refuses_other_forms() {
    for bad in [
        "2026-02-28T23:59:59Z",
        "2026-02-28T23:59:59.0000420Z",
        "2026-02-28t23:59:59.000042Z",
        "2026-02-28T23:59:59.000042z",
        "2026-02-30T23:59:59.000042Z",
        "2026-02-28T24:00:00.000042Z",
        "2026-02-28T23:59:60.000042Z",
        "2026-02-28T23:59:59,000042Z",
        "+026-02-28T23:59:59.000042Z",
        "2026-02-28T23:59:59.00004 Z",
    ] {
        assert_eq!(parse(bad), None, "{bad}");
    }
}

/// Jiff's calendar is the judge of ours: every day that ends or begins a month, of every year, and those that do not exist.
#[test]
fn knows_the_calendar() {
    for year in 0_i16..=9999 {
        for (month, day) in (1..=12).flat_map(|month| [1, 28, 29, 30, 31].map(|day| (month, day))) {
            let theirs = jiff::civil::DateTime::new(year, month, day, 23, 59, 59, 999_999_000)
                .and_then(|moment| jiff::tz::TimeZone::UTC.to_timestamp(moment));
            let text = format!("{year:04}-{month:02}-{day:02}T23:59:59.999999Z");
            assert_eq!(parse(&text), theirs.ok(), "{text}");
        }
    }
    for text in ["2026-00-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-00T00:00:00.000000Z"]
    {
        assert_eq!(parse(text), None);
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(microseconds in 0_i64..253_402_207_200_000_000) {
        let moment = Timestamp::from_microsecond(microseconds).unwrap();
        prop_assert_eq!(parse(&text(moment)), Some(moment));
        prop_assert_eq!(text(moment), format!("{moment:.6}"));
    }
}
