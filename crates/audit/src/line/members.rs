//! A cursor over one line that knows the few JSON shapes of the format, each in its only spelling.
//! There is no white space, no float, no sign, no `null`, and keys come in the order of a given list.
//! It copies nothing: what is kept of a value is decided by who asks for it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    digest::{self, Digest},
    limit, moment,
    text::{self, Text},
    verify::fault::FaultClass,
};

type Parsed<T> = Result<T, FaultClass>;

/// The keys of an object, in their order.
#[derive(Debug)]
pub(super) struct Keys<const COUNT: usize> {
    names: [&'static str; COUNT],
    /// Of each the first eight bytes as a number; a shorter one ends in zeros. It tells most of them apart.
    heads: [u64; COUNT],
}

impl<const COUNT: usize> Keys<COUNT> {
    pub(super) const fn new(names: [&'static str; COUNT]) -> Self {
        let mut heads = [0; COUNT];
        let (mut from, mut to): (&[&str], &mut [u64]) = (&names, &mut heads);
        while let ([name, names @ ..], [head, heads @ ..]) = (from, to) {
            *head = head_of(name.as_bytes());
            (from, to) = (names, heads);
        }
        Self { names, heads }
    }

    /// The place of `key` among the keys from `start` on.
    #[inline]
    fn find(&self, head: u64, key: &[u8], mut start: usize) -> Option<usize> {
        loop {
            start += self.heads.get(start..)?.iter().position(|known| *known == head)?;
            let name = self.names.get(start)?.as_bytes();
            // what is no longer than the head is told by the head, and its length
            if name.len() == key.len() && (key.len() <= 8 || name.get(8..) == key.get(8..)) {
                return Some(start);
            }
            start += 1;
        }
    }
}

/// The first eight bytes of a key as a number.
const fn head_of(key: &[u8]) -> u64 {
    let (mut head, mut rest) = (0, key);
    while let [front @ .., byte] = rest {
        if rest.len() <= 8 {
            head = head << 8 | *byte as u64;
        }
        rest = front;
    }
    head
}

/// The length and the head of the key that begins `bytes` and ends at a quote.
#[inline]
fn measure(bytes: &[u8]) -> Option<(usize, u64)> {
    let Some(head) = bytes.first_chunk() else {
        let length = text::quote(bytes)?;
        return Some((length, head_of(bytes.get(..length)?)));
    };
    let head = u64::from_le_bytes(*head);
    let marks = text::quotes(head);
    if marks == 0 {
        return Some((8 + text::quote(bytes.get(8..)?)?, head));
    }
    // the lowest mark is the highest bit of the quote: below it stands the key
    let below = (marks & marks.wrapping_neg()) >> 7;
    Some((text::lowest(marks), head & below.wrapping_sub(1)))
}

/// What is left of the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'line>(pub(super) &'line str);

impl<'line> Cursor<'line> {
    /// Steps over `literal` if it stands here.
    #[inline]
    pub(super) fn skip(&mut self, literal: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(literal) else { return false };
        self.0 = rest;
        true
    }

    #[inline]
    pub(super) fn expect(&mut self, literal: &str) -> Parsed<()> {
        if self.skip(literal) { Ok(()) } else { Err(FaultClass::Malformed) }
    }

    /// Reads a key with its colon and returns its place in `keys`; it must stand behind `last`.
    #[inline]
    pub(super) fn key<const COUNT: usize>(
        &mut self,
        keys: &Keys<COUNT>,
        last: Option<usize>,
    ) -> Parsed<usize> {
        self.expect("\"")?;
        let line = self.0.as_bytes();
        let (length, head) = measure(line).ok_or(FaultClass::Malformed)?;
        let (key, rest) = line.split_at_checked(length).ok_or(FaultClass::Malformed)?;
        if !rest.starts_with(b"\":") {
            return Err(FaultClass::Malformed);
        }
        self.0 = self.0.get(length + 2..).ok_or(FaultClass::Malformed)?;
        if let Some(place) = keys.find(head, key, last.map_or(0, |last| last + 1)) {
            return Ok(place);
        }
        match keys.find(head, key, 0) {
            Some(place) if Some(place) == last => Err(FaultClass::DuplicateKey),
            Some(_) => Err(FaultClass::KeyOrder),
            None => Err(FaultClass::UnknownKey),
        }
    }

    /// The fault of a value that does not begin as it should.
    fn wrong_start(&self) -> FaultClass {
        if self.0.starts_with([' ', '\t', '\n', '\r']) { FaultClass::Malformed } else { FaultClass::BadType }
    }

