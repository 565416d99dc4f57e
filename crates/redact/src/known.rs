//! Values that are secret whatever they look like: Gitoma's own tokens and those the operator named. Each is searched
//! as it is and in the encodings in which programs print it; the values themselves are never shown.

use crate::bytes::{Class, at, backslashes_before, before, run, run_back, sub};
use crate::quote::Quote;
use crate::scan::everything;
use crate::spans::{Match, Rank};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// Shorter values would take innocent text away wherever they occur.
const LEAST: usize = 8;
/// Spellings that are longer in all get the automaton that is built in linear time, which searches at half the speed.
const MANY: usize = 64 * 1024;
/// What a number has before and behind a part of it at most.
const MOST_DIGITS: usize = 64;
pub(crate) const RULE: &str = "known-value";

/// The values and their automaton.
#[derive(Clone, Default)]
pub(crate) struct KnownValues {
    /// Every spelling, and whether it is part of a longer base64 word.
    spellings: BTreeMap<Vec<u8>, bool>,
    search: Search,
}

#[derive(Clone, Default)]
enum Search {
    #[default]
    Empty,
    Ready {
        automaton: AhoCorasick,
        /// In the order of the automaton's patterns: whether the pattern is part of a base64 word.
        within_word: Vec<bool>,
    },
    /// The automaton could not be built; nothing can be let through.
    Broken,
}

impl std::fmt::Debug for KnownValues {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KnownValues")
            .field("spellings", &self.spellings.len())
            .finish_non_exhaustive()
    }
}

impl KnownValues {
    /// Adds values and compiles the automaton anew.
    pub(crate) fn with<S: AsRef<str>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        for value in values {
            let value = value.as_ref();
            // a value that was read from a file ends with its line
            for value in [value, value.trim()] {
                if value.len() >= LEAST {
                    self.add(value);
                }
            }
        }
        self.search = if self.spellings.is_empty() {
            Search::Empty
        } else {
            let within_word = self.spellings.values().copied().collect();
            let length: usize = self.spellings.keys().map(Vec::len).sum();
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind((length > MANY).then_some(AhoCorasickKind::ContiguousNFA))
                .build(self.spellings.keys())
                .map_or(Search::Broken, |automaton| Search::Ready { automaton, within_word })
        };
        self
    }

    /// The length of the longest spelling in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.spellings.keys().map(Vec::len).max().unwrap_or_default()
    }

    fn add(&mut self, value: &str) {
        let bytes = value.as_bytes();
        let plain = [
            value.to_owned(),
            hexadecimal(bytes),
            hexadecimal(bytes).to_ascii_uppercase(),
            percent(bytes, true),
            percent(bytes, false),
            percent(bytes, true).replace("%20", "+"),
            percent(bytes, false).replace("%20", "+"),
            escaped(value),
            escaped(value).replace('/', "\\/"),
            for_shells(value),
            decimal(bytes, ","),
            decimal(bytes, ", "),
            decimal(bytes, " "),
        ];
        for spelling in plain {
            self.spellings.insert(spelling.into_bytes(), false);
        }
        let units: Vec<u16> = value.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [bytes, &little, &big] {
            for (alphabet, alignment) in (0..3).flat_map(|at| [(STANDARD, at), (URL_SAFE, at)]) {
                let spelling = base64_within(bytes, alignment, alphabet);
                self.spellings.entry(spelling).or_insert(true);
            }
        }
    }

    /// Finds every spelling, overlapping ones too.
    pub(crate) fn find(&self, text: &str) -> Vec<Match> {
        let (automaton, within_word) = match &self.search {
            Search::Empty => return Vec::new(),
            Search::Broken => return vec![everything(text)],
            Search::Ready { automaton, within_word } => (automaton, within_word),
        };
        let bytes = text.as_bytes();
        let mut found: Vec<Match> = Vec::new();
        let mut word_end = 0;
        for hit in automaton.find_overlapping_iter(bytes) {
            let (mut start, mut end) = (hit.start(), hit.end());
            if within_word.get(hit.pattern().as_usize()).copied().unwrap_or(false) {
                if end <= word_end {
                    continue;
                }
                start = run_back(bytes, start, Class::OPAQUE, usize::MAX);
                end = run(bytes, end, Class::OPAQUE, usize::MAX);
                word_end = end;
            }
            let (start, end) = with_whole_escapes(bytes, start, end);
            let number = json_number(bytes, start..end);
            let quote = number.as_ref().map(|(quote, _)| *quote);
            let Range { start, end } = number.map_or(start..end, |(_, whole)| whole);
            // a value that repeats itself is found at every place of a text that does
            if let Some(last) = found.last_mut().filter(|last| last.start <= start && start < last.end) {
                last.end = last.end.max(end);
                last.quote = last.quote.or(quote);
                continue;
            }
            found.push(Match { rule: RULE, rank: Rank::Known, start, end, quote });
        }
        found
    }
}

