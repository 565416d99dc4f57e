//! Reading a text into the tree that is laid out: the parser's events give the structure with the place of every
//! scalar and comment, and each comment is given to the entry it belongs to. Nesting is limited before this runs.

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle};

use super::scalar::{begins_line, follows_blank, has_break, indentation};
use super::tree::{Collection, Comment, Entry, Form, Node, Scalar};
use super::{FormatError, LIMITS};
use crate::Source;
use crate::error::LoadError;

/// The longest key, in bytes; YAML wants the colon of a key within 1,024 characters.
const LONGEST_KEY: usize = 1_000;

/// The parser, set so that it yields comments and whatever the strict reading has let through.
pub(super) fn events(
    text: &str,
) -> impl Iterator<Item = Result<(Event<'_>, Span), granit_parser::ScanError>> {
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_comments: true,
        max_buffered_comment_events: LIMITS.bytes,
        flow_nesting_limit: LIMITS.depth,
    };
    Parser::new_from_str_with_options(text, options)
}

/// Reads the outermost map.
pub(super) fn read(source: Source<'_>) -> Result<Collection<'_>, FormatError> {
    let mut reader = Reader::new(source);
    for event in events(source.text) {
        let (event, span) = event.map_err(|error| {
            let fix = "write it without directives, in the YAML of docs/policy.md";
            refusal(source, *error.marker(), error.info(), fix)
        })?;
        reader.take(&event, &span)?;
    }
    reader.finish()
}

/// A comment that has not found its entry yet.
struct Pending<'a> {
    comment: Comment<'a>,
    column: usize,
    start: usize,
}

/// A collection that is being read, and the entry that is begun.
struct Frame<'a> {
    collection: Collection<'a>,
    /// Comments at this column or deeper, after the last entry, belong to it.
    column: usize,
    above: Vec<Comment<'a>>,
    blank: bool,
    key: Option<Scalar<'a>>,
    /// Where the key ends, in bytes.
    key_end: usize,
}

struct Reader<'a> {
    source: Source<'a>,
    frames: Vec<Frame<'a>>,
    pending: Vec<Pending<'a>>,
    root: Option<Collection<'a>>,
    /// Start and end, in bytes, of the value that ended last, if nothing began since; it is the last entry of the last
    /// frame.
    value: Option<(usize, usize)>,
    /// Where the event before this one ended.
    end: usize,
}

impl<'a> Reader<'a> {
    const fn new(source: Source<'a>) -> Self {
        Self { source, frames: Vec::new(), pending: Vec::new(), root: None, value: None, end: 0 }
    }

    fn take(&mut self, event: &Event<'_>, span: &Span) -> Result<(), FormatError> {
        match event {
            Event::Comment(..) => self.comment(span),
            Event::Scalar(_, style, _, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.scalar(*style, span)?;
            }
            Event::SequenceStart(style, _, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(false, *style, span)?;
            }
            Event::MappingStart(style, _, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(true, *style, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) | Event::Anchor(..) | Event::UnresolvedAlias(_) => {
                let fix = "write the value out where it is meant";
                return Err(refusal(self.source, span.start, "anchors and aliases have no layout", fix));
            }
            // Markers of the stream and of the document, which are not written.
            _ => {}
        }
        self.end = offset(&span.end).max(self.end);
        Ok(())
    }

    fn finish(self) -> Result<Collection<'a>, FormatError> {
        let Self { source, pending, root, .. } = self;
        let start = Marker::new(0, 1, 0);
        let mut root = root.filter(|root| root.is_map && !root.entries.is_empty()).ok_or_else(|| {
            let fix = "begin with `version: 1`";
            refusal(source, start, "the text is no map with keys, as a policy and a suite of tests are", fix)
        })?;
        root.tail.extend(pending.into_iter().map(|pending| pending.comment));
        Ok(root)
    }

