//! The comparison itself: which cells there are, which of them can have changed at all, and what is left out once the
//! bound is met. What happens inside a cell is in `cell`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::atom::{Atom, Meanings, atoms, same_rules};
use super::cell::{Cell, Choices, Gates, Outcome, Potential, Rules};
use super::groups::{Groups, Place, Tool};
use super::mask::Mask;
use super::report::{Caller, Change, Difference, ExampleCall, Undetermined, UndeterminedCause};
use super::repositories::{self, Repository};
use super::texts::Exceeded;
use super::{Bounds, Steps, polish, probe};
use crate::catalogue::Catalogue;
use crate::fold;
use crate::model::{Capability, Code, Effect, Transport};
use crate::rule::{Rule, ToolPattern};
use crate::set::{self, PolicySet};

const CAPABILITIES: [Capability; 3] = [Capability::Read, Capability::Write, Capability::Automation];
const TRANSPORTS: [Transport; 4] = [Transport::Http, Transport::Mcp, Transport::Cli, Transport::Embedded];

/// The most repositories that could not be settled and are told one by one; more are summed up in one entry.
const MOST_UNDETERMINED: usize = 4;

/// What is looked for. What can have become less strict comes first, so that the bound is spent on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Widening,
    Tightening,
}

pub(super) struct Comparison<'a> {
    before: &'a PolicySet,
    after: &'a PolicySet,
    catalogue: &'a Catalogue,
    capabilities: &'a [Capability],
    steps: Steps,
    labels: Vec<String>,
    widened: Groups<'a>,
    tightened: Groups<'a>,
    undetermined: BTreeMap<(usize, usize), BTreeSet<Tool>>,
    tightened_is_partial: bool,
}

/// A repository and the numbers of the labels it stands for.
struct Job<'a> {
    repository: Repository<'a>,
    labels: Range<usize>,
    /// Whether further repositories build on its rules.
    is_base: bool,
}

