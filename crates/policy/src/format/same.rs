//! The last line of defence: whether two texts say the same. It trusts nothing of the layout: both are read anew, as
//! the strict reading reads them and as the parser's events.

use granit_parser::{Event, ScalarStyle};

use super::{LIMITS, read};
use crate::Source;
use crate::yaml::{self, YamlError};

/// The value of a text by the strict reading.
pub(super) fn value(source: Source<'_>) -> Result<serde_json::Value, YamlError> {
    yaml::from_str(source.name, source.text, LIMITS)
}

/// What differs between the text, which has `value`, and what was laid out of it.
pub(super) fn difference(
    before: Source<'_>,
    value_before: &serde_json::Value,
    after: &str,
) -> Option<&'static str> {
    let after = Source { name: before.name, text: after };
    if value(after).ok().as_ref() != Some(value_before) {
        return Some("the meaning");
    }
    let (before, after) = (Said::of(before.text), Said::of(after.text));
    let (Some(before), Some(after)) = (before, after) else { return Some("the structure") };
    if before.comments != after.comments {
        return Some("a comment");
    }
    (before.items != after.items).then_some("the order or the spelling of what is written")
}

/// What a text says, in its order.
struct Said<'a> {
    items: Vec<Item<'a>>,
    comments: Vec<&'a str>,
}

/// A node, or the end of a list or map.
#[derive(PartialEq, Eq)]
enum Item<'a> {
    List,
    Map,
    End,
    /// As it is written.
    Scalar(&'a str),
    /// A scalar of several lines, whose lines are indented anew: as it is read.
    Lines(Box<str>, ScalarStyle),
}

impl<'a> Said<'a> {
    /// `None` if the text cannot be read.
    fn of(text: &'a str) -> Option<Self> {
        let (mut items, mut comments) = (Vec::new(), Vec::new());
        for event in read::events(text) {
            let (event, span) = event.ok()?;
            let written = span.slice(text)?;
            items.push(match event {
                Event::Comment(..) => {
                    comments.push(written.trim_end());
                    continue;
                }
                Event::Scalar(value, style @ (ScalarStyle::Literal | ScalarStyle::Folded), ..) => {
                    Item::Lines(value.into(), style)
                }
                Event::Scalar(value, style, ..) if super::scalar::has_break(written) => {
                    Item::Lines(value.into(), style)
                }
                Event::Scalar(..) => Item::Scalar(written),
                Event::SequenceStart(..) => Item::List,
                Event::MappingStart(..) => Item::Map,
                Event::SequenceEnd | Event::MappingEnd => Item::End,
                _ => continue,
            });
        }
        Some(Self { items, comments })
    }
}
