//! Instants as the log writes them: RFC 3339, UTC, always six fractional digits and `Z`, so 27 bytes.
//! Reads that one form and no other; which clock is asked is the caller's business.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

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
    let date = DateTime::new(
        number(&[*y1, *y2, *y3, *y4])?.try_into().ok()?,
        number(&[*mo1, *mo2])?.try_into().ok()?,
        number(&[*d1, *d2])?.try_into().ok()?,
        number(&[*h1, *h2])?.try_into().ok()?,
        number(&[*mi1, *mi2])?.try_into().ok()?,
        number(&[*s1, *s2])?.try_into().ok()?,
        number(f)?.checked_mul(1_000)?,
    )
    .ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}

fn number(digits: &[u8]) -> Option<i32> {
    digits
        .iter()
        .try_fold(0_i32, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i32::from(digit - b'0')))
}

/// Cuts what the log's form cannot show, so that a moment equals what is read back.
pub(crate) fn whole_microseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
