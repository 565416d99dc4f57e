//! The fingerprints of the values that were found, for who decides that one of them may show.

use std::collections::HashSet;

use super::Scanner;
use super::position::{Cursor, Position};
use crate::allow::Fingerprint;
use crate::finding::Finding;

/// How many rules may find something in one another.
const ROUNDS: usize = 4;

/// What a policy must allow so that one finding shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueFingerprints {
    /// The rule that found it.
    pub rule: &'static str,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The fingerprints of its value, and of parts of it that rules find too. All are needed.
    pub fingerprints: Vec<Fingerprint>,
    /// Whether they suffice. Where findings overlap, or the value was told to the redactor, none do.
    pub suffice: bool,
}

impl Scanner {
    /// The fingerprints of the values found in a text, for `redact.allow` of a policy.
    #[must_use]
    pub fn value_fingerprints(&self, text: &str) -> Vec<ValueFingerprints> {
        let findings = self.redactor.find(text);
        let mut cursor = Cursor::new(Position::default());
        let mut values: Vec<ValueFingerprints> = Vec::with_capacity(findings.len());
        for finding in &findings {
            cursor.advance(text, finding.span.start);
            let start = cursor.position();
            cursor.advance(text, finding.span.end);
            values.push(ValueFingerprints {
                rule: finding.rule,
                start,
                end: cursor.position(),
                fingerprints: Vec::new(),
                suffice: false,
            });
        }
        let mut allowed = HashSet::new();
        for _ in 0..ROUNDS {
            let left = self.redactor.clone().with_allowances(allowed.iter().copied()).find(text);
            let before = allowed.len();
            for (value, finding) in values.iter_mut().zip(&findings) {
                let within = overlapping(&left, finding);
                value.suffice = within.is_empty();
                for part in within {
                    let fingerprint = Fingerprint::of(text.get(part.span.clone()).unwrap_or_default());
                    allowed.insert(fingerprint);
                    if !value.fingerprints.contains(&fingerprint) {
                        value.fingerprints.push(fingerprint);
                    }
                }
            }
            if allowed.len() == before {
                break;
            }
        }
        values
    }
}

/// The findings that share some text with `finding`.
fn overlapping<'f>(findings: &'f [Finding], finding: &Finding) -> &'f [Finding] {
    let first = findings.partition_point(|other| other.span.end <= finding.span.start);
    let rest = findings.get(first..).unwrap_or_default();
    let count = rest.partition_point(|other| other.span.start < finding.span.end);
    rest.get(..count).unwrap_or_default()
}
