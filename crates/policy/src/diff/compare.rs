//! The comparison itself: which repositories are judged in which order, which cells of them can have changed at all, and
//! what is left out once the bound is met. What happens inside a cell is in `cell`.

use std::collections::HashMap;

use super::atom::{Atom, atoms};
use super::callers::concerned;
use super::cell::Cell;
use super::example::example;
use super::found::Found;
use super::groups::Place;
use super::jobs::{Job, Jobs};
use super::mask::Mask;
use super::potential::Potential;
use super::report::Difference;
use super::rules::{Gates, Rules};
use super::texts::Exceeded;
use super::tools::{Tool, tools};
use super::{Bounds, Steps};
use crate::catalogue::Catalogue;
use crate::fold;
use crate::model::{Capability, Code, Effect};
use crate::rule::Rule;
use crate::set::{self, PolicySet};

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
    jobs: Jobs<'a>,
    found: Found<'a>,
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
            jobs: Jobs::new(before, after, catalogue),
            found: Found::default(),
        }
    }

    /// Compares everything.
    pub(super) fn run(mut self) -> Difference {
        let (bases, named) = self.jobs.changed();
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
        let others = self.jobs.unchanged(global, &owners, &mut self.steps);
        for job in &others {
            self.judge(job, Pass::Widening);
        }
        for job in bases.iter().chain(&named).chain(&others) {
            self.judge(job, Pass::Tightening);
        }
        self.found.finish(self.before, self.after, &self.jobs.into_labels())
    }

    /// Whether only tightenings were found, or nothing: used where the widenings are of no interest.
    pub(super) fn tightens(mut self) -> bool {
        let (bases, named) = self.jobs.changed();
        for job in bases.iter().chain(&named) {
            self.judge(job, Pass::Widening);
            self.judge(job, Pass::Tightening);
            if self.found.tightens() {
                return true;
            }
        }
        for job in &self.jobs.unchanged(Potential::ALL, &HashMap::new(), &mut self.steps) {
            self.judge(job, Pass::Widening);
            self.judge(job, Pass::Tightening);
        }
        self.found.tightens() || self.found.is_partial()
    }

    /// Compares what the policies say of one repository.
    fn judge(&mut self, job: &Job<'a>, pass: Pass) -> Potential {
        let is_possible = match pass {
            Pass::Widening => job.can.widens,
            Pass::Tightening => job.can.tightens,
        };
        if !is_possible {
            return Potential::default();
        }
        if self.steps.left == 0 {
            return self.exceeded(job, &[], pass);
        }
        let (old, new) = (job.repository.before, job.repository.after);
        let rules = Rules::new(atoms(rules_of(self.before, old), rules_of(self.after, new)));
        self.steps.charge(rules.steps());
        let opens = (!old.is_whitelisted() && new.is_whitelisted())
            || (!self.before.automation && self.after.automation);
        if pass == Pass::Widening && !opens && !rules.atoms.iter().any(Atom::may_widen) {
            // Known without a look at tools, so that the bound is left for what can widen.
            return Potential { widens: false, tightens: true };
        }
        self.steps.charge(rules.steps_of_tools(self.catalogue));
        let mut potential = Potential::default();
        for ((capability, named), tools) in tools(&rules, self.catalogue, self.capabilities) {
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
            let may_widen = job.can.widens
                && match (closed_before, closed_after) {
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

    /// Compares what the policies say of these tools, which the same rules name.
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
                every_path: cell.takes_every_path(),
            };
            for outcome in outcomes {
                let example = || {
                    example(rules, &job.repository, (capability, concerned.first.as_ref()), &place, &outcome)
                };
                let steps = self.found.add(rules, &outcome, &place, example);
                self.steps.charge(steps);
            }
        }
        potential
    }

    /// Notes that the bound was met.
    fn exceeded(&mut self, job: &Job<'a>, tools: &[Tool], pass: Pass) -> Potential {
        match pass {
            Pass::Widening => self.found.undetermined(&job.labels, tools),
            Pass::Tightening => self.found.tightened_is_partial = true,
        }
        Potential::ALL
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
