//! A value and where it stands in the text.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_saphyr::Spanned;

use crate::error::Place;

/// A value and where it stands. The parser's own [`Spanned`] keeps two locations of 64 bytes each, of which a fault
/// needs a line and a column.
#[derive(Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::deserialize(deserializer)?;
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let place = Place { line: narrow(referenced.line()), column: narrow(referenced.column()) };
        Ok(Self { value, place })
    }
}