/// Callers and transports for which the same rules are left.
#[derive(Default)]
struct Concerned {
    /// One caller and a transport over which it is concerned: not each of the ones below is, over each.
    first: Option<(Caller, Transport)>,
    callers: Vec<Caller>,
    transports: Vec<Transport>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        before: &'a PolicySet,
        after: &'a PolicySet,
        catalogue: &'a Catalogue,
        capabilities: &'a [Capability],
        bounds: Bounds,
    ) -> Self {
        Self {
            before,
            after,
            catalogue,
            capabilities,
            steps: Steps::new(bounds),
            labels: Vec::new(),
            widened: Groups::default(),
            tightened: Groups::default(),
            undetermined: BTreeMap::new(),
            tightened_is_partial: false,
        }
    }

    /// Compares everything.
    pub(super) fn run(mut self) -> Difference {
        let (bases, named) = self.jobs();
        let mut global = Potential::default();
        let mut owners: HashMap<String, Potential> = HashMap::new();
        for job in &bases {
            let potential = self.judge(job, Pass::Widening);
            match job.repository.name.split_once('/').filter(|_| job.repository.label != "*") {
                Some((owner, _)) => {
                    let known = owners.entry(fold::case(owner).into_owned()).or_default();
                    *known = known.or(potential);
                }
                None => global = global.or(potential),
            }
        }
        for job in &named {
            self.judge(job, Pass::Widening);
        }
        let others = self.unchanged(global, &owners);
        for job in &others {
            self.judge(job, Pass::Widening);
        }
        for job in bases.iter().chain(&named).chain(&others) {
            self.judge(job, Pass::Tightening);
        }
        self.finish()
    }

    /// Whether only tightenings were found, or nothing: used where the widenings are of no interest.
    pub(super) fn tightens(mut self) -> bool {
        let (bases, named) = self.jobs();
        let mut potential = Potential::ALL;
        for job in bases.iter().chain(&named) {
            potential = self.judge(job, Pass::Widening);
            self.judge(job, Pass::Tightening);
            if !self.tightened.is_empty() {
                return true;
            }
        }
        let _ = potential;
        for job in &self.unchanged(Potential::ALL, &HashMap::new()) {
            self.judge(job, Pass::Widening);
            self.judge(job, Pass::Tightening);
        }
        !self.tightened.is_empty() || self.tightened_is_partial || !self.undetermined.is_empty()
    }

    /// The repositories whose own rules changed, after those on whose rules others build.
    fn jobs(&mut self) -> (Vec<Job<'a>>, Vec<Job<'a>>) {
        let (before, after) = (self.before, self.after);
        let mut bases = Vec::new();
        let is_global = self.is_global();
        if is_global {
            bases.push(repositories::unlisted(before, after));
        }
        let owners: BTreeSet<&str> =
            before.owners.keys().chain(after.owners.keys()).map(AsRef::as_ref).collect();
        for owner in owners {
            if is_global || !same_entry(before.owners.get(owner), after.owners.get(owner)) {
                bases.extend(repositories::of_owner(before, after, owner));
            }
        }
        let keys: BTreeSet<&str> = before
            .repositories
            .keys()
            .filter(|key| {
                !after
                    .repositories
                    .get(*key)
                    .is_some_and(|a| same_entry(before.repositories.get(*key), Some(a)))
            })
            .chain(after.repositories.keys().filter(|key| !before.repositories.contains_key(*key)))
            .map(AsRef::as_ref)
            .collect();
        let named: Vec<_> =
            keys.into_iter().flat_map(|key| repositories::named(before, after, key)).collect();
        let bases = bases.into_iter().map(|repository| self.job(repository, true)).collect();
        let named = named.into_iter().map(|repository| self.job(repository, false)).collect();
        (bases, named)
    }

    fn job(&mut self, repository: Repository<'a>, is_base: bool) -> Job<'a> {
        let start = self.labels.len();
        self.labels.push(repository.label.clone());
        Job { repository, labels: start..start.saturating_add(1), is_base }
    }

    /// Whether something changed that bears on every repository.
    fn is_global(&self) -> bool {
        self.before.automation != self.after.automation
            || !same_rules(self.before.global.rules(), self.after.global.rules())
    }

    /// The repositories whose own rules did not change but those they build on did; those with the same rules, as
    /// far as they could meet a changed one, are one.
    ///
    /// Where there is no entry for the owner, only the spelling of the policy is asked: in any other the rules that
    /// allow, and `write: allow`, do not apply, which leaves what the base was asked for, or less.
    fn unchanged(&mut self, global: Potential, owners: &HashMap<String, Potential>) -> Vec<Job<'a>> {
        let (before, after) = (self.before, self.after);
        let is_global = self.is_global();
        let changed_owners: HashSet<&str> = before
            .owners
            .keys()
            .chain(after.owners.keys())
            .map(AsRef::as_ref)
            .filter(|owner| !same_entry(before.owners.get(*owner), after.owners.get(*owner)))
            .collect();
        if !is_global && changed_owners.is_empty() {
            return Vec::new();
        }
        let mut meanings = Meanings::default();
        let mut bases: HashMap<Option<&str>, Base> = HashMap::new();
        type Key<'k> = (Option<&'k str>, [bool; 2], Vec<usize>);
        let mut found: BTreeMap<Key<'a>, Vec<&'a str>> = BTreeMap::new();
        for (key, entry) in &after.repositories {
            let owner = key.split_once('/').map(|(owner, _)| owner);
            let owner = owner.filter(|o| before.owners.contains_key(*o) || after.owners.contains_key(*o));
            let is_concerned = is_global || owner.is_some_and(|owner| changed_owners.contains(owner));
            if !is_concerned || !same_entry(before.repositories.get(key), Some(entry)) {
                continue;
            }
            let potential =
                owner.map_or(Some(&global), |owner| owners.get(owner)).copied().unwrap_or(Potential::ALL);
            let (old, new) = (before.scopes(Some(&entry.name)), after.scopes(Some(&entry.name)));
            let opens = [old.is_whitelisted(), new.is_whitelisted()];
            // In another spelling the owner's switch may be all there is, so it counts by itself.
            let switch =
                |set: &PolicySet| owner.and_then(|owner| set.owners.get(owner)).and_then(|entry| entry.write);
            let gate_changed = opens.first() != opens.last()
                || before.automation != after.automation
                || switch(before) != switch(after);
            if potential == Potential::default() && !gate_changed {
                continue;
            }
            // An owner's entry may be spelt otherwise here, so its rules are looked at as they apply.
            let base =
                bases.entry(owner).or_insert_with(|| Base::new(&self.base_atoms(owner), self.catalogue));
            let own: BTreeSet<usize> = entry
                .rules
                .rules()
                .iter()
                .filter(|rule| gate_changed || base.meets(rule))
                .map(|rule| meanings.number(rule))
                .collect();
            found.entry((owner, opens, own.into_iter().collect())).or_default().push(&entry.name);
        }
        let mut jobs: Vec<Job<'a>> = Vec::new();
        let mut sorted: Vec<Vec<&str>> = found.into_values().collect();
        sorted.iter_mut().for_each(|names| names.sort_unstable());
        sorted.sort();
        for names in sorted {
            // The key does not tell spellings of the owner apart: each is asked for by itself.
            let mut spelt: Vec<(Repository<'a>, Vec<&str>)> = Vec::new();
            for name in names {
                let repository = repositories::spelt(before, after, name);
                match spelt.iter_mut().find(|(known, _)| known.spelling() == repository.spelling()) {
                    Some((_, names)) => names.push(name),
                    None => spelt.push((repository, vec![name])),
                }
            }
            for (repository, names) in spelt {
                let start = self.labels.len();
                let first = names.first().map(|name| fold::case(name).into_owned()).unwrap_or_default();
                self.labels.extend(names.into_iter().map(str::to_owned));
                let labels = start..self.labels.len();
                // What an owner grants holds for any spelling of the name behind it.
                let owned = repository.before.owner.is_some() || repository.after.owner.is_some();
                let others = if owned { repositories::named(before, after, &first) } else { Vec::new() };
                let spelling = repository.spelling();
                let others = others.into_iter().filter(|other| other.spelling() != spelling);
                for repository in std::iter::once(repository).chain(others) {
                    jobs.push(Job { repository, labels: labels.clone(), is_base: false });
                }
            }
        }
        jobs
    }

    /// The rules that a repository of the owner has besides its own.
    fn base_atoms(&self, owner: Option<&str>) -> Vec<Atom<'a>> {
        let rules = |set: &'a PolicySet| {
            let owned = owner.and_then(|owner| set.owners.get(owner)).map(|entry| entry.rules.rules());
            set.global.rules().iter().chain(owned.into_iter().flatten())
        };
        atoms(rules(self.before), rules(self.after))
    }

    /// Compares what the policies say of one repository.
    fn judge(&mut self, job: &Job<'a>, pass: Pass) -> Potential {
        if pass == Pass::Tightening && self.steps.left == 0 {
            self.tightened_is_partial = true;
            return Potential::ALL;
        }
        let (old, new) = (job.repository.before, job.repository.after);
        let rules = Rules::new(atoms(rules_of(self.before, old), rules_of(self.after, new)));
        let mut potential = Potential::default();
        for ((capability, named), tools) in self.tools(&rules) {
            let gates = match capability {
                Capability::Read => Gates::default(),
                Capability::Write => {
                    let gate = |open: bool| (!open).then_some(Code::RepositoryNotWhitelisted);
                    Gates { before: gate(old.is_whitelisted()), after: gate(new.is_whitelisted()) }
                }
                Capability::Automation => {
                    let gate = |open: bool| (!open).then_some(Code::CapabilityDisabled);
                    Gates { before: gate(self.before.automation), after: gate(self.after.automation) }
                }
            };
            let (closed_before, closed_after) = (gates.before.is_some(), gates.after.is_some());
            if closed_before && closed_after && (capability == Capability::Automation || !job.is_base) {
                continue;
            }
            let grants = |atom: &Atom<'_>| atom.rule.effect != Effect::Deny;
            let trigger = match (closed_before, closed_after) {
                (true, false) => rules.those(|atom| !atom.after.is_empty() && grants(atom)),
                (false, true) => rules.those(|atom| !atom.before.is_empty() && grants(atom)),
                _ => rules.changed.clone(),
            };
            let trigger = trigger.and(&named);
            let may_widen = match (closed_before, closed_after) {
                (true, false) => true,
                (false, true) => false,
                _ => rules.of(&trigger).any(Atom::may_widen),
            };
            if trigger.is_empty() || may_widen != (pass == Pass::Widening) {
                // What cannot widen here can still tighten, here and elsewhere.
                potential.tightens |= !trigger.is_empty();
                continue;
            }
            let found = self.judge_tools(job, &rules, (capability, &named, &trigger, gates), &tools, pass);
            potential = potential.or(found);
        }
        potential
    }

    fn judge_tools(
        &mut self,
        job: &Job<'a>,
        rules: &Rules<'a>,
        (capability, named, trigger, gates): (Capability, &Mask, &Mask, Gates),
        tools: &[Tool],
        pass: Pass,
    ) -> Potential {
        self.steps.start_cell();
        let mut potential = Potential::default();
        let cells = match concerned(rules, named, trigger, &mut self.steps) {
            Ok(cells) => cells,
            Err(Exceeded) => return self.exceeded(job, tools, pass),
        };
        for (open, concerned) in cells {
            self.steps.start_cell();
            let trigger = trigger.and(&open);
            let write = capability != Capability::Read;
            let cell = Cell { rules, open: &open, trigger: &trigger, gates, write };
            let (outcomes, found) = match cell.outcomes(&mut self.steps) {
                Ok(found) => found,
                Err(Exceeded) => {
                    potential = potential.or(self.exceeded(job, tools, pass));
                    continue;
                }
            };
            potential = potential.or(found);
            let place = Place {
                tools,
                callers: &concerned.callers,
                transports: &concerned.transports,
                repositories: job.labels.clone(),
            };
            for outcome in outcomes {
                let example =
                    || example(rules, job, (capability, concerned.first.as_ref()), &place, &outcome);
                let widens = outcome.to.effect < outcome.from.effect;
                let groups = if widens { &mut self.widened } else { &mut self.tightened };
                groups.add(rules, &outcome, &place, example);
            }
        }
        potential
    }

    /// Notes that the bound was met.
    fn exceeded(&mut self, job: &Job<'a>, tools: &[Tool], pass: Pass) -> Potential {
        match pass {
            Pass::Widening => {
                let place = (job.labels.start, job.labels.end);
                self.undetermined.entry(place).or_default().extend(tools.iter().cloned());
            }
            Pass::Tightening => self.tightened_is_partial = true,
        }
        Potential::ALL
    }

    /// The tools, known and unknown, by capability and the rules that name them.
    fn tools(&self, rules: &Rules<'a>) -> BTreeMap<(Capability, Mask), Vec<Tool>> {
        let known = self
            .catalogue
            .iter()
            .map(|(name, capability)| (Tool { is_unknown: false, name: name.to_owned() }, capability));
        let unknown = unknown_tools(rules, self.catalogue).into_iter().flat_map(|name| {
            CAPABILITIES.map(|capability| (Tool { is_unknown: true, name: name.clone() }, capability))
        });
        let mut tools: BTreeMap<_, Vec<Tool>> = BTreeMap::new();
        for (tool, capability) in known.chain(unknown).filter(|(_, c)| self.capabilities.contains(c)) {
            let named = rules.those(|atom| probe::names_tool(atom.rule, &tool.name, capability));
            tools.entry((capability, named)).or_default().push(tool);
        }
        tools
    }

    fn finish(self) -> Difference {
        let Self { before, after, labels, .. } = self;
        let label = |at: usize| labels.get(at).cloned().unwrap_or_default();
        let mut undetermined: Vec<Undetermined> = Vec::new();
        let is_many = self.undetermined.len() > MOST_UNDETERMINED;
        for ((start, end), tools) in self.undetermined {
            let count = end.saturating_sub(start);
            let tools = tools.into_iter().filter(|tool| !tool.is_unknown).map(|tool| tool.name);
            if let Some(one) = undetermined.first_mut().filter(|_| is_many) {
                one.more_repositories = one.more_repositories.saturating_add(count);
                let new: Vec<String> = tools.filter(|tool| !one.tools.contains(tool)).collect();
                one.tools.extend(new);
                continue;
            }
            undetermined.push(Undetermined {
                repository: label(start),
                more_repositories: count.saturating_sub(1),
                tools: tools.collect(),
                cause: UndeterminedCause::TooMuch,
            });
        }
        let polish = |example, fresh| polish::polish(before, after, example, fresh);
        let sources = [&before.name, &after.name];
        let widened = self.widened.finish(sources, label, polish);
        let tightened = self.tightened.finish(sources, label, polish);
        let confirmed = |change: &Change| {
            change.example.decide(before).code == change.from.code
                && change.example.decide(after).code == change.to.code
        };
        for change in widened.iter().chain(&tightened).filter(|change| !confirmed(change)) {
            undetermined.push(Undetermined {
                repository: change.repositories.first().cloned().unwrap_or_default(),
                more_repositories: change.repository_count.saturating_sub(1),
                tools: change.tools.clone(),
                cause: UndeterminedCause::Unconfirmed,
            });
        }
        let tightened_is_partial = self.tightened_is_partial;
        Difference { widened, tightened, undetermined, tightened_is_partial, ..Difference::default() }
    }
}

