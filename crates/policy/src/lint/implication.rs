//! Whether one argument matcher applies wherever another does. Values are taken kind by kind, since a value of a kind
//! that a matcher does not speak of makes a deny or ask rule apply and an allow rule not.

use serde_json::{Map, Value};

use super::pattern::{self, Compare};
use crate::argument::{Answer, Argument, Kind, Test};

/// A matcher and whether what is not known makes it apply.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matcher<'a> {
    pub(super) argument: &'a Argument,
    pub(super) restricts: bool,
}

/// Whether `outer` applies to every value of its argument, and to its absence, wherever `inner` does.
pub(super) fn implies(inner: Matcher<'_>, outer: Matcher<'_>) -> bool {
    if inner.argument.name != outer.argument.name || (inner.restricts && !outer.restricts) {
        return false;
    }
    match (&inner.argument.test, &outer.argument.test) {
        (Test::Absent, Test::Absent) => true,
        (Test::Absent, _) | (_, Test::Absent) => false,
        _ => Kind::ALL.into_iter().all(|kind| implies_for(inner, outer, kind)),
    }
}

fn implies_for(inner: Matcher<'_>, outer: Matcher<'_>, kind: Kind) -> bool {
    if !outer.argument.test.speaks_of(kind) && outer.restricts {
        return true;
    }
    if !inner.argument.test.speaks_of(kind) {
        // The answer to every such value is unknown; what the outer one speaks of is not compared any closer.
        return !inner.restricts;
    }
    match (&inner.argument.test, &outer.argument.test) {
        (Test::OneOf(options), _) => {
            options.iter().filter(|option| Kind::of(option) == Some(kind)).all(|option| holds(outer, option))
        }
        (Test::Glob(inner, inner_folded), Test::Glob(outer, outer_folded)) => {
            pattern::covers(outer, inner, Compare::of(*outer_folded, *inner_folded))
        }
        (Test::Range(inner_min, inner_max), Test::Range(outer_min, outer_max)) => {
            let low = outer_min.is_none_or(|outer| inner_min.is_some_and(|inner| outer <= inner));
            let high = outer_max.is_none_or(|outer| inner_max.is_some_and(|inner| inner <= outer));
            low && high
        }
        (Test::MaxLength(inner), Test::MaxLength(outer)) => inner <= outer,
        _ => false,
    }
}

/// Whether the matcher applies to each value that equals `option`.
fn holds(matcher: Matcher<'_>, option: &Value) -> bool {
    // Two numbers may both equal a third and not each other (2^53 as a float, and its neighbours), so that among lists
    // of values only the very same number counts.
    if let Test::OneOf(options) = &matcher.argument.test {
        return options.contains(option);
    }
    let arguments = Map::from_iter([(matcher.argument.name.to_string(), option.clone())]);
    match matcher.argument.test(Some(&arguments)) {
        Answer::Yes => true,
        Answer::No => false,
        Answer::Unknown => matcher.restricts,
    }
}

#[cfg(test)]
mod tests;
