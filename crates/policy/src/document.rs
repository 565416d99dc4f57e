//! The shapes inside a policy file, version 1, as serde reads them: every key, with its place. They check types and
//! unknown keys; what the values mean is checked in `compile`, which also reads the outermost shape, entry by entry, so
//! that a long file is never held whole. What may be long is bounded here, before it is held.

mod arguments;
mod list;
mod matcher;
mod placed;
mod ruled;
mod scalar;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

pub(crate) use self::arguments::Arguments;
pub(crate) use self::list::{Entries, Items, List, Weigh};
pub(crate) use self::matcher::{Matcher, Range};
pub(crate) use self::placed::Placed;
pub(crate) use self::ruled::Ruled;
use self::scalar::words;
pub(crate) use self::scalar::{Whole, Word, required, word};
use crate::model::{Capability, Code, Effect, Transport, WriteMode};
use crate::yaml::said;

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

/// What is redacted besides what always is, and what is not. Kept as text with its place: whoever redacts says whether it can be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redact {
    #[serde(default, deserialize_with = "present")]
    pub(crate) patterns: Option<List<RedactPattern>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) names: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) allow: Option<List<RedactAllowance>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) block: Option<List<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactAllowance {
    pub(crate) id: Placed<String>,
    pub(crate) fingerprint: Placed<String>,
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
    #[serde(default, deserialize_with = "word")]
    pub(crate) write: Option<Switch>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) rules: Option<List<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) id: Placed<String>,
    #[serde(deserialize_with = "required")]
    pub(crate) effect: Effect,
    pub(crate) tools: List<String>,
    #[serde(default, deserialize_with = "word")]
    pub(crate) capability: Option<Capability>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) principals: Option<List<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) roles: Option<List<String>>,
    #[serde(default, deserialize_with = "words")]
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    #[serde(deserialize_with = "required")]
    pub(crate) expect: Effect,
    pub(crate) tool: Placed<String>,
    #[serde(default, deserialize_with = "word")]
    pub(crate) code: Option<Code>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) principal: Option<String>,
    #[serde(default, deserialize_with = "texts")]
    pub(crate) roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "word")]
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
    pub(crate) arguments: Option<Arguments>,
    #[serde(default, deserialize_with = "word")]
    pub(crate) write_mode: Option<WriteMode>,
}

impl Weigh for RedactAllowance {
    const AS_A_LIST: &'static str = "begin each allowance with `- `, as in `- id: NAME`";
}

impl Weigh for RedactPattern {
    const AS_A_LIST: &'static str = "begin each pattern with `- `, as in `- id: NAME`";
}

impl Weigh for Rule {
    const AS_A_LIST: &'static str = "begin each rule with `- `, as in `- id: NAME`";

    fn weight(&self) -> usize {
        let Self { tools, principals, roles, transports, paths, refs, hosts, arguments, examples, .. } = self;
        let names =
            [Some(tools), principals.as_ref(), roles.as_ref(), paths.as_ref(), refs.as_ref(), hosts.as_ref()];
        let names = names.into_iter().map(|list| list.map_or(0, Weigh::weight));
        let rest = [transports.weight(), arguments.weight(), examples.weight()];
        names.chain(rest).fold(0, usize::saturating_add)
    }
}

impl Weigh for Example {
    const AS_A_LIST: &'static str = "begin each example with `- `, as in `- expect: deny`";

    fn weight(&self) -> usize {
        self.roles.as_ref().map_or(0, Vec::len).saturating_add(self.arguments.weight())
    }
}

impl Weigh for Entries<Placed<Matcher>> {
    fn weight(&self) -> usize {
        let values = self.0.iter().map(|(_, matcher)| match &matcher.value {
            Matcher::OneOf(values) => values.len(),
            _ => 1,
        });
        values.fold(0, usize::saturating_add)
    }
}

/// The list of texts behind a key; empty if it is written so, and not if nothing is written.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let items = Option::<Items<String>>::deserialize(deserializer)?;
    let fix = "write `[]` for none, or leave the key out";
    let items = items
        .ok_or_else(|| D::Error::custom(said("nothing, or null, stands where a list is wanted", fix)))?;
    Ok(Some(items.into_iter().map(|item| item.value).collect()))
}

/// The map behind a key; empty if it is written so, and not if nothing is written.
pub(crate) fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let fix = "write its keys, or leave the key out";
    let map = Option::deserialize(deserializer)?;
    map.map(Some).ok_or_else(|| D::Error::custom(said("nothing, or null, stands where a map is wanted", fix)))
}

/// A key that is written has a value: `paths:` with nothing behind it is an error, not an absent key.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