/// What decides whether a rule of a repository could match a call that a changed rule of its base matches.
struct Base {
    tools: Vec<(String, Capability)>,
    /// Prefixes of changed rules, which name tools that the catalogue does not have.
    prefixes: Vec<String>,
}

impl Base {
    fn new(atoms: &[Atom<'_>], catalogue: &Catalogue) -> Self {
        let changed = || atoms.iter().filter(|atom| atom.is_changed());
        let tools = catalogue
            .iter()
            .filter(|(name, capability)| {
                changed().any(|atom| probe::names_tool(atom.rule, name, *capability))
            })
            .map(|(name, capability)| (name.to_owned(), capability))
            .collect();
        let patterns = changed().flat_map(|atom| atom.rule.tools.iter());
        let prefixes = patterns.map(|pattern| match pattern {
            ToolPattern::Exact(name) | ToolPattern::Prefix(name) => name.to_string(),
        });
        Self { tools, prefixes: prefixes.collect() }
    }

    fn meets(&self, rule: &Rule) -> bool {
        let unknown = rule.tools.iter().any(|pattern| match pattern {
            ToolPattern::Exact(_) => false,
            ToolPattern::Prefix(own) => {
                self.prefixes.iter().any(|p| p.starts_with(&**own) || own.starts_with(&**p))
            }
        });
        unknown || self.tools.iter().any(|(tool, capability)| probe::names_tool(rule, tool, *capability))
    }
}

/// Whether two entries of a repository, or of an owner, say the same.
fn same_entry(a: Option<&set::Repository>, b: Option<&set::Repository>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.name == b.name && a.write == b.write && same_rules(a.rules.rules(), b.rules.rules())
        }
        _ => false,
    }
}

