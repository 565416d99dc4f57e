//! Whether one path pattern matches everything that another does. A yes is certain; a no may only mean that the two
//! are too unlike for the comparison of item by item that is made here.

use std::borrow::Cow;

use crate::fold;
use crate::glob::Glob;

/// How the two rules compare texts: an allow rule exactly, a deny or ask rule folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    /// Both alike.
    Alike,
    /// The inner pattern exactly, the outer one folded.
    InnerExact,
    /// The outer pattern exactly, the inner one folded.
    OuterExact,
}

impl Compare {
    /// From whether the outer and the inner pattern are compared folded.
    pub(super) const fn of(outer_folded: bool, inner_folded: bool) -> Self {
        match (outer_folded, inner_folded) {
            (true, false) => Self::InnerExact,
            (false, true) => Self::OuterExact,
            _ => Self::Alike,
        }
    }
}

/// Whether every text that `inner` matches is matched by `outer` too.
pub(super) fn covers(outer: &Glob, inner: &Glob, compare: Compare) -> bool {
    if outer.is_everything() {
        return true;
    }
    let text = match compare {
        Compare::Alike => Cow::Borrowed(inner.text()),
        Compare::OuterExact => return false,
        // One character may fold to several (U+00DF to `ss`), so that a `?` stands for any number of them then.
        Compare::InnerExact => widened(fold::case(inner.text())),
    };
    covers_text(outer.text(), &text)
}

fn widened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('?') { Cow::Owned(text.replace('?', "*")) } else { text }
}

fn covers_text(outer: &str, inner: &str) -> bool {
    if outer == inner {
        return true;
    }
    // Most pairs differ in the literal beginning or end already.
    if differs(outer.bytes(), inner.bytes()) || differs(outer.bytes().rev(), inner.bytes().rev()) {
        return false;
    }
    let outer: Vec<&str> = outer.split('/').collect();
    let inner: Vec<&str> = inner.split('/').collect();
    contained(&inner, &outer, |segment| **segment == *"**", |inner, outer| segment_covers(inner, outer))
}

/// Whether the patterns differ before the first wildcard or separator of `outer`.
fn differs(outer: impl Iterator<Item = u8>, inner: impl Iterator<Item = u8>) -> bool {
    let mut literal = outer.zip(inner).take_while(|(outer, _)| !matches!(outer, b'*' | b'?' | b'/'));
    literal.any(|(outer, inner)| outer != inner)
}

/// Whether the segment pattern `outer` matches all that `inner` does; `**` is no segment pattern.
fn segment_covers(inner: &str, outer: &str) -> bool {
    if inner == "**" {
        return false;
    }
    if inner == outer || outer == "*" {
        return true;
    }
    let wild = |c: char| matches!(c, '*' | '?');
    let head = outer.split(wild).next().unwrap_or_default();
    let tail = outer.rsplit(wild).next().unwrap_or_default();
    if head.len() == outer.len() || !inner.starts_with(head) || !inner.ends_with(tail) {
        return false;
    }
    let inner: Vec<char> = inner.chars().collect();
    let outer: Vec<char> = outer.chars().collect();
    let one = |inner: &char, outer: &char| *outer == '?' || (*inner != '?' && inner == outer);
    contained(&inner, &outer, |c| *c == '*', one)
}

/// Whether each sequence that `inner` stands for is one that `outer` stands for. `any` tells the items that stand for
/// any number of others; `one` compares two items, neither of which is such.
fn contained<T>(inner: &[T], outer: &[T], any: impl Fn(&T) -> bool, one: impl Fn(&T, &T) -> bool) -> bool {
    // `below` answers for what follows the item of `inner` at hand, against each rest of `outer`, the empty one first.
    let mut below = vec![true];
    for item in outer.iter().rev() {
        below.push(any(item) && below.last() == Some(&true));
    }
    for inner in inner.iter().rev() {
        let spans = any(inner);
        // Something is left of `inner` and nothing of `outer`.
        let mut last = false;
        let mut row = vec![last];
        for (outer, pair) in outer.iter().rev().zip(below.windows(2)) {
            let (Some(after), Some(here)) = (pair.first(), pair.last()) else { continue };
            last = if any(outer) { last || *here } else { *after && !spans && one(inner, outer) };
            row.push(last);
        }
        below = row;
    }
    below.last() == Some(&true)
}

#[cfg(test)]
mod tests;