/// Widens a span that would cut an escape sequence in two.
fn with_whole_escapes(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let letter = matches!(at(bytes, start), b'b' | b'f' | b'n' | b'r' | b't' | b'u' | b'"' | b'\\' | b'/');
    let start = start - usize::from(letter && backslashes_before(bytes, start) % 2 == 1);
    let odd = before(bytes, end) == b'\\' && backslashes_before(bytes, end) % 2 == 1;
    (start, (end + usize::from(odd)).min(bytes.len()))
}

/// The number in the place of a JSON value that the span is or is a part of, and the mark that strings have there.
fn json_number(bytes: &[u8], span: Range<usize>) -> Option<(Quote, Range<usize>)> {
    const NUMBER: Class = Class::DIGIT.with(b'.').with(b'-').with(b'+').with(b'e').with(b'E');
    let start = run_back(bytes, span.start, NUMBER, MOST_DIGITS);
    let end = run(bytes, span.end, NUMBER, MOST_DIGITS);
    let digits = run(bytes, span.start, NUMBER, span.len()) == span.end
        && Class::DIGIT.with(b'-').has(at(bytes, start))
        && sub(bytes, start..end).iter().filter(|byte| byte.is_ascii_alphabetic()).count() <= 1;
    let left = run_back(bytes, start, Class::SPACE, 64);
    let right = at(bytes, run(bytes, end, Class::SPACE, 64));
    if !digits || !matches!(before(bytes, left), b':' | b',' | b'[') || !matches!(right, b',' | b'}' | b']') {
        return None;
    }
    // the marks of the name before it have as many backslashes
    let name = run_back(bytes, left.saturating_sub(1), Class::SPACE, 64);
    let named = before(bytes, left) == b':' && before(bytes, name) == b'"';
    let escapes = if named { backslashes_before(bytes, name - 1) } else { 0 };
    Some((Quote::double_behind(escapes), start..end))
}

pub(crate) const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The part of a base64 text that does not depend on what surrounds the value, when `alignment` bytes precede it
/// in its group of three.
pub(crate) fn base64_within(value: &[u8], alignment: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let first_bit = alignment * 8;
    let last_bit = first_bit + value.len() * 8;
    let bit = |index: usize| {
        index
            .checked_sub(first_bit)
            .and_then(|within| value.get(within / 8).map(|byte| usize::from(byte >> (7 - within % 8) & 1)))
    };
    (first_bit.div_ceil(6)..last_bit / 6)
        .filter_map(|group| (0..6).try_fold(0, |sextet, offset| Some(sextet << 1 | bit(group * 6 + offset)?)))
        .filter_map(|sextet| alphabet.get(sextet).copied())
        .collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Percent-encoding of everything but unreserved characters (RFC 3986 §2.3).
fn percent(bytes: &[u8], upper: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        let _ = match byte {
            byte if Class::BASE64_URL.with(b'.').with(b'~').has(byte) => write!(text, "{}", char::from(byte)),
            byte if upper => write!(text, "%{byte:02X}"),
            byte => write!(text, "%{byte:02x}"),
        };
        text
    })
}

/// The value with a backslash before every sign that means something to a shell, as `printf %q` writes it.
fn for_shells(value: &str) -> String {
    const PLAIN: Class = Class::OPAQUE.with(b'.').with(b':').with(b'@').with(b'~');
    value.chars().fold(String::new(), |mut text, sign| {
        if u8::try_from(sign).is_ok_and(|byte| byte.is_ascii() && !PLAIN.has(byte)) {
            text.push('\\');
        }
        text.push(sign);
        text
    })
}

/// The bytes as numbers, as programs print a list of them.
fn decimal(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(between)
}

/// The value as it stands within a JSON string.
fn escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}
