//! Writing the tree in block style, and the choice between block and flow style. What is in flow style is written by
//! `flow`.

use super::WIDTH;
use super::flow;
use super::tree::{Collection, Comment, Entry, Form, Node};

/// Columns of one level.
const STEP: usize = 2;

/// Writes a document; `capacity` is a guess of its length.
pub(super) fn write(root: &Collection<'_>, capacity: usize) -> String {
    let mut writer = Writer { out: String::with_capacity(capacity) };
    writer.entries(root, Part::Root, 0, true);
    for comment in &root.tail {
        writer.comment(comment, 0, comment.blank);
    }
    writer.out
}

/// What a node is in a policy, as far as the layout asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Root,
    Global,
    Repositories,
    Repository,
    Rules,
    Rule,
    Examples,
    Example,
    Other,
}

impl Part {
    /// What the value of an entry of this is.
    fn of(self, entry: &Entry<'_>) -> Self {
        let key = entry.key.as_ref().map(|key| key.text.trim_matches(['"', '\'']));
        match (self, key) {
            (Self::Root, Some("global")) => Self::Global,
            (Self::Root, Some("repositories")) => Self::Repositories,
            (Self::Repositories, Some(_)) => Self::Repository,
            (Self::Global | Self::Repository, Some("rules")) => Self::Rules,
            (Self::Rules, None) => Self::Rule,
            (Self::Rule, Some("examples")) => Self::Examples,
            (Self::Examples, None) => Self::Example,
            _ => Self::Other,
        }
    }

    const fn is_block(self) -> bool {
        matches!(self, Self::Global | Self::Repositories | Self::Repository | Self::Rules | Self::Rule)
    }
}

/// Whether a collection whose first character would stand at `column` is written in block style.
fn is_block(collection: &Collection<'_>, part: Part, column: usize) -> bool {
    if collection.entries.is_empty() {
        return false;
    }
    let Some(width) = collection.width else { return true };
    if part.is_block() {
        return true;
    }
    if collection.is_map {
        return part != Part::Example && !collection.is_flow;
    }
    let is_scalar = |entry: &Entry<'_>| matches!(entry.value, Node::Scalar(_));
    if collection.entries.iter().any(Entry::is_map) {
        true
    } else if collection.entries.iter().all(is_scalar) && column + width <= WIDTH {
        false
    } else {
        !collection.is_flow
    }
}

struct Writer {
    out: String,
}

impl Writer {
    /// Writes the entries of a collection in block style at column `indent`, without the comments after the last.
    /// The first begins in the line that is begun, unless `on_new_line`.
    fn entries(&mut self, collection: &Collection<'_>, part: Part, indent: usize, on_new_line: bool) {
        let mut before_is_block = false;
        for (number, entry) in collection.entries.iter().enumerate() {
            let part_of_value = part.of(entry);
            let column =
                indent + entry.key.as_ref().map_or(STEP, |key| key.text.chars().count() + ": ".len());
            let block = matches!(&entry.value, Node::Collection(it) if is_block(it, part_of_value, column));
            let is_block_item = !collection.is_map && entry.is_map() && block;
            let wants_blank = number > 0 && (part == Part::Root || is_block_item || before_is_block);
            before_is_block = is_block_item;

            for (at, comment) in entry.above.iter().enumerate() {
                let is_first = number == 0 && at == 0;
                self.comment(comment, indent, !is_first && (comment.blank || (at == 0 && wants_blank)));
            }
            let may_blank = number > 0 || !entry.above.is_empty();
            // A blank line of the author's stays before a key or a comment, not before a lone item.
            let own_blank = entry.blank && (entry.key.is_some() || !entry.above.is_empty());
            let blank = may_blank && (own_blank || (wants_blank && entry.above.is_empty()));
            if number > 0 || on_new_line || !entry.above.is_empty() {
                self.begin_line(indent, blank);
            }
            self.entry(entry, part_of_value, indent, column, block);
        }
    }

    /// Writes one entry, to the end of its last line. `column` is that of its value.
    fn entry(&mut self, entry: &Entry<'_>, part: Part, indent: usize, column: usize, block: bool) {
        self.out.push_str(entry.key.as_ref().map_or("-", |key| key.text));
        if entry.key.is_some() {
            self.out.push(':');
        }
        // Further lines stand two columns deeper than what begins the first: the key, or the item behind its dash.
        let deeper = indent + if entry.key.is_some() { STEP } else { 2 * STEP };
        match &entry.value {
            Node::Scalar(scalar) if let Form::Block { header, explicit, .. } = scalar.form => {
                self.out.push(' ');
                self.out.push_str(header);
                self.beside(entry.beside);
                for line in scalar.lines() {
                    self.further_line(indent + explicit.unwrap_or(STEP), &line);
                }
            }
            Node::Scalar(scalar) => {
                for (number, line) in scalar.lines().iter().enumerate() {
                    match (number, line.is_empty()) {
                        (0, true) => {}
                        (0, false) => {
                            self.out.push(' ');
                            self.out.push_str(line);
                        }
                        _ => self.further_line(deeper, line),
                    }
                }
                self.beside(entry.beside);
            }
            // Its lines end themselves.
            Node::Collection(collection) if block => {
                return self.block(collection, part, indent + STEP, entry);
            }
            Node::Collection(collection) => {
                self.out.push(' ');
                flow::write(&mut self.out, collection, column, deeper);
                self.beside(entry.beside);
            }
        }
        self.out.push('\n');
    }

    /// Writes a further line of a scalar.
    fn further_line(&mut self, indent: usize, line: &str) {
        self.out.push('\n');
        if !line.is_empty() {
            self.spaces(indent);
            self.out.push_str(line);
        }
    }

    /// Writes a collection in block style after its key or dash.
    fn block(&mut self, collection: &Collection<'_>, part: Part, indent: usize, entry: &Entry<'_>) {
        let is_value = entry.key.is_some();
        if is_value {
            self.beside(collection.head);
            self.out.push('\n');
        } else {
            self.out.push(' ');
        }
        self.entries(collection, part, indent, is_value);
        for comment in &collection.tail {
            self.comment(comment, indent, comment.blank);
        }
        // It stood behind the bracket that closed it.
        if let Some(text) = entry.beside {
            self.comment(&Comment { text, blank: false }, indent, false);
        }
    }

    fn comment(&mut self, comment: &Comment<'_>, indent: usize, blank: bool) {
        self.begin_line(indent, blank);
        self.out.push_str(comment.text);
        self.out.push('\n');
    }

    fn beside(&mut self, comment: Option<&str>) {
        if let Some(text) = comment {
            self.out.push(' ');
            self.out.push_str(text);
        }
    }

    fn begin_line(&mut self, indent: usize, blank: bool) {
        if blank {
            self.out.push('\n');
        }
        self.spaces(indent);
    }

    fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }
}
