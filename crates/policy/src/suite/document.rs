//! The shape of a suite file, version 1, as serde reads it. What the values mean together is checked beside it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer, SeqAccess, Visitor};

use super::MOST_CASES;
use crate::document::{Arguments, List, Placed, Weigh, Whole, Word, map, present, texts, word};
use crate::model::{Code, Effect, Transport, WriteMode};
use crate::yaml::said;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) version: Placed<Whole>,
    #[serde(default, deserialize_with = "map")]
    pub(super) defaults: Option<Placed<Entry>>,
    pub(super) tests: List<Entry>,
}

/// A test, or the defaults of all tests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(default, deserialize_with = "present")]
    pub(super) name: Option<Placed<String>>,
    #[serde(default, deserialize_with = "word")]
    pub(super) expect: Option<Effect>,
    #[serde(default, deserialize_with = "word")]
    pub(super) code: Option<Code>,
    #[serde(default, deserialize_with = "texts")]
    pub(super) rules: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) principal: Option<OneOrMany<Arc<str>>>,
    #[serde(default, deserialize_with = "texts")]
    pub(super) roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) transport: Option<OneOrMany<Word<Transport>>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) tool: Option<OneOrMany<Arc<str>>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) repo: Option<OneOrMany<Arc<str>>>,
    #[serde(default, deserialize_with = "present", rename = "ref")]
    pub(super) reference: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) path: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) host: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) arguments: Option<Arguments>,
    #[serde(default, deserialize_with = "word")]
    pub(super) write_mode: Option<WriteMode>,
}

impl Weigh for Entry {}

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
                    if values.len() >= MOST_CASES {
                        let message = "list has more than 10,000 items, the most it may have";
                        return Err(A::Error::custom(said(message, "write fewer and wider ones")));
                    }
                    values.push(value);
                }
                if values.is_empty() {
                    return Err(A::Error::custom(said("the list is empty", "fill it, or leave the key out")));
                }
                Ok(OneOrMany(values))
            }
        }

        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}
