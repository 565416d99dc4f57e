//! Instants as the log writes them: RFC 3339, UTC, always six fractional digits and `Z`, so 27 bytes.
//! Reads that one form and no other; which clock is asked is the caller's business.

use jiff::{Timestamp, tz::TimeZone};

/// Appends `moment` in the log's form.
pub(crate) fn write(moment: Timestamp, buffer: &mut Vec<u8>) {
    let civil = TimeZone::UTC.to_datetime(moment);
    digits(buffer, i64::from(civil.year().max(0)), 4);
    buffer.push(b'-');
    digits(buffer, civil.month().into(), 2);
    buffer.push(b'-');
    digits(buffer, civil.day().into(), 2);
    buffer.push(b'T');
    digits(buffer, civil.hour().into(), 2);
    buffer.push(b':');
    digits(buffer, civil.minute().into(), 2);
    buffer.push(b':');
    digits(buffer, civil.second().into(), 2);
    buffer.push(b'.');
    digits(buffer, i64::from(civil.subsec_nanosecond() / 1_000), 6);
    buffer.push(b'Z');
}

fn digits(buffer: &mut Vec<u8>, value: i64, width: u32) {
    let mut unit = 10_i64.pow(width.saturating_sub(1));
    while unit > 0 {
        // always 0..=9
        buffer.push(b'0' + u8::try_from(value / unit % 10).unwrap_or(0));
        unit /= 10;
    }
}

/// Reads an instant in the log's form; a date or time that does not exist (leap seconds too) is `None`.
#[inline]
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
        b'.',
        f @ ..,
        b'Z',
    ] = bytes
    else {
        return None;
    };
    let (year, month, day) = (number(&[*y1, *y2, *y3, *y4])?, number(&[*mo1, *mo2])?, number(&[*d1, *d2])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*mi1, *mi2])?, number(&[*s1, *s2])?);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute;
    Timestamp::from_microsecond((minutes * 60 + second) * 1_000_000 + number(f)?).ok()
}

/// Days from 1970-01-01 to a date that exists, in a calendar whose years begin in March, so that leap days end them.
/// A verifier reads a moment a line: the general way through a calendar takes longer than the rest of the line's head.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (century, rest) = (year.div_euclid(100), year.rem_euclid(100));
    // 719 468 days lie between 0000-03-01 and 1970-01-01
    century * 36_524 + century.div_euclid(4) + rest * 365 + rest / 4 + (month * 153 + 2) / 5 + day - 719_469
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0_i64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')))
}

/// Cuts what the log's form cannot show, so that a moment equals what is read back.
pub(crate) fn whole_microseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
