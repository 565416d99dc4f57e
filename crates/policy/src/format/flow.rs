//! Writing lists and maps in flow style: on one line if they fit, else filled, so that lines break after a comma.

use super::WIDTH;
use super::tree::{Collection, Entry, Node};

/// Writes a collection that has a width. Its first character stands at `column`, further lines begin at `indent`.
pub(super) fn write(out: &mut String, collection: &Collection<'_>, column: usize, indent: usize) {
    let mut line = Line { out, column };
    line.collection(collection, indent, 0);
}

struct Line<'o> {
    out: &'o mut String,
    column: usize,
}

impl Line<'_> {
    /// Writes a collection, of which `closing` characters must follow in its last line.
    fn collection(&mut self, collection: &Collection<'_>, indent: usize, closing: usize) {
        let (open, close) = collection.brackets();
        self.push(open);
        let last = collection.entries.len().saturating_sub(1);
        for (number, entry) in collection.entries.iter().enumerate() {
            let follows = if number == last { close.len() + closing } else { ",".len() };
            let width = entry.width().unwrap_or_default();
            if number > 0 {
                if self.column + " ".len() + width + follows <= WIDTH {
                    self.push(" ");
                } else {
                    self.break_line(indent);
                }
            }
            self.entry(entry, indent, follows);
            if number < last {
                self.push(",");
            }
        }
        self.push(close);
    }

    fn entry(&mut self, entry: &Entry<'_>, indent: usize, follows: usize) {
        if let Some(key) = &entry.key {
            self.push(key.text);
            self.push(": ");
        }
        // What does not fit on a line of its own is broken inside; what fits is not, for the room was looked for.
        let fits = self.column + entry.value.width().unwrap_or_default() + follows <= WIDTH;
        match &entry.value {
            Node::Scalar(scalar) => self.push(scalar.text),
            Node::Collection(collection) if fits => self.collection(collection, indent, follows),
            Node::Collection(collection) => self.collection(collection, indent + 2, follows),
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn break_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}
