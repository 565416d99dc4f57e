//! When a token ends, as people say it.

use std::time::{Duration, SystemTime};

use gitoma_core::Timestamp;

/// An end as it was said: after a time, or at one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    After(Duration),
    At(Timestamp),
}

impl End {
    /// The moment, for a token that is made `now`.
    ///
    /// # Errors
    /// Words for the user, if no calendar has it.
    pub(super) fn from(self, now: SystemTime) -> Result<SystemTime, String> {
        let end = match self {
            Self::After(time) => now.checked_add(time),
            Self::At(moment) => Some(moment.into()),
        };
        // What is kept is a timestamp; it must be able to say it.
        let end = end.filter(|end| Timestamp::try_from(*end).is_ok());
        end.ok_or_else(|| "--expires is too far away".to_owned())
    }
}

/// Reads `90m`, `12h`, `30d`, `8w`, or an RFC 3339 time.
pub(super) fn parse(text: &str) -> Result<End, &'static str> {
    const WRONG: &str = "say 90m, 12h, 30d, 8w, or a time such as 2027-01-31T00:00:00Z";
    if let Ok(moment) = text.parse() {
        return Ok(End::At(moment));
    }
    let unit = match text.chars().next_back() {
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        Some('w') => 7 * 24 * 60 * 60,
        _ => return Err(WRONG),
    };
    let count = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let plain = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = plain.then(|| count.parse::<u64>().ok()?.checked_mul(unit)).flatten();
    seconds.map(|seconds| End::After(Duration::from_secs(seconds))).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_people_say_it() {
        let after = |seconds| Ok(End::After(Duration::from_secs(seconds)));
        assert_eq!(parse("90m"), after(5_400));
        assert_eq!(parse("12h"), after(43_200));
        assert_eq!(parse("30d"), after(2_592_000));
        assert_eq!(parse("8w"), after(4_838_400));
        assert_eq!(parse("2027-01-31T00:00:00Z"), Ok(End::At("2027-01-31T00:00:00Z".parse().unwrap())));
        for wrong in [
            "",
            "m",
            "3",
            "-3d",
            "+3d",
            "3 d",
            "3y",
            "1.5h",
            "99999999999999999999d",
            "18446744073709551615w",
            "tomorrow",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        let now = SystemTime::now();
        assert!(parse("600000w").unwrap().from(now).is_err());
        let end = parse("1h").unwrap().from(now).unwrap();
        assert_eq!(end.duration_since(now).unwrap(), Duration::from_hours(1));
    }
}
