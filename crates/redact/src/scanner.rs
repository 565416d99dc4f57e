//! Where the secrets of a file are: rule, line, column, span, and a fingerprint by which the same finding is known again.
//! Files come in pieces and are searched in windows, so that memory does not grow with them. No value leaves here.

mod baseline;
mod fingerprint;
mod inline;
mod position;
mod values;
mod window;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Range;

pub use baseline::{Baseline, BaselineError};
pub use fingerprint::FindingFingerprint;
pub use position::Position;
pub use values::ValueFingerprints;

use crate::finding::Finding;
use crate::redactor::Redactor;
use fingerprint::FileDigest;
use inline::Allowed;
use window::{Size, Window};

/// The most findings of one file that are told apart.
const MOST: usize = 10_000;

/// Searches files for secrets.
///
/// ```
/// use gitoma_redact::{Redactor, Scanner};
///
/// let found = Scanner::new(Redactor::new()).scan(b"app.env", "REGION=eu\nDB_PASSWORD=Tr0ub4dor&3x\n");
/// let [secret] = found.findings.as_slice() else { panic!() };
/// assert_eq!((secret.rule, secret.start.line, secret.start.column), ("secret-setting", 2, 13));
/// ```
#[derive(Debug, Clone)]
pub struct Scanner {
    redactor: Redactor,
    inline: bool,
}

/// One secret in a file. It says where, and never what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretFinding {
    /// The stable identifier of the rule, for example `github-token`.
    pub rule: &'static str,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; the column is the one behind its last character.
    pub end: Position,
    /// The bytes of the file it takes.
    pub span: Range<u64>,
    /// What it is known by; it stays when lines move.
    pub fingerprint: FindingFingerprint,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileFindings {
    /// The secrets, in the order of the file, at most 10,000.
    pub findings: Vec<SecretFinding>,
    /// How many more there are.
    pub omitted: u64,
    /// How many a comment in the file allows.
    pub allowed: u64,
}

impl Scanner {
    /// A scanner that finds what `redactor` would replace, but for what a comment `gitoma:allow-secret` allows: one on the same
    /// line, or alone on the line before.
    #[must_use]
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, inline: true }
    }

    /// Pays no heed to such comments: whoever can write a file can write one into it.
    #[must_use]
    pub fn without_inline(self) -> Self {
        Self { inline: false, ..self }
    }

    /// What the scanner searches with.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Begins a file. The path is part of every fingerprint; use `/` between its components.
    #[must_use]
    pub fn file(&self, path: &[u8]) -> FileScan<'_> {
        self.in_windows(path, Size::USUAL)
    }

    fn in_windows(&self, path: &[u8], size: Size) -> FileScan<'_> {
        FileScan {
            scanner: self,
            digest: FileDigest::new(path),
            ordinals: HashMap::new(),
            window: Window::new(size),
            found: FileFindings::default(),
        }
    }

    /// Searches a whole file.
    #[must_use]
    pub fn scan(&self, path: &[u8], text: &str) -> FileFindings {
        let mut file = self.file(path);
        file.push(text.as_bytes());
        file.finish()
    }
}

/// A file that comes in pieces.
#[derive(Debug)]
pub struct FileScan<'s> {
    scanner: &'s Scanner,
    digest: FileDigest,
    /// How often each rule has found something on a line that reads the same.
    ordinals: HashMap<[u8; 32], u32>,
    window: Window,
    found: FileFindings,
}

impl FileScan<'_> {
    /// Takes the next piece, which may end anywhere. Each byte that is no UTF-8 counts as one character.
    pub fn push(&mut self, piece: &[u8]) {
        for step in piece.chunks(window::STEP) {
            self.window.take(step);
            if self.window.is_full() {
                self.search(false);
            }
        }
    }

    /// Searches the rest, and says what was found.
    #[must_use]
    pub fn finish(mut self) -> FileFindings {
        self.window.end();
        self.search(true);
        self.found
    }

    fn search(&mut self, last: bool) {
        let findings = self.scanner.redactor.find(self.window.text());
        let new = self.window.settled(&findings, last);
        self.report(&findings, &new);
        self.window.forget(new.end);
    }

    /// Reports the findings that begin in `new`.
    fn report(&mut self, findings: &[Finding], new: &Range<usize>) {
        let text = self.window.text();
        let mut cursor = self.window.cursor();
        let mut line = Line::default();
        let first = findings.partition_point(|finding| finding.span.start < new.start);
        for finding in findings.iter().skip(first).take_while(|finding| finding.span.start < new.end) {
            cursor.advance(text, finding.span.start);
            if !line.range.contains(&finding.span.start) {
                line = Line::read(text, findings, cursor.line_start(), finding.span.start);
                if self.scanner.inline {
                    line.allowed = Allowed::read(text, findings, &line.range);
                }
            }
            if line.allowed.holds(finding.rule) {
                self.found.allowed += 1;
                continue;
            }
            if self.found.findings.len() >= MOST {
                self.found.omitted += 1;
                continue;
            }
            let start = cursor.position();
            let mut end = cursor.clone();
            end.advance(text, finding.span.end);
            let same = self.digest.same(finding.rule, &line.digest);
            let ordinal = self.ordinals.entry(same).or_insert(0);
            let fingerprint = FindingFingerprint::new(same, *ordinal);
            *ordinal = ordinal.saturating_add(1);
            self.found.findings.push(SecretFinding {
                rule: finding.rule,
                start,
                end: end.position(),
                span: self.window.in_file(&finding.span),
                fingerprint,
            });
        }
    }
}

/// The line that a finding begins on.
#[derive(Default)]
struct Line {
    range: Range<usize>,
    /// What it says without its secrets.
    digest: [u8; 32],
    allowed: Allowed,
}

impl Line {
    fn read(text: &str, findings: &[Finding], start: usize, within: usize) -> Self {
        let end = memchr::memchr(b'\n', text.as_bytes().get(within..).unwrap_or_default());
        let range = start..end.map_or(text.len(), |length| within + length);
        let digest = fingerprint::of_line(&masked(text, findings, &range));
        Self { range: range.start..range.end + 1, digest, allowed: Allowed::Nothing }
    }
}

/// A line of the text with a placeholder for each secret on it.
pub(crate) fn masked(text: &str, findings: &[Finding], line: &Range<usize>) -> String {
    let mut shown = String::new();
    let mut from = line.start;
    let first = findings.partition_point(|finding| finding.span.end <= line.start);
    for finding in findings.iter().skip(first).take_while(|finding| finding.span.start < line.end) {
        shown.push_str(text.get(from..finding.span.start).unwrap_or_default());
        shown.push_str(crate::PLACEHOLDER);
        from = finding.span.end;
    }
    shown.push_str(text.get(from..line.end).unwrap_or_default());
    shown
}
