//! What a rule says of an argument: the word `absent`, or a map of one key.

use std::fmt;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::list::Items;
use super::scalar::{Single, Whole, number};
use crate::yaml::said;

/// What an argument must be.
#[derive(Debug)]
pub(crate) enum Matcher {
    Equals(serde_json::Value),
    OneOf(Vec<serde_json::Value>),
    Glob(String),
    Range(Range),
    MaxLength(u64),
    Absent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    #[serde(default, deserialize_with = "number")]
    pub(crate) min: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) max: Option<f64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Equals,
    OneOf,
    Glob,
    Range,
    MaxLength,
}

/// A key, or what to write for the word that many take for one.
struct Named(Key);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamedVisitor;

        impl Visitor<'_> for NamedVisitor {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Named, E> {
                if text == "absent" {
                    return Err(E::custom(said(
                        "`absent` is a word, and no key",
                        "write `absent`, without braces",
                    )));
                }
                Key::deserialize(StrDeserializer::new(text)).map(Named)
            }
        }

        deserializer.deserialize_identifier(NamedVisitor)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MatcherVisitor)
    }
}

struct MatcherVisitor;

impl MatcherVisitor {
    fn none<E: Error>() -> E {
        let fix = "write `absent`, or a map such as `{ equals: VALUE }` or `{ glob: PATTERN }`";
        E::custom(said("not a matcher", fix))
    }
}

impl<'de> Visitor<'de> for MatcherVisitor {
    type Value = Matcher;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a matcher")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Matcher, E> {
        if text == "absent" { Ok(Matcher::Absent) } else { Err(Self::none()) }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Matcher, E> {
        Err(Self::none())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Matcher, E> {
        Err(Self::none())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Matcher, E> {
        Err(Self::none())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Matcher, E> {
        Err(Self::none())
    }

    fn visit_unit<E: Error>(self) -> Result<Matcher, E> {
        Err(Self::none())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Matcher, A::Error> {
        Err(Self::none())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Matcher, A::Error> {
        let matcher = match map.next_key::<Named>()?.ok_or_else(Self::none)?.0 {
            Key::Equals => Matcher::Equals(map.next_value::<Single>()?.0),
            Key::OneOf => {
                let items: Items<Single> = map.next_value()?;
                Matcher::OneOf(items.into_iter().map(|item| item.value.0).collect())
            }
            Key::Glob => Matcher::Glob(map.next_value()?),
            Key::Range => Matcher::Range(map.next_value()?),
            Key::MaxLength => Matcher::MaxLength(map.next_value::<Whole>()?.0),
        };
        if map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(said("matcher has more than one key", "keep one of them")));
        }
        Ok(matcher)
    }
}
