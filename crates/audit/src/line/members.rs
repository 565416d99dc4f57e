//! A cursor over one line that knows the few JSON shapes of the format, each in its only spelling.
//! There is no white space, no float, no sign, no `null`, and keys come in the order of a given list.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{digest::Digest, limit, moment, text, verify::fault::FaultClass};

type Parsed<T> = Result<T, FaultClass>;

/// What is left of the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'line>(pub(super) &'line str);

impl<'line> Cursor<'line> {
    /// Steps over `literal` if it stands here.
    pub(super) fn skip(&mut self, literal: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(literal) else { return false };
        self.0 = rest;
        true
    }

    pub(super) fn expect(&mut self, literal: &str) -> Parsed<()> {
        if self.skip(literal) { Ok(()) } else { Err(FaultClass::Malformed) }
    }

    /// Reads a key with its colon and returns its place in `names`; it must stand behind `last`.
    pub(super) fn key<'names>(
        &mut self,
        names: &(impl Iterator<Item = &'names str> + Clone),
        last: Option<usize>,
    ) -> Parsed<usize> {
        self.expect("\"")?;
        let (key, rest) = self.0.split_once('"').ok_or(FaultClass::Malformed)?;
        let Some(rest) = rest.strip_prefix(':') else { return Err(FaultClass::Malformed) };
        self.0 = rest;
        let start = last.map_or(0, |last| last + 1);
        if let Some(step) = names.clone().skip(start).position(|name| name == key) {
            return Ok(start + step);
        }
        match names.clone().position(|name| name == key) {
            Some(place) if Some(place) == last => Err(FaultClass::DuplicateKey),
            Some(_) => Err(FaultClass::KeyOrder),
            None => Err(FaultClass::UnknownKey),
        }
    }

    /// The fault of a value that does not begin as it should.
    fn wrong_start(&self) -> FaultClass {
        if self.0.starts_with([' ', '\t', '\n', '\r']) { FaultClass::Malformed } else { FaultClass::BadType }
    }

    pub(super) fn integer(&mut self) -> Parsed<u64> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return Err(if self.0.starts_with('-') { FaultClass::BadNumber } else { self.wrong_start() });
        }
        let (digits, rest) = self.0.split_at_checked(length).ok_or(FaultClass::Malformed)?;
        if (length > 1 && digits.starts_with('0')) || rest.starts_with(['.', 'e', 'E']) {
            return Err(FaultClass::BadNumber);
        }
        let value = digits.parse().map_err(|_| FaultClass::BadNumber)?;
        if value > limit::INTEGER {
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

    fn borrowed(&mut self) -> Parsed<Cow<'line, str>> {
        if !self.skip("\"") {
            return Err(self.wrong_start());
        }
        let (value, rest) = text::read(self.0).ok_or(FaultClass::BadString)?;
        self.0 = rest;
        Ok(value)
    }

    pub(super) fn string(&mut self) -> Parsed<String> {
        self.borrowed().map(Cow::into_owned)
    }

    /// Reads a string that `parse` must know.
    pub(super) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Parsed<T> {
        parse(&self.borrowed()?).ok_or(FaultClass::BadValue)
    }

    pub(super) fn digest(&mut self) -> Parsed<Digest> {
        self.word(Digest::parse)
    }

    pub(super) fn moment(&mut self) -> Parsed<Timestamp> {
        self.word(moment::parse)
    }

    /// Reads a UUID in its canonical form: hyphenated and lowercase (RFC 9562, section 4).
    pub(super) fn identifier(&mut self) -> Parsed<Uuid> {
        self.word(canonical_uuid)
    }

    /// Reads a list of one to `most` items.
    pub(super) fn list<T>(
        &mut self,
        most: usize,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if !self.skip("[") {
            return Err(self.wrong_start());
        }
        let mut items = Vec::new();
        if self.0.starts_with(']') {
            return Err(FaultClass::BadList);
        }
        loop {
            if items.len() == most {
                return Err(FaultClass::BadList);
            }
            items.push(item(self)?);
            if self.skip("]") {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    /// Reads an object whose keys are some of `names` in that order; `member` reads the value of the key at a place.
    pub(super) fn object(
        &mut self,
        names: &[&str],
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
            let place = self.key(&names.iter().copied(), last)?;
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
pub(crate) fn canonical_uuid(text: &str) -> Option<Uuid> {
    let value = Uuid::try_parse(text).ok()?;
    (value.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(value)
}
