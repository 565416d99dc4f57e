//! The one way in: a [`Redactor`] searches texts and structured values, and replaces what it finds. It holds only
//! the values it was told; the standard rules are compiled once for the process.

use crate::allow::{Allowances, Fingerprint};
use crate::elide::elide;
use crate::finding::{Finding, Redacted, Tally};
use crate::hidden::{Revealed, reveal};
use crate::known::KnownValues;
use crate::names::Names;
use crate::pattern::Patterns;
use crate::spans::{self, Match};
use crate::watch::Watch;
use crate::{crowd, decode, home, json, known, literals, scan};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Taking a secret away can bring the texts beside it into view, for instance a token that was glued to a known
/// value. The search is repeated until nothing is found, this often at most; two rounds are the rule. Each costs a pass over the text,
/// which hostile text would have made many times.
const ROUNDS: usize = 3;

/// How much of a text goes for a match that only another brought into view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Match,
    Line,
}

/// Finds secrets and replaces them by [`PLACEHOLDER`](crate::PLACEHOLDER). Immutable, so one can serve every thread.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    known: KnownValues,
    patterns: Patterns,
    names: Names,
    allowances: Allowances,
    blocked: Arc<[Box<str>]>,
    watch: Option<Watch>,
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

    /// Takes `names` of settings in place of those it had: what stands under one of them is secret, however simple. `db_conn` is
    /// `dbConn`, `DB-CONN` and the end of `prod_db_conn` too.
    #[must_use]
    pub fn with_names<S: AsRef<str>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { names: Names::new(names), ..self }
    }

    /// Lets values of these fingerprints show, in place of those it had. They are those of single findings, as they stand in a
    /// text; what is known to be secret never shows.
    #[must_use]
    pub fn with_allowances(self, fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self { allowances: Allowances::new(fingerprints), ..self }
    }

    /// Takes `rules` in place of those it had: a [watched](Self::watched) copy tells whether one of them found something.
    #[must_use]
    pub fn with_blocked<S: AsRef<str>>(self, rules: impl IntoIterator<Item = S>) -> Self {
        Self { blocked: rules.into_iter().map(|rule| rule.as_ref().into()).collect(), ..self }
    }

    /// A copy that tells of what the blocked rules find, in whatever it is asked; nothing if no rule is.
    #[must_use]
    pub fn watched(&self) -> Option<(Self, Watch)> {
        let watch = (!self.blocked.is_empty()).then(|| Watch::new(Arc::clone(&self.blocked)))?;
        Some((Self { watch: Some(watch.clone()), ..self.clone() }, watch))
    }

    /// The ids of all rules that a finding may name.
    pub fn rules() -> impl Iterator<Item = &'static str> {
        scan::rules().chain([known::RULE, Finding::PATTERN])
    }

    /// Lists the secrets in a text: sorted, apart from each other, on character boundaries. Where [`Redactor::redact`] replaces a crowd
    /// of them with what is between, each is listed by itself.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding> {
        self.searched(text, self.first(text)).into_iter().map(Finding::from).collect()
    }

    /// Replaces the secrets in a text. What the standard rules and the known values find goes whatever the patterns are:
    /// they are searched first, without them. The result redacted again does not change, text that is valid JSON stays
    /// valid JSON, and no line end is lost but inside the body of an armoured key. Should each pass of the patterns
    /// bring another match into view, as `abc\b` does in `abcabcabc…`, every line of the text is replaced. Of 128 secrets and
    /// more within 6 KiB, or 3 KiB of lines, what is between them goes too.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        replaced(text, self.matches(text))
    }

    /// The same without the patterns, for what is read in several ways: what one way shows of a pattern must not hide from another
    /// what it would find.
    pub(crate) fn redact_by_standard<'t>(&self, text: &'t str) -> Redacted<'t> {
        let matches = self.settled(text, self.thinned(text));
        self.look(&matches);
        replaced(text, matches)
    }

    /// What is replaced in a text: sorted and apart.
    pub(crate) fn matches(&self, text: &str) -> Vec<Match> {
        self.searched(text, self.thinned(text))
    }

    /// The same, and where there are crowds what stands in them, one by one as it was found.
    pub(crate) fn matches_in_crowds(&self, text: &str) -> (Vec<Match>, Vec<Match>) {
        let apart = self.first(text);
        match crowded(text, &apart) {
            Some(joined) => (self.searched(text, joined), apart),
            None => (self.searched(text, apart), Vec::new()),
        }
    }

    /// What is found in a text of which the first look found this: sorted and apart.
    fn searched(&self, text: &str, first: Vec<Match>) -> Vec<Match> {
        let mut matches = self.settled(text, first);
        if !self.patterns.is_empty() {
            matches.extend(self.patterned(text));
            let joined = spans::join(text, matches);
            let (joined, settled) = self.settle(text, joined, Reach::Match, |text| self.every(text));
            matches =
                if settled { joined } else { literals::confine(text, spans::whole_lines(text, joined)) };
        }
        self.look(&matches);
        matches
    }

    /// What the first look finds. The watch is told of it now: what is joined, with a crowd or later with what a pattern finds, is called by one
    /// name, and a rule that blocks may have had another.
    fn first(&self, text: &str) -> Vec<Match> {
        let apart = self.standard(text);
        self.look(&apart);
        apart
    }

    /// The same, with the crowds joined.
    fn thinned(&self, text: &str) -> Vec<Match> {
        let apart = self.first(text);
        crowded(text, &apart).unwrap_or(apart)
    }

    fn look(&self, matches: &[Match]) {
        if let Some(watch) = &self.watch {
            watch.look(matches);
        }
    }

    /// Takes note of something that `rule` found beside a text.
    pub(crate) fn hear(&self, rule: &'static str) {
        if let Some(watch) = &self.watch {
            watch.hear(rule);
        }
    }

    /// The length of the longest spelling of a known value, in bytes.
    pub(crate) fn longest_known(&self) -> usize {
        self.known.longest()
    }

    /// Replaces the secrets in every string and key of a JSON value. A string under a name that announces a
    /// secret (`password`, `api_key` …) is replaced whole unless it is a reference or a placeholder, and so is a
    /// number of some digits. Values nested deeper than 128 levels are replaced whole.
    pub fn redact_json(&self, value: &mut Value) -> Tally {
        json::redact(self, value)
    }

    /// Replaces the secrets in a text that somebody is to read, and takes out what a reader does not see.
    #[must_use]
    pub fn redact_shown<'t>(&self, text: &'t str) -> Revealed<'t> {
        let clean = self.redact(text).text;
        let (revealed, hidden) = match reveal(&clean) {
            Revealed { text: Cow::Owned(revealed), hidden } => (revealed, hidden),
            Revealed { text: Cow::Borrowed(_), hidden } => return Revealed { text: clean, hidden },
        };
        // what was hidden may have stood within a secret
        Revealed { text: Cow::Owned(self.redact(&revealed).text.into_owned()), hidden }
    }

    /// Replaces the secrets in an error or log line, takes out what a reader does not see, puts large payloads down to their
    /// digest, and home directories to `~`.
    #[must_use]
    pub fn redact_line<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = self.redact_shown(text).text;
        if let Cow::Owned(elided) = elide(&clean).text {
            clean = Cow::Owned(elided);
        }
        match clean {
            Cow::Borrowed(clean) => home::shorten(clean),
            Cow::Owned(clean) => Cow::Owned(home::shorten(&clean).into_owned()),
        }
    }

    /// Searches what is left of the text until `search` finds nothing in it; answers whether it came to that.
    fn settle(
        &self,
        text: &str,
        mut matches: Vec<Match>,
        reach: Reach,
        search: impl Fn(&str) -> Vec<Match>,
    ) -> (Vec<Match>, bool) {
        if matches.is_empty() {
            return (matches, true);
        }
        for _ in 1..ROUNDS {
            let more = search(&spans::replace(text, &matches));
            if more.is_empty() {
                return (matches, true);
            }
            let mut more = spans::carry_back(&matches, more);
            if reach == Reach::Line {
                more = spans::lines_of(text, &more);
            }
            matches.extend(more);
            matches = spans::join(text, matches);
        }
        (matches, false)
    }

    /// What the standard rules and the known values find in the text as it stands and in what is encoded in it.
    fn standard(&self, text: &str) -> Vec<Match> {
        let mut matches = self.plain(text);
        matches.extend(decode::find(text, |decoded| self.plain(decoded), |found| self.look(found)));
        literals::confine(text, spans::join(text, matches))
    }

    /// What they find in the text as it stands.
    fn plain(&self, text: &str) -> Vec<Match> {
        let mut matches = scan::standard(text);
        if !self.names.is_empty() {
            matches.extend(scan::named(text, &self.names));
        }
        self.allowances.retain(text, &mut matches);
        matches.extend(self.known.find(text));
        matches
    }

    /// What the operator's patterns find; asterisks alone hide nothing, and may be a placeholder.
    fn patterned(&self, text: &str) -> Vec<Match> {
        let mut matches = self.patterns.find(text);
        self.allowances.retain(text, &mut matches);
        let mut matches = literals::confine(text, spans::join(text, matches));
        matches.retain(|found| {
            text.get(found.start..found.end).is_none_or(|part| part.bytes().any(|byte| byte != b'*'))
        });
        matches
    }

    fn every(&self, text: &str) -> Vec<Match> {
        let mut matches = self.standard(text);
        matches.extend(self.patterned(text));
        spans::join(text, matches)
    }

    /// What the standard rules and the known values found `first`, and what that brings into view. Should each round bring more, the
    /// lines go on which it does, and at last every line.
    fn settled(&self, text: &str, first: Vec<Match>) -> Vec<Match> {
        let mut matches = first;
        for reach in [Reach::Match, Reach::Line] {
            let settled;
            (matches, settled) = self.settle(text, matches, reach, |text| self.standard(text));
            if settled {
                return literals::confine(text, matches);
            }
        }
        literals::confine(text, spans::whole_lines(text, matches))
    }

    /// The text without what the standard rules and the known values find, for names that they go by.
    pub(crate) fn without_patterns(&self, text: &str) -> String {
        spans::replace(text, &self.settled(text, self.thinned(text)))
    }

    /// Whether an operator has named the setting `name`.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.names.hold(name.as_bytes())
    }

    /// Whether `value` may show whatever it looks like.
    pub(crate) fn allows(&self, value: &str) -> bool {
        self.allowances.allow(value)
    }

    pub(crate) fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }
}

/// The matches of a text that has crowds, with these joined.
fn crowded(text: &str, apart: &[Match]) -> Option<Vec<Match>> {
    Some(literals::confine(text, crowd::join(text, apart)?))
}

fn replaced(text: &str, matches: Vec<Match>) -> Redacted<'_> {
    if matches.is_empty() {
        return Redacted { text: Cow::Borrowed(text), findings: Vec::new() };
    }
    let clean = spans::replace(text, &matches);
    Redacted { text: Cow::Owned(clean), findings: matches.into_iter().map(Finding::from).collect() }
}
