//! Unified diffs as callers send them: what `diff -u` and `git diff` print, read strictly. A hunk is as long as its head says; what
//! git can express and this cannot carry out (links, submodules, binary changes, copies) is refused, not skipped.

mod apply;
mod header;
#[cfg(test)]
mod tests;

pub(crate) use apply::{Misfit, apply};
use header::{Header, strip};

/// The most files one patch may change.
pub(crate) const MAX_FILES: usize = 200;

/// What a patch does to one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilePatch {
    /// The path before; nothing for a new file.
    pub(crate) old: Option<String>,
    /// The path after; nothing for a file that goes.
    pub(crate) new: Option<String>,
    /// Whether the file becomes executable, if the patch says so.
    pub(crate) executable: Option<bool>,
    pub(crate) hunks: Vec<Hunk>,
}

/// A run of changed lines with what stands around them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// The line of the patch that its head is on, from 1.
    pub(crate) at: usize,
    /// The first line of the old file, from 1; of a hunk without old lines, the line before it.
    pub(crate) start: usize,
    pub(crate) lines: Vec<Line>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sign: Sign,
    /// What it says, without its line feed.
    pub(crate) text: String,
    /// Whether the patch says that no line feed follows it.
    pub(crate) last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Context,
    Removed,
    Added,
}

