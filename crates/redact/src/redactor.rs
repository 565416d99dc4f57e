//! The one way in: a [`Redactor`] searches texts and structured values, and replaces what it finds. It holds only
//! the values it was told; the standard rules are compiled once for the process.

use crate::finding::{Finding, Redacted, Tally};
use crate::known::KnownValues;
use crate::pattern::Patterns;
use crate::spans::{self, Match};
use crate::{home, json, literals, scan};
use serde_json::Value;
use std::borrow::Cow;

/// Taking a secret away can bring the texts beside it into view, for instance a token that was glued to a known
/// value. The search is repeated until nothing is found, this often at most; two rounds are the rule.
const ROUNDS: usize = 6;

/// Finds secrets and replaces them by [`PLACEHOLDER`](crate::PLACEHOLDER). Immutable, so one can serve every thread.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    known: KnownValues,
    patterns: Patterns,
}

impl Redactor {
    /// Makes a redactor with the standard rules.
    #[must_use]
    pub fn new() -> Self {
        scan::prepare();
        Self::default()
    }

    /// Adds values that are secret whatever they look like, such as Gitoma's own tokens. Each is searched as it
    /// is and in base64 (at each of three alignments), percent-encoding, hexadecimal and JSON escapes. Values of
    /// fewer than 8 bytes are ignored: they would take innocent text away.
    #[must_use]
    pub fn with_known_values<I, S>(self, values: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        Self { known: self.known.with(values), ..self }
    }

    /// Takes `patterns` of the operator's own in place of those it had. They are searched in texts, keys and values as
    /// they stand, in no other encoding. A match that spans lines is replaced line by line.
    #[must_use]
    pub fn with_patterns(self, patterns: Patterns) -> Self {
        Self { patterns, ..self }
    }

    /// Lists the secrets in a text: sorted, apart from each other, on character boundaries.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding> {
        self.redact(text).findings
    }

    /// Replaces the secrets in a text. The result redacted again does not change, text that is valid JSON stays
    /// valid JSON, and no line end is lost but inside the body of an armoured key.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        let mut matches = self.pass(text);
        if matches.is_empty() {
            return Redacted { text: Cow::Borrowed(text), findings: Vec::new() };
        }
        let mut clean = spans::replace(text, &matches);
        for _ in 1..ROUNDS {
            let more = self.pass(&clean);
            if more.is_empty() {
                break;
            }
            let more = spans::carry_back(&matches, more);
            matches.extend(more);
            matches = spans::join(text, matches);
            clean = spans::replace(text, &matches);
        }
        Redacted { text: Cow::Owned(clean), findings: matches.into_iter().map(Finding::from).collect() }
    }

    /// Replaces the secrets in every string and key of a JSON value. A string under a name that announces a
    /// secret (`password`, `api_key` …) is replaced whole unless it is a reference or a placeholder, and so is a
    /// number of some digits. Values nested deeper than 128 levels are replaced whole.
    pub fn redact_json(&self, value: &mut Value) -> Tally {
        json::redact(self, value)
    }

    /// Replaces the secrets in an error or log line, and home directories by `~`.
    #[must_use]
    pub fn redact_line<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact(text).text {
            Cow::Borrowed(clean) => home::shorten(clean),
            Cow::Owned(clean) => Cow::Owned(home::shorten(&clean).into_owned()),
        }
    }

    fn pass(&self, text: &str) -> Vec<Match> {
        let mut matches = scan::standard(text);
        matches.extend(self.known.find(text));
        self.patterns.find(text, &mut matches);
        literals::confine(text, spans::join(text, matches))
    }
}