/// The rules that apply to a repository.
fn rules_of<'a>(set: &'a PolicySet, scopes: set::Scopes<'a>) -> impl Iterator<Item = &'a Rule> {
    let local = [scopes.owner, scopes.exact].into_iter().flatten();
    let local = local.flat_map(|(entry, exact)| {
        entry.rules.rules().iter().filter(move |rule| exact || rule.effect != Effect::Allow)
    });
    set.global.rules().iter().chain(local)
}

/// Names for the tools that the catalogue does not have: those that rules name, and one for each prefix.
fn unknown_tools(rules: &Rules<'_>, catalogue: &Catalogue) -> BTreeSet<String> {
    let patterns = || rules.atoms.iter().flat_map(|atom| atom.rule.tools.iter());
    let prefixes: BTreeSet<&str> = patterns()
        .filter_map(|pattern| if let ToolPattern::Prefix(prefix) = pattern { Some(&**prefix) } else { None })
        .chain([""])
        .collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for prefix in &prefixes {
        // It may be the tool of no longer prefix, and no tool that is known or named.
        let is_free = |name: &String| {
            catalogue.capability(name).is_none()
                && !prefixes.iter().any(|other| other.len() > prefix.len() && name.starts_with(other))
                && !patterns()
                    .any(|pattern| matches!(pattern, ToolPattern::Exact(exact) if **exact == **name))
        };
        let stems = ["example", "other", "some"].map(str::to_owned).into_iter();
        let letters = ('a'..='z').chain('\u{4E00}'..='\u{9FFF}').map(|c| format!("{c}-tool"));
        names.extend(stems.chain(letters).map(|stem| format!("{prefix}{stem}")).find(is_free));
    }
    names.extend(patterns().filter_map(|pattern| match pattern {
        ToolPattern::Exact(name) if catalogue.capability(name).is_none() => Some(name.to_string()),
        _ => None,
    }));
    names
}

