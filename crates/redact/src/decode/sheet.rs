//! A decoded text that remembers where each of its characters comes from. It holds the surroundings of every escape,
//! with the escapes read, and the content of every carrier; what stands apart in the source is kept apart.

use super::carrier::{self, Carrier};
use super::escape::Escape;
use super::window::{self, Window};
use crate::bytes::work;
use std::ops::Range;

/// What stands between two parts: no name, value or token reaches over it.
const BETWEEN: &str = "\n\0\n";

/// Decoded text and its origins.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) text: String,
    /// In order; each reaches to where the next starts.
    parts: Vec<Part>,
    /// The escapes of the source, those of a window with their places in the sheet. There may be one for every few bytes: they are
    /// the most that a sheet holds.
    escapes: Vec<Escape>,
    /// The lines of all carriers.
    lines: Vec<Range<usize>>,
    /// Where the last range began that was asked for: behind how many parts, and how many escapes. The next is often near.
    near: (usize, usize),
}

#[derive(Debug)]
struct Part {
    start: usize,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// The source from this offset on, with these escapes read.
    Window(usize, Range<usize>),
    /// A carrier: these of the sheet's lines, until they have been asked for.
    Carrier(Range<usize>),
    Nowhere,
}

impl Sheet {
    /// Decodes what is encoded in `source`, of which these are the escapes, or answers nothing if nothing is. What is
    /// written is taken off the budget; once that is spent the rest is left out.
    pub(super) fn of(source: &str, escapes: Vec<Escape>, budget: &mut usize) -> Option<Self> {
        let mut sheet = Self { escapes, ..Self::default() };
        let windows = window::around(source.as_bytes(), &sheet.escapes);
        sheet.windows(source, windows, budget);
        for carrier in carrier::all(source.as_bytes()) {
            if carrier.text.len() > *budget {
                break;
            }
            *budget -= carrier.text.len();
            sheet.carrier(carrier);
        }
        (!sheet.text.is_empty()).then_some(sheet)
    }

    /// Decodes what is around the telling ones of these escapes of `source` and nothing else; answers nothing if there are none.
    pub(super) fn aside(source: &str, escapes: Vec<Escape>, budget: &mut usize) -> Option<Self> {
        let windows = window::around(source.as_bytes(), &escapes);
        let mut sheet = Self { escapes, ..Self::default() };
        sheet.windows(source, windows, budget);
        (!sheet.text.is_empty()).then_some(sheet)
    }

    fn windows(&mut self, source: &str, windows: Vec<Window>, budget: &mut usize) {
        let length: usize = windows.iter().map(|window| window.range.len()).sum();
        self.text.reserve(length.min(*budget));
        for window in windows {
            if window.range.len() > *budget {
                break;
            }
            *budget -= window.range.len();
            self.window(source, &window);
        }
    }

    fn window(&mut self, source: &str, window: &Window) {
        self.write(BETWEEN, Origin::Nowhere);
        if window.begins_in_word {
            // The rest of a word is no word.
            self.write("x", Origin::Nowhere);
        }
        self.begin(Origin::Window(window.range.start, window.escapes.clone()));
        let mut copied = window.range.start;
        for escape in self.escapes.get_mut(window.escapes.clone()).unwrap_or_default() {
            self.text.push_str(source.get(copied..escape.range().start).unwrap_or_default());
            escape.place = self.text.len();
            self.text.extend(escape.meaning);
            copied = escape.range().end;
        }
        self.text.push_str(source.get(copied..window.range.end).unwrap_or_default());
    }

    fn carrier(&mut self, carrier: Carrier) {
        self.write(BETWEEN, Origin::Nowhere);
        let first = self.lines.len();
        self.lines.extend(carrier.lines);
        self.write(&carrier.text, Origin::Carrier(first..self.lines.len()));
    }

    fn write(&mut self, text: &str, origin: Origin) {
        self.begin(origin);
        self.text.push_str(text);
    }

