//! Where the keys of a policy stand that the compiled set does not keep: lists and names inside rules, and the keys of
//! repositories. They are noted while a policy is compiled, and only for a check: a gateway does not need them.

use std::collections::HashMap;

use super::Key;
use crate::document::{self, List, Placed};
use crate::error::Place;

/// The places of a text.
#[derive(Debug, Default)]
pub(crate) struct Places {
    rules: HashMap<String, Keys>,
    /// By the key as written.
    repositories: HashMap<String, Place>,
}

/// The places in one rule.
#[derive(Debug)]
struct Keys {
    paths: Option<Place>,
    refs: Option<Place>,
    hosts: Option<Place>,
    principals: Vec<(String, Place)>,
    roles: Vec<(String, Place)>,
    arguments: Vec<(String, Place)>,
}

impl Places {
    /// Notes the places in a rule.
    pub(crate) fn note_rule(&mut self, rule: &document::Rule) {
        let list = |list: &Option<List<String>>| list.as_ref().map(|list| list.place);
        let own = |name: &Placed<String>| (name.value.clone(), name.place);
        let names = |names: &Option<List<String>>| {
            names.iter().flat_map(|names| &names.value).map(own).collect::<Vec<_>>()
        };
        let arguments = rule.arguments.iter().flat_map(|arguments| &arguments.value.0);
        let keys = Keys {
            paths: list(&rule.paths),
            refs: list(&rule.refs),
            hosts: list(&rule.hosts),
            principals: names(&rule.principals),
            roles: names(&rule.roles),
            arguments: arguments.map(|(name, _)| own(name)).collect(),
        };
        self.rules.insert(rule.id.value.clone(), keys);
    }

    /// Notes the place of a key beneath `repositories`.
    pub(crate) fn note_repository(&mut self, key: &Placed<String>) {
        self.repositories.insert(key.value.clone(), key.place);
    }

    /// The place of `key` in the rule `id`, where the rule has it.
    pub(super) fn of(&self, id: &str, key: Key<'_>) -> Option<Place> {
        let keys = self.rules.get(id)?;
        let named = |names: &[(String, Place)], wanted: &str| {
            names.iter().find(|(name, _)| name == wanted).map(|(_, place)| *place)
        };
        match key {
            Key::Rule => None,
            Key::Paths => keys.paths,
            Key::Refs => keys.refs,
            Key::Hosts => keys.hosts,
            Key::Principal(name) => named(&keys.principals, name),
            Key::Role(name) => named(&keys.roles, name),
            Key::Argument(name) => named(&keys.arguments, name),
        }
    }

    /// The place of a key beneath `repositories`.
    pub(super) fn of_repository(&self, key: &str) -> Option<Place> {
        self.repositories.get(key).copied()
    }
}
