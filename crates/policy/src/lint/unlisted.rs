//! Names of principals, roles and repositories that the configuration does not have: such a rule or entry concerns nobody
//! and nothing.

use std::collections::{HashMap, HashSet};

use super::cover::for_each;
use super::{Key, Kind, Known, Notes, Severity};
use crate::error::Place;
use crate::fold;
use crate::set::PolicySet;
use crate::spelling::nearest;

/// The most names that are compared with misspelt ones; a comparison takes less than a microsecond.
const MOST_COMPARED: usize = 2_000_000;

pub(super) fn warn(set: &PolicySet, known: &Known, notes: &mut Notes<'_>) {
    if let Some(aliases) = &known.repositories {
        repositories(set, aliases, notes);
    }
    let principals = listed(known.principals.as_deref());
    let roles = listed(known.roles.as_deref());
    for_each(set, |placed| {
        let rule = placed.rule;
        for name in unknown(rule.principals.as_deref(), principals.as_ref()) {
            let message = format!("principal `{name}` is not in the configuration");
            let fix = "correct the name, or add the principal to the configuration";
            notes.warning(Kind::UnlistedPrincipal, rule, Key::Principal(name), message, fix);
        }
        for name in unknown(rule.roles.as_deref(), roles.as_ref()) {
            let message = format!("nobody in the configuration has the role `{name}`");
            let fix = "correct the name, or give the role to a principal";
            notes.warning(Kind::UnlistedRole, rule, Key::Role(name), message, fix);
        }
    });
}

fn listed(names: Option<&[String]>) -> Option<HashSet<&str>> {
    names.map(|names| names.iter().map(String::as_str).collect())
}

fn unknown<'a>(
    names: Option<&'a [Box<str>]>,
    known: Option<&HashSet<&str>>,
) -> impl Iterator<Item = &'a str> {
    let names = names.filter(|_| known.is_some()).unwrap_or_default();
    names.iter().map(AsRef::as_ref).filter(move |name| known.is_none_or(|known| !known.contains(name)))
}

/// An entry for a repository, or with the rest `/*` for an owner, that the configuration does not have.
struct Unlisted<'a> {
    place: Place,
    name: &'a str,
    rest: &'static str,
}

/// Entries that are for no configured repository, or for one that is spelt otherwise.
fn repositories(set: &PolicySet, aliases: &[String], notes: &mut Notes<'_>) {
    let names = Names::new(aliases.iter().map(String::as_str));
    let owners = aliases.iter().filter_map(|alias| alias.split_once('/')).map(|(owner, _)| owner);
    let owners = Names::new(owners);
    let entries = set.repositories.values().map(|entry| (&*entry.name, ""));
    let entries = entries.chain(set.owners.values().map(|entry| (&*entry.name, "/*")));
    let known = |rest: &str| if rest.is_empty() { &names } else { &owners };
    let unlisted = entries.filter(|(name, rest)| !known(rest).exact.contains(name));
    let mut unlisted: Vec<_> = unlisted
        .filter_map(|(name, rest)| {
            let place = notes.places.and_then(|places| places.of_repository(&format!("{name}{rest}")))?;
            Some(Unlisted { place, name, rest })
        })
        .collect();
    unlisted.sort_by_key(|entry| entry.place);
    // What is shown are the first in the text, and a correction takes a walk over all names.
    notes.leave_out(unlisted.len().saturating_sub(Notes::MOST));
    unlisted.truncate(Notes::MOST);
    let mut left = MOST_COMPARED;
    for Unlisted { place, name, rest } in unlisted {
        let (message, fix) = words(name, rest, known(rest), &mut left);
        notes.note(Severity::Warning, Kind::UnlistedRepository, place, message, fix);
    }
}

/// What is questionable in the entry, and what to do. As many names as are compared are taken from `left`.
fn words(name: &str, rest: &str, known: &Names<'_>, left: &mut usize) -> (String, String) {
    let key = format!("{name}{rest}");
    if let Some(same) = known.folded.get(&*fold::case(name)) {
        let is = format!(
            "repository `{key}` is `{same}{rest}` in the configuration, so nothing is allowed by this entry"
        );
        return (is, format!("write `{same}{rest}`"));
    }
    let is = format!("no repository of the configuration is `{key}`");
    let after = left.checked_sub(known.exact.len());
    *left = after.unwrap_or_default();
    let fix = match after.and_then(|_| nearest(name, known.exact.iter().copied())) {
        Some(near) => {
            format!("did you mean `{near}{rest}`? else remove the entry, or configure the repository")
        }
        None => "correct the name, remove the entry, or configure the repository".to_owned(),
    };
    (is, fix)
}

/// Names of the configuration.
struct Names<'a> {
    exact: HashSet<&'a str>,
    /// The first in the alphabet of those that fold alike, by what they fold to.
    folded: HashMap<String, &'a str>,
}

impl<'a> Names<'a> {
    fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let exact: HashSet<&str> = names.collect();
        let mut folded: HashMap<String, &str> = HashMap::new();
        for name in exact.iter().copied() {
            let first = folded.entry(fold::case(name).into_owned()).or_insert(name);
            *first = name.min(*first);
        }
        Self { exact, folded }
    }
}
