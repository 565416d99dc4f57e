//! Unified diffs, as `diff -u` and git write them, read strictly: a hunk is as long as its head says, and what is neither a head
//! nor a line of a hunk is no part of a file.

use std::borrow::Cow;
use std::collections::HashSet;

/// What a patch does to one file.
#[derive(Debug, Default)]
pub(super) struct FilePatch<'p> {
    /// The line of the patch it begins on, from 1.
    pub(super) line: usize,
    /// The path before; `None` for a new file.
    pub(super) old: Option<String>,
    /// The path after; `None` for a file that goes.
    pub(super) new: Option<String>,
    pub(super) hunks: Vec<Hunk<'p>>,
    /// The two paths of a rename or a copy, as its head says.
    moved: (Option<String>, Option<String>),
    /// Whether `---` and `+++` have come.
    named: (bool, bool),
}

#[derive(Debug)]
pub(super) struct Hunk<'p> {
    /// The first line of the old file, from 1; the line before it if the hunk has none of the old file.
    pub(super) old_start: usize,
    pub(super) new_start: usize,
    pub(super) lines: Vec<Line<'p>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'p> {
    Context(&'p str),
    Removed(&'p str),
    Added(&'p str),
}

impl FilePatch<'_> {
    /// Takes the paths of a rename where there are no others; `false` if a file would become another without a word.
    fn settle(&mut self) -> bool {
        let (from, to) = std::mem::take(&mut self.moved);
        match self.named {
            (false, false) => {
                self.old = from;
                self.new = to;
                true
            }
            (true, true) if from.is_some() || to.is_some() => self.old == from && self.new == to,
            (true, true) => self.old.is_none() || self.new.is_none() || self.old == self.new,
            _ => false,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let lines = self.hunks.iter().flat_map(|hunk| &hunk.lines);
        lines
            .map(|line| match line {
                Line::Context(text) | Line::Removed(text) | Line::Added(text) => text.len(),
            })
            .sum()
    }
}

impl<'p> Hunk<'p> {
    /// The lines that the hunk expects in the old file, by their numbers there.
    pub(super) fn expected(&self) -> impl Iterator<Item = (usize, &'p str)> {
        let old = self.lines.iter().filter_map(|line| match line {
            Line::Context(text) | Line::Removed(text) => Some(*text),
            Line::Added(_) => None,
        });
        old.enumerate().map(|(place, text)| (self.old_start.saturating_add(place), text))
    }
}

/// Reads a patch: its files, the text between them, and the line from which on it cannot be read, if there is one.
pub(super) fn parse(patch: &str) -> (Vec<FilePatch<'_>>, String, Option<usize>) {
    let patch = patch.strip_suffix('\n').unwrap_or(patch);
    let mut reader = Reader::default();
    let mut unreadable = None;
    for (place, line) in patch.split('\n').enumerate() {
        if reader.line(place + 1, line).is_none() {
            unreadable = Some(place + 1);
            break;
        }
    }
    let end = unreadable.unwrap_or_else(|| patch.split('\n').count());
    if reader.finish_file().is_none() {
        unreadable = unreadable.or(Some(end));
    }
    (reader.files, reader.rest, unreadable)
}

#[derive(Debug, Default)]
struct Reader<'p> {
    files: Vec<FilePatch<'p>>,
    seen: HashSet<String>,
    rest: String,
    file: Option<FilePatch<'p>>,
    /// What the hunk that is read still lacks of the old and the new file.
    lacks: (usize, usize),
}

impl<'p> Reader<'p> {
    /// Takes a line without its feed; `None` if it cannot stand here.
    fn line(&mut self, number: usize, line: &'p str) -> Option<()> {
        let rest = self.rest.len();
        let taken = self.part(number, line);
        if self.rest.len() == rest {
            // so that the lines of the rest keep their numbers
            self.rest.push('\n');
        }
        taken
    }

    fn part(&mut self, number: usize, line: &'p str) -> Option<()> {
        if self.lacks != (0, 0) {
            return self.body(line);
        }
        if line.starts_with('\\') && self.file.as_ref().is_some_and(|file| !file.hunks.is_empty()) {
            return Some(());
        }
        if line.starts_with("@@ ") {
            return self.hunk(line);
        }
        if line.starts_with("diff --git ") {
            self.finish_file()?;
            self.file = Some(FilePatch { line: number, ..FilePatch::default() });
        } else if let Some(name) = line.strip_prefix("--- ") {
            return self.old_name(number, name);
        } else if let Some(name) = line.strip_prefix("+++ ") {
            let file = self.file.as_mut().filter(|file| file.named == (true, false))?;
            file.new = path(name, "b/")?;
            file.named.1 = true;
        } else if let Some(name) =
            ["rename from ", "copy from "].iter().find_map(|head| line.strip_prefix(head))
        {
            self.file.as_mut()?.moved.0 = path(name, "")?;
        } else if let Some(name) = ["rename to ", "copy to "].iter().find_map(|head| line.strip_prefix(head))
        {
            self.file.as_mut()?.moved.1 = path(name, "")?;
        } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
            return None;
        } else {
            // Within a file, a line of a hunk beyond the hunk's length would be applied by some and not by others.
            let after_hunk = self.file.as_ref().is_some_and(|file| !file.hunks.is_empty());
            if after_hunk && line.starts_with(['+', '-', ' ']) && !is_signature(line) {
                return None;
            }
            self.rest.push_str(line);
            self.rest.push('\n');
        }
        Some(())
    }

    /// `--- name`: of the file whose head is read, or the begin of one without a head.
    fn old_name(&mut self, number: usize, name: &str) -> Option<()> {
        let headed = self.file.as_ref().is_some_and(|file| file.named == (false, false));
        if !headed {
            self.finish_file()?;
            self.file = Some(FilePatch { line: number, ..FilePatch::default() });
        }
        let file = self.file.as_mut()?;
        file.old = path(name, "a/")?;
        file.named.0 = true;
        Some(())
    }

    fn hunk(&mut self, line: &str) -> Option<()> {
        let (ranges, _) = line.strip_prefix("@@ ")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(' ')?;
        let (old_start, old_count) = range(old.strip_prefix('-')?)?;
        let (new_start, new_count) = range(new.strip_prefix('+')?)?;
        let file = self.file.as_mut().filter(|file| file.named == (true, true))?;
        self.lacks = (old_count, new_count);
        file.hunks.push(Hunk { old_start, new_start, lines: Vec::new() });
        Some(())
    }

    fn body(&mut self, line: &'p str) -> Option<()> {
        let lines = &mut self.file.as_mut()?.hunks.last_mut()?.lines;
        let (old, new) = &mut self.lacks;
        let less = |count: &mut usize| count.checked_sub(1).map(|left| *count = left);
        match (line.as_bytes().first(), line.get(1..)) {
            (Some(b' '), Some(text)) => {
                less(old).and(less(new))?;
                lines.push(Line::Context(text));
            }
            // mailers take blanks at line ends away
            (None, _) => {
                less(old).and(less(new))?;
                lines.push(Line::Context(""));
            }
            (Some(b'-'), Some(text)) => {
                less(old)?;
                lines.push(Line::Removed(text));
            }
            (Some(b'+'), Some(text)) => {
                less(new)?;
                lines.push(Line::Added(text));
            }
            (Some(b'\\'), _) => {}
            _ => return None,
        }
        Some(())
    }

    /// Ends the file that is read; `None` if its last hunk is not whole, its heads contradict each other, or the patch has
    /// changed it already.
    fn finish_file(&mut self) -> Option<()> {
        let whole = self.lacks == (0, 0);
        self.lacks = (0, 0);
        let Some(mut file) = self.file.take() else { return whole.then_some(()) };
        let sound = file.settle();
        let name = file.new.clone().or_else(|| file.old.clone());
        let first = name.is_none_or(|name| self.seen.insert(name));
        self.files.push(file);
        (whole && sound && first).then_some(())
    }
}

/// The end of a mail that git writes.
fn is_signature(line: &str) -> bool {
    matches!(line, "-- " | "--")
}

/// `start,count`, where the count is 1 if it is left out.
fn range(text: &str) -> Option<(usize, usize)> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    let number = |text: &str| text.bytes().all(|sign| sign.is_ascii_digit()).then(|| text.parse().ok())?;
    Some((number(start)?, number(count)?))
}

