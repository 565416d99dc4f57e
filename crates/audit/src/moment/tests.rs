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

proptest! {
    #[test]
    fn reads_what_it_writes(microseconds in 0_i64..253_402_207_200_000_000) {
        let moment = Timestamp::from_microsecond(microseconds).unwrap();
        prop_assert_eq!(parse(&text(moment)), Some(moment));
        prop_assert_eq!(text(moment), format!("{moment:.6}"));
    }
}