    fn comment(&mut self, span: &Span) {
        let text = self.source.text;
        let (start, written) = (offset(&span.start), span.slice(text).unwrap_or_default().trim_end());
        if let Some((value_start, value_end)) = self.value
            && let Some(entry) = self.frames.last_mut().and_then(|frame| frame.collection.entries.last_mut())
            && entry.beside.is_none()
            // The header of a block scalar comes before its text, and the comment there after it.
            && (start < value_start || text.get(value_end..start).is_some_and(|gap| !has_break(gap)))
            && !(begins_line(text, start) && start >= value_start)
        {
            entry.beside = Some(written);
            return;
        }
        let comment = Comment { text: written, blank: follows_blank(text, start) };
        self.pending.push(Pending { comment, column: span.start.col(), start });
    }

    fn scalar(&mut self, style: ScalarStyle, span: &Span) -> Result<(), FormatError> {
        let text = self.source.text;
        let (start, end) = (offset(&span.start), offset(&span.end));
        let written = span.slice(text).unwrap_or_default();
        let scalar = match style {
            ScalarStyle::Plain => Scalar::inline(written, true),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Scalar::inline(written, false),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(span)?,
        };
        if scalar.is_ambiguous() {
            let message = "a text that YAML reads differently in another place has no layout";
            return Err(refusal(self.source, span.start, message, "put it in quotes"));
        }
        if self.frames.last().is_some_and(|frame| frame.collection.is_map && frame.key.is_none()) {
            return self.key(scalar, span);
        }
        // A block scalar begins with its header, which stands before its span.
        let is_block = matches!(scalar.form, Form::Block { .. });
        self.begin_item(if is_block { self.header(self.end).unwrap_or(start) } else { start });
        self.hoist_pending();
        self.push(Node::Scalar(scalar));
        self.value = Some((start, end));
        Ok(())
    }

