//! In which directions a repository's own rules can bend what happens to the rules it builds on.

use crate::model::Effect;

/// Whether the rules of a repository that are not in the cell could turn what happens there into a widening, or into
/// a tightening, that does not happen without them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Potential {
    pub(super) widens: bool,
    pub(super) tightens: bool,
}

impl Potential {
    pub(super) const ALL: Self = Self { widens: true, tightens: true };

    pub(super) const fn or(self, other: Self) -> Self {
        Self { widens: self.widens || other.widens, tightens: self.tightens || other.tightens }
    }

    /// Of one call: the strictest matching effects of a policy and the next, in which other rules may join. A change
    /// from one that is stricter widens as soon as what is left is granted by another; one from no match widens only
    /// if it leads to a grant.
    pub(super) fn of(before: Option<Effect>, after: Option<Effect>) -> Self {
        let widens = |a: Option<Effect>, b: Option<Effect>| match (a, b) {
            (None, b) => matches!(b, Some(Effect::Allow | Effect::Ask)),
            (Some(Effect::Allow), _) => false,
            (Some(a), b) => b.is_none_or(|b| b < a),
        };
        Self { widens: widens(before, after), tightens: widens(after, before) }
    }
}
