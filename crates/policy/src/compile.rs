//! From a policy text to a policy set: scopes, repository keys and what must be unique across the file. The outermost
//! shape is read in `compile::read`, one rule is compiled in `compile::rule`, and what many rules share is kept once
//! (`compile::shared`). Every fault is noted before the file is refused.

mod argument;
mod pattern;
mod read;
mod redact;
mod rule;
mod shared;
mod tools;

use std::sync::Arc;

use self::read::Outline;
use self::shared::Shared;
pub(crate) use self::shared::address;
use crate::canonical;
use crate::catalogue::Catalogue;
use crate::digest::Digest;
use crate::document::{self, List, Placed, Weigh as _};
use crate::error::{Faults, LoadError, Place};
use crate::example::{self, Planned};
use crate::fold;
use crate::hash::HashMap;
use crate::lint::{self, Places};
use crate::rule::{Id, Rule};
use crate::set::{Grants, Key, PolicySet, Repository, Scope, Source};
use crate::yaml::{self, Limits};

/// The one version of the language there is.
const VERSION: u64 = 1;

pub(crate) fn load(source: Source<'_>, catalogue: &Catalogue) -> Result<PolicySet, LoadError> {
    load_with(source, catalogue, |set, faults| lint::refuse(set, catalogue, faults))
}

/// Loads a policy that `judge`, which may note faults, finds sound as a whole.
pub(crate) fn load_with(
    source: Source<'_>,
    catalogue: &Catalogue,
    judge: impl FnOnce(&PolicySet, &mut Faults<'_>),
) -> Result<PolicySet, LoadError> {
    load_all(source, catalogue, None, judge).map(|(set, _)| set)
}

/// Loads a policy, not judged as a whole, and notes where in the text its keys stand.
pub(crate) fn load_with_places(
    source: Source<'_>,
    catalogue: &Catalogue,
    places: &mut Places,
) -> Result<PolicySet, LoadError> {
    load_all(source, catalogue, Some(places), |_, _| ()).map(|(set, _)| set)
}

/// The examples of a policy that loads, but for what is judged of it as a whole.
pub(crate) fn examples(source: Source<'_>, catalogue: &Catalogue) -> Result<Vec<Planned>, LoadError> {
    load_all(source, catalogue, None, |_, _| ()).map(|(_, planned)| planned)
}

fn load_all(
    source: Source<'_>,
    catalogue: &Catalogue,
    places: Option<&mut Places>,
    judge: impl FnOnce(&PolicySet, &mut Faults<'_>),
) -> Result<(PolicySet, Vec<Planned>), LoadError> {
    let quick = if places.is_none() { read_quickly(source, catalogue) } else { None };
    let (outline, mut compiler) = match quick {
        Some(read) => read,
        None => read_strictly(source, catalogue, places)?,
    };
    if outline.no_repositories {
        compiler.empty(read::place_of_repositories(source.text), "repositories");
    }
    let Compiler { mut faults, planned, tools, repositories, owners, .. } = compiler;
    faults.finish()?;
    let mut set = PolicySet {
        name: Arc::from(source.name),
        digest: Digest::new([0; 32]),
        generation: 0,
        automation: outline.automation,
        enforcement: outline.enforcement,
        redact: outline.redact,
        global: Scope::new(outline.global, &tools),
        tools: tools.iter().enumerate().map(|(at, name)| (Box::from(*name), at)).collect(),
        repositories,
        owners,
        grants: Grants::default(),
    };
    set.grants = Grants::of(&set);
    set.digest = canonical::digest(&set);

    faults = Faults::new(source);
    judge(&set, &mut faults);
    faults.finish()?;

    faults = Faults::new(source);
    example::run(&set, catalogue, &planned, &mut faults);
    faults.finish()?;
    Ok((set, planned))
}

/// Reads a policy that holds nothing unusual and has no fault, as nearly all do, in a fraction of the time.
fn read_quickly<'a>(source: Source<'a>, catalogue: &'a Catalogue) -> Option<(Outline, Compiler<'a>)> {
    let mut compiler = Compiler::new(source, catalogue);
    let outline = yaml::quick::read(source.text, Limits::POLICY, read::Policy(&mut compiler)).ok()?;
    (compiler.faults.count() == 0).then_some((outline, compiler))
}

/// Reads any policy, and says what is wrong with one.
fn read_strictly<'a>(
    source: Source<'a>,
    catalogue: &'a Catalogue,
    places: Option<&'a mut Places>,
) -> Result<(Outline, Compiler<'a>), LoadError> {
    let mut compiler = Compiler { places, ..Compiler::new(source, catalogue) };
    match yaml::read(source.name, source.text, Limits::POLICY, read::Policy(&mut compiler)) {
        Ok(outline) => Ok((outline, compiler)),
        // Reading was given up for too many faults; that it was is no fault of its own.
        Err(_) if compiler.faults.is_full() => Err(compiler.faults.into()),
        Err(error) => Err(error.into()),
    }
}

/// What is known of a policy while it is read.
struct Compiler<'a> {
    catalogue: &'a Catalogue,
    tools: Vec<&'a str>,
    faults: Faults<'a>,
    /// Every rule id so far and its line.
    ids: HashMap<Id, u32>,
    shared: Shared,
    /// Where the places of keys are noted, if anybody asks for them.
    places: Option<&'a mut Places>,
    planned: Vec<Planned>,
    /// The values in the examples so far.
    example_values: usize,
    /// By folded name.
    repositories: HashMap<Key, Repository>,
    /// By folded owner.
    owners: HashMap<Key, Repository>,
}

