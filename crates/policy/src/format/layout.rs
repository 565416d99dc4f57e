//! Printing a tree: which collections go on one line, where empty lines stand, and where each comment goes.

use granit_parser::ScalarStyle;

use super::tree::{Comment, Kind, Node, Tree, on_one_line};
use super::unable;
use crate::set::Source;
use crate::yaml::YamlError;

/// The most columns of a line that is put together.
const WIDTH: usize = 110;

/// Whether maps may go on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// They do not: rules, tests, repositories.
    Spread,
    /// They do if they fit: examples, patterns, matchers.
    Compact,
}

/// How the items of a list stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Items {
    style: Style,
    /// Whether an empty line stands between them.
    apart: bool,
}

pub(super) fn print(source: Source<'_>, tree: &Tree) -> Result<String, YamlError> {
    let mut layout = Layout { source, comments: &tree.comments, out: String::new(), opened: true };
    if let Some(marker) = tree.marker {
        layout.flush(marker, 0);
        layout.out.push_str("---");
        layout.trail(marker);
        layout.end_line();
    }
    if let Some(root) = &tree.root {
        match &root.kind {
            Kind::Map(entries) if !entries.is_empty() => layout.map(entries, 0, Style::Spread)?,
            _ => return Err(unable(source, root.place, "the file is no map")),
        }
    }
    layout.flush(source.text.len(), 0);
    Ok(layout.out)
}

struct Layout<'a> {
    source: Source<'a>,
    /// Those that are not printed yet.
    comments: &'a [Comment],
    out: String,
    /// Whether nothing stands yet in the block at hand, so that no empty line may.
    opened: bool,
}

impl<'a> Layout<'a> {
    fn map(&mut self, entries: &[(Node, Node)], indent: usize, style: Style) -> Result<(), YamlError> {
        let column = entries.first().map_or(0, |(key, _)| self.column(key));
        for (key, value) in entries {
            // The first entry of a map in a list stands behind the dash.
            if !self.is_behind_dash() {
                self.flush(key.span.start, indent);
                self.gap(key.span.start, false);
                self.indent(indent);
            }
            self.entry(key, value, indent, style)?;
        }
        if let Some((_, last)) = entries.last() {
            self.close(last, column, indent);
        }
        Ok(())
    }

    fn entry(&mut self, key: &Node, value: &Node, indent: usize, style: Style) -> Result<(), YamlError> {
        let Some(name) = self.one_line(key) else {
            return Err(unable(self.source, key.place, "a key that is not on one line is not carried"));
        };
        self.out.push_str(&name);
        self.out.push(':');
        let (style, apart) = match name.trim_matches(['"', '\'']) {
            "examples" | "patterns" | "arguments" => (Style::Compact, false),
            "rules" | "tests" => (style, true),
            _ => (style, false),
        };
        if self.flowed(value, style) {
            return Ok(());
        }
        self.value(key.span.end, value, indent, Items { style, apart })
    }

    /// A value on lines of its own, beneath a key or a dash that ends at `end`.
    fn value(&mut self, end: usize, value: &Node, indent: usize, items: Items) -> Result<(), YamlError> {
        let inner = indent.saturating_add(2);
        match &value.kind {
            Kind::Scalar(..) => self.scalar(value, indent),
            Kind::List(list) if !list.is_empty() => {
                self.trail(end);
                self.end_line();
                self.opened = true;
                self.list(list, inner, items, value)
            }
            Kind::Map(entries) if !entries.is_empty() => {
                self.trail(end);
                self.end_line();
                self.opened = true;
                self.map(entries, inner, items.style)
            }
            Kind::List(_) | Kind::Map(_) => {
                let message = "a comment inside an empty list or map is not carried; move it";
                Err(unable(self.source, value.place, message))
            }
        }
    }

