//! Where the keys of a policy stand that the compiled set does not keep: lists and names inside rules, and the keys of
//! repositories. It reads the text once more, and only the few keys it needs.

use std::collections::HashMap;

use serde::Deserialize;

use super::Key;
use crate::document::{Entries, Placed};
use crate::error::{LoadError, Place};
use crate::set::Source;
use crate::yaml::{self, Limits};

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    global: Entry,
    repositories: Option<Entries<Entry>>,
}

#[derive(Debug, Default, Deserialize)]
struct Entry {
    #[serde(default)]
    rules: Vec<Lists>,
}

#[derive(Debug, Deserialize)]
struct Lists {
    id: String,
    paths: Option<Placed<Vec<String>>>,
    #[serde(default)]
    principals: Vec<Placed<String>>,
    #[serde(default)]
    roles: Vec<Placed<String>>,
}

/// The places of a text.
#[derive(Debug)]
pub(super) struct Places {
    rules: HashMap<String, Lists>,
    /// By the key as written.
    repositories: HashMap<String, Place>,
}

impl Places {
    pub(super) fn read(source: Source<'_>) -> Result<Self, LoadError> {
        let File { global, repositories } = yaml::from_str(source.name, source.text, Limits::POLICY)?;
        let entries = repositories.map(|entries| entries.0).unwrap_or_default();
        let keys = entries.iter().map(|(key, _)| (key.value.clone(), key.place)).collect();
        let local = entries.into_iter().flat_map(|(_, entry)| entry.rules);
        let rules = global.rules.into_iter().chain(local).map(|lists| (lists.id.clone(), lists)).collect();
        Ok(Self { rules, repositories: keys })
    }

    /// The place of `key` in the rule `id`, where the rule has it.
    pub(super) fn of(&self, id: &str, key: Key<'_>) -> Option<Place> {
        let lists = self.rules.get(id)?;
        let named = |names: &[Placed<String>], wanted: &str| {
            names.iter().find(|name| name.value == wanted).map(|name| name.place)
        };
        match key {
            Key::Rule => None,
            Key::Paths => lists.paths.as_ref().map(|paths| paths.place),
            Key::Principal(name) => named(&lists.principals, name),
            Key::Role(name) => named(&lists.roles, name),
        }
    }

    /// The place of a key beneath `repositories`.
    pub(super) fn of_repository(&self, key: &str) -> Option<Place> {
        self.repositories.get(key).copied()
    }
}
