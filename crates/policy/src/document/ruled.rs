//! A map that has its rules behind `rules:`, which many leave out to write the list at once.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::yaml::{no_map_said, said};

/// A map with the key `rules`.
#[derive(Debug)]
pub(crate) struct Ruled<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ruled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuledVisitor(PhantomData))
    }
}

struct RuledVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for RuledVisitor<T> {
    type Value = Ruled<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ruled<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Ruled)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Ruled<T>, A::Error> {
        let fix = "write `rules:`, and the list beneath it";
        Err(A::Error::custom(said("a map is wanted here, and this is a list", fix)))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Ruled<T>, E> {
        Err(E::custom(no_map_said()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Ruled<T>, E> {
        self.visit_str("")
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Ruled<T>, E> {
        self.visit_str("")
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Ruled<T>, E> {
        self.visit_str("")
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Ruled<T>, E> {
        self.visit_str("")
    }

    /// Nothing behind the key: a map without keys, of which is said what it lacks.
    fn visit_unit<E: Error>(self) -> Result<Ruled<T>, E> {
        let none = std::iter::empty::<(&str, ())>();
        T::deserialize(MapDeserializer::new(none)).map(Ruled)
    }
}
