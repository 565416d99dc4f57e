//! A YAML document as it is laid out: collections, their entries, and the comments around them. It borrows the text
//! and holds no value: a scalar is its spelling.

/// A comment and whether a blank line stands before it. Its text begins with `#` and has no trailing space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    pub(super) blank: bool,
}

/// How a scalar is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'a> {
    Plain,
    Quoted,
    /// `header` is the indicator with what belongs to it, such as `>-` or `|2`; the lines of the text are indented by
    /// `indent`, of which `explicit` columns are counted from the parent if the header says so.
    Block {
        header: &'a str,
        indent: usize,
        explicit: Option<usize>,
    },
}

/// A scalar as it is spelled; a block scalar without its header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scalar<'a> {
    pub(super) text: &'a str,
    pub(super) form: Form<'a>,
    /// Its width in a flow collection, in characters; `None` if it cannot stand in one.
    pub(super) width: Option<usize>,
}

impl Scalar<'_> {
    /// Whether nothing is written where a value is expected.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self.form, Form::Plain) && self.text.is_empty()
    }
}

#[derive(Debug)]
pub(super) enum Node<'a> {
    Scalar(Scalar<'a>),
    Collection(Collection<'a>),
}

impl Node<'_> {
    /// The width in one line, in characters; `None` if it cannot be written in flow style.
    pub(super) const fn width(&self) -> Option<usize> {
        match self {
            Self::Scalar(scalar) => scalar.width,
            Self::Collection(collection) => collection.width,
        }
    }
}

/// A list or a map.
#[derive(Debug)]
pub(super) struct Collection<'a> {
    pub(super) is_map: bool,
    /// Whether its author wrote it in flow style.
    pub(super) is_flow: bool,
    /// A comment in the line of the key that holds it.
    pub(super) head: Option<&'a str>,
    pub(super) entries: Vec<Entry<'a>>,
    /// Comments after the last entry.
    pub(super) tail: Vec<Comment<'a>>,
    /// The width in one line, in characters; `None` if it cannot be written in flow style.
    pub(super) width: Option<usize>,
}

/// An item of a list, which has no key, or an entry of a map, which has one.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Comments on lines of their own before it.
    pub(super) above: Vec<Comment<'a>>,
    /// Whether a blank line stands before it, after the comments.
    pub(super) blank: bool,
    pub(super) key: Option<Scalar<'a>>,
    pub(super) value: Node<'a>,
    /// A comment in the line of the value.
    pub(super) beside: Option<&'a str>,
}

impl<'a> Collection<'a> {
    pub(super) const fn new(is_map: bool, is_flow: bool) -> Self {
        Self { is_map, is_flow, head: None, entries: Vec::new(), tail: Vec::new(), width: None }
    }

    /// The characters that open and close it in flow style.
    pub(super) const fn brackets(&self) -> (&'static str, &'static str) {
        match (self.is_map, self.entries.is_empty()) {
            (true, true) => ("{", "}"),
            (true, false) => ("{ ", " }"),
            (false, _) => ("[", "]"),
        }
    }

    /// Computes the width once all entries are there.
    pub(super) fn measure(&mut self) {
        let (open, close) = self.brackets();
        let commas = self.entries.len().saturating_sub(1) * ", ".len();
        let has_comments = self.head.is_some() || !self.tail.is_empty();
        let entries = self.entries.iter().map(Entry::width).sum::<Option<usize>>();
        self.width =
            entries.filter(|_| !has_comments).map(|entries| open.len() + entries + commas + close.len());
    }

    /// Puts comments between the key, or the dash, of an entry and its value above the entry.
    pub(super) fn hoist(above: &mut Vec<Comment<'a>>, blank: &mut bool, comments: &mut Vec<Comment<'a>>) {
        for comment in comments.drain(..) {
            // The blank line before the key is now one before the first comment.
            let blank = above.is_empty() && std::mem::take(blank);
            above.push(Comment { blank, ..comment });
        }
    }
}

impl Entry<'_> {
    /// The width in a flow collection; `None` if it cannot stand in one.
    pub(super) fn width(&self) -> Option<usize> {
        if !self.above.is_empty() || self.beside.is_some() {
            return None;
        }
        let value = self.value.width()?;
        match &self.key {
            None => Some(value),
            Some(key) => Some(key.width? + ": ".len() + value),
        }
    }

    /// Whether its value is a map.
    pub(super) const fn is_map(&self) -> bool {
        matches!(&self.value, Node::Collection(collection) if collection.is_map)
    }
}
