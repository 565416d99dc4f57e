//! What may be written: a text that brings in a secret, or that puts a placeholder where a secret was or belongs, is refused,
//! by file, line and rule. Who reads `***` and writes it back would destroy what it stands for.

mod added;
mod apply;
mod patch;
mod placeholder;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::finding::{Finding, PLACEHOLDER};
use crate::redactor::Redactor;
use apply::Applied;
use patch::FilePatch;
use placeholder::{Placeholders, take};

/// The most lines that are named.
const MOST: usize = 100;
/// How much text, old and new, one patch may concern, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The most values that are looked for in the new text as they stand.
const MOST_SOUGHT: usize = 16;

/// Why a line may not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedFor {
    /// It holds a secret that was not there before; the rule that found it is named.
    Secret(&'static str),
    /// It is the first line of a file, or of its part of the patch, whose new name holds a secret; the rule is named.
    SecretInName(&'static str),
    /// It holds the placeholder where the file has the secret, or a new one while a secret of the file goes.
    ReplacesSecret,
    /// It would show a secret, since what the secret is known by goes.
    Uncovers,
    /// It brings in a placeholder where a secret belongs.
    Placeholder,
    /// The patch expects the placeholder where the file has the secret, so that it cannot apply.
    ExpectsPlaceholder,
    /// From here on the patch cannot be read.
    Unreadable,
    /// The patch concerns more text than is looked at.
    TooLarge,
}

/// A line that may not be written. It never holds what the line says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The file, as the caller or the patch names it, without secrets; empty for a message, and for what is no part of a file.
    pub path: String,
    /// The line of the new file, from 1; of the old one where a patch expects a placeholder, and of the patch itself where it
    /// belongs to no file.
    pub line: usize,
    /// Why.
    pub reason: RefusedFor,
}

impl fmt::Display for RefusedFor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(rule) => {
                write!(formatter, "holds a secret (rule {rule}); refer to it by name instead")
            }
            Self::SecretInName(rule) => {
                write!(
                    formatter,
                    "belongs to a file whose name holds a secret (rule {rule}); choose another name"
                )
            }
            Self::ReplacesSecret => formatter
                .write_str("would replace a secret by its placeholder; leave the line out of the edit"),
            Self::Uncovers => formatter.write_str(
                "would show a secret, since the edit takes away what it is known by; leave its name and what encloses it",
            ),
            Self::Placeholder => formatter
                .write_str("puts a placeholder where a secret belongs; refer to the secret by name instead"),
            Self::ExpectsPlaceholder => formatter.write_str(
                "is expected to hold a placeholder, and holds a secret; make the patch without this line",
            ),
            Self::Unreadable => formatter.write_str("is no unified diff of text; send one"),
            Self::TooLarge => {
                write!(formatter, "takes the patch beyond {MOST_BYTES} bytes of text; split it")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(formatter, "{} ", self.path.escape_debug())?;
        }
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

/// The lines that are refused, a bounded number of them.
#[derive(Debug, Default)]
struct Refusals(Vec<Refused>);

impl Refusals {
    fn add(&mut self, path: &str, line: usize, reason: RefusedFor) {
        let refused = Refused { path: path.to_owned(), line, reason };
        if self.0.len() < MOST && !self.0.contains(&refused) {
            self.0.push(refused);
        }
    }

