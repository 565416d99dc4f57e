//! Which placeholders of a text stand where a secret was or belongs, and which are asterisks and no more.
//!
//! A place is told by trying: where a drawn value in the placeholder's place would be found, a secret belongs. Where the old
//! file had a secret, the line as redaction shows it and the words before it are compared.

use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::RefusedFor;
use crate::bytes::{Class, run_back};
use crate::finding::{Finding, PLACEHOLDER};
use crate::key;
use crate::redactor::Redactor;
use crate::scanner::masked;

/// A value that every rule about settings takes for a secret, and no rule about shapes.
const DRAWN: &str = "Zq7xV2mK9pL4wR8tB3nH6c";

/// What the old file says of placeholders.
pub(super) struct Placeholders<'b> {
    /// Its lines with placeholders of their own, and how many there are of each.
    literal_lines: HashMap<&'b str, usize>,
    /// The names before placeholders of its own, likewise.
    literal_names: HashMap<String, usize>,
    /// Its lines with secrets, as they are shown.
    shown_lines: HashSet<String>,
    /// The names before its secrets.
    names: HashSet<String>,
}

/// A line with placeholders: three asterisks each, and the first three of more.
struct Line<'t> {
    /// From 1.
    number: usize,
    /// Without blanks around it.
    text: &'t str,
    /// Whether it is three asterisks behind an empty line, as a break between paragraphs is written.
    is_break: bool,
    placeholders: Vec<Placeholder>,
}

/// A placeholder on a line.
struct Placeholder {
    /// The name before it, in small letters; empty if there is none.
    name: String,
    /// Where it stands in the text with drawn values, if it is apart from letters, digits and other asterisks, as a value is and
    /// emphasis is not.
    tried: Option<usize>,
    /// Whether a drawn value in its place would be found.
    belongs: bool,
}

impl<'b> Placeholders<'b> {
    pub(super) fn new(redactor: &Redactor, before: &'b str, findings: &[Finding]) -> Self {
        let mut literal_lines = HashMap::new();
        let mut literal_names = HashMap::new();
        if before.contains(PLACEHOLDER) {
            for line in lines(redactor, before) {
                *literal_lines.entry(line.text).or_insert(0) += 1;
                for placeholder in line.placeholders {
                    *literal_names.entry(placeholder.name).or_insert(0) += 1;
                }
            }
        }
        let mut shown_lines = HashSet::new();
        if !findings.is_empty() {
            let shown = redactor.redact(before).text;
            shown_lines.extend(with_placeholder(shown.lines()));
            let mut start = 0;
            for line in before.split_inclusive('\n') {
                let range = start..start + line.trim_end_matches('\n').len();
                let first = findings.partition_point(|finding| finding.span.end <= range.start);
                if findings.get(first).is_some_and(|finding| finding.span.start < range.end) {
                    shown_lines.insert(masked(before, findings, &range).trim().to_owned());
                }
                start += line.len();
            }
        }
        // a line that the file holds to the letter is no redacted one
        shown_lines.retain(|line| !literal_lines.contains_key(line.as_str()));
        let names = findings.iter().map(|finding| name_before(before, finding.span.start));
        let names = names.filter(|name| !name.is_empty()).collect();
        Self { literal_lines, literal_names, shown_lines, names }
    }

    /// The lines of `after` whose placeholder may not be written. `loses` says that a secret of the old file is not in the new one:
    /// then a placeholder that came stands for it, whatever is around it.
    pub(super) fn refuse(
        mut self,
        redactor: &Redactor,
        after: &str,
        loses: bool,
    ) -> Vec<(usize, RefusedFor)> {
        let mut refused = Vec::new();
        let mut left = Vec::new();
        for line in lines(redactor, after) {
            if self.shown_lines.contains(line.text) && (loses || !line.is_break) {
                refused.push((line.number, RefusedFor::ReplacesSecret));
            } else if take(&mut self.literal_lines, line.text) {
                for placeholder in &line.placeholders {
                    take(&mut self.literal_names, &placeholder.name);
                }
            } else {
                left.push(line);
            }
        }
        for line in &left {
            for placeholder in line.placeholders.iter().filter(|placeholder| placeholder.tried.is_some()) {
                let replaces = self.names.contains(&placeholder.name) || loses && !line.is_break;
                if (replaces || placeholder.belongs) && !take(&mut self.literal_names, &placeholder.name) {
                    let reason = if replaces { RefusedFor::ReplacesSecret } else { RefusedFor::Placeholder };
                    refused.push((line.number, reason));
                }
            }
        }
        refused
    }
}

/// Takes one of what is counted, if one is left.
pub(super) fn take<K: std::borrow::Borrow<str> + std::hash::Hash + Eq>(
    counts: &mut HashMap<K, usize>,
    name: &str,
) -> bool {
    match counts.get_mut(name) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

fn with_placeholder<'l>(lines: impl Iterator<Item = &'l str>) -> impl Iterator<Item = String> {
    lines.filter(|line| line.contains(PLACEHOLDER)).map(|line| line.trim().to_owned())
}

/// Every line of a text that holds placeholders.
fn lines<'t>(redactor: &Redactor, text: &'t str) -> Vec<Line<'t>> {
    let mut found = Vec::new();
    let mut tried = String::with_capacity(text.len());
    let mut behind_empty = true;
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let mut placeholders = Vec::new();
        let mut copied = 0;
        for start in memmem::find_iter(line.as_bytes(), PLACEHOLDER) {
            let end = start + PLACEHOLDER.len();
            let joins = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '*');
            let apart = !joins(line.get(..start).and_then(|head| head.chars().next_back()))
                && !joins(line.get(end..).and_then(|tail| tail.chars().next()));
            tried.push_str(line.get(copied..start).unwrap_or_default());
            let at = apart.then_some(tried.len());
            tried.push_str(if apart { DRAWN } else { PLACEHOLDER });
            copied = end;
            placeholders.push(Placeholder { name: name_before(line, start), tried: at, belongs: false });
        }
        tried.push_str(line.get(copied..).unwrap_or_default());
        let shown = line.trim();
        if !placeholders.is_empty() {
            let is_break = behind_empty && shown == PLACEHOLDER;
            found.push(Line { number: place + 1, text: shown, is_break, placeholders });
        }
        behind_empty = shown.is_empty();
    }
    let mut apart = found.iter_mut().flat_map(|line: &mut Line<'_>| &mut line.placeholders).peekable();
    if apart.peek().is_some() {
        let findings = redactor.find(&tried);
        for placeholder in apart {
            let Some(at) = placeholder.tried else { continue };
            let first = findings.partition_point(|finding| finding.span.end <= at);
            placeholder.belongs = findings.get(first).is_some_and(|finding| finding.span.start <= at);
        }
    }
    found
}

/// The last word before `index` on its line, as the names of settings are compared.
fn name_before(text: &str, index: usize) -> String {
    const MOST_NAME: usize = 64;
    const BETWEEN: Class = Class::BLANK
        .with(b'=')
        .with(b':')
        .with(b'>')
        .with(b'"')
        .with(b'\'')
        .with(b'`')
        .with(b'(')
        .with(b',')
        .with(b'\\');
    let bytes = text.as_bytes();
    let end = run_back(bytes, index, BETWEEN, MOST_NAME);
    let start = run_back(bytes, end, Class::NAME, MOST_NAME);
    key::words(bytes.get(start..end).unwrap_or_default())
}