    #[inline]
    pub(super) fn integer(&mut self) -> Parsed<u64> {
        let mut value = 0_u64;
        let mut length = 0_usize;
        for digit in self.0.bytes().take_while(u8::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            length += 1;
        }
        if length == 0 {
            return Err(if self.0.starts_with('-') { FaultClass::BadNumber } else { self.wrong_start() });
        }
        let (digits, rest) = self.0.split_at_checked(length).ok_or(FaultClass::Malformed)?;
        let padded = length > 1 && digits.starts_with('0');
        if padded || rest.starts_with(['.', 'e', 'E']) || value > limit::INTEGER {
            return Err(FaultClass::BadNumber);
        }
        self.0 = rest;
        Ok(value)
    }

    pub(super) fn boolean(&mut self) -> Parsed<bool> {
        if self.skip("true") {
            Ok(true)
        } else if self.skip("false") {
            Ok(false)
        } else {
            Err(self.wrong_start())
        }
    }

    #[inline]
    pub(super) fn text(&mut self) -> Parsed<Text<'line>> {
        if !self.skip("\"") {
            return Err(self.wrong_start());
        }
        let (text, rest) = text::read(self.0).ok_or(FaultClass::BadString)?;
        self.0 = rest;
        Ok(text)
    }

    /// Reads a string that `parse` must know.
    #[inline]
    pub(super) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Parsed<T> {
        parse(&self.text()?.value()).ok_or(FaultClass::BadValue)
    }

    /// Reads a string of one length that `parse` knows and nothing in which is escaped; else as [`Self::word`].
    #[inline]
    fn fixed<T>(&mut self, length: usize, parse: impl Fn(&str) -> Option<T>) -> Parsed<T> {
        let Some(value) = self.0.strip_prefix('"').and_then(|rest| {
            let (word, rest) = rest.split_at_checked(length)?;
            Some((parse(word)?, rest.strip_prefix('"')?))
        }) else {
            return self.word(parse);
        };
        self.0 = value.1;
        Ok(value.0)
    }

    #[inline]
    pub(super) fn digest(&mut self) -> Parsed<Digest> {
        self.fixed(64, Digest::parse)
    }

    #[inline]
    pub(super) fn moment(&mut self) -> Parsed<Timestamp> {
        self.fixed(27, moment::parse)
    }

    /// Reads a UUID in its canonical form: hyphenated and lowercase (RFC 9562, section 4).
    #[inline]
    pub(super) fn identifier(&mut self) -> Parsed<Uuid> {
        self.fixed(36, canonical_uuid)
    }

    /// Reads a list of one to `most` items and returns how many there are.
    pub(super) fn list(
        &mut self,
        most: usize,
        mut item: impl FnMut(&mut Self) -> Parsed<()>,
    ) -> Parsed<usize> {
        if !self.skip("[") {
            return Err(self.wrong_start());
        }
        if self.0.starts_with(']') {
            return Err(FaultClass::BadList);
        }
        let mut count = 0;
        loop {
            if count == most {
                return Err(FaultClass::BadList);
            }
            item(self)?;
            count += 1;
            if self.skip("]") {
                return Ok(count);
            }
            self.expect(",")?;
        }
    }

    /// Reads an object whose keys are some of `keys` in that order; `member` reads the value of the key at a place.
    pub(super) fn object<const COUNT: usize>(
        &mut self,
        keys: &Keys<COUNT>,
        mut member: impl FnMut(&mut Self, usize) -> Parsed<()>,
    ) -> Parsed<()> {
        if !self.skip("{") {
            return Err(self.wrong_start());
        }
        if self.skip("}") {
            return Ok(());
        }
        let mut last = None;
        loop {
            let place = self.key(keys, last)?;
            member(self, place)?;
            last = Some(place);
            if self.skip("}") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }
}

/// Reads a UUID in its canonical form and no other.
#[inline]
pub(crate) fn canonical_uuid(text: &str) -> Option<Uuid> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    let (mut digits, mut rest): (&[u8], &mut [u8]) = (text, &mut bytes);
    for (group, hyphen) in [(4, "-"), (2, "-"), (2, "-"), (2, "-"), (6, "")] {
        let (pairs, after) = digits.split_at_checked(2 * group)?;
        let (values, behind) = rest.split_at_mut_checked(group)?;
        if !digest::hexadecimal(pairs.as_chunks().0, values) {
            return None;
        }
        digits = after.strip_prefix(hyphen.as_bytes())?;
        rest = behind;
    }
    Some(Uuid::from_bytes(bytes))
}
