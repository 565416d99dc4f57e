//! A quick way through documents that hold nothing unusual, which nearly all do. It reads the events of the same parser as
//! the strict way ([`super::read`]) and takes the same shapes, but knows few things: lists, maps with plain text as keys,
//! texts, and the plainest numbers and booleans. Whatever else stands in a document, and whatever is wrong with one, is a
//! [`Doubt`]: the document is then read again in the strict way, and that one judges it. So this way never accepts what
//! the strict one refuses, and says nothing of errors.

mod access;
mod meaning;
mod nodes;
mod placed;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use self::access::{Entries, Items};
use self::meaning::{Meaning, is_surely_text, meaning};
use self::nodes::{Node, Nodes};
pub(crate) use self::placed::PLACED;
use self::placed::WithPlace;
use super::{Limits, hidden, indicator};

/// The document cannot be read in the quick way. That is no fault of it.
#[derive(Debug)]
pub(crate) struct Doubt;

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the document must be read in the strict way")
    }
}

impl std::error::Error for Doubt {}

impl Error for Doubt {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads one document through `seed`, if it is one that [`super::read`] reads in the same way without an error.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    text: &'de str,
    limits: Limits,
    seed: S,
) -> Result<S::Value, Doubt> {
    if text.len() > limits.bytes || hidden(text).is_some() || indicator(text, limits).is_some() {
        return Err(Doubt);
    }
    let mut nodes = Nodes::begin(text, limits)?;
    let value = seed.deserialize(Reader(&mut nodes))?;
    nodes.finish()?;
    Ok(value)
}

/// Reads the next node.
struct Reader<'n, 'de>(&'n mut Nodes<'de>);

impl<'de> Reader<'_, 'de> {
    /// The next node, which must be a text and nothing else.
    fn text(self) -> Result<Cow<'de, str>, Doubt> {
        match self.0.next()?.0 {
            Node::Text { value, is_plain } if !is_plain || is_surely_text(&value) => Ok(value),
            _ => Err(Doubt),
        }
    }
}

fn give<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, Doubt> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

/// What nothing in a policy asks for.
macro_rules! doubt {
    ($($method:ident($($argument:ident: $kind:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $kind,)* _: V) -> Result<V::Value, Doubt> {
            Err(Doubt)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = Doubt;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        match self.0.next()?.0 {
            Node::Text { value, is_plain: false } => give(value, visitor),
            Node::Text { value, is_plain: true } => match meaning(&value) {
                Meaning::Text => give(value, visitor),
                Meaning::Boolean(value) => visitor.visit_bool(value),
                Meaning::Number(number) => visitor.visit_u64(number),
                Meaning::Unsure => Err(Doubt),
            },
            Node::List => Items::read(self.0, visitor),
            Node::Map => Entries::read(self.0, visitor),
            Node::EndOfList | Node::EndOfMap => Err(Doubt),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        give(self.text()?, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        give(self.text()?, visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        give(self.text()?, visitor)
    }

    /// Nothing is never sure to be nothing, so there is something.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        if matches!(self.0.next()?.0, Node::List) { Items::read(self.0, visitor) } else { Err(Doubt) }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        if matches!(self.0.next()?.0, Node::Map) { Entries::read(self.0, visitor) } else { Err(Doubt) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Doubt> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Doubt> {
        if name != PLACED {
            return visitor.visit_newtype_struct(self);
        }
        let (_, place) = self.0.peek()?;
        visitor.visit_seq(WithPlace::new(place, self))
    }

    doubt! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_u8()
        deserialize_u16() deserialize_u32() deserialize_u64() deserialize_f32() deserialize_f64() deserialize_char()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit() deserialize_ignored_any()
        deserialize_unit_struct(_name: &'static str) deserialize_tuple(_length: usize)
        deserialize_tuple_struct(_name: &'static str, _length: usize)
        deserialize_enum(_name: &'static str, _variants: &'static [&'static str])
    }
}

#[cfg(test)]
mod tests;