/// A path as it stands in a head, without git's `prefix`; nothing within for `/dev/null`, `None` if it is none.
fn path(text: &str, prefix: &str) -> Option<Option<String>> {
    let text = text.strip_suffix('\r').unwrap_or(text);
    let name: Cow<'_, str> = match text.strip_prefix('"') {
        Some(quoted) => Cow::Owned(unquoted(quoted)?),
        None => Cow::Borrowed(text.split('\t').next().unwrap_or_default()),
    };
    if name == "/dev/null" {
        return Some(None);
    }
    let name = name.strip_prefix(prefix).unwrap_or(&name);
    (!name.is_empty()).then(|| Some(name.to_owned()))
}

/// The name within git's quotation marks.
fn unquoted(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut signs = text.bytes();
    loop {
        match signs.next()? {
            b'"' => return String::from_utf8(bytes).ok(),
            b'\\' => bytes.push(match signs.next()? {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'a' => 7,
                b'b' => 8,
                b'v' => 11,
                b'f' => 12,
                sign @ (b'"' | b'\\') => sign,
                high @ b'0'..=b'3' => {
                    let digit = |sign: u8| (b'0'..=b'7').contains(&sign).then(|| sign - b'0');
                    (high - b'0') << 6 | digit(signs.next()?)? << 3 | digit(signs.next()?)?
                }
                _ => return None,
            }),
            sign => bytes.push(sign),
        }
    }
}