    fn list(&mut self, list: &[Node], indent: usize, items: Items, whole: &Node) -> Result<(), YamlError> {
        let column = self.dash(whole, list);
        for (at, item) in list.iter().enumerate() {
            let apart = items.apart && at > 0;
            let lead = item.lead();
            if self.comments.first().is_some_and(|comment| comment.at < lead) {
                if apart {
                    self.empty_line();
                }
                self.flush(lead, indent);
                self.gap(lead, false);
            } else {
                self.gap(lead, apart);
            }
            self.indent(indent);
            self.out.push('-');
            if self.flowed(item, items.style) {
                continue;
            }
            match &item.kind {
                Kind::Map(entries) if !entries.is_empty() => {
                    self.out.push(' ');
                    self.map(entries, indent.saturating_add(2), items.style)?;
                }
                Kind::Scalar(..) => self.scalar(item, indent)?,
                Kind::List(_) | Kind::Map(_) => {
                    let message = "a list in a list is only carried on one line, without comments";
                    return Err(unable(self.source, item.place, message));
                }
            }
        }
        if let Some(last) = list.last() {
            self.close(last, column, indent);
        }
        Ok(())
    }

    /// Puts the value on the line at hand if it goes there whole, and ends the line.
    fn flowed(&mut self, value: &Node, style: Style) -> bool {
        let Some(text) = self.flow(value) else { return false };
        let used = self.out.rsplit('\n').next().unwrap_or_default().chars().count();
        let fits = used.saturating_add(1).saturating_add(text.chars().count()) <= WIDTH;
        let inner = |node: &Node| matches!(&node.kind, Kind::List(items) if items.iter().any(|item| !item.is_scalar()));
        let spreads = match &value.kind {
            Kind::Scalar(..) => false,
            Kind::List(items) => !items.is_empty() && (!fits || inner(value)),
            Kind::Map(entries) => !entries.is_empty() && (!fits || style == Style::Spread),
        };
        if spreads {
            return false;
        }
        if !text.is_empty() {
            self.out.push(' ');
            self.out.push_str(&text);
        }
        if !self.trail(value.tail()) {
            self.trail(value.span.end);
        }
        self.end_line();
        true
    }

    /// The value on one line; `None` if it has comments or a scalar that cannot stand there.
    fn flow(&self, value: &Node) -> Option<String> {
        if let Kind::Scalar(..) = value.kind {
            return self.one_line(value);
        }
        // Before the value there is none left but behind its key. What stands behind the last scalar follows the line,
        // as it would in block style.
        if self.comments.first().is_some_and(|comment| comment.at < value.tail()) {
            return None;
        }
        let part =
            |node: &Node| self.flow(node).filter(|text| !node.is_scalar() || stands_in_flow(node, text));
        match &value.kind {
            Kind::List(items) => {
                let items = items.iter().map(part).collect::<Option<Vec<_>>>()?;
                Some(format!("[{}]", items.join(", ")))
            }
            Kind::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            Kind::Map(entries) => {
                let pairs =
                    entries.iter().map(|(key, value)| Some(format!("{}: {}", part(key)?, part(value)?)));
                Some(format!("{{ {} }}", pairs.collect::<Option<Vec<_>>>()?.join(", ")))
            }
            Kind::Scalar(..) => None,
        }
    }

