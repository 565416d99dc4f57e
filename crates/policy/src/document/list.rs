//! Lists and maps of a document, with their places, and no longer than can be judged and held.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Placed;
use crate::yaml::said;

/// A list with the place of the list and of each item.
pub(crate) type List<T> = Placed<Items<T>>;

/// The items of a list; no more than a policy can be judged by in a bounded time, and held in a bounded memory.
#[derive(Debug)]
pub(crate) struct Items<T> {
    items: Vec<Placed<T>>,
    weight: usize,
}

/// How much of a document a value holds, and how a list of such is written.
pub(crate) trait Weigh {
    /// What to write where a list of such values is wanted.
    const AS_A_LIST: &'static str = "put it in brackets, as in `[one, two]`";

    /// The values beneath this one, of whatever kind.
    fn weight(&self) -> usize {
        0
    }
}

impl Weigh for String {}

impl<T: Weigh> Weigh for Items<T> {
    fn weight(&self) -> usize {
        self.weight
    }
}

impl<T: Weigh> Weigh for Placed<T> {
    fn weight(&self) -> usize {
        self.value.weight()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, Weigh::weight)
    }
}

/// The most items of a list, and keys of a map with keys of its own.
const MOST_ITEMS: usize = 10_000;

/// The most values that a list holds over all its items, however they are spread: a list of rules is held whole while it
/// is read.
const MOST_VALUES: usize = 1_000_000;

impl<T> Deref for Items<T> {
    type Target = [Placed<T>];

    fn deref(&self) -> &[Placed<T>] {
        &self.items
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = Placed<T>;
    type IntoIter = std::vec::IntoIter<Placed<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Items<T> {
    type Item = &'a Placed<T>;
    type IntoIter = std::slice::Iter<'a, Placed<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T> Items<T> {
    /// The same list of what `map` makes of each item.
    pub(super) fn map<U>(self, map: impl Fn(T) -> U) -> Items<U> {
        let Self { items, weight } = self;
        let map = |Placed { value, place }| Placed { value: map(value), place };
        Items { items: items.into_iter().map(map).collect(), weight }
    }
}

impl<'de, T: Deserialize<'de> + Weigh> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Weigh> Visitor<'de> for ItemsVisitor<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let (mut items, mut weight) = (Vec::new(), 0usize);
                while let Some(item) = seq.next_element::<Placed<T>>()? {
                    if items.len() >= MOST_ITEMS {
                        let message = "list has more than 10,000 items, the most it may have";
                        return Err(A::Error::custom(said(message, "write fewer and wider ones")));
                    }
                    weight = weight.saturating_add(1).saturating_add(item.weight());
                    if weight > MOST_VALUES {
                        let message =
                            "list has more than 1,000,000 values in all its items, the most they may have";
                        return Err(A::Error::custom(said(message, "write fewer and wider ones")));
                    }
                    items.push(item);
                }
                Ok(Items { items, weight })
            }

            /// A list with nothing behind its key: empty, as its compilation says.
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Items { items: Vec::new(), weight: 0 })
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
                Err(E::custom(said("a list is wanted here", T::AS_A_LIST)))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                self.visit_str("")
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
                self.visit_str("")
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
                self.visit_str("")
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
                self.visit_str("")
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                self.visit_str("")
            }
        }

        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
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
                        let message = "map has more than 10,000 keys, the most it may have";
                        return Err(A::Error::custom(said(message, "write fewer of them")));
                    }
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}