impl<'a> Compiler<'a> {
    fn new(source: Source<'a>, catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            tools: catalogue.iter().map(|(name, _)| name).collect(),
            faults: Faults::new(source),
            ids: HashMap::default(),
            shared: Shared::default(),
            places: None,
            planned: Vec::new(),
            example_values: 0,
            repositories: HashMap::default(),
            owners: HashMap::default(),
        }
    }

    /// One entry of `repositories`.
    fn repository(&mut self, key: &Placed<String>, entry: document::Repository) {
        let written = key.value.as_str();
        if !is_repository_key(written) {
            let fix = "write `owner/name`, `name`, or `owner/*`";
            self.faults.note(key.place, "key names no repository", Some(fix));
        }
        if let Some(places) = &mut self.places {
            places.note_repository(key);
        }
        let document::Repository { write, rules } = entry;
        if write.is_none() && rules.is_none() {
            self.empty(key.place, "entry");
        }
        let rules = rules.map(|rules| self.rules(rules, Some(&key.value))).unwrap_or_default();
        let rules = Scope::new(rules, &self.tools);
        let owner = written.strip_suffix("/*");
        let name = owner.unwrap_or(written);
        let folded = fold::case(name);
        let entry = Repository {
            name: Arc::from(name),
            is_folded: *folded == *name,
            write,
            rules,
            line: key.place.line,
        };
        let entries = if owner.is_some() { &mut self.owners } else { &mut self.repositories };
        let former = entries.insert(Key::from(&*folded), entry);
        if let Some(Repository { line, .. }) = former {
            let message = format!("key is the same as the one in line {line} but for its case");
            self.faults.note(key.place, message, Some("keep one of them"));
        }
    }

    /// A list of rules; `repository` is the key of the entry it stands in.
    fn rules(&mut self, rules: List<document::Rule>, repository: Option<&str>) -> Vec<Rule> {
        if rules.value.is_empty() {
            self.empty(rules.place, "rules");
        }
        let rules = rules.value.into_iter();
        rules.map(|Placed { value, place }| self.rule_with_examples(value, place, repository)).collect()
    }

    fn rule_with_examples(&mut self, mut rule: document::Rule, at: Place, repository: Option<&str>) -> Rule {
        let is_global = repository.is_none();
        if let Some(examples) = rule.examples.take() {
            if examples.value.is_empty() {
                self.empty(examples.place, "examples");
            }
            if self.planned.len().saturating_add(examples.value.len()) > MOST_EXAMPLES {
                let message = "the policy has more than 100,000 examples, which are run at each load";
                self.faults.note(examples.place, message, Some(IN_A_SUITE));
                return self.rule(&rule, at, is_global);
            }
            self.example_values = self.example_values.saturating_add(examples.value.weight());
            if self.example_values > MOST_EXAMPLE_VALUES {
                let message = "the examples of the policy have more than 1,000,000 values in their arguments";
                self.faults.note(examples.place, message, Some(IN_A_SUITE));
                return self.rule(&rule, at, is_global);
            }
            let first = |list: &Option<List<String>>| {
                list.as_ref().and_then(|list| list.value.first()).map(|name| Box::from(name.value.as_str()))
            };
            let (principal, role): (Option<Box<str>>, Option<Box<str>>) =
                (first(&rule.principals), first(&rule.roles));
            let transport = rule.transports.as_ref().and_then(|list| list.value.first()).map(|one| one.value);
            let repository: Option<Arc<str>> = repository.map(Arc::from);
            self.planned.extend(examples.value.into_iter().map(|example| Planned {
                example,
                principal: principal.clone(),
                role: role.clone(),
                transport,
                repository: repository.clone(),
            }));
        }
        if let Some(places) = &mut self.places {
            places.note_rule(&rule);
        }
        self.rule(&rule, at, is_global)
    }

    /// Notes a list or map that is written but empty: it is neither absent nor everything, so it says nothing.
    fn empty(&mut self, place: Place, what: &str) {
        self.faults.note(place, format!("{what} is empty"), Some("fill it, or leave the key out"));
    }
}

/// The most examples in a policy.
const MOST_EXAMPLES: usize = 100_000;

/// The most values in the examples of a policy, their roles and arguments together: they are kept until all rules are read.
const MOST_EXAMPLE_VALUES: usize = 1_000_000;

/// What to do about too many of them.
const IN_A_SUITE: &str = "keep some of them in a suite of their own";

/// The longest id of a rule or pattern, in bytes.
const LONGEST_ID: usize = 64;

/// What to write where [`is_plain_name`] is demanded.
const PLAIN_NAME: &str = "use at most 64 letters, digits, `-`, `_` and `.`";

/// Whether `id` may name a rule or a pattern.
pub(crate) fn is_plain_name(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(plain)
}

/// `owner/name`, `name` or `owner/*`.
fn is_repository_key(key: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.len() <= 255
            && part.trim() == part
            && !part.contains(['/', '*', '?', '\\', '{', '}', '[', ']'])
            && !part.chars().any(char::is_control)
    };
    match key.split_once('/') {
        None => is_part(key),
        Some((owner, "*")) => is_part(owner),
        Some((owner, name)) => is_part(owner) && is_part(name),
    }
}

#[cfg(test)]
mod tests;
