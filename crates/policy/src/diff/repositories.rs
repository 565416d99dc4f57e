//! The repositories that two policies tell apart: each that is named, each owner's others, and all others; and the
//! ways to spell one, since rules that allow want the spelling of the policy and rules that restrict do not.

use std::collections::BTreeSet;

use super::letters;
use crate::fold;
use crate::set::{PolicySet, Scopes};

/// One repository that stands for all that the policies treat alike.
#[derive(Debug, Clone)]
pub(super) struct Repository<'a> {
    /// The name by which it is asked for.
    pub(super) name: String,
    /// What of the policies it stands for: a key, or `*`.
    pub(super) label: String,
    pub(super) before: Scopes<'a>,
    pub(super) after: Scopes<'a>,
}

impl<'a> Repository<'a> {
    fn new(before: &'a PolicySet, after: &'a PolicySet, name: String, label: String) -> Self {
        let scopes = (before.scopes(Some(&name)), after.scopes(Some(&name)));
        Self { name, label, before: scopes.0, after: scopes.1 }
    }

    /// Whether each scope is spelt as its policy spells it: all that the two policies see of a spelling.
    pub(super) fn spelling(&self) -> [Option<bool>; 4] {
        [self.before.owner, self.before.exact, self.after.owner, self.after.exact]
            .map(|scope| scope.map(|(_, exact)| exact))
    }
}

/// The repository of that name.
pub(super) fn spelt<'a>(before: &'a PolicySet, after: &'a PolicySet, name: &str) -> Repository<'a> {
    Repository::new(before, after, name.to_owned(), name.to_owned())
}

/// A repository that neither policy names, nor its owner.
pub(super) fn unlisted<'a>(before: &'a PolicySet, after: &'a PolicySet) -> Repository<'a> {
    let mut names = numbered("example");
    let free = |name: &String| {
        let scopes = [before.scopes(Some(name)), after.scopes(Some(name))];
        scopes.iter().all(|scopes| scopes.owner.is_none() && scopes.exact.is_none())
    };
    let name = names.find_map(|owner| Some(format!("{owner}/example")).filter(free)).unwrap_or_default();
    Repository::new(before, after, name, "*".to_owned())
}

/// Those of an owner, given folded, that neither policy names: one for each spelling of the owner.
pub(super) fn of_owner<'a>(before: &'a PolicySet, after: &'a PolicySet, owner: &str) -> Vec<Repository<'a>> {
    let entries = [before.owners.get(owner), after.owners.get(owner)];
    let written: Vec<&str> = entries.iter().flatten().map(|entry| &*entry.name).collect();
    let mut found: Vec<Repository<'a>> = Vec::new();
    for spelling in spellings(&written, owner) {
        let free = |name: &String| {
            let folded = fold::case(name);
            !before.repositories.contains_key(&*folded) && !after.repositories.contains_key(&*folded)
        };
        let name = numbered("example").find_map(|name| Some(format!("{spelling}/{name}")).filter(free));
        let Some(name) = name else { continue };
        add(&mut found, Repository::new(before, after, name, format!("{spelling}/*")));
    }
    found
}

/// A repository that one of the policies names, given folded: one for each way to spell it.
pub(super) fn named<'a>(before: &'a PolicySet, after: &'a PolicySet, key: &str) -> Vec<Repository<'a>> {
    let entries = [before.repositories.get(key), after.repositories.get(key)];
    let written: Vec<&str> = entries.iter().flatten().map(|entry| &*entry.name).collect();
    let mut found: Vec<Repository<'a>> = Vec::new();
    let mut try_name = |name: String| {
        let label = name.clone();
        add(&mut found, Repository::new(before, after, name, label));
    };
    written.iter().for_each(|name| try_name((*name).to_owned()));
    let Some((owner, name)) = key.split_once('/') else {
        spellings(&written, key).into_iter().for_each(try_name);
        return found;
    };
    let halves = |name: &&'a str| name.split_once('/');
    let mut owners: Vec<&str> = written.iter().filter_map(halves).map(|(owner, _)| owner).collect();
    owners.extend([before, after].iter().filter_map(|set| set.owners.get(owner)).map(|entry| &*entry.name));
    let names: Vec<&str> = written.iter().filter_map(halves).map(|(_, name)| name).collect();
    let names = spellings(&names, name);
    for owner in spellings(&owners, owner) {
        names.iter().for_each(|name| try_name(format!("{owner}/{name}")));
    }
    found
}

fn add<'a>(found: &mut Vec<Repository<'a>>, repository: Repository<'a>) {
    if !found.iter().any(|known| known.spelling() == repository.spelling()) {
        found.push(repository);
    }
}

/// The spellings in `written`, and one more if there is one.
fn spellings(written: &[&str], folded: &str) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for name in written {
        if !spellings.iter().any(|known| known == name) {
            spellings.push((*name).to_owned());
        }
    }
    let variants = [folded.to_owned(), folded.to_uppercase()].into_iter();
    // One character exchanged at a time: as many as there are letters, and no more than two are to be avoided.
    let exchanged = folded.char_indices().flat_map(|(at, c)| {
        letters::singles(c).filter_map(move |other| {
            let (head, tail) = folded.split_at_checked(at)?;
            let mut tail = tail.chars();
            tail.next();
            Some(format!("{head}{other}{}", tail.as_str()))
        })
    });
    let written: BTreeSet<&str> = written.iter().copied().collect();
    let other =
        variants.chain(exchanged).find(|name| !written.contains(name.as_str()) && fold::case(name) == folded);
    spellings.extend(other);
    spellings
}

/// `stem`, `stem-2`, `stem-3`, …
pub(super) fn numbered(stem: &str) -> impl Iterator<Item = String> {
    std::iter::once(stem.to_owned()).chain((2u32..).map(move |number| format!("{stem}-{number}")))
}
