//! Reading the outermost shape of a policy file while it is compiled: each repository entry is compiled as soon as it is
//! read, and dropped. So a file of a hundred thousand repositories costs the memory of what is kept of it.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{Compiler, VERSION};
use crate::document::{self, Key, Placed, Ruled, Switch, Whole, Word};
use crate::error::Place;
use crate::model::Enforcement;
use crate::rule::Rule;
use crate::set::Redaction;
use crate::yaml::{self, Limits};

/// The most entries of `repositories`.
const MOST_REPOSITORIES: usize = 1_000_000;

/// What stands in the outermost map besides the repositories, which are in the compiler by then.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) automation: bool,
    pub(super) enforcement: Enforcement,
    pub(super) redact: Redaction,
    pub(super) global: Vec<Rule>,
    /// Whether `repositories` is written and empty.
    pub(super) no_repositories: bool,
}

/// Reads a whole policy into the compiler.
pub(super) struct Policy<'c, 'a>(pub(super) &'c mut Compiler<'a>);

impl<'de> DeserializeSeed<'de> for Policy<'_, '_> {
    type Value = Outline;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outline, D::Error> {
        deserializer.deserialize_struct("policy", &[], self)
    }
}

impl<'de> Visitor<'de> for Policy<'_, '_> {
    type Value = Outline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let Self(compiler) = self;
        let mut outline = Outline::default();
        let mut version: Option<Placed<Whole>> = None;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Version => version = Some(map.next_value()?),
                Key::Automation => outline.automation = map.next_value::<Word<Switch>>()?.0 == Switch::Allow,
                Key::Enforcement => outline.enforcement = map.next_value::<Word<_>>()?.0,
                Key::Redact => outline.redact = compiler.redact(&map.next_value::<Placed<_>>()?),
                Key::Global => {
                    let Ruled(document::Global { rules }) = map.next_value()?;
                    outline.global = compiler.rules(rules, None);
                }
                Key::Repositories => outline.no_repositories = map.next_value_seed(Entries(compiler))? == 0,
            }
            compiler.give_up()?;
        }
        let version = version.ok_or_else(|| A::Error::missing_field("version"))?;
        if version.value.0 != VERSION {
            let message = "version of the policy language is not known";
            compiler.faults.note(version.place, message, Some("write `version: 1`"));
        }
        Ok(outline)
    }
}

/// Reads the entries of `repositories` into the compiler, and counts them.
struct Entries<'c, 'a>(&'c mut Compiler<'a>);

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let Self(compiler) = self;
        let mut count = 0usize;
        while let Some((key, Ruled(entry))) = map.next_entry()? {
            count = count.saturating_add(1);
            if count > MOST_REPOSITORIES {
                let message = "the policy has more than 1,000,000 repositories, the most it may have";
                return Err(A::Error::custom(yaml::said(message, "name owners, as in `owner/*`")));
            }
            compiler.repository(&key, entry);
            compiler.give_up()?;
        }
        Ok(count)
    }
}

impl Compiler<'_> {
    /// An error once no further fault would be reported, so that a file that is wrong throughout is not read to its end.
    fn give_up<E: Error>(&self) -> Result<(), E> {
        if self.faults.is_full() { Err(E::custom("too many faults")) } else { Ok(()) }
    }
}

/// Where the value of `repositories` stands. A map that is read entry by entry does not tell, and it is asked for only
/// when the map is empty.
pub(super) fn place_of_repositories(text: &str) -> Place {
    #[derive(Deserialize)]
    struct Outer {
        repositories: Placed<IgnoredAny>,
    }
    let outer = yaml::from_str("", text, Limits::POLICY);
    outer.map_or(Place { line: 1, column: 1 }, |Outer { repositories }| repositories.place)
}
