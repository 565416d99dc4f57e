//! The shape of a suite file, version 1, as serde reads it. What the values mean together is checked beside it.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::document::{List, Placed, present};
use crate::model::{Code, Effect, Transport, WriteMode};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) version: Placed<u64>,
    #[serde(default, deserialize_with = "present")]
    pub(super) defaults: Option<Placed<Entry>>,
    pub(super) tests: List<Entry>,
}

/// A test, or the defaults of all tests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(default, deserialize_with = "present")]
    pub(super) name: Option<Placed<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) expect: Option<Effect>,
    #[serde(default, deserialize_with = "present")]
    pub(super) code: Option<Code>,
    #[serde(default, deserialize_with = "present")]
    pub(super) rules: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) principal: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) transport: Option<OneOrMany<Transport>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) tool: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) repo: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present", rename = "ref")]
    pub(super) reference: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) path: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) host: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) arguments: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) write_mode: Option<WriteMode>,
}

/// One value, or a list of values that is not empty.
#[derive(Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts; a number is written in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(|value| OneOrMany(vec![value]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                if values.is_empty() {
                    return Err(A::Error::custom("the list is empty; fill it, or leave the key out"));
                }
                Ok(OneOrMany(values))
            }
        }

        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}