/// The callers and transports for which different rules of `named` are left, as far as one of `trigger` is.
fn concerned(
    rules: &Rules<'_>,
    named: &Mask,
    trigger: &Mask,
    steps: &mut Steps,
) -> Result<BTreeMap<Mask, Concerned>, Exceeded> {
    let open = || rules.of(named).map(|atom| atom.rule);
    let names: BTreeSet<&str> =
        open().filter_map(|rule| rule.principals.as_deref()).flatten().map(AsRef::as_ref).collect();
    let anyone = fresh_principal(&names);
    let mut principals: Vec<(Mask, Option<&str>)> =
        vec![(rules.those(|atom| probe::names_principal(atom.rule, &anyone)), None)];
    for name in &names {
        principals.push((rules.those(|atom| probe::names_principal(atom.rule, name)), Some(name)));
    }
    let mut transports: BTreeMap<Mask, Vec<Transport>> = BTreeMap::new();
    for transport in TRANSPORTS {
        let mask = rules.those(|atom| probe::names_transport(atom.rule, transport));
        transports.entry(mask.and(named)).or_default().push(transport);
    }
    let roles = role_sets(rules, named, steps)?;
    let mut cells: BTreeMap<Mask, Concerned> = BTreeMap::new();
    for (by_transport, transports) in &transports {
        for (by_principal, principal) in &principals {
            let left = by_transport.and(by_principal);
            for (by_role, roles) in &roles {
                steps.take()?;
                let left = left.and(by_role);
                if !left.meets(trigger) {
                    continue;
                }
                let cell = cells.entry(left).or_default();
                let caller = Caller {
                    principal: principal.map(str::to_owned),
                    roles: roles.iter().map(|role| role.to_string()).collect(),
                };
                let usual = transports.contains(&Transport::Mcp).then_some(Transport::Mcp);
                if let (None, Some(transport)) = (&cell.first, usual.or_else(|| transports.first().copied()))
                {
                    cell.first = Some((caller.clone(), transport));
                }
                if !cell.callers.contains(&caller) {
                    cell.callers.push(caller);
                }
                cell.transports
                    .extend(transports.iter().filter(|t| !cell.transports.contains(t)).collect::<Vec<_>>());
            }
        }
    }
    Ok(cells)
}

