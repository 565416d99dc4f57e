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

    /// Looks at the `beginning` of a frame of which the middle was thrown away, and for its id at its `end`, where many clients write it.
    pub(crate) fn of_parts(beginning: &[u8], end: &[u8]) -> Self {
        let mut glimpse = Self::of(beginning);
        if glimpse.id.is_none() {
            glimpse.id = id_at_end(end);
        }
        glimpse
    }
}

/// The id that the last member of the object that `end` is the end of says, or the last but the version: `"id":7}` and `"id":7,"jsonrpc":"2.0"}`.
///
/// No text within the object can pass for that: it would have to end with a quotation mark, and what is nested with a bracket of its own.
fn id_at_end(end: &[u8]) -> Option<RequestId> {
    let text = String::from_utf8_lossy(end);
    let members = text.trim_end().strip_suffix('}')?.trim_end();
    let members = match members.rsplit_once(',') {
        Some((before, last)) if is_version(last) => before.trim_end(),
        _ => members,
    };
    // A comma within the id ends the looking, and the id is not repeated.
    let (_, last) = members.rsplit_once([',', '{'])?;
    let (name, id) = last.split_once(':')?;
    (name.trim() == "\"id\"").then(|| serde_json::from_str(id.trim()).ok())?
}

fn is_version(member: &str) -> bool {
    member
        .split_once(':')
        .is_some_and(|(name, version)| name.trim() == "\"jsonrpc\"" && version.trim() == "\"2.0\"")
}

/// What is no object where one should be says nothing, and what follows it still counts.
macro_rules! says_nothing {
    () => {
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
    };
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
                "id" => self.0.id = serde_json::from_value(map.next_value()?).ok(),
                "method" => self.0.method = text(map.next_value()?),
                "params" => map.next_value_seed(Params(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `value`, if it is text.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

impl<'de> DeserializeSeed<'de> for Params<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
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
                "name" => self.0.tool = text(map.next_value()?),
                "_meta" => map.next_value_seed(Meta(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    says_nothing!();
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

    says_nothing!();
}

#[cfg(test)]
mod tests;
