//! What a search found, as it is told: places, rules and fingerprints. Names of files may hold secrets too, and are shown
//! without them.

use std::collections::BTreeSet;

use gitoma_redact::{Baseline, FindingFingerprint, Position, Redactor};
use gitoma_tools::{Corpus, Unread};
use serde::Serialize;

use super::search::Outcome;

/// One finding.
#[derive(Debug, Serialize)]
pub(super) struct Secret {
    pub(super) path: String,
    pub(super) rule: &'static str,
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) end_line: u64,
    pub(super) end_column: u64,
    pub(super) fingerprint: String,
    /// Whether it is a known one.
    pub(super) baselined: bool,
    #[serde(skip)]
    pub(super) known_by: FindingFingerprint,
    /// The path as bytes, unless they would show a secret.
    #[serde(skip)]
    pub(super) raw_path: Vec<u8>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Skipped {
    pub(super) binary: u64,
    pub(super) links: u64,
    pub(super) special: u64,
    /// Files that went away, or that git tracks and the work tree has not.
    pub(super) gone: u64,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Scanned {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) skipped: Skipped,
}

#[derive(Debug, Serialize)]
pub(super) struct UnreadPath {
    pub(super) path: String,
    pub(super) why: String,
}

/// The whole answer; as JSON, what `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: u32,
    pub(super) root: String,
    pub(super) scanned: Scanned,
    /// Findings that comments allow.
    pub(super) allowed: u64,
    /// Findings of one file beyond 10,000.
    pub(super) omitted: u64,
    pub(super) unread: Vec<UnreadPath>,
    pub(super) findings: Vec<Secret>,
}

impl Report {
    pub(super) fn new(
        corpus: &Corpus,
        outcomes: Vec<Outcome>,
        baseline: &Baseline,
        redactor: &Redactor,
    ) -> Self {
        let skipped = corpus.skipped();
        let mut report = Self {
            version: 1,
            root: shown(std::os::unix::ffi::OsStrExt::as_bytes(corpus.root().as_os_str()), redactor),
            scanned: Scanned {
                skipped: Skipped { links: skipped.links, special: skipped.special, ..Skipped::default() },
                ..Scanned::default()
            },
            allowed: 0,
            omitted: 0,
            unread: Vec::new(),
            findings: Vec::new(),
        };
        let mut unread: BTreeSet<Unread> = corpus.unread().iter().cloned().collect();
        for (text, outcome) in corpus.texts().iter().zip(outcomes) {
            let (bytes, found) = match outcome {
                Outcome::Searched { bytes, found } => (bytes, found),
                Outcome::Binary => {
                    report.scanned.skipped.binary += 1;
                    continue;
                }
                Outcome::Gone => {
                    report.scanned.skipped.gone += 1;
                    continue;
                }
                Outcome::Unread(why) => {
                    unread.insert(why);
                    continue;
                }
            };
            report.scanned.files += 1;
            report.scanned.bytes = report.scanned.bytes.saturating_add(bytes);
            report.allowed += found.allowed;
            report.omitted += found.omitted;
            if found.findings.is_empty() {
                continue;
            }
            let path = shown(&text.path, redactor);
            let hidden = path != lossless(&text.path);
            for finding in found.findings {
                let (start, end): (Position, Position) = (finding.start, finding.end);
                report.findings.push(Secret {
                    path: path.clone(),
                    rule: finding.rule,
                    line: start.line,
                    column: start.column,
                    end_line: end.line,
                    end_column: end.column,
                    fingerprint: finding.fingerprint.to_string(),
                    baselined: baseline.holds(&finding.fingerprint),
                    known_by: finding.fingerprint,
                    raw_path: if hidden { path.clone().into_bytes() } else { text.path.clone() },
                });
            }
        }
        report.unread = unread
            .into_iter()
            .map(|unread| UnreadPath { path: shown(&unread.path, redactor), why: unread.why })
            .collect();
        report
    }

    /// How many findings count.
    pub(super) fn new_findings(&self) -> usize {
        self.findings.iter().filter(|secret| !secret.baselined).count()
    }

    /// All findings, as known ones.
    pub(super) fn to_baseline(&self) -> Baseline {
        let mut baseline = Baseline::default();
        for secret in &self.findings {
            baseline.add(secret.path.clone(), secret.line, secret.rule, secret.known_by);
        }
        baseline
    }

    /// One line that sums it up.
    pub(super) fn summary(&self) -> String {
        let new = self.new_findings();
        let baselined = self.findings.len() - new;
        let scanned = &self.scanned;
        let mut text = format!("{} in {}", count(new as u64, "secret"), count(scanned.files, "file"));
        for (number, what) in [(baselined as u64, "in the baseline"), (self.allowed, "allowed by comments")] {
            if number > 0 {
                text.push_str(&format!(", {number} {what}"));
            }
        }
        if self.omitted > 0 {
            text.push_str(&format!(", {} more not listed", self.omitted));
        }
        let skipped = [
            (scanned.skipped.binary, "binary"),
            (scanned.skipped.links, "links"),
            (scanned.skipped.special, "special"),
            (scanned.skipped.gone, "gone"),
        ];
        let skipped: Vec<_> = skipped
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        if !skipped.is_empty() {
            text.push_str(&format!("; skipped: {}", skipped.join(", ")));
        }
        if !self.unread.is_empty() {
            text.push_str(&format!("; not read: {}", self.unread.len()));
        }
        text
    }
}

fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A path without secrets. Bytes that are no UTF-8 stand as `\xff`.
fn shown(path: &[u8], redactor: &Redactor) -> String {
    redactor.redact(&lossless(path)).text.into_owned()
}

fn lossless(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}
