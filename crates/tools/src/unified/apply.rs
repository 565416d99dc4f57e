//! Puts hunks into a text. Context lines come from the file, so that a patch changes nothing that it does not remove or add; a line
//! with a secret never matches, so that no patch can tell whether a guess at it is right.

use std::ops::Range;

use super::{FilePatch, Hunk, Line, Sign};

/// How many lines away from where its head says a hunk is looked for.
const MAX_OFFSET: usize = 5_000;
/// How many lines are compared for one file, so that no patch keeps a worker busy.
const MAX_COMPARISONS: usize = 20_000_000;

/// What a patch makes of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) text: String,
    /// Byte ranges of the added lines, in order.
    pub(crate) added: Vec<Range<usize>>,
    /// Where the secrets of the text before are now.
    pub(crate) secrets: Vec<Range<usize>>,
}

/// A hunk that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Which hunk of the file, from 1.
    pub(crate) hunk: usize,
    /// The line of the patch that its head is on, from 1.
    pub(crate) at: usize,
}

/// Applies the hunks of `file` to `text`; `secrets` are byte ranges in it.
pub(crate) fn apply(text: &str, secrets: &[Range<usize>], file: &FilePatch) -> Result<Applied, Misfit> {
    let old = Old::new(text, secrets);
    let mut applied =
        Applied { text: String::with_capacity(text.len()), added: Vec::new(), secrets: Vec::new() };
    let (mut next, mut offset) = (0_usize, 0_isize);
    let mut budget = MAX_COMPARISONS;
    for (index, hunk) in file.hunks.iter().enumerate() {
        let misfit = Misfit { hunk: index + 1, at: hunk.at };
        let wanted = if hunk.expects_nothing() { hunk.start } else { hunk.start.saturating_sub(1) };
        let wanted = wanted.saturating_add_signed(offset);
        let place = old.find(hunk, wanted, next, &mut budget).ok_or(misfit)?;
        offset = offset.saturating_add_unsigned(place).saturating_sub_unsigned(wanted);
        applied.copy(&old, next..place);
        next = applied.put(&old, place, hunk);
    }
    applied.copy(&old, next..old.lines.len());
    Ok(applied)
}

/// The text before, by lines.
struct Old<'t> {
    /// Each with its end.
    lines: Vec<&'t str>,
    /// Where each begins, and where the last one ends.
    starts: Vec<usize>,
    /// Which of them hold a part of a secret.
    secret: Vec<bool>,
    secrets: &'t [Range<usize>],
    /// Whether every line ends in CR LF.
    windows: bool,
}

impl<'t> Old<'t> {
    fn new(text: &'t str, secrets: &'t [Range<usize>]) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut secret = Vec::with_capacity(lines.len());
        let mut starts = Vec::with_capacity(lines.len() + 1);
        let mut start = 0;
        for line in &lines {
            starts.push(start);
            let end = start + line.len();
            let first = secrets.partition_point(|secret| secret.end <= start);
            secret.push(secrets.get(first).is_some_and(|secret| secret.start < end));
            start = end;
        }
        starts.push(start);
        let feeds = lines.iter().filter(|line| line.ends_with('\n')).count();
        let windows = feeds > 0 && lines.iter().filter(|line| line.ends_with("\r\n")).count() == feeds;
        Self { lines, starts, secret, secrets, windows }
    }

    /// The line at which `hunk` fits, the nearest to `wanted`, and not before `from`.
    fn find(&self, hunk: &Hunk, wanted: usize, from: usize, budget: &mut usize) -> Option<usize> {
        if hunk.expects_nothing() {
            return (wanted >= from && wanted <= self.lines.len() && self.may_end(hunk, wanted))
                .then_some(wanted);
        }
        for distance in 0..=MAX_OFFSET {
            let before = wanted.checked_sub(distance);
            let after = (distance > 0).then(|| wanted.saturating_add(distance));
            for place in [before, after].into_iter().flatten() {
                if place >= from && self.fits(hunk, place, budget) {
                    return Some(place);
                }
            }
        }
        None
    }

    fn fits(&self, hunk: &Hunk, place: usize, budget: &mut usize) -> bool {
        let expected = || hunk.lines.iter().filter(|line| line.sign != Sign::Added);
        let matched = (place..).zip(expected()).all(|(at, line)| {
            let Some(left) = budget.checked_sub(1) else { return false };
            *budget = left;
            self.is(at, line)
        });
        matched && self.may_end(hunk, place.saturating_add(expected().count()))
    }

    /// Whether what `hunk` leaves without a line feed would be the end of the file, where the next line is `next`. Elsewhere it would
    /// grow together with that line, to one that nobody has written.
    fn may_end(&self, hunk: &Hunk, next: usize) -> bool {
        next >= self.lines.len() || !hunk.lines.iter().any(|line| line.sign != Sign::Removed && line.last)
    }

    fn is(&self, at: usize, line: &Line) -> bool {
        let (Some(found), Some(false)) = (self.lines.get(at), self.secret.get(at)) else { return false };
        let (found, ends) = match found.strip_suffix('\n') {
            Some(found) => (found, true),
            None => (*found, false),
        };
        let found = if self.windows && !line.text.ends_with('\r') {
            found.strip_suffix('\r').unwrap_or(found)
        } else {
            found
        };
        found == line.text && !(line.last && ends)
    }
}

impl Applied {
    fn copy(&mut self, old: &Old<'_>, lines: Range<usize>) {
        if let (Some(from), Some(to)) = (old.starts.get(lines.start), old.starts.get(lines.end)) {
            let here = self.text.len();
            let first = old.secrets.partition_point(|secret| secret.end <= *from);
            let kept = old.secrets.iter().skip(first).take_while(|secret| secret.start < *to);
            self.secrets.extend(
                kept.map(|secret| here + secret.start.max(*from) - from..here + secret.end.min(*to) - from),
            );
        }
        for line in old.lines.get(lines).unwrap_or_default() {
            self.text.push_str(line);
        }
    }

    /// Writes what `hunk` makes of the lines at `place`; returns the first line after them.
    fn put(&mut self, old: &Old<'_>, place: usize, hunk: &Hunk) -> usize {
        let mut at = place;
        for line in &hunk.lines {
            match line.sign {
                Sign::Context => {
                    self.copy(old, at..at + 1);
                    at += 1;
                }
                Sign::Removed => at += 1,
                Sign::Added => {
                    // What stood last may have had no line feed, and is last no more.
                    if !self.text.is_empty() && !self.text.ends_with('\n') {
                        self.text.push('\n');
                    }
                    let start = self.text.len();
                    self.text.push_str(&line.text);
                    if old.windows && !line.text.ends_with('\r') && !line.last {
                        self.text.push('\r');
                    }
                    if !line.last {
                        self.text.push('\n');
                    }
                    self.added.push(start..self.text.len());
                }
            }
        }
        at
    }
}

impl Hunk {
    /// Whether it only adds, and says nothing of what stands around.
    fn expects_nothing(&self) -> bool {
        self.lines.iter().all(|line| line.sign == Sign::Added)
    }
}