/// The sets of roles that leave different rules: the smallest for each, and all of one role or two.
///
/// A rule needs one of its roles, so what a set of roles leaves is the union of what each leaves: all unions are
/// reached by adding one role after another.
fn role_sets(rules: &Rules<'_>, named: &Mask, steps: &mut Steps) -> Result<Choices<Vec<Arc<str>>>, Exceeded> {
    let left = |roles: &[Arc<str>]| rules.those(|atom| probe::names_roles(atom.rule, roles)).and(named);
    let names: BTreeSet<&str> =
        rules.of(named).filter_map(|atom| atom.rule.roles.as_deref()).flatten().map(AsRef::as_ref).collect();
    let alone: Vec<(Mask, Arc<str>)> = names
        .into_iter()
        .map(Arc::<str>::from)
        .map(|role| (left(std::slice::from_ref(&role)), role))
        .collect();
    let none = left(&[]);
    let mut seen = HashSet::from([none.clone()]);
    let mut sets = vec![(none.clone(), Vec::new())];
    let mut open = VecDeque::from([(none, Vec::new())]);
    while let Some((mask, roles)) = open.pop_front() {
        for (of_role, role) in &alone {
            steps.take()?;
            let mask = mask.or(of_role);
            let mut roles: Vec<Arc<str>> = roles.clone();
            roles.push(Arc::clone(role));
            if seen.insert(mask.clone()) {
                sets.push((mask.clone(), roles.clone()));
                open.push_back((mask, roles));
            } else if roles.len() <= 2
                && !sets.iter().any(|(m, set)| *m == mask && set.iter().all(|r| roles.contains(r)))
            {
                // Another way to the same, told as well.
                sets.push((mask.clone(), roles.clone()));
                if roles.len() == 1 {
                    open.push_back((mask, roles));
                }
            }
        }
    }
    Ok(sets)
}

/// A name for whoever is not named.
fn fresh_principal(names: &BTreeSet<&str>) -> String {
    let stems = std::iter::once("agent".to_owned()).chain(repositories::numbered("someone"));
    stems.into_iter().find(|name| !names.contains(name.as_str())).unwrap_or_default()
}

/// A call of the outcome.
fn example(
    rules: &Rules<'_>,
    job: &Job<'_>,
    (capability, first): (Capability, Option<&(Caller, Transport)>),
    place: &Place<'_>,
    outcome: &Outcome,
) -> ExampleCall {
    let tool = place.tools.iter().min().map(|tool| tool.name.clone()).unwrap_or_default();
    let caller = first.map(|(caller, _)| caller);
    let names: BTreeSet<&str> = rules
        .atoms
        .iter()
        .filter_map(|atom| atom.rule.principals.as_deref())
        .flatten()
        .map(AsRef::as_ref)
        .collect();
    let mut access = outcome.rest.access.clone();
    access.repo = Some(Arc::from(job.repository.name.as_str()));
    ExampleCall {
        principal: caller
            .and_then(|caller| caller.principal.clone())
            .unwrap_or_else(|| fresh_principal(&names)),
        roles: caller
            .map(|c| c.roles.iter().map(|role| Arc::from(role.as_str())).collect())
            .unwrap_or_default(),
        transport: first.map_or(Transport::Mcp, |(_, transport)| *transport),
        tool,
        capability,
        access,
        arguments: outcome.rest.arguments.clone(),
    }
}
