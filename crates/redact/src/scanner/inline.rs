//! The comment by which the author of a file lets a finding pass.

use std::ops::Range;

use memchr::{memmem, memrchr};

use crate::bytes::{Class, at, before};
use crate::finding::Finding;

const MARK: &str = "gitoma:allow-secret";

/// What comments allow of the findings that begin on a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Allowed {
    #[default]
    Nothing,
    /// Armoured keys: what allows them stands by the line that opens them.
    Keys,
    Everything,
}

impl Allowed {
    /// Looks at the line, and at the one before it.
    pub(super) fn read(text: &str, findings: &[Finding], line: &Range<usize>) -> Self {
        let alone = |line: &Range<usize>| {
            mark(text, findings, line).is_some_and(|mark| stands_alone(text, line.start..mark))
        };
        if mark(text, findings, line).is_some() {
            return Self::Everything;
        }
        let Some(previous) = line_before(text, line) else { return Self::Nothing };
        if alone(&previous) {
            return Self::Everything;
        }
        let opens = text.get(previous.clone()).is_some_and(|line| line.contains("-----BEGIN "));
        let by_opening = || {
            mark(text, findings, &previous).is_some()
                || line_before(text, &previous).is_some_and(|earlier| alone(&earlier))
        };
        if opens && by_opening() { Self::Keys } else { Self::Nothing }
    }

    pub(super) fn holds(self, rule: &str) -> bool {
        self == Self::Everything || (self == Self::Keys && rule == "private-key")
    }
}

/// Where the mark stands on a line, outside of secrets.
fn mark(text: &str, findings: &[Finding], line: &Range<usize>) -> Option<usize> {
    const JOINED: Class = Class::ALNUM.with(b'-').with(b'_');
    let bytes = text.as_bytes();
    let searched = bytes.get(line.start..line.end.min(bytes.len()))?;
    memmem::find_iter(searched, MARK).map(|found| line.start + found).find(|&start| {
        let end = start + MARK.len();
        let apart = !JOINED.has(before(bytes, start)) && !JOINED.has(at(bytes, end));
        let first = findings.partition_point(|finding| finding.span.end <= start);
        apart && findings.get(first).is_none_or(|finding| finding.span.start >= end)
    })
}

/// Whether nothing but the signs of a comment stands there.
fn stands_alone(text: &str, range: Range<usize>) -> bool {
    let head = text.get(range).unwrap_or_default().trim();
    head.chars().all(|sign| !sign.is_alphanumeric() && !matches!(sign, '=' | ':')) || head == "REM"
}

/// The line before, without its end, as far as the text goes back.
fn line_before(text: &str, line: &Range<usize>) -> Option<Range<usize>> {
    let end = line.start.checked_sub(1)?;
    let start = memrchr(b'\n', text.as_bytes().get(..end)?).map_or(0, |feed| feed + 1);
    Some(start..end)
}
