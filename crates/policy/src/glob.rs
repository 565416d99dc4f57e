//! The one glob dialect of the policy language: `/`-separated; `*` and `?` stay inside one segment; `**` is a whole
//! segment and stands for zero or more of them. It has no braces, classes, negation or escapes; a pattern that tries
//! to use them is refused rather than read as something else. docs/policy.md holds the table of cases.

pub(crate) mod automaton;

use self::automaton::Automaton;
use crate::fold;

/// The longest pattern, in bytes.
const LONGEST: usize = 1_024;

/// A parsed pattern. Most are of a few shapes that need no walk over segments; the others keep their segments as places
/// in the text, so that a pattern costs little more than it was written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    text: Box<str>,
    shape: Shape,
    /// Of a folded pattern with `?`: what says whether a text matches that gets longer when it is folded.
    of_longer: Option<Box<Automaton>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// `**`
    Everything,
    /// `docs/index.md`: no wildcard.
    Exact,
    /// `src/**`: no wildcard before the `/**`.
    Beneath,
    /// `**/*.pem`: the text from the place on is what a match ends with.
    EndsWith(u16),
    /// `**/Makefile`: the text from the place on, which is at the `/`, is what a match ends with, or is without the `/`.
    Named(u16),
    /// Anything else.
    Segments(Box<[Segment]>),
}

/// A segment of the pattern's text, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    kind: Kind,
    /// The part that [`Kind`] speaks of.
    start: u16,
    end: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `**`
    Any,
    /// No wildcard.
    Literal,
    /// One `*` in front, the rest plain: `*.pem`, and `*` itself. The part is the rest.
    Suffix,
    /// One `*` at the end, the rest plain: `id_rsa*`. The part is the rest.
    Prefix,
    /// Anything else.
    Wild,
}

/// Why a pattern is refused. The text says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GlobError {
    #[error("pattern is empty")]
    Empty,
    #[error("pattern is longer than {LONGEST} bytes")]
    TooLong,
    #[error("pattern begins or ends with `/` or has `//`; patterns are relative and have no empty segment")]
    EmptySegment,
    #[error("pattern has a `.` or `..` segment, which no path has; leave it out")]
    Dots,
    #[error("`**` must be a whole segment, as in `**/*.pem` or `src/**`")]
    DoubleStar,
    #[error("pattern begins with `!`, but there is no negation; write a rule of the opposite effect")]
    Negation,
    #[error(
        "pattern has one of `{{}}[]\\`, which have no meaning here; write two patterns, or `?` for the character"
    )]
    Syntax,
    #[error("pattern has a control character")]
    Control,
}

impl Glob {
    /// Parses a pattern; with `fold`, one that is compared with folded text.
    pub(crate) fn parse(text: &str, fold: bool) -> Result<Self, GlobError> {
        if text.is_empty() {
            return Err(GlobError::Empty);
        }
        if text.len() > LONGEST {
            return Err(GlobError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(GlobError::Control);
        }
        if text.starts_with('!') {
            return Err(GlobError::Negation);
        }
        if text.contains(['{', '}', '[', ']', '\\']) {
            return Err(GlobError::Syntax);
        }
        let text: Box<str> = if fold { fold::case(text).into() } else { text.into() };
        let mut segments = Vec::new();
        let mut start = 0;
        for segment in text.split('/') {
            segments.push(Segment::parse(segment, start)?);
            start = start.saturating_add(segment.len()).saturating_add(1);
        }
        let shape = Shape::of(segments);
        let of_longer = (fold && text.contains('?')).then(|| Box::new(Automaton::glob(&text, true)));
        Ok(Self { text, shape, of_longer })
    }

    /// The pattern as it is compared.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is `**`, which every text matches.
    pub(crate) fn is_everything(&self) -> bool {
        self.shape == Shape::Everything
    }

    /// Whether the whole of `text` matches. Takes at most pattern length times text length steps.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (pattern, path) = (self.text.as_bytes(), text.as_bytes());
        match &self.shape {
            Shape::Everything => true,
            Shape::Exact => pattern == path,
            Shape::Beneath => pattern.strip_suffix(b"/**").is_some_and(|directory| {
                path.strip_prefix(directory).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
            }),
            Shape::EndsWith(from) => path.ends_with(after(pattern, *from)),
            Shape::Named(from) => match after(pattern, *from) {
                ending if path.len() >= ending.len() => path.ends_with(ending),
                [_, name @ ..] => path == name,
                [] => false,
            },
            Shape::Segments(segments) => self.walk(segments, text),
        }
    }

    /// Whether a folded pattern matches `exact`, whose folded form is `folded`. `?` is one character of the text as it is
    /// written or as it is folded: `stra?e` matches `straße`, although that is `strasse` when folded.
    pub(crate) fn matches_folded(&self, exact: &str, folded: &str) -> bool {
        self.matches(folded)
            || self
                .of_longer
                .as_ref()
                .is_some_and(|pattern| fold::lengthens(exact, folded) && pattern.matches(exact))
    }

