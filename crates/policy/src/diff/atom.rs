//! The rules of two policies, each meaning once: a rule that stands in both is no change, whatever it is called and
//! wherever it stands.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::argument::{Argument, Test};
use crate::glob::Glob;
use crate::model::Effect;
use crate::rule::{Globs, Rule};

/// One meaning and the rules that have it.
#[derive(Debug, Clone)]
pub(super) struct Atom<'a> {
    pub(super) rule: &'a Rule,
    pub(super) before: Vec<&'a Rule>,
    pub(super) after: Vec<&'a Rule>,
}

impl Atom<'_> {
    /// Whether only one of the policies has it.
    pub(super) const fn is_changed(&self) -> bool {
        self.before.is_empty() || self.after.is_empty()
    }

    /// Whether its coming or going can make something less strict. A deny that comes and an allow that goes cannot,
    /// since the strictest rule wins and what no rule matches is denied.
    pub(super) const fn may_widen(&self) -> bool {
        self.is_changed()
            && match self.rule.effect {
                Effect::Allow => !self.after.is_empty(),
                Effect::Ask => true,
                Effect::Deny => !self.before.is_empty(),
            }
    }
}

/// The rules of `before` and `after`, each meaning once.
pub(super) fn atoms<'a>(
    before: impl Iterator<Item = &'a Rule>,
    after: impl Iterator<Item = &'a Rule>,
) -> Vec<Atom<'a>> {
    let mut meanings = Meanings::default();
    let mut atoms: Vec<Atom<'a>> = Vec::new();
    let sides = before.map(|rule| (rule, false)).chain(after.map(|rule| (rule, true)));
    for (rule, is_after) in sides {
        let at = meanings.number(rule);
        if at == atoms.len() {
            atoms.push(Atom { rule, before: Vec::new(), after: Vec::new() });
        }
        if let Some(atom) = atoms.get_mut(at) {
            if is_after { atom.after.push(rule) } else { atom.before.push(rule) }
        }
    }
    atoms
}

/// Numbers meanings in the order in which they are first seen.
#[derive(Default)]
pub(super) struct Meanings<'a> {
    by_hash: HashMap<u64, Vec<(&'a Rule, usize)>>,
    count: usize,
}

impl<'a> Meanings<'a> {
    pub(super) fn number(&mut self, rule: &'a Rule) -> usize {
        let known = self.by_hash.entry(hash(rule)).or_default();
        if let Some((_, number)) = known.iter().find(|(other, _)| same(rule, other)) {
            return *number;
        }
        let number = self.count;
        known.push((rule, number));
        self.count = number.saturating_add(1);
        number
    }
}

/// Whether two lists of rules are the same meanings; errs on the side of no.
pub(super) fn same_rules(a: &[Rule], b: &[Rule]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// Whether two rules match the same calls by how they are written, with the same effect.
fn same(a: &Rule, b: &Rule) -> bool {
    a.effect == b.effect
        && a.capability == b.capability
        && same_set(&a.tools, &b.tools)
        && same_sets(a.principals.as_deref(), b.principals.as_deref())
        && same_sets(a.roles.as_deref(), b.roles.as_deref())
        && same_sets(a.transports.as_deref(), b.transports.as_deref())
        && same_sets(list(a.paths.as_deref()), list(b.paths.as_deref()))
        && same_sets(list(a.refs.as_deref()), list(b.refs.as_deref()))
        && same_sets(a.hosts.as_deref(), b.hosts.as_deref())
        && same_arguments(&a.arguments, &b.arguments)
}

fn list(globs: Option<&Globs>) -> Option<&[Glob]> {
    globs.map(|globs| &*globs.list)
}

fn same_sets<T: PartialEq>(a: Option<&[T]>, b: Option<&[T]>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_set(a, b),
        _ => false,
    }
}

fn same_set<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a == b || (a.iter().all(|item| b.contains(item)) && b.iter().all(|item| a.contains(item)))
}

fn same_arguments(a: &[Argument], b: &[Argument]) -> bool {
    let same = |a: &Argument, b: &Argument| {
        a.name == b.name
            && match (&a.test, &b.test) {
                (Test::OneOf(a), Test::OneOf(b)) => same_set(a, b),
                (a, b) => a == b,
            }
    };
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same(a, b)))
}

/// Equal for rules that are the same; looks at little, and at nothing whose order is free.
fn hash(rule: &Rule) -> u64 {
    let mut hasher = DefaultHasher::new();
    (rule.effect, rule.capability, rule.arguments.len()).hash(&mut hasher);
    let mut total = 0u64;
    let sum = |texts: &mut dyn Iterator<Item = &str>| {
        texts
            .map(|text| text.bytes().fold(7u64, |hash, b| hash.wrapping_mul(31).wrapping_add(u64::from(b))))
            .max()
    };
    for argument in &rule.arguments {
        // What matters is that many rules that differ in one value do not all look alike.
        let value = match &argument.test {
            Test::OneOf(options) => sum(&mut options.iter().filter_map(|option| option.as_str())),
            Test::Glob(glob, _) => sum(&mut [glob.text()].into_iter()),
            Test::Range(..) | Test::MaxLength(_) | Test::Absent => None,
        };
        total = total.wrapping_add(value.unwrap_or_default());
    }
    total.hash(&mut hasher);
    for globs in [&rule.paths, &rule.refs] {
        sum(&mut globs.iter().flat_map(|globs| globs.list.iter().map(Glob::text))).hash(&mut hasher);
    }
    for names in [&rule.principals, &rule.roles] {
        sum(&mut names.iter().flat_map(|names| names.iter().map(AsRef::as_ref))).hash(&mut hasher);
    }
    hasher.finish()
}
