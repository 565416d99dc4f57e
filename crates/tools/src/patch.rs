//! A changed file as unified text and as counts. Lines are compared as they are and shown masked: the secrets of each whole
//! side are found first, so a changed secret shows as a changed line without its value, and line numbers stay true.

#[cfg(test)]
mod tests;

use std::ops::Range;

use gitoma_core::ToolError;
use gix::diff::blob::{Algorithm, Diff, Hunk, InternedInput, diff_with_slider_heuristics};
use gix::object::tree::EntryKind;

use crate::change::{Change, Side};
use crate::content::in_work_tree;
use crate::masked::{MaskedText, is_binary};
use crate::object::blob;
use crate::view::View;

/// The largest side that is compared line by line, in bytes.
const SIDE_BYTES: u64 = 2 * 1024 * 1024;
/// The most lines of a side: between two looks at the clock there is one comparison, which takes about a third of a second for
/// two sides of so many lines that have nothing in common but a few short words.
const SIDE_LINES: usize = 50_000;

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    pub(crate) insertions: u32,
    pub(crate) deletions: u32,
    /// One side is no text.
    pub(crate) binary: bool,
    /// One side is larger than 2 MiB or 50,000 lines, or is no file to read; there are no counts then.
    pub(crate) skipped: bool,
    /// The unified text, if asked for.
    pub(crate) text: Option<String>,
    /// Placeholders in the text.
    pub(crate) redactions: u64,
}

/// Compares the two sides of `change`; with `context`, also writes the unified text with that many lines around.
pub(crate) fn of(view: &View<'_>, change: &Change, context: Option<u32>) -> Result<Patch, ToolError> {
    view.checkpoint()?;
    let (Some(old), Some(new)) = (side(view, change, change.old)?, side(view, change, change.new)?) else {
        return Ok(Patch { skipped: true, ..Patch::default() });
    };
    if is_binary(&old) || is_binary(&new) {
        return Ok(Patch { binary: true, ..Patch::default() });
    }
    if [&old, &new].into_iter().any(|side| lines(side) > SIDE_LINES) {
        return Ok(Patch { skipped: true, ..Patch::default() });
    }
    let (before, after) = (view.mask(&old), view.mask(&new));
    let diff = difference((&old, &before), (&new, &after));
    let mut patch =
        Patch { insertions: diff.count_additions(), deletions: diff.count_removals(), ..Patch::default() };
    if let Some(context) = context {
        let mut writer = Writer { old: &before, new: &after, text: String::new(), redactions: 0 };
        writer.names(change);
        writer.hunks(&diff, context);
        patch.redactions = writer.redactions;
        patch.text = Some(writer.text);
    }
    Ok(patch)
}

/// A line as it is compared: one that holds a secret is no line that says the same and holds none. Where they were equal, a count
/// would tell whether a guess at the secret is right.
#[derive(Default, PartialEq, Eq, Hash)]
struct Compare<'t> {
    line: &'t [u8],
    secret: bool,
}

impl AsRef<[u8]> for Compare<'_> {
    fn as_ref(&self) -> &[u8] {
        self.line
    }
}

/// What differs between two contents, each with its secrets.
fn difference(old: (&[u8], &MaskedText), new: (&[u8], &MaskedText)) -> Diff {
    fn compared<'t>((bytes, masked): (&'t [u8], &MaskedText)) -> impl Iterator<Item = Compare<'t>> {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
        lines.map(|(index, line)| Compare { line, secret: masked.has_secret(index) })
    }
    let mut input = InternedInput::default();
    input.update_before(compared(old));
    input.update_after(compared(new));
    diff_with_slider_heuristics(Algorithm::Myers, &input)
}

/// Two contents of one file, compared.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) insertions: u32,
    pub(crate) deletions: u32,
    /// The unified text, without secrets.
    pub(crate) text: String,
}

/// Compares what `path` was with what it becomes, with `context` lines around. Sides that are no text, or too long to compare by lines,
/// have no counts, and a text that says so.
pub(crate) fn compare(
    view: &View<'_>,
    path: &str,
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    context: u32,
) -> Result<Compared, ToolError> {
    view.checkpoint()?;
    let names = (old.map(|_| path), new.map(|_| path));
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (before, after) = (view.mask(old), view.mask(new));
    let mut writer = Writer { old: &before, new: &after, text: String::new(), redactions: 0 };
    writer.heads(names.0, names.1);
    if is_binary(old) || is_binary(new) || lines(old).max(lines(new)) > SIDE_LINES {
        writer.text.push_str("(not compared by lines)\n");
        return Ok(Compared { text: writer.text, ..Compared::default() });
    }
    let diff = difference((old, &before), (new, &after));
    writer.hunks(&diff, context);
    Ok(Compared { insertions: diff.count_additions(), deletions: diff.count_removals(), text: writer.text })
}

