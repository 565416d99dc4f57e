//! The rules that two policies have for one repository, and what those of them that match a call amount to.

use super::atom::Atom;
use super::mask::Mask;
use crate::catalogue::Catalogue;
use crate::model::{Code, Effect};

/// The rules of one repository, and what can be said of them without a call.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) atoms: Vec<Atom<'a>>,
    pub(super) before: Mask,
    pub(super) after: Mask,
    pub(super) changed: Mask,
    effects: [(Effect, Mask); 3],
}

impl<'a> Rules<'a> {
    pub(super) fn new(atoms: Vec<Atom<'a>>) -> Self {
        let of =
            |holds: &dyn Fn(&Atom<'a>) -> bool| Mask::of(atoms.len(), |at| atoms.get(at).is_some_and(holds));
        let effect = |effect| (effect, of(&|atom| atom.rule.effect == effect));
        Self {
            before: of(&|atom| !atom.before.is_empty()),
            after: of(&|atom| !atom.after.is_empty()),
            changed: of(&Atom::is_changed),
            effects: [effect(Effect::Deny), effect(Effect::Ask), effect(Effect::Allow)],
            atoms,
        }
    }

    /// The steps that it is worth to gather the rules: each is held against those that look alike.
    pub(super) fn steps(&self) -> u64 {
        u64::try_from(self.atoms.len() / 2).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The steps that it is worth to ask each rule about each tool, which takes a fraction of one.
    pub(super) fn steps_of_tools(&self, catalogue: &Catalogue) -> u64 {
        let tools = catalogue.iter().count().saturating_add(8);
        let questions = self.atoms.len().saturating_add(8).saturating_mul(tools);
        u64::try_from(questions / 32).unwrap_or(u64::MAX)
    }

    /// The positions of the rules for which `holds`.
    pub(super) fn those(&self, holds: impl Fn(&Atom<'a>) -> bool) -> Mask {
        Mask::of(self.atoms.len(), |at| self.atoms.get(at).is_some_and(&holds))
    }

    pub(super) fn of(&self, mask: &Mask) -> impl Iterator<Item = &Atom<'a>> {
        mask.iter().filter_map(|at| self.atoms.get(at))
    }

    /// The strictest effect among the rules that match, and those that have it.
    pub(super) fn strictest(&self, matching: &Mask) -> Option<(Effect, Mask)> {
        let (effect, mask) = self.effects.iter().find(|(_, mask)| mask.meets(matching))?;
        Some((*effect, mask.and(matching)))
    }

    /// What a policy says whose rules are `matching` and whose gates close with `gate`.
    pub(super) fn judge(&self, matching: &Mask, gate: Option<Code>) -> Judged {
        let none = || Mask::of(self.atoms.len(), |_| false);
        match (gate, self.strictest(matching)) {
            (Some(code), _) => Judged { effect: Effect::Deny, code, deciding: none() },
            (None, None) => Judged { effect: Effect::Deny, code: Code::DefaultDeny, deciding: none() },
            (None, Some((effect, deciding))) => {
                let code = match effect {
                    Effect::Allow => Code::Allowed,
                    Effect::Ask => Code::ApprovalRequired,
                    Effect::Deny => Code::Denied,
                };
                Judged { effect, code, deciding }
            }
        }
    }
}

/// The gates that look at no path, as each policy has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Gates {
    pub(super) before: Option<Code>,
    pub(super) after: Option<Code>,
}

/// What a policy says in the cell.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) effect: Effect,
    pub(super) code: Code,
    pub(super) deciding: Mask,
}
