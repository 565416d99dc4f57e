//! The smallest round that still shows a difference, for whoever must understand it.

use std::fmt;
use std::path::Path;

use super::Round;
use super::compare::{self, Difference, Tally};

/// Rounds that are tried on the way.
const TRIES: usize = 250;

/// A round that shows a difference.
pub(super) struct Smallest {
    round: Round,
    difference: Difference,
}

impl fmt::Display for Smallest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Round { terms, calls, .. } = &self.round;
        writeln!(
            f,
            "write mode {}, direct writes {}, policy:\n{}",
            terms.write_mode,
            terms.direct_writes,
            terms.policy.text()
        )?;
        for call in calls {
            let restrict =
                call.restrict.as_ref().map(|restrict| format!(" giving up {restrict:?}")).unwrap_or_default();
            writeln!(f, "{} calls {:?} with {}{restrict}", call.principal, call.tool, call.arguments)?;
        }
        write!(f, "{}", self.difference)
    }
}

/// Leaves out of `round`, which showed `difference`, what it shows one without.
pub(super) fn of(round: Round, difference: Difference, template: &Path) -> Smallest {
    let mut found = Smallest { round, difference };
    found.round.calls.truncate(found.difference.place + 1);
    let mut tries = 0;
    while let Some((round, difference)) = smaller(&found.round)
        .into_iter()
        .take_while(|_| {
            tries += 1;
            tries <= TRIES
        })
        .find_map(|round| {
            compare::run(&round, template, &Tally::default()).err().map(|difference| (round, difference))
        })
    {
        found = Smallest { round, difference };
        found.round.calls.truncate(found.difference.place + 1);
    }
    found
}

/// The rounds that have less: first the last call alone, then without one of those before, then less of a call or of the policy.
fn smaller(round: &Round) -> Vec<Round> {
    let last = round.calls.len().saturating_sub(1);
    let mut all = Vec::new();
    if last > 0 {
        all.push(Round { calls: round.calls[last..].to_vec(), ..round.clone() });
        all.push(Round { calls: round.calls[last / 2..].to_vec(), ..round.clone() });
    }
    for place in 0..last {
        let mut less = round.clone();
        less.calls.remove(place);
        all.push(less);
    }
    for (place, call) in round.calls.iter().enumerate() {
        for smaller in call.smaller() {
            let mut less = round.clone();
            less.calls[place] = smaller;
            all.push(less);
        }
    }
    for policy in round.terms.policy.smaller() {
        let mut less = round.clone();
        less.terms.policy = policy;
        all.push(less);
    }
    all
}
