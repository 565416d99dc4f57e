//! The nodes of a document, one by one, as the parser finds them, counted against the limits. Anchors, aliases, tags,
//! directives and second documents are a [`Doubt`], as is what the parser refuses.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::{Doubt, Limits};
use crate::error::Place;

/// One node, or the end of one that holds others.
pub(super) enum Node<'de> {
    Text { value: Cow<'de, str>, is_plain: bool },
    List,
    EndOfList,
    Map,
    EndOfMap,
}

/// The nodes that are still to come.
pub(super) struct Nodes<'de> {
    parser: Parser<'de, StrInput<'de>>,
    /// The next one with its place, if that was asked for.
    peeked: Option<(Node<'de>, Place)>,
    /// What is left of each limit.
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl<'de> Nodes<'de> {
    /// The nodes of the text's first document.
    pub(super) fn begin(text: &'de str, limits: Limits) -> Result<Self, Doubt> {
        // As the strict way has it; comments are nothing to either.
        let options = granit_parser::options! {
            emit_comments: false,
            disallow_directives: true,
            simple_key_max_lookahead: 1024,
            flow_nesting_limit: limits.depth,
        };
        let parser = Parser::new_from_str_with_options(text, options);
        let Limits { bytes, nodes, depth } = limits;
        let mut nodes = Self { parser, peeked: None, nodes, bytes, depth };
        match (nodes.event()?.0, nodes.event()?.0) {
            (Event::StreamStart, Event::DocumentStart(_, None)) => Ok(nodes),
            _ => Err(Doubt),
        }
    }

    /// That nothing comes behind the document.
    pub(super) fn finish(mut self) -> Result<(), Doubt> {
        match (self.peeked.take(), self.event()?.0, self.event()?.0, self.parser.next()) {
            (None, Event::DocumentEnd, Event::StreamEnd, None) => Ok(()),
            _ => Err(Doubt),
        }
    }

    /// The next node and its place, which stays the next.
    pub(super) fn peek(&mut self) -> Result<(&Node<'de>, Place), Doubt> {
        if self.peeked.is_none() {
            self.peeked = Some(self.fetch()?);
        }
        self.peeked.as_ref().map(|(node, place)| (node, *place)).ok_or(Doubt)
    }

    /// The next node and its place.
    pub(super) fn next(&mut self) -> Result<(Node<'de>, Place), Doubt> {
        self.peeked.take().map_or_else(|| self.fetch(), Ok)
    }

    fn fetch(&mut self) -> Result<(Node<'de>, Place), Doubt> {
        let (event, span) = self.event()?;
        let node = match event {
            Event::Scalar(value, style, 0, None) => {
                self.bytes = take(self.bytes, value.len())?;
                self.nodes = take(self.nodes, 1)?;
                Node::Text { value, is_plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(_, 0, None) => {
                self.enter()?;
                Node::List
            }
            Event::MappingStart(_, 0, None) => {
                self.enter()?;
                Node::Map
            }
            Event::SequenceEnd => {
                self.leave();
                Node::EndOfList
            }
            Event::MappingEnd => {
                self.leave();
                Node::EndOfMap
            }
            _ => return Err(Doubt),
        };
        Ok((node, place(span)))
    }

    fn enter(&mut self) -> Result<(), Doubt> {
        self.nodes = take(self.nodes, 1)?;
        self.depth = take(self.depth, 1)?;
        Ok(())
    }

    const fn leave(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    fn event(&mut self) -> Result<(Event<'de>, Span), Doubt> {
        self.parser.next().and_then(Result::ok).ok_or(Doubt)
    }
}

/// Where a node begins.
fn place(span: Span) -> Place {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: narrow(span.start.line()), column: narrow(span.start.col()).saturating_add(1) }
}

fn take(left: usize, amount: usize) -> Result<usize, Doubt> {
    left.checked_sub(amount).ok_or(Doubt)
}
