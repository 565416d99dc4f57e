//! Values that want to know their place, and keys, which have one.

use serde::de::value::U32Deserializer;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Doubt;
use crate::error::Place;

/// What a value asks for, as a newtype of this name, that wants to know its place. In the quick way it is visited as a list
/// of line, column and value; in the strict way as a newtype, whose parser has means of its own.
pub(crate) const PLACED: &str = "a value and its place";

/// A line, a column, and the value that stands there.
pub(super) struct WithPlace<D> {
    line: Option<u32>,
    column: Option<u32>,
    value: Option<D>,
}

impl<D> WithPlace<D> {
    pub(super) const fn new(Place { line, column }: Place, value: D) -> Self {
        Self { line: Some(line), column: Some(column), value: Some(value) }
    }
}

impl<'de, D: Deserializer<'de, Error = Doubt>> SeqAccess<'de> for WithPlace<D> {
    type Error = Doubt;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Doubt> {
        match self.line.take().or_else(|| self.column.take()) {
            Some(number) => seed.deserialize(U32Deserializer::new(number)).map(Some),
            None => self.value.take().map(|value| seed.deserialize(value)).transpose(),
        }
    }
}

/// The key of a map's entry.
pub(super) struct Key<'de> {
    pub(super) text: &'de str,
    pub(super) place: Place,
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Doubt;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Doubt> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Doubt> {
        match name {
            PLACED => visitor.visit_seq(WithPlace::new(self.place, self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