    fn block_scalar(&self, span: &Span) -> Result<Scalar<'a>, FormatError> {
        let text = self.source.text;
        let end = offset(&span.end);
        let header = self.header(self.end);
        let before = header.and_then(|at| text.get(at..)).unwrap_or_default();
        // The span begins behind the indentation of the first line that is not blank.
        let line = before.find(['\n', '\r']).unwrap_or(before.len());
        let line_end = if before.get(line..).is_some_and(|rest| rest.starts_with("\r\n")) { 2 } else { 1 };
        let body = header.and_then(|at| text.get(at + line + line_end..end)).unwrap_or_default();
        Scalar::block(before, body, span.indent).ok_or_else(|| {
            let fix = "write `|` or `>` without `+`, or the text in double quotes";
            let message =
                "a block scalar that keeps its last line breaks, or holds only blanks, has no layout";
            refusal(self.source, span.start, message, fix)
        })
    }

    /// Where the next header of a block scalar is, from `at` on.
    fn header(&self, at: usize) -> Option<usize> {
        self.source.text.get(at..)?.find(['|', '>']).map(|found| at + found)
    }

    fn key(&mut self, key: Scalar<'a>, span: &Span) -> Result<(), FormatError> {
        let source = self.source;
        let refuse = |message, fix| Err(refusal(source, span.start, message, fix));
        if key.is_empty() {
            return refuse("a key is missing", "write the key before the colon");
        }
        if has_break(key.text) || matches!(key.form, Form::Block { .. }) {
            return refuse("a key of several lines has no layout", "write the key on one line");
        }
        if key.text.len() > LONGEST_KEY {
            return refuse("a key of more than 1,000 bytes has no layout", "shorten the key");
        }
        self.value = None;
        self.begin_entry(offset(&span.start));
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some(key);
            frame.key_end = offset(&span.end);
        }
        Ok(())
    }

    fn open(&mut self, is_map: bool, style: StructureStyle, span: &Span) -> Result<(), FormatError> {
        let is_flow = style == StructureStyle::Flow;
        let parent = self.frames.last();
        if parent.is_some_and(|frame| frame.collection.is_map && frame.key.is_none()) {
            let fix = "write the key as a text on one line";
            return Err(refusal(self.source, span.start, "a list or map as a key has no layout", fix));
        }
        let start = offset(&span.start);
        let mut column = span.start.col();
        if let Some(parent) = parent.filter(|parent| parent.collection.is_map && !is_map && !is_flow) {
            // A list that is not indented begins behind its first dash, says the parser. A comment in the column of
            // its dashes may as well belong to the next key, which stands there too.
            column = indentation(self.source.text, start).max(parent.column + 1);
        }
        self.value = None;
        self.begin_item(start);
        let mut collection = Collection::new(is_map, is_flow);
        let key_end = self.frames.last().filter(|frame| frame.collection.is_map).map(|frame| frame.key_end);
        if let Some(key_end) = key_end.filter(|_| !is_flow) {
            // What stands between the key and the first entry: behind the key, or above the entry.
            let in_line = |at: usize| self.source.text.get(key_end..at).is_some_and(|gap| !has_break(gap));
            if self.pending.first().is_some_and(|first| in_line(first.start)) {
                collection.head = Some(self.pending.remove(0).comment.text);
            }
        } else {
            self.hoist_pending();
        }
        self.frames.push(Frame {
            collection,
            column,
            above: Vec::new(),
            blank: false,
            key: None,
            key_end: 0,
        });
        Ok(())
    }

    fn close(&mut self, span: &Span) {
        let Some(Frame { mut collection, column, .. }) = self.frames.pop() else { return };
        let own = if collection.is_flow {
            self.pending.len()
        } else {
            self.pending.iter().take_while(|pending| pending.column >= column).count()
        };
        let mut tail: Vec<_> = self.pending.drain(..own).map(|pending| pending.comment).collect();
        if let Some(parent) = self.frames.last_mut() {
            if collection.entries.is_empty() {
                Collection::hoist(&mut parent.above, &mut parent.blank, &mut tail);
            }
            // The first line of an item begins with the dash, so what would stand above it stands above the dash.
            if !parent.collection.is_map
                && let Some(first) = collection.entries.first_mut()
            {
                Collection::hoist(&mut parent.above, &mut parent.blank, &mut first.above);
            }
        }
        collection.tail.append(&mut tail);
        collection.measure();
        let is_flow = collection.is_flow;
        if self.frames.is_empty() {
            self.root = Some(collection);
        } else {
            self.push(Node::Collection(collection));
        }
        self.value = is_flow.then(|| (offset(&span.start), offset(&span.end)));
    }

    /// Begins an item, where the value is one; the value of a key belongs to an entry that is begun.
    fn begin_item(&mut self, start: usize) {
        if self.frames.last().is_some_and(|frame| !frame.collection.is_map) {
            self.begin_entry(start);
        }
    }

    /// Begins an entry at the first character of its key or value.
    fn begin_entry(&mut self, start: usize) {
        let text = self.source.text;
        let Some(frame) = self.frames.last_mut() else { return };
        frame.above = self.pending.drain(..).map(|pending| pending.comment).collect();
        frame.blank = !frame.collection.is_flow && follows_blank(text, start);
    }

    /// Moves comments between a key and its value above the key.
    fn hoist_pending(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let mut comments = self.pending.drain(..).map(|pending| pending.comment).collect();
        Collection::hoist(&mut frame.above, &mut frame.blank, &mut comments);
    }

    /// Ends the entry that was begun.
    fn push(&mut self, value: Node<'a>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let (above, blank) = (std::mem::take(&mut frame.above), frame.blank);
        let key = frame.key.take();
        frame.collection.entries.push(Entry { above, blank, key, value, beside: None });
    }

    fn refuse_tag(&self, has_tag: bool, span: &Span) -> Result<(), FormatError> {
        if !has_tag {
            return Ok(());
        }
        let place = span.tag_start().unwrap_or(span.start);
        let fix = "remove the tag, and quote the value if it is a text";
        Err(refusal(self.source, place, "a tag has no layout", fix))
    }
}

/// The offset in bytes; the parser knows it for every text it is given whole.
fn offset(place: &Marker) -> usize {
    place.byte_offset().unwrap_or_default()
}

fn refusal(source: Source<'_>, place: Marker, message: impl Into<String>, fix: &str) -> FormatError {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (line, column) = (narrow(place.line()), narrow(place.col()).saturating_add(1));
    FormatError::Unsupported(LoadError::at(source, (line, column), message, Some(fix)))
}
