//! Names of principals, roles and repositories that the configuration does not have: such a rule or entry concerns nobody
//! and nothing.

use std::collections::HashSet;

use super::cover::for_each;
use super::{Key, Kind, Known, Notes, Severity};
use crate::fold;
use crate::set::PolicySet;
use crate::spelling::nearest;

pub(super) fn warn(set: &PolicySet, known: &Known, notes: &mut Notes<'_>) {
    if let Some(aliases) = &known.repositories {
        repositories(set, aliases, notes);
    }
    for_each(set, |placed| {
        let rule = placed.rule;
        for name in unknown(rule.principals.as_deref(), known.principals.as_deref()) {
            let message = format!("principal `{name}` is not in the configuration");
            let fix = "correct the name, or add the principal to the configuration";
            notes.warning(Kind::UnlistedPrincipal, rule, Key::Principal(name), message, fix);
        }
        for name in unknown(rule.roles.as_deref(), known.roles.as_deref()) {
            let message = format!("nobody in the configuration has the role `{name}`");
            let fix = "correct the name, or give the role to a principal";
            notes.warning(Kind::UnlistedRole, rule, Key::Role(name), message, fix);
        }
    });
}

fn unknown<'a>(names: Option<&'a [Box<str>]>, known: Option<&'a [String]>) -> impl Iterator<Item = &'a str> {
    let names = names.filter(|_| known.is_some()).unwrap_or_default();
    let known = known.unwrap_or_default();
    names.iter().map(AsRef::as_ref).filter(move |name| !known.iter().any(|listed| listed == name))
}

/// Entries that are for no configured repository, or for one that is spelt otherwise.
fn repositories(set: &PolicySet, aliases: &[String], notes: &mut Notes<'_>) {
    let names = aliases.iter().map(String::as_str).collect::<HashSet<_>>();
    let owners = aliases.iter().filter_map(|alias| alias.split_once('/')).map(|(owner, _)| owner);
    let owners = owners.collect::<HashSet<_>>();
    let entries = set.repositories.values().map(|entry| (&*entry.name, &names, ""));
    let entries = entries.chain(set.owners.values().map(|entry| (&*entry.name, &owners, "/*")));
    for (name, known, rest) in entries.filter(|(name, known, _)| !known.contains(name)) {
        let key = format!("{name}{rest}");
        let Some(place) = notes.places.and_then(|places| places.of_repository(&key)) else { continue };
        // More findings than these are not shown, and a correction takes a walk over all names.
        let near = (notes.found.len() < Notes::MOST).then(|| near(name, known)).flatten();
        let (message, fix) = match near {
            Some(near) if fold::case(near) == fold::case(name) => (
                format!(
                    "repository `{key}` is `{near}{rest}` in the configuration, so nothing is allowed by this entry"
                ),
                format!("write `{near}{rest}`"),
            ),
            Some(near) => (
                format!("no repository of the configuration is `{key}`"),
                format!("did you mean `{near}{rest}`? else remove the entry, or configure the repository"),
            ),
            None => (
                format!("no repository of the configuration is `{key}`"),
                "correct the name, remove the entry, or configure the repository".to_owned(),
            ),
        };
        notes.note(Severity::Warning, Kind::UnlistedRepository, place, message, fix);
    }
}

/// The same name in another case, else the one that is spelt most like it.
fn near<'a>(name: &str, known: &HashSet<&'a str>) -> Option<&'a str> {
    let folded = fold::case(name);
    let same = known.iter().copied().filter(|known| fold::case(known) == folded).min();
    same.or_else(|| nearest(name, known.iter().copied()))
}
