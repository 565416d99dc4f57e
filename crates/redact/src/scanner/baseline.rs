//! The findings that are known and stay for now. A baseline holds fingerprints and places; whoever reads it learns no value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::FindingFingerprint;

/// The largest file that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// Why a text is no baseline. None repeats what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is too large.
    TooLarge,
    /// It is no JSON, or has another shape.
    Shape {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Another version wrote it.
    Version,
    /// A fingerprint is none.
    Fingerprint {
        /// The place in the list, from 1.
        entry: usize,
    },
}

impl std::fmt::Display for BaselineError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge => write!(formatter, "baseline is larger than {LARGEST} bytes"),
            Self::Shape { line, column } => write!(
                formatter,
                "baseline is not as --write-baseline writes it, at line {line}, column {column}; write it anew"
            ),
            Self::Version => formatter.write_str("baseline is of another version; this one reads version 1"),
            Self::Fingerprint { entry } => {
                write!(
                    formatter,
                    "baseline has no fingerprint of 32 small hexadecimal digits in finding {entry}"
                )
            }
        }
    }
}

impl std::error::Error for BaselineError {}

/// Known findings.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    entries: BTreeSet<(String, u64, String, FindingFingerprint)>,
    fingerprints: BTreeSet<FindingFingerprint>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    rule: String,
    path: String,
    line: u64,
}

impl Baseline {
    /// The largest text that is read, in bytes.
    pub const LARGEST: usize = LARGEST;

    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    /// [`BaselineError`] if it is anything else; a key that is not known is refused too.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        if text.len() > LARGEST {
            return Err(BaselineError::TooLarge);
        }
        let document: Document = serde_json::from_str(text)
            .map_err(|error| BaselineError::Shape { line: error.line(), column: error.column() })?;
        if document.version != 1 {
            return Err(BaselineError::Version);
        }
        let mut baseline = Self::default();
        for (place, entry) in document.findings.into_iter().enumerate() {
            let fingerprint = FindingFingerprint::parse(&entry.fingerprint)
                .ok_or(BaselineError::Fingerprint { entry: place + 1 })?;
            baseline.add(entry.path, entry.line, entry.rule, fingerprint);
        }
        Ok(baseline)
    }

    /// Adds a finding.
    pub fn add(
        &mut self,
        path: impl Into<String>,
        line: u64,
        rule: impl Into<String>,
        fingerprint: FindingFingerprint,
    ) {
        self.entries.insert((path.into(), line, rule.into(), fingerprint));
        self.fingerprints.insert(fingerprint);
    }

    /// Whether a finding is known.
    #[must_use]
    pub fn holds(&self, fingerprint: &FindingFingerprint) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// How many findings are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// The file's text: sorted by path and line, so that the same findings give the same bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let findings = self.entries.iter().map(|(path, line, rule, fingerprint)| Entry {
            fingerprint: fingerprint.to_string(),
            rule: rule.clone(),
            path: path.clone(),
            line: *line,
        });
        let document = Document { version: 1, findings: findings.collect() };
        // Strings and numbers alone: this cannot fail.
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}