    /// The scalar as it is spelt, if that is one line.
    fn one_line(&self, scalar: &Node) -> Option<String> {
        let Kind::Scalar(style, _) = scalar.kind else { return None };
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return None;
        }
        let text = self.source.text.get(scalar.span.clone())?;
        on_one_line(text.trim_end()).map(std::borrow::Cow::into_owned)
    }

    /// A text of several lines, moved to its indent.
    fn scalar(&mut self, scalar: &Node, indent: usize) -> Result<(), YamlError> {
        let block = matches!(scalar.kind, Kind::Scalar(ScalarStyle::Literal | ScalarStyle::Folded, _));
        let Some((header, at, body)) = self.block(scalar).filter(|_| block) else {
            let message =
                "a text over several lines is only carried as a plain block (`|` or `>`), or on one line";
            return Err(unable(self.source, scalar.place, message));
        };
        self.out.push(' ');
        self.out.push_str(header);
        self.trail(at);
        self.end_line();
        let body: Vec<&str> = body.lines().map(str::trim_end).collect();
        let margin = |line: &&str| line.len().saturating_sub(line.trim_start_matches(' ').len());
        let own = body.iter().filter(|line| !line.is_empty()).map(margin).min().unwrap_or_default();
        let length = body.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last.saturating_add(1));
        for line in body.iter().take(length) {
            if let Some(text) = line.get(own..).filter(|text| !text.is_empty()) {
                self.indent(indent.saturating_add(2));
                self.out.push_str(text);
            }
            self.end_line();
        }
        Ok(())
    }

    /// The header of a block scalar, where it ends, and the lines beneath. `None` if the header has more than a style
    /// and `-`: an indent or `+` would have to be worked out anew.
    fn block(&self, scalar: &Node) -> Option<(&'static str, usize, &'a str)> {
        let (line, body) = self.source.text.get(scalar.span.clone())?.split_once('\n')?;
        let spelt = line.split(' ').next()?.trim_end();
        let header = ["|", "|-", ">", ">-"].into_iter().find(|known| *known == spelt)?;
        Some((header, scalar.span.start.saturating_add(header.len()), body))
    }

    /// Prints the comments that still belong to the block that ends with `last`: those at least as far to the right.
    fn close(&mut self, last: &Node, column: usize, indent: usize) {
        while let Some((comment, rest)) = self.comments.split_first() {
            let between = self.source.text.get(last.span.end.min(comment.at)..comment.at).unwrap_or_default();
            let belongs = comment.alone && column > 0 && comment.column >= column;
            // What stands between is white space and other comments only, else something else comes first.
            let next = between.lines().all(|line| {
                let line = line.trim_start();
                line.is_empty() || line.starts_with('#') || line.starts_with(['}', ']', ','])
            });
            if !belongs || !next {
                return;
            }
            self.comments = rest;
            self.comment(comment, indent);
        }
    }

    /// Prints the comments before `end`, each on a line of its own.
    fn flush(&mut self, end: usize, indent: usize) {
        while let Some((comment, rest)) = self.comments.split_first().filter(|(comment, _)| comment.at < end)
        {
            self.comments = rest;
            self.comment(comment, indent);
        }
    }

    fn comment(&mut self, comment: &Comment, indent: usize) {
        self.gap(comment.at, false);
        self.indent(indent);
        self.out.push_str(&comment.text);
        self.end_line();
    }

    /// Appends the comment that stands behind `end` on the same line. Returns whether there is one.
    fn trail(&mut self, end: usize) -> bool {
        let Some((comment, rest)) = self.comments.split_first() else { return false };
        let between = self.source.text.get(end..comment.at);
        let trails =
            !comment.alone && between.is_some_and(|between| between.chars().all(|c| " :,[]{}".contains(c)));
        if trails {
            self.comments = rest;
            self.out.push(' ');
            self.out.push_str(&comment.text);
        }
        trails
    }

    /// An empty line before what stands at `at`, if there is one in the text, or if there must be.
    fn gap(&mut self, at: usize, must: bool) {
        let before = self.source.text.get(..at).unwrap_or_default();
        let mut lines = before.rsplit('\n').skip(1);
        if must || lines.next().is_some_and(|line| line.trim().is_empty()) {
            self.empty_line();
        }
    }

    fn empty_line(&mut self) {
        if !self.opened && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.opened = false;
    }

    fn is_behind_dash(&self) -> bool {
        self.out.ends_with("- ")
    }

    /// The column of a node in the text, in bytes from 0.
    fn column(&self, node: &Node) -> usize {
        self.column_at(node.span.start)
    }

    /// The column of the dashes of a list; 0 if it stands between brackets.
    fn dash(&self, whole: &Node, list: &[Node]) -> usize {
        let text = self.source.text;
        if text.get(whole.span.start..).is_some_and(|rest| rest.starts_with('[')) {
            return 0;
        }
        let first = list.first().and_then(|item| text.get(..item.lead()));
        first.and_then(|before| before.rfind('-')).map_or(0, |dash| self.column_at(dash))
    }

    fn column_at(&self, at: usize) -> usize {
        let before = self.source.text.get(..at).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default().len()
    }
}

/// Whether a scalar means the same between brackets: plain ones may hold nothing that separates there.
fn stands_in_flow(scalar: &Node, text: &str) -> bool {
    match scalar.kind {
        Kind::Scalar(ScalarStyle::Plain, _) => {
            !text.is_empty()
                && !text.contains([
                    ',', '[', ']', '{', '}', '#', '?', '&', '!', '|', '>', '\'', '"', '%', '@', '`',
                ])
                && !text.ends_with(':')
        }
        _ => true,
    }
}
