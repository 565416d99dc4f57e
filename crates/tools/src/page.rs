//! One page of an ordered list, for every tool that lists. There is one kind of cursor, `skip:<n>`: how many entries of the
//! list earlier pages showed. It counts what may be shown and nothing else, so it holds no path, no secret and no answer to a
//! question about what is refused; every call judges anew, and a list that changed between two calls moves under its cursor.

#[cfg(test)]
mod tests;

use gitoma_core::ArgError;
use serde_json::{Map, Value};

use crate::budget::Items;
use crate::shape::{Fields, Shape};

/// The field with the cursor of the next page. What it is for the argument `cursor` says, and the description of each tool.
pub(crate) const NEXT: &str = "next_cursor";
/// What a cursor begins with.
const PREFIX: &str = "skip:";

/// A place in an ordered list: behind the entries of earlier pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    skip: u32,
}

impl Cursor {
    /// Parses the argument `cursor`; without one, a list begins at its start.
    ///
    /// # Errors
    /// The rule `cursor:malformed` for anything but what [`Page::finish`] writes.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, ArgError> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        text.strip_prefix(PREFIX)
            .filter(|number| number.starts_with(|first| matches!(first, '1'..='9')))
            .and_then(|number| number.parse().ok())
            .map(|skip| Self { skip })
            .ok_or_else(|| ArgError::refused("cursor", "cursor:malformed"))
    }
}

/// What [`Page::finish`] adds: a list `name` of such items, and the way to the next page.
pub(crate) fn shape(name: &'static str, item: impl Into<Shape>) -> Fields {
    Fields::new().required(name, Shape::list(item)).optional(NEXT, Shape::text())
}

/// The entries of one page; those of earlier pages go by.
#[derive(Debug)]
pub(crate) struct Page {
    cursor: Cursor,
    passed: u32,
    shown: u32,
    items: Items,
    /// An entry was found that belongs to the next page.
    more: bool,
}

impl Page {
    /// A page of at most `limit` entries, behind `cursor`.
    pub(crate) fn new(limit: usize, cursor: Cursor) -> Self {
        Self { cursor, passed: 0, shown: 0, items: Items::new(limit), more: false }
    }

    /// Whether the next entry was on an earlier page. To be asked once for each entry that may be shown, in their order.
    pub(crate) fn passes(&mut self) -> bool {
        let earlier = self.passed < self.cursor.skip;
        self.passed += u32::from(earlier);
        earlier
    }

    /// Adds an entry; `false` means that it belongs to the next page and this one is finished.
    pub(crate) fn push(&mut self, item: Value) -> bool {
        let fits = self.items.push(item);
        self.shown += u32::from(fits);
        self.more |= !fits;
        fits
    }

    /// Marks the list as cut where no later page goes on: there was more to look at than a call may look at.
    pub(crate) fn cut(&mut self) {
        self.items.cut();
    }

    /// Puts the entries into `fields` as `name`, and `next_cursor` if there is a next page; returns whether the list was cut.
    pub(crate) fn finish(self, name: &str, fields: &mut Map<String, Value>) -> bool {
        let (items, truncated) = self.items.finish();
        fields.insert(name.into(), items);
        // A page with nothing on it would be its own next page.
        if self.more && self.shown > 0 {
            let next = self.passed.saturating_add(self.shown);
            fields.insert(NEXT.into(), format!("{PREFIX}{next}").into());
        }
        truncated
    }
}
