//! The new text that a patch makes of an old one, with the numbers its lines will have, and which of them are added.

use super::patch::{FilePatch, Line};

/// A text that a patch makes.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) text: String,
    /// The number of each line in the new file, if it is added.
    added: Vec<Option<usize>>,
}

impl Applied {
    /// The whole new file; nothing if some hunk is not exactly where it says.
    pub(super) fn whole(file: &FilePatch<'_>, old: &str) -> Option<Self> {
        let mut applied = Self::default();
        let mut rest = old.split_inclusive('\n');
        let mut at = 1;
        for hunk in &file.hunks {
            let has_old = hunk.lines.iter().any(|line| !matches!(line, Line::Added(_)));
            let start = if has_old { hunk.old_start } else { hunk.old_start.checked_add(1)? };
            for _ in 0..start.checked_sub(at)? {
                applied.push(rest.next()?, None);
            }
            at = start;
            for line in &hunk.lines {
                match line {
                    Line::Context(text) | Line::Removed(text) => {
                        let found = rest.next()?;
                        at += 1;
                        if !is_same(found, text) {
                            return None;
                        }
                        if matches!(line, Line::Context(_)) {
                            applied.push(found, None);
                        }
                    }
                    Line::Added(text) => applied.add(text, applied.added.len() + 1),
                }
            }
        }
        rest.for_each(|line| applied.push(line, None));
        Some(applied)
    }

    /// What the hunks alone say of the new file.
    pub(super) fn alone(file: &FilePatch<'_>) -> Self {
        let mut applied = Self::default();
        for hunk in &file.hunks {
            let mut number = hunk.new_start.max(1);
            for line in &hunk.lines {
                match line {
                    Line::Context(text) => {
                        applied.push(text, None);
                        applied.text.push('\n');
                    }
                    Line::Added(text) => applied.add(text, number),
                    Line::Removed(_) => continue,
                }
                number = number.saturating_add(1);
            }
            applied.push("\n", None);
        }
        applied
    }

    /// The number of line `line` of the text, from 1, in the new file, if it is added.
    pub(super) fn added(&self, line: usize) -> Option<usize> {
        line.checked_sub(1).and_then(|index| self.added.get(index).copied()).flatten()
    }

    fn push(&mut self, line: &str, number: Option<usize>) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.added.push(number);
    }

    fn add(&mut self, line: &str, number: usize) {
        self.push(line, Some(number));
        self.text.push('\n');
    }
}

/// Whether a line of the old file is the one that is expected; the kind of line end does not count.
fn is_same(found: &str, expected: &str) -> bool {
    let found = found.strip_suffix('\n').unwrap_or(found);
    found.strip_suffix('\r').unwrap_or(found) == expected.strip_suffix('\r').unwrap_or(expected)
}