    fn finish(mut self) -> Result<(), Vec<Refused>> {
        self.0.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

impl Redactor {
    /// Says whether the file at `path` may become `after`. A secret whose value `before` holds as well is no news.
    ///
    /// ```
    /// use gitoma_redact::{Redactor, RefusedFor};
    ///
    /// let before = "user: ada\npassword: correct-horse\n";
    /// let seen = "user: ada\npassword: ***\n";
    /// let edited = seen.replace("ada", "eve");
    /// let refused = Redactor::new().check_content("app.yaml", Some(before), &edited).unwrap_err();
    /// assert_eq!((refused[0].line, refused[0].reason), (2, RefusedFor::ReplacesSecret));
    /// ```
    ///
    /// # Errors
    /// The lines that may not be written, at most 100.
    pub fn check_content(&self, path: &str, before: Option<&str>, after: &str) -> Result<(), Vec<Refused>> {
        let mut refusals = Refusals::default();
        let change =
            Change { path: &self.shown(path), before: before.unwrap_or_default(), after, is_whole: true };
        if before.is_none() {
            self.check_name(path, 1, &mut refusals);
        }
        self.check_file(&change, &mut refusals, Some);
        refusals.finish()
    }

    /// Says whether a text without a file may be written, such as the message of a commit.
    ///
    /// # Errors
    /// The lines that hold secrets, at most 100.
    pub fn check_message(&self, text: &str) -> Result<(), Vec<Refused>> {
        let mut refusals = Refusals::default();
        self.check_secrets("", &HashSet::new(), text, &self.find(text), &mut refusals, Some);
        refusals.finish()
    }

    /// Says whether a patch, a unified diff or one of git, may be applied. `before` gives the content of a file by its path, or
    /// nothing if it does not exist.
    ///
    /// Only what the patch adds counts. Where it does not fit the file, what it adds is judged with no more than its own context.
    ///
    /// # Errors
    /// The lines that may not be written, at most 100. What cannot be read as a patch of text is refused: binary changes, the same
    /// file twice, hunks of another length than they say.
    pub fn check_patch(
        &self,
        patch: &str,
        before: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Vec<Refused>> {
        let mut refusals = Refusals::default();
        let (files, rest, unreadable) = patch::parse(patch);
        if let Some(line) = unreadable {
            refusals.add("", line, RefusedFor::Unreadable);
        }
        // What stands between files becomes a message, if anything.
        self.check_secrets("", &HashSet::new(), &rest, &self.find(&rest), &mut refusals, Some);
        let mut budget = MOST_BYTES;
        for file in &files {
            let old = file.old.as_deref().and_then(&before).unwrap_or_default();
            let Some(left) = budget.checked_sub(old.len()).and_then(|left| left.checked_sub(file.bytes()))
            else {
                refusals.add("", file.line, RefusedFor::TooLarge);
                break;
            };
            budget = left;
            self.check_file_patch(file, &old, &mut refusals);
        }
        refusals.finish()
    }

    fn check_file_patch(&self, file: &FilePatch<'_>, old: &str, refusals: &mut Refusals) {
        let path = self.shown(file.new.as_deref().or(file.old.as_deref()).unwrap_or_default());
        if let Some(name) = file.new.as_deref().filter(|_| file.new != file.old) {
            self.check_name(name, file.line, refusals);
        }
        let whole = Applied::whole(file, old);
        let fits = whole.is_some();
        let applied = whole.unwrap_or_else(|| Applied::alone(file));
        let change = Change { path: &path, before: old, after: &applied.text, is_whole: fits };
        self.check_file(&change, refusals, |line| applied.added(line));
        if !fits {
            let lines: HashSet<&str> = old.lines().map(str::trim).collect();
            for (number, line) in file.hunks.iter().flat_map(patch::Hunk::expected) {
                if line.contains(PLACEHOLDER) && !lines.contains(line.trim()) {
                    refusals.add(&path, number, RefusedFor::ExpectsPlaceholder);
                }
            }
        }
    }

    /// Checks a file. `place` gives the number of a line, from 1, as it is to be named, or nothing if the line is not new.
    fn check_file(
        &self,
        change: &Change<'_>,
        refusals: &mut Refusals,
        place: impl Fn(usize) -> Option<usize>,
    ) {
        let Change { path, before, after, is_whole } = *change;
        let (known, found) = (self.find(before), self.find(after));
        let values: HashSet<String> = known.iter().map(|finding| plain(before, finding)).collect();
        self.check_secrets(path, &values, after, &found, refusals, &place);
        if after.contains(PLACEHOLDER) {
            let loses = is_whole && loses(before, &known, after, &found);
            let placeholders = Placeholders::new(self, before, &known);
            for (line, reason) in placeholders.refuse(self, after, loses) {
                if let Some(line) = place(line) {
                    refusals.add(path, line, reason);
                }
            }
        }
    }

    /// Checks the name of a file that is new.
    fn check_name(&self, name: &str, line: usize, refusals: &mut Refusals) {
        for finding in self.find(name) {
            refusals.add(&self.shown(name), line, RefusedFor::SecretInName(finding.rule));
        }
    }

    fn check_secrets(
        &self,
        path: &str,
        known: &HashSet<String>,
        text: &str,
        findings: &[Finding],
        refusals: &mut Refusals,
        place: impl Fn(usize) -> Option<usize>,
    ) {
        let (mut line, mut at) = (1, 0);
        for finding in findings {
            line += feeds(text, at, finding.span.start);
            at = finding.span.start;
            if known.contains(&plain(text, finding)) {
                continue;
            }
            let last = line + feeds(text, finding.span.start, finding.span.end);
            // of a secret over several lines the first new one is named
            if let Some(line) = (line..=last).find_map(&place) {
                refusals.add(path, line, RefusedFor::Secret(finding.rule));
            }
        }
    }

    /// A path for an error: whoever writes may put a secret into it.
    fn shown(&self, path: &str) -> String {
        self.redact(path).text.into_owned()
    }
}

/// What becomes of a file.
struct Change<'t> {
    /// As it may be shown.
    path: &'t str,
    before: &'t str,
    after: &'t str,
    /// Whether `after` is all of the file, and not just what a patch says of it.
    is_whole: bool,
}

/// Whether a secret of the old text is in the new one less often.
fn loses(before: &str, known: &[Finding], after: &str, found: &[Finding]) -> bool {
    let mut left: HashMap<String, usize> = HashMap::new();
    for finding in found {
        *left.entry(plain(after, finding)).or_insert(0) += 1;
    }
    let gone = known.iter().filter(|finding| !take(&mut left, &plain(before, finding)));
    let values: HashSet<&str> = gone.filter_map(|finding| before.get(finding.span.clone())).collect();
    // in the new text it may stand where no rule finds it
    let count = |text: &str, value: &str| memchr::memmem::find_iter(text.as_bytes(), value).count();
    values.len() > MOST_SOUGHT || values.iter().any(|value| count(after, value) < count(before, value))
}

/// What a finding covers, without blanks and line ends, escaped ones too, so that a key that is indented or quoted otherwise is the
/// same key.
fn plain(text: &str, finding: &Finding) -> String {
    let value = text.get(finding.span.clone()).unwrap_or_default();
    let joined: String = value.chars().filter(|sign| !sign.is_whitespace()).collect();
    if joined.contains('\\') { joined.replace("\\r", "").replace("\\n", "") } else { joined }
}

fn feeds(text: &str, from: usize, to: usize) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes().get(from..to).unwrap_or_default()).count()
}
