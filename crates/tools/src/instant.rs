//! Times, in and out: RFC 3339 in UTC out, RFC 3339 or a plain date in. Seconds since 1970 inside, as git has them.

#[cfg(test)]
mod tests;

use gitoma_core::ArgError;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Which end of a day a plain date stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayEnd {
    /// Its first second, for `since`.
    First,
    /// Its last second, for `until`.
    Last,
}

/// Parses the argument `name`: `2026-11-21T10:00:00Z` (any offset) or `2026-11-21` (UTC).
pub(crate) fn parse(name: &'static str, text: &str, end: DayEnd) -> Result<i64, ArgError> {
    let expected = || ArgError::invalid(name, "an RFC 3339 time or a date like 2026-01-31");
    if text.len() == 10 {
        let date: Date = text.parse().map_err(|_| expected())?;
        let day = match end {
            DayEnd::First => date,
            DayEnd::Last => date.checked_add(1.day()).map_err(|_| expected())?,
        };
        let start = day.to_zoned(TimeZone::UTC).map_err(|_| expected())?.timestamp().as_second();
        return Ok(if end == DayEnd::Last { start - 1 } else { start });
    }
    text.parse::<Timestamp>().map(Timestamp::as_second).map_err(|_| expected())
}

/// Formats seconds since 1970 as RFC 3339 in UTC; nothing for a time no calendar has.
pub(crate) fn format(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}
