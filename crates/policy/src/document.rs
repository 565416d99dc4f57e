//! The shapes inside a policy file, version 1, as serde reads them: every key, with its place. They check types and
//! unknown keys; what the values mean is checked in `compile`, which also reads the outermost shape, entry by entry, so
//! that a long file is never held whole.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::error::Place;
use crate::model::{Capability, Code, Effect, Transport, WriteMode};

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

/// A list with the place of the list and of each item.
pub(crate) type List<T> = Placed<Items<T>>;

/// The items of a list; no more than a policy can be judged by in a bounded time.
#[derive(Debug)]
pub(crate) struct Items<T>(Vec<Placed<T>>);

/// The most items of a list, and keys of a map with keys of its own.
const MOST_ITEMS: usize = 10_000;

impl<T> Deref for Items<T> {
    type Target = [Placed<T>];

    fn deref(&self) -> &[Placed<T>] {
        &self.0
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = Placed<T>;
    type IntoIter = std::vec::IntoIter<Placed<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Items<T> {
    type Item = &'a Placed<T>;
    type IntoIter = std::slice::Iter<'a, Placed<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    if items.len() >= MOST_ITEMS {
                        return Err(A::Error::custom(
                            "list has more than 10,000 items, the most it may have; write fewer and wider ones",
                        ));
                    }
                    items.push(item);
                }
                Ok(Items(items))
            }

            /// A list with nothing behind its key: empty, as its compilation says.
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Items(Vec::new()))
            }
        }

        deserializer.deserialize_seq(ItemsVisitor(PhantomData))
    }
}

/// A security switch. Not a boolean, since YAML dialects disagree on how those are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    Allow,
    Deny,
}

/// The keys of the outermost map.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
pub(crate) enum Key {
    Version,
    Automation,
    Enforcement,
    Redact,
    Global,
    Repositories,
}

/// What is redacted besides what always is. Kept as text with its place: the patterns are compiled by whoever redacts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redact {
    pub(crate) patterns: List<RedactPattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactPattern {
    pub(crate) id: Placed<String>,
    pub(crate) pattern: Placed<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Global {
    pub(crate) rules: List<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repository {
    #[serde(default, deserialize_with = "present")]
    pub(crate) write: Option<Switch>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) rules: Option<List<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) id: Placed<String>,
    pub(crate) effect: Effect,
    pub(crate) tools: List<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) capability: Option<Capability>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) principals: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) roles: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) transports: Option<List<Transport>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) paths: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) refs: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) hosts: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) arguments: Option<Placed<Entries<Placed<Matcher>>>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) reason: Option<Placed<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) examples: Option<List<Example>>,
}

/// What an argument must be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Matcher {
    Equals(serde_json::Value),
    #[serde(deserialize_with = "values")]
    OneOf(Vec<serde_json::Value>),
    Glob(String),
    Range(Range),
    MaxLength(u64),
    Absent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    #[serde(default, deserialize_with = "present")]
    pub(crate) min: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) max: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    pub(crate) expect: Effect,
    pub(crate) tool: Placed<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) code: Option<Code>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) principal: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) transport: Option<Transport>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) repo: Option<String>,
    #[serde(default, deserialize_with = "present", rename = "ref")]
    pub(crate) reference: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) path: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) host: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) arguments: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) write_mode: Option<WriteMode>,
}

/// A list whose items need no places, no longer than any other.
fn values<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = Items::deserialize(deserializer)?;
    Ok(items.into_iter().map(|item| item.value).collect())
}

/// A key that is written has a value: `paths:` with nothing behind it is an error, not an absent key.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A map in the order of the file, with the place of each key.
#[derive(Debug)]
pub(crate) struct Entries<V>(pub(crate) Vec<(Placed<String>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<V> {
            type Value = Entries<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    if entries.len() >= MOST_ITEMS {
                        return Err(A::Error::custom("map has more than 10,000 keys, the most it may have"));
                    }
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}