/// Why a patch cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is no unified diff; what is wrong, and on which line of the patch.
    Malformed { line: usize, what: &'static str },
    /// It asks for something that is never done; the rule, and the line of the patch.
    Refused { rule: &'static str },
}

/// Reads the files that `patch` changes, in its order. Text around them is no part of any file.
pub(crate) fn parse(patch: &str) -> Result<Vec<FilePatch>, Fault> {
    let mut reader = Reader { files: Vec::new(), header: None, owed: (0, 0), closed: false };
    let body = patch.strip_suffix('\n').unwrap_or(patch);
    let mut count = 0;
    for (index, line) in body.split('\n').enumerate() {
        count = index + 1;
        reader.line(count, line)?;
    }
    if reader.owed != (0, 0) {
        return Err(Fault::Malformed { line: count, what: "the patch ends within a hunk" });
    }
    reader.close(count)?;
    match reader.files.len() {
        0 => Err(Fault::Malformed { line: 1, what: "there is no `---` and `+++` line" }),
        _ => Ok(reader.files),
    }
}

struct Reader {
    files: Vec<FilePatch>,
    /// What git says of the file before its hunks, until that file is done.
    header: Option<Header>,
    /// How many old and new lines the hunk still owes.
    owed: (usize, usize),
    /// Whether the hunk is complete: then only another head may follow.
    closed: bool,
}

impl Reader {
    fn line(&mut self, at: usize, line: &str) -> Result<(), Fault> {
        if self.owed != (0, 0) {
            return self.hunk_line(at, line);
        }
        if line.starts_with("\\ ") && self.closed {
            return self.no_line_feed(at);
        }
        if let Some(names) = line.strip_prefix("diff --git ") {
            self.close(at)?;
            self.header = Some(Header::of_git(names));
        } else if let Some(name) = line.strip_prefix("--- ") {
            if self.header.as_ref().is_none_or(|header| header.to.is_some()) {
                self.close(at)?;
                self.header = Some(Header::default());
            }
            self.header.get_or_insert_default().from = Some(strip(name, at)?);
        } else if let Some(name) =
            line.strip_prefix("+++ ").filter(|_| self.header.as_ref().is_some_and(Header::awaits_new_name))
        {
            self.header.get_or_insert_default().to = Some(strip(name, at)?);
        } else if line.starts_with("@@ -") {
            self.hunk_head(at, line)?;
        } else if self.closed && line != "-- " && line.starts_with(['+', '-', ' ']) {
            return Err(Fault::Malformed { line: at, what: "the hunk is longer than its head says" });
        } else if let Some(header) = &mut self.header
            && header.hunks.is_empty()
        {
            header.extended(line)?;
        } else {
            self.closed = false;
        }
        Ok(())
    }

    fn hunk_head(&mut self, at: usize, line: &str) -> Result<(), Fault> {
        let malformed = |what| Fault::Malformed { line: at, what };
        let header = self.header.as_mut().filter(|header| header.from.is_some() && header.to.is_some());
        let header = header.ok_or_else(|| malformed("a hunk comes before its `---` and `+++` lines"))?;
        let ranges =
            line.strip_prefix("@@ -").and_then(|rest| rest.split_once(" @@")).map(|(ranges, _)| ranges);
        let (old, new) = ranges
            .and_then(|ranges| ranges.split_once(" +"))
            .ok_or_else(|| malformed("a hunk's head is not `@@ -LINE,COUNT +LINE,COUNT @@`"))?;
        let (start, old) = range(old).ok_or_else(|| malformed("a hunk's head has no line numbers"))?;
        let (_, new) = range(new).ok_or_else(|| malformed("a hunk's head has no line numbers"))?;
        if (old, new) == (0, 0) {
            return Err(malformed("a hunk changes nothing"));
        }
        header.hunks.push(Hunk { at, start, lines: Vec::new() });
        self.owed = (old, new);
        self.closed = false;
        Ok(())
    }

    fn hunk_line(&mut self, at: usize, line: &str) -> Result<(), Fault> {
        let malformed = |what| Fault::Malformed { line: at, what };
        if line.starts_with("\\ ") {
            return self.no_line_feed(at);
        }
        let (sign, text) = match line.chars().next() {
            Some(' ') => (Sign::Context, line.get(1..)),
            Some('-') => (Sign::Removed, line.get(1..)),
            Some('+') => (Sign::Added, line.get(1..)),
            // Editors cut blanks at the ends of lines, and so make an empty line of an empty context line.
            None => (Sign::Context, Some("")),
            Some('\r') if line == "\r" => (Sign::Context, Some("\r")),
            Some(_) => return Err(malformed("a line of a hunk begins with none of ` `, `-` and `+`")),
        };
        let (old, new) = &mut self.owed;
        let owes = |owed: &mut usize| match owed.checked_sub(1) {
            Some(left) => {
                *owed = left;
                Ok(())
            }
            None => Err(malformed("the hunk has other lines than its head says")),
        };
        if sign != Sign::Added {
            owes(old)?;
        }
        if sign != Sign::Removed {
            owes(new)?;
        }
        self.closed = self.owed == (0, 0);
        let text = text.unwrap_or_default().to_owned();
        if let Some(hunk) = self.header.as_mut().and_then(|header| header.hunks.last_mut()) {
            let before = hunk.lines.iter().rev().find(|line| line.sign != Sign::Removed);
            if sign != Sign::Removed && before.is_some_and(|before| before.last) {
                return Err(malformed("a line of the new file comes after the one without a line feed"));
            }
            hunk.lines.push(Line { sign, text, last: false });
        }
        Ok(())
    }

    fn no_line_feed(&mut self, at: usize) -> Result<(), Fault> {
        let hunk = self.header.as_mut().and_then(|header| header.hunks.last_mut());
        let line = hunk.and_then(|hunk| hunk.lines.last_mut());
        let line = line.ok_or(Fault::Malformed { line: at, what: "`\\ No newline` follows no line" })?;
        line.last = true;
        Ok(())
    }

    /// Ends the file that was being read.
    fn close(&mut self, at: usize) -> Result<(), Fault> {
        self.closed = false;
        let Some(header) = self.header.take() else { return Ok(()) };
        let file = header.settle(at)?;
        let named = |file: &FilePatch| [file.old.clone(), file.new.clone()];
        let names = named(&file);
        let taken = self.files.iter().flat_map(named).flatten();
        if taken.into_iter().any(|name| names.contains(&Some(name))) {
            return Err(Fault::Malformed { line: at, what: "it changes a file twice" });
        }
        // At once: each file is compared with those before it.
        if self.files.len() == MAX_FILES {
            return Err(Fault::Malformed { line: at, what: "it changes more than 200 files" });
        }
        self.files.push(file);
        Ok(())
    }
}

/// `start,count`; a count that is left out is 1.
fn range(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| (text.len() <= 9).then(|| text.parse().ok()).flatten();
    match text.split_once(',') {
        Some((start, count)) => Some((number(start)?, number(count)?)),
        None => Some((number(text)?, 1)),
    }
}
