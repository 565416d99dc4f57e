//! A value and where it stands in the text.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::error::Place;
use crate::yaml::quick::PLACED;

/// A value and where it stands. The parser's own [`Spanned`] keeps two locations of 64 bytes each, of which a fault
/// needs a line and a column.
#[derive(Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(PLACED, PlacedVisitor(PhantomData))
    }
}

struct PlacedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PlacedVisitor<T> {
    type Value = Placed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value and its place")
    }

    /// In the strict way, which knows no more of [`PLACED`] than that it is a newtype.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Placed<T>, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::deserialize(deserializer)?;
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let place = Place { line: narrow(referenced.line()), column: narrow(referenced.column()) };
        Ok(Placed { value, place })
    }

    /// In the quick way.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Placed<T>, A::Error> {
        let lacks = |count| A::Error::invalid_length(count, &"line, column and value");
        let line = seq.next_element()?.ok_or_else(|| lacks(0))?;
        let column = seq.next_element()?.ok_or_else(|| lacks(1))?;
        let value = seq.next_element()?.ok_or_else(|| lacks(2))?;
        Ok(Placed { value, place: Place { line, column } })
    }
}
