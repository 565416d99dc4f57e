//! The one glob dialect of the policy language: `/`-separated; `*` and `?` stay inside one segment; `**` is a whole
//! segment and stands for zero or more of them. It has no braces, classes, negation or escapes; a pattern that tries
//! to use them is refused rather than read as something else. docs/policy.md holds the table of cases.

use crate::fold;

/// The longest pattern, in bytes.
const LONGEST: usize = 1_024;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    text: Box<str>,
    segments: Box<[Segment]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `**`
    Any,
    /// No wildcard.
    Literal(Box<str>),
    /// One `*` in front, the rest plain: `*.pem`, and `*` itself.
    Suffix(Box<str>),
    /// One `*` at the end, the rest plain: `id_rsa*`.
    Prefix(Box<str>),
    /// Anything else.
    Wild(Box<str>),
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
        let text = if fold { fold::case(text).into_owned() } else { text.to_owned() };
        let segments = text.split('/').map(Segment::parse).collect::<Result<Box<[_]>, _>>()?;
        Ok(Self { text: text.into(), segments })
    }

    /// The pattern as it is compared.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is `**`, which every text matches.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(*self.segments, [Segment::Any])
    }

    /// Whether the whole of `text` matches. Takes at most pattern length times text length steps.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut pattern: &[Segment] = &self.segments;
        // `None` once every segment is consumed.
        let mut rest = Some(text);
        let mut retry: Option<(&[Segment], Option<&str>)> = None;
        loop {
            match pattern.split_first() {
                Some((Segment::Any, [])) => return true,
                Some((Segment::Any, tail)) => {
                    retry = Some((tail, rest));
                    pattern = tail;
                    continue;
                }
                Some((segment, tail)) => {
                    if let Some((head, next)) = rest.map(split)
                        && segment.matches(head)
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

fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('/').map_or((text, None), |(head, rest)| (head, Some(rest)))
}

impl Segment {
    fn parse(text: &str) -> Result<Self, GlobError> {
        match text {
            "" => return Err(GlobError::EmptySegment),
            "." | ".." => return Err(GlobError::Dots),
            "**" => return Ok(Self::Any),
            _ if text.contains("**") => return Err(GlobError::DoubleStar),
            _ => {}
        }
        let plain = |part: &str| !part.contains(['*', '?']);
        Ok(match (text.strip_prefix('*'), text.strip_suffix('*')) {
            _ if plain(text) => Self::Literal(text.into()),
            (Some(rest), _) if plain(rest) => Self::Suffix(rest.into()),
            (_, Some(rest)) if plain(rest) => Self::Prefix(rest.into()),
            _ => Self::Wild(text.into()),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => **literal == *text,
            Self::Suffix(suffix) => text.ends_with(&**suffix),
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Wild(pattern) => wild(pattern, text),
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
