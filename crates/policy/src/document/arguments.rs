//! The arguments that an example or a test gives: any values, as a call would have them, but no more than a call of
//! somebody who means one.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Weigh;
use crate::yaml::said;

/// The most values, lists and maps in the arguments of one call.
const MOST_VALUES: usize = 10_000;

/// The arguments of a call.
#[derive(Debug)]
pub(crate) struct Arguments {
    map: Arc<Map<String, Value>>,
    values: usize,
}

impl Arguments {
    /// The arguments, for each of the calls that have them.
    pub(crate) fn shared(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.map)
    }
}

impl Deref for Arguments {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl Weigh for Arguments {
    fn weight(&self) -> usize {
        self.values
    }
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut left = MOST_VALUES;
        match (Values { left: &mut left }).deserialize(deserializer)? {
            Value::Object(map) => Ok(Self { map: Arc::new(map), values: MOST_VALUES.saturating_sub(left) }),
            _ => Err(D::Error::custom(said(
                "arguments are no map",
                "write `{ name: value }`, or `{}` for none",
            ))),
        }
    }
}

/// Reads a value for as long as there may be more of them.
struct Values<'a> {
    left: &'a mut usize,
}

impl Values<'_> {
    fn again(&mut self) -> Values<'_> {
        Values { left: self.left }
    }

    fn take<E: Error>(&mut self) -> Result<(), E> {
        let message = "arguments have more than 10,000 values, the most they may have";
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom(said(message, "give fewer")))?;
        *self.left = left;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        self.take()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self.again())? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(key) = map.next_key()? {
            entries.insert(key, map.next_value_seed(self.again())?);
        }
        Ok(Value::Object(entries))
    }
}
