//! What one policy allows and another does not, as a short list with an example for each line.
//!
//! The answer is exact, not sampled. A call's verdict is the strictest over its parts (a repository with a reference, a
//! host and one path), and each gate is passed by the call if each part passes it. So a call that is judged less
//! strictly by one policy has a part that is: the part on which the other policy's verdict rests. Calls of one part
//! suffice therefore, in both directions.
//!
//! Of such calls finitely many kinds can be told apart by the rules of two policies. For each thing that rules look
//! at, a representative of each kind is made: tools and callers from the names in the rules (`tools`, `callers`),
//! repositories from the keys and their spellings (`repositories`), arguments and hosts (`values`), paths and
//! references by walking all patterns together (`texts`). Rules are then asked about one thing at a time through the
//! function that judges calls, kinds that leave the same rules are one, and what no changed rule can match is left out.
//! Whatever is reported is confirmed by `decide` of both policies.
//!
//! The work is bounded. Where the bound is met before it is sure that nothing became less strict, that is said, and
//! counts as a widening.

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::model::{Capability, Enforcement};
use crate::set::{PolicySet, Source};

mod atom;
mod callers;
mod cell;
mod compare;
mod example;
mod found;
mod groups;
mod jobs;
mod letters;
mod listed;
mod mask;
mod polish;
mod potential;
mod probe;
mod report;
mod repositories;
mod rules;
mod texts;
mod tools;
mod values;

use compare::Comparison;
pub use report::{
    Caller, Change, Difference, ExampleCall, RedactionChange, RedactionKind, SwitchChange, Undetermined,
    UndeterminedCause, Verdict,
};
use texts::Exceeded;

/// How much work a comparison may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Steps, each of about a microsecond. One repository and group of callers gets at most an eighth of them.
    pub steps: u64,
}

impl Default for Bounds {
    /// Two million steps, about two seconds.
    fn default() -> Self {
        Self { steps: 2_000_000 }
    }
}

/// Compares two policies: what `after` says otherwise than `before`.
///
/// Tools of `catalogue` are named in the result; others are thought of too, where a rule would name them. Write mode is
/// taken to be on and callers to narrow nothing, since both close alike under either policy. Verdicts are compared,
/// whether or not they are enforced; what turning `enforcement` off lets run is said by its switch.
#[must_use]
pub fn diff(before: &PolicySet, after: &PolicySet, catalogue: &Catalogue, bounds: Bounds) -> Difference {
    if before.digest == after.digest {
        return Difference::default();
    }
    let all = [Capability::Read, Capability::Write, Capability::Automation];
    let mut difference = Comparison::new(before, after, catalogue, &all, bounds).run();
    if before.automation != after.automation {
        difference.switches.push(SwitchChange::automation(after.automation));
    }
    if before.enforcement != after.enforcement {
        let widens = after.enforcement == Enforcement::Shadow && withholds_reads(after, catalogue, bounds);
        difference.switches.push(SwitchChange::enforcement(before.enforcement, after.enforcement, widens));
    }
    difference.redaction = redaction(before, after);
    difference
}

/// Whether there is a read that the rules do not allow, or it could not be excluded.
fn withholds_reads(policy: &PolicySet, catalogue: &Catalogue, bounds: Bounds) -> bool {
    let text = "version: 1\nglobal:\n  rules:\n    - { id: everything, effect: allow, tools: [\"*\"] }\n";
    let open = PolicySet::load(Source { name: "everything", text }, catalogue);
    open.map_or(true, |open| {
        Comparison::new(&open, policy, catalogue, &[Capability::Read], bounds).tightens()
    })
}

fn redaction(before: &PolicySet, after: &PolicySet) -> Vec<RedactionChange> {
    use RedactionKind::{Allowance, Block, Name, Pattern};
    fn all(set: &PolicySet) -> impl Iterator<Item = (RedactionKind, &Arc<str>, &Arc<str>)> {
        let redact = &set.redact;
        let patterns = redact.patterns.iter().map(|pattern| (Pattern, &pattern.id, &pattern.pattern));
        let names = redact.names.iter().map(|name| (Name, &name.name, &name.name));
        let allowances = redact.allowances.iter();
        let allowances = allowances.map(|allowance| (Allowance, &allowance.id, &allowance.fingerprint));
        let blocks = redact.blocks.iter().map(|block| (Block, &block.rule, &block.rule));
        patterns.chain(names).chain(allowances).chain(blocks)
    }
    let find =
        |set, kind, id: &Arc<str>| all(set).find(|one| one.0 == kind && one.1 == id).map(|one| one.2.clone());
    let new = all(after).filter(|(kind, id, _)| find(before, *kind, id).is_none());
    let changes = all(before).chain(new).map(|(kind, id, _)| RedactionChange {
        kind,
        id: id.clone(),
        before: find(before, kind, id),
        after: find(after, kind, id),
    });
    changes.filter(|change| change.before != change.after).collect()
}

/// What is left of the bound.
#[derive(Debug)]
struct Steps {
    left: u64,
    in_cell: u64,
    most: u64,
}

impl Steps {
    const fn new(bounds: Bounds) -> Self {
        Self { left: bounds.steps, in_cell: 0, most: bounds.steps / 8 }
    }

    /// Begins a cell, so that no single one takes all there is.
    fn start_cell(&mut self) {
        self.in_cell = self.most.min(self.left);
    }

    /// Takes what work outside a cell costs, which is done in any case.
    const fn charge(&mut self, steps: u64) {
        self.left = self.left.saturating_sub(steps);
    }

    /// Takes what asking one question costs, where so many rules or patterns are looked at in one go. What is kept for
    /// each question grows with them too, so that this bounds the memory as well as the time.
    fn take(&mut self, looked_at: usize) -> Result<(), Exceeded> {
        const IN_A_STEP: usize = 16;
        if self.in_cell == 0 {
            return Err(Exceeded);
        }
        let steps = u64::try_from(looked_at / IN_A_STEP).unwrap_or(u64::MAX).saturating_add(1);
        self.in_cell = self.in_cell.saturating_sub(steps);
        self.left = self.left.saturating_sub(steps);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
