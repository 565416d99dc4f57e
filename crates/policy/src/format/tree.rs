//! A YAML text as nodes with their places in the bytes of the text, and its comments. Values are kept only to compare
//! two texts; what is printed is cut from the text itself.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::unable;
use crate::set::Source;
use crate::yaml::YamlError;

/// The parsed text.
#[derive(Debug)]
pub(super) struct Tree {
    /// Whether the document begins with `---`, and where that ends.
    pub(super) marker: Option<usize>,
    pub(super) root: Option<Node>,
    pub(super) comments: Vec<Comment>,
}

#[derive(Debug)]
pub(super) struct Comment {
    pub(super) at: usize,
    /// With the `#`, without trailing space.
    pub(super) text: String,
    /// Whether nothing else stands before it on its line.
    pub(super) alone: bool,
    /// In bytes, from 0.
    pub(super) column: usize,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    /// Line from 1 and column in characters from 1.
    pub(super) place: (u32, u32),
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(ScalarStyle, String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// A collection that is not closed yet.
struct Open {
    node: Node,
    style: StructureStyle,
    key: Option<Node>,
}

impl Tree {
    pub(super) fn parse(source: Source<'_>) -> Result<Self, YamlError> {
        let mut tree = Self { marker: None, root: None, comments: Vec::new() };
        let mut stack: Vec<Open> = Vec::new();
        let mut scalars: Vec<Range<usize>> = Vec::new();
        for next in Parser::new_from_str(source.text) {
            let (event, span) = next.map_err(|error| unable(source, (1, 1), &error.to_string()))?;
            let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let place = (narrow(span.start.line()), narrow(span.start.col()).saturating_add(1));
            let bytes = span.byte_range();
            let mut range = bytes.unwrap_or_default();
            let mut collection = StructureStyle::Block;
            let (kind, anchor, tag) = match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
                Event::DocumentStart(explicit, version) => {
                    if version.is_some() {
                        return Err(unable(source, place, "a directive is not carried; remove it"));
                    }
                    tree.marker = explicit.then_some(range.end);
                    continue;
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let before = scalars.last().map_or(0, |scalar| scalar.end);
                    scalars.push(range.clone());
                    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                        range.start = header(source.text, before, range.start);
                    }
                    (Kind::Scalar(style, value.into_owned()), anchor, tag)
                }
                Event::SequenceStart(style, anchor, tag) => {
                    collection = style;
                    (Kind::List(Vec::new()), anchor, tag)
                }
                Event::MappingStart(style, anchor, tag) => {
                    collection = style;
                    (Kind::Map(Vec::new()), anchor, tag)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(Open { mut node, style, .. }) = stack.pop() {
                        // A block ends with what is last in it; the parser says so only at the next token.
                        if style == StructureStyle::Flow {
                            node.span.end = range.end.max(node.span.end);
                        }
                        add(&mut stack, &mut tree.root, node);
                    }
                    continue;
                }
                _ => return Err(unable(source, place, "an anchor or alias is not carried; remove it")),
            };
            if anchor != 0 || tag.is_some() {
                return Err(unable(source, place, "an anchor or tag is not carried; remove it"));
            }
            let node = Node { span: range, place, kind };
            if matches!(node.kind, Kind::Scalar(..)) {
                add(&mut stack, &mut tree.root, node);
            } else {
                stack.push(Open { node, style: collection, key: None });
            }
        }
        tree.comments = comments(source.text, &scalars);
        Ok(tree)
    }

    /// Whether both texts say the same, in the same order and with the same comments.
    pub(super) fn has_meaning_of(&self, other: &Self) -> bool {
        let same = match (&self.root, &other.root) {
            (Some(a), Some(b)) => a.equals(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let texts =
            |tree: &Self| tree.comments.iter().map(|comment| comment.text.clone()).collect::<Vec<_>>();
        same && texts(self) == texts(other)
    }
}

/// Where the header of a block scalar stands whose content begins at `content`, behind the scalar that ends at `before`.
fn header(text: &str, before: usize, content: usize) -> usize {
    let between = text.get(before..content).unwrap_or_default().trim_end();
    let line = between.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let sign = between.get(line..).and_then(|line| line.find(['|', '>']));
    sign.map_or(content, |sign| before.saturating_add(line).saturating_add(sign))
}

fn add(stack: &mut [Open], root: &mut Option<Node>, node: Node) {
    let Some(open) = stack.last_mut() else {
        *root = Some(node);
        return;
    };
    open.node.span.end = open.node.span.end.max(node.span.end);
    match (&mut open.node.kind, open.key.take()) {
        (Kind::List(items), _) => items.push(node),
        (Kind::Map(entries), Some(key)) => entries.push((key, node)),
        (Kind::Map(_), None) => open.key = Some(node),
        (Kind::Scalar(..), _) => {}
    }
}

impl Node {
    fn equals(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar(a_style, a), Kind::Scalar(b_style, b)) => a_style == b_style && a == b,
            (Kind::List(a), Kind::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b)),
            (Kind::Map(a), Kind::Map(b)) => {
                let same = |((a_key, a), (b_key, b)): (&(Self, Self), &(Self, Self))| {
                    a_key.equals(b_key) && a.equals(b)
                };
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            _ => false,
        }
    }

    /// Where the first scalar in it begins, which is where it begins when it is printed in block style.
    pub(super) fn lead(&self) -> usize {
        let first = match &self.kind {
            Kind::Scalar(..) => None,
            Kind::List(items) => items.first(),
            Kind::Map(entries) => entries.first().map(|(key, _)| key),
        };
        first.map_or(self.span.start, Self::lead)
    }

    /// Where the last scalar in it ends.
    pub(super) fn tail(&self) -> usize {
        let last = match &self.kind {
            Kind::Scalar(..) => None,
            Kind::List(items) => items.last(),
            Kind::Map(entries) => entries.last().map(|(_, value)| value),
        };
        last.map_or(self.span.end, Self::tail)
    }

    pub(super) const fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Scalar(..))
    }
}

/// Every `#` that stands in no scalar begins a comment: the parser accepted the text.
fn comments(text: &str, scalars: &[Range<usize>]) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut scalars = scalars.iter().peekable();
    let mut start = 0usize;
    for line in text.split_inclusive('\n') {
        let mut from = 0usize;
        while let Some(offset) = line.get(from..).and_then(|rest| rest.find('#')) {
            let column = from.saturating_add(offset);
            let at = start.saturating_add(column);
            while scalars.next_if(|scalar| scalar.end <= at).is_some() {}
            if let Some(scalar) = scalars.peek().filter(|scalar| scalar.start <= at) {
                from = scalar.end.saturating_sub(start).max(column.saturating_add(1));
                continue;
            }
            let before = line.get(..column).unwrap_or_default();
            let text = line.get(column..).unwrap_or_default().trim_end().to_owned();
            found.push(Comment { at, text, alone: before.trim().is_empty(), column });
            break;
        }
        start = start.saturating_add(line.len());
    }
    found
}

/// The text of a scalar on one line: its lines joined as YAML folds them. `None` if that would change it.
pub(super) fn on_one_line(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('\n') {
        return Some(Cow::Borrowed(text));
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let folds = lines.iter().all(|line| !line.is_empty() && !line.ends_with('\\'));
    folds.then(|| Cow::Owned(lines.join(" ")))
}