    fn walk(&self, segments: &[Segment], text: &str) -> bool {
        let mut pattern = segments;
        // `None` once every segment is consumed.
        let mut rest = Some(text);
        let mut retry: Option<(&[Segment], Option<&str>)> = None;
        loop {
            match pattern.split_first() {
                Some((Segment { kind: Kind::Any, .. }, [])) => return true,
                Some((Segment { kind: Kind::Any, .. }, tail)) => {
                    retry = Some((tail, rest));
                    pattern = tail;
                    continue;
                }
                Some((segment, tail)) => {
                    if let Some((head, next)) = rest.map(split)
                        && segment.matches(&self.text, head)
                    {
                        (pattern, rest) = (tail, next);
                        continue;
                    }
                }
                None if rest.is_none() => return true,
                None => {}
            }
            // The last `**` takes one segment more. Earlier ones need no second try: whatever they could leave to
            // the later one, it can take itself.
            let Some((tail, Some(at))) = retry else { return false };
            rest = split(at).1;
            pattern = tail;
            retry = Some((tail, rest));
        }
    }
}

/// The first segment, and what follows its `/`.
fn split(text: &str) -> (&str, Option<&str>) {
    // Segments are short: a plain loop finds the `/` before a search has set itself up.
    let slash = text.bytes().position(|byte| byte == b'/');
    let parts = slash.and_then(|at| text.split_at_checked(at));
    parts.map_or((text, None), |(head, rest)| (head, rest.strip_prefix('/')))
}

fn after(text: &[u8], from: u16) -> &[u8] {
    text.get(usize::from(from)..).unwrap_or_default()
}

impl Shape {
    fn of(segments: Vec<Segment>) -> Self {
        use Kind::{Any, Literal, Suffix};
        let kinds = || segments.iter().map(|segment| segment.kind);
        match *segments {
            [Segment { kind: Any, .. }] => Self::Everything,
            [Segment { kind: Any, .. }, Segment { kind: Suffix, start, .. }] => Self::EndsWith(start),
            [Segment { kind: Any, end, .. }, Segment { kind: Literal, .. }] => Self::Named(end),
            [.., Segment { kind: Any, .. }] if kinds().filter(|kind| *kind != Literal).count() == 1 => {
                Self::Beneath
            }
            _ if kinds().all(|kind| kind == Literal) => Self::Exact,
            _ => Self::Segments(segments.into()),
        }
    }
}

impl Segment {
    /// Parses a segment that stands in the pattern from the byte `start` on.
    fn parse(text: &str, start: usize) -> Result<Self, GlobError> {
        let plain = |part: &str| !part.contains(['*', '?']);
        let (kind, before, part) = match (text, text.strip_prefix('*'), text.strip_suffix('*')) {
            ("", ..) => return Err(GlobError::EmptySegment),
            ("." | "..", ..) => return Err(GlobError::Dots),
            ("**", ..) => (Kind::Any, 0, text),
            _ if text.contains("**") => return Err(GlobError::DoubleStar),
            _ if plain(text) => (Kind::Literal, 0, text),
            (_, Some(rest), _) if plain(rest) => (Kind::Suffix, 1, rest),
            (.., Some(rest)) if plain(rest) => (Kind::Prefix, 0, rest),
            _ => (Kind::Wild, 0, text),
        };
        let start = start.saturating_add(before);
        let place = |at: usize| u16::try_from(at).map_err(|_| GlobError::TooLong);
        Ok(Self { kind, start: place(start)?, end: place(start.saturating_add(part.len()))? })
    }

    fn matches(self, pattern: &str, text: &str) -> bool {
        let part = pattern.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default();
        match self.kind {
            Kind::Any => true,
            Kind::Literal => part == text,
            Kind::Suffix => text.ends_with(part),
            Kind::Prefix => text.starts_with(part),
            Kind::Wild => wild(part, text),
        }
    }
}

/// Matches `*` and `?` inside one segment; `?` is one character (Unicode scalar value), not one byte.
fn wild(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut retry = None;
    loop {
        let mut after = pattern.clone();
        match after.next() {
            Some('*') => {
                retry = Some((after.clone(), text.clone()));
                pattern = after;
                continue;
            }
            Some(expected) => {
                let mut next = text.clone();
                if next.next().is_some_and(|found| expected == '?' || expected == found) {
                    (pattern, text) = (after, next);
                    continue;
                }
            }
            None if text.as_str().is_empty() => return true,
            None => {}
        }
        let Some((tail, mut at)) = retry else { return false };
        if at.next().is_none() {
            return false;
        }
        (pattern, text) = (tail.clone(), at.clone());
        retry = Some((tail, at));
    }
}

#[cfg(test)]
mod tests;