/// How many lines there are; a last line without a line feed counts.
pub(crate) fn lines(content: &[u8]) -> usize {
    let feeds = content.iter().filter(|byte| **byte == b'\n').count();
    feeds + usize::from(content.last().is_some_and(|last| *last != b'\n'))
}

/// The bytes of one side; nothing if it is too large or no file.
fn side(view: &View<'_>, change: &Change, side: Side) -> Result<Option<Vec<u8>>, ToolError> {
    match side {
        Side::Absent => Ok(Some(Vec::new())),
        Side::Object { kind: EntryKind::Commit, id } => {
            Ok(Some(format!("Subproject commit {id}\n").into_bytes()))
        }
        Side::Object { kind: EntryKind::Tree, .. } => Ok(None),
        Side::Object { id, .. } => match blob(view, id, SIDE_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ToolError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        },
        Side::WorkTree { kind: EntryKind::Blob | EntryKind::BlobExecutable } => {
            match in_work_tree(view, &change.path) {
                Ok(content) if content.bytes.len() as u64 <= SIDE_BYTES => Ok(Some(content.bytes)),
                // A file that went away, became a link or grew meanwhile is shown without content.
                Ok(_)
                | Err(
                    ToolError::NotFound { .. }
                    | ToolError::Confined { .. }
                    | ToolError::Unsuitable { .. }
                    | ToolError::TooLarge { .. },
                ) => Ok(None),
                Err(error) => Err(error),
            }
        }
        Side::WorkTree { .. } => Ok(None),
    }
}

/// Writes hunks.
struct Writer<'t> {
    old: &'t MaskedText,
    new: &'t MaskedText,
    text: String,
    redactions: u64,
}

impl Writer<'_> {
    fn names(&mut self, change: &Change) {
        let old = change.old_path.as_ref().unwrap_or(&change.path);
        self.heads(
            (change.old != Side::Absent).then_some(old.as_str()),
            (change.new != Side::Absent).then_some(change.path.as_str()),
        );
    }

    /// The two lines that name the file before and after.
    fn heads(&mut self, old: Option<&str>, new: Option<&str>) {
        let name = |prefix: &str, path: Option<&str>| match path {
            Some(path) => format!("{prefix}/{path}"),
            None => "/dev/null".to_owned(),
        };
        self.text.push_str(&format!("--- {}\n+++ {}\n", name("a", old), name("b", new)));
    }

    /// Changes closer than twice the context share a hunk, as in git.
    fn hunks(&mut self, diff: &Diff, context: u32) {
        let mut group: Vec<Hunk> = Vec::new();
        for hunk in diff.hunks() {
            let near = group
                .last()
                .is_some_and(|last| hunk.before.start - last.before.end <= context.saturating_mul(2));
            if !near {
                self.group(&group, context);
                group.clear();
            }
            group.push(hunk);
        }
        self.group(&group, context);
    }

    fn group(&mut self, group: &[Hunk], context: u32) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return;
        };
        let lead = context.min(first.before.start);
        let old_total = u32::try_from(self.old.line_count()).unwrap_or(u32::MAX);
        let trail = context.min(old_total.saturating_sub(last.before.end));
        let old = first.before.start - lead..last.before.end + trail;
        let new = first.after.start - lead..last.after.end + trail;
        self.text.push_str(&format!("@@ -{} +{} @@\n", position(&old), position(&new)));
        let mut at = old.start;
        for hunk in group {
            self.lines(' ', at..hunk.before.start);
            self.lines('-', hunk.before.clone());
            self.lines('+', hunk.after.clone());
            at = hunk.before.end;
        }
        self.lines(' ', at..old.end);
    }

    /// Context and removed lines are the old side's, added lines the new side's.
    fn lines(&mut self, sign: char, range: Range<u32>) {
        let text = if sign == '+' { self.new } else { self.old };
        for index in range {
            let index = index as usize;
            let Some(line) = text.line(index) else {
                continue;
            };
            self.redactions += line.covered.len() as u64;
            self.text.push(sign);
            self.text.push_str(&line.text);
            self.text.push('\n');
            if index + 1 == text.line_count() && !text.ends_in_line_feed() {
                self.text.push_str("\\ No newline at end of file\n");
            }
        }
    }
}

/// A range in a hunk's head: `start,count`, from 1, and the line before an empty range.
fn position(range: &Range<u32>) -> String {
    match range.end - range.start {
        0 => format!("{},0", range.start),
        1 => (range.start + 1).to_string(),
        count => format!("{},{count}", range.start + 1),
    }
}