    fn begin(&mut self, origin: Origin) {
        self.parts.push(Part { start: self.text.len(), origin });
    }

    /// Adds the parts of the source that spell `range`, escapes whole. They are one, with what was dropped between them,
    /// unless that holds the end of a line: line ends and what begins the next line stay. The lines of a carrier are
    /// answered once, however much is found in it.
    pub(super) fn origins(&mut self, source: &str, range: Range<usize>, origins: &mut Vec<Range<usize>>) {
        let (parts, escapes) = self.near;
        let parts = count_before(&self.parts, parts, |part| part.start <= range.start);
        self.near = (parts, escapes);
        let first = parts.saturating_sub(1);
        let mut parts = self.parts.iter_mut().skip(first).peekable();
        let mut spelling = Spelling { source, first: origins.len(), origins };
        while let Some(part) = parts.next().filter(|part| part.start < range.end) {
            let end = parts.peek().map_or(self.text.len(), |next| next.start);
            work::add(1);
            match &mut part.origin {
                Origin::Nowhere => {}
                Origin::Window(from, within) => {
                    let escapes = self.escapes.get(within.clone()).unwrap_or_default();
                    let asked = range.start.max(part.start)..range.end.min(end);
                    let near = self.near.1.saturating_sub(within.start);
                    let next = count_before(escapes, near, |escape| escape.place_end() <= asked.start);
                    self.near.1 = within.start + next;
                    spelling.window((part.start, *from), escapes, next, asked);
                }
                Origin::Carrier(lines) => {
                    let lines = self.lines.get(std::mem::take(lines)).unwrap_or_default();
                    work::add(lines.len());
                    spelling.origins.extend_from_slice(lines);
                }
            }
        }
    }
}

/// How many items come first of which `before` is true. They are counted from `near` on, if all before that are such.
fn count_before<T>(items: &[T], near: usize, before: impl Fn(&T) -> bool) -> usize {
    let last = near.checked_sub(1).and_then(|last| items.get(last));
    let mut count = if last.is_some_and(&before) { near } else { 0 };
    let mut step = 1;
    while items.get(count + step - 1).is_some_and(&before) {
        count += step;
        step *= 2;
    }
    let rest = items.get(count..items.len().min(count + step)).unwrap_or_default();
    count + rest.partition_point(before)
}

/// Gathers the parts of a source that spell one range of a sheet.
struct Spelling<'s> {
    source: &'s str,
    /// Where those of this range begin.
    first: usize,
    origins: &'s mut Vec<Range<usize>>,
}

impl Spelling<'_> {
    /// Adds what spells `within` in a window whose first byte stands at these places of sheet and source. So many of its escapes
    /// stand before.
    fn window(&mut self, first: (usize, usize), escapes: &[Escape], next: usize, within: Range<usize>) {
        let before = next.checked_sub(1).and_then(|last| escapes.get(last));
        let (here, from) = before.map_or(first, |escape| (escape.place_end(), escape.range().end));
        let (mut place, mut from) = (within.start, from + within.start.saturating_sub(here));
        for escape in escapes.iter().skip(next).take_while(|escape| escape.place < within.end) {
            work::add(1);
            if place < escape.place {
                self.add(from..from + (escape.place - place));
            }
            if escape.meaning.is_some() {
                self.add(escape.range());
            }
            (place, from) = (escape.place_end(), escape.range().end);
        }
        if place < within.end {
            self.add(from..from + (within.end - place));
        }
    }

    fn add(&mut self, next: Range<usize>) {
        work::add(1);
        let source = self.source;
        let last = if self.origins.len() > self.first { self.origins.last_mut() } else { None };
        match last {
            Some(last) if !source.get(last.end..next.start).is_some_and(|gap| gap.contains('\n')) => {
                last.end = next.end;
            }
            _ => self.origins.push(next),
        }
    }
}
