//! What a search reports: where a secret stands and which rule says so. A report never carries the secret.

use std::borrow::Cow;
use std::ops::Range;

/// The text that stands in for every secret: opaque, of fixed length, and matched by no rule.
pub const PLACEHOLDER: &str = "***";

/// One secret in a text, by the rule that found it and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable identifier of the rule, for example `github-token`.
    pub rule: &'static str,
    /// Byte offsets into the text that was searched, on character boundaries.
    pub span: Range<usize>,
}

impl Finding {
    /// The rule of a finding that covers a whole text, or a line of it, because the search could not be prepared or
    /// came to no end.
    pub const UNSEARCHED: &'static str = "unsearched";
    /// The rule of a finding by one of the operator's own patterns.
    pub const PATTERN: &'static str = "operator-pattern";
}

/// A text without its secrets, beside what was taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// The clean text; borrowed from the input if nothing was found.
    pub text: Cow<'t, str>,
    /// What was found, in order, without overlaps; spans refer to the input, not to `text`.
    pub findings: Vec<Finding>,
}

/// How many secrets were taken out of a structured value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of spans, leaves and keys that were replaced.
    pub findings: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, count: usize) {
        self.findings = self.findings.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
