//! What can still be told of a frame that is refused: its id, its method, the tool it names, and what its sender gives up. The frame may be cut off or
//! malformed; whatever came before that point counts. Nothing learned here is ever acted upon but to answer and to record the no.

use std::borrow::Cow;
use std::fmt;

use rmcp::model::RequestId;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::restriction;

/// The parts of a frame that name it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Glimpse {
    pub(crate) id: Option<RequestId>,
    pub(crate) method: Option<String>,
    pub(crate) tool: Option<String>,
    /// Of the metadata what says what is given up.
    pub(crate) gives_up: Option<Value>,
}

impl Glimpse {
    /// Looks at `frame` up to where it stops being JSON.
    pub(crate) fn of(frame: &[u8]) -> Self {
        let mut glimpse = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(frame);
        // The end of the looking is an error whenever the frame is bad; what was seen before it stands.
        let _seen = Outer(&mut glimpse).deserialize(&mut deserializer);
        glimpse
    }
}

/// The frame's own members.
struct Outer<'a>(&'a mut Glimpse);

/// The members of `params`.
struct Params<'a>(&'a mut Glimpse);

/// The members of `_meta`.
struct Meta<'a>(&'a mut Glimpse);

impl<'de> DeserializeSeed<'de> for Outer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Outer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "id" => self.0.id = Some(map.next_value()?),
                "method" => self.0.method = Some(map.next_value()?),
                "params" => map.next_value_seed(Params(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Params<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Params<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters of a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "name" => self.0.tool = Some(map.next_value()?),
                "_meta" => map.next_value_seed(Meta(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Meta<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Meta<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the metadata of a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                restriction::KEY => self.0.gives_up = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    // Metadata that is no object says nothing, and what follows it still counts.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _text: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _truth: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _number: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _number: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _number: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
