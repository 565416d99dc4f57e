//! Single values, read as they are written: a word of the language stands alone, a number is not quoted, and a value to
//! compare with is no list and no map. The parser alone would read `"5"` as a number and `{ deny: }` as a word, which no
//! editor does.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Weigh;
use super::list::Items;
use crate::model::Transport;
use crate::yaml::{said, unknown_word_said};

impl Weigh for Transport {}

/// One of a closed set of words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Weigh> Weigh for Word<T> {}

/// The word behind a key.
pub(crate) fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Word::deserialize(deserializer).map(|Word(word)| Some(word))
}

/// The word behind a key that is required.
pub(crate) fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Word::deserialize(deserializer).map(|Word(word)| word)
}

/// The list of words behind a key.
pub(super) fn words<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<super::List<Transport>>, D::Error> {
    let super::Placed { value, place } = super::Placed::<Items<Word<Transport>>>::deserialize(deserializer)?;
    Ok(Some(super::Placed { value: value.map(|Word(word)| word), place }))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for WordVisitor<T> {
            type Value = Word<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(StrDeserializer::<Known>::new(text))
                    .map(Word)
                    .map_err(|Known(known)| E::custom(unknown_word_said(text, known)))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                self.visit_str(if value { "true" } else { "false" })
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
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

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                self.visit_str("")
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                self.visit_str("")
            }
        }

        deserializer.deserialize_any(WordVisitor(PhantomData))
    }
}

/// The error of reading a word: which words there are.
#[derive(Debug)]
struct Known(&'static [&'static str]);

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown word")
    }
}

impl std::error::Error for Known {}

impl Error for Known {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

/// A single value that is neither quoted where it is a number, nor a list, a map or null.
#[derive(Debug)]
pub(crate) struct Single(pub(crate) Value);

impl Weigh for Single {}

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SingleVisitor;

        impl<'de> Visitor<'de> for SingleVisitor {
            type Value = Single;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true or false")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Single, E> {
                Ok(Single(text.into()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Single, E> {
                Ok(Single(value.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Single, E> {
                Ok(Single(number.into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Single, E> {
                Ok(Single(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Single, E> {
                Ok(Single(number.into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Single, E> {
                let fix = "compare with strings, numbers, true or false; use `absent` for what is not given";
                Err(E::custom(said("value is a list, a map or null", fix)))
            }

            // At once: what stands in it would be read, and held, for nothing.
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Single, A::Error> {
                self.visit_unit()
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Single, A::Error> {
                self.visit_unit()
            }
        }

        deserializer.deserialize_any(SingleVisitor)
    }
}

/// A whole number that is not negative, written without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fix = "write it in digits, without quotes";
        match Single::deserialize(deserializer) {
            Ok(Single(Value::Number(number))) => {
                let message = "number is negative, has a fraction or is too large";
                number.as_u64().map(Self).ok_or_else(|| D::Error::custom(said(message, fix)))
            }
            _ => Err(D::Error::custom(said("a whole number is wanted here", fix))),
        }
    }
}

/// The number behind a key, written without quotes.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Single::deserialize(deserializer) {
        Ok(Single(Value::Number(number))) => Ok(number.as_f64()),
        _ => Err(D::Error::custom(said("a number is wanted here", "write it in digits, without quotes"))),
    }
}
