//! Values of arguments and hosts that stand for all values, as far as the rules of a comparison tell them apart.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Number, Value};

use super::Steps;
use super::texts::{Exceeded, Kind, representatives};
use crate::argument::Test;
use crate::glob::automaton::Automaton;
use crate::rule::HostPattern;

/// Texts of more characters, and lists of more items, are not made up to exceed a limit.
const LONGEST: u64 = 100_000;

/// Values of one argument on which `tests` give every combination of answers that any value gets; `None` is an
/// argument that is not given.
pub(super) fn arguments(tests: &[&Test], steps: &mut Steps) -> Result<Vec<Option<Value>>, Exceeded> {
    let mut values = vec![
        None,
        Some(Value::Bool(true)),
        Some(Value::Bool(false)),
        Some(Value::Object(Default::default())),
    ];
    let options = || {
        tests
            .iter()
            .filter_map(|test| if let Test::OneOf(o) = test { Some(o.iter()) } else { None })
            .flatten()
    };
    let lengths: BTreeSet<u64> = tests
        .iter()
        .filter_map(|test| if let Test::MaxLength(most) = test { Some(*most) } else { None })
        .collect();
    if lengths.iter().any(|most| *most > LONGEST) {
        return Err(Exceeded);
    }
    values.extend(numbers(tests, options()).into_iter().map(|number| Some(Value::Number(number))));
    values.push(Some(Value::Array(Vec::new())));
    for most in &lengths {
        let items = usize::try_from(*most).map_err(|_| Exceeded)?;
        values.push(Some(Value::Array(vec![Value::Null; items])));
        values.push(Some(Value::Array(vec![Value::Null; items.saturating_add(1)])));
    }
    let mut patterns: Vec<Automaton> = tests
        .iter()
        .filter_map(|test| match test {
            Test::Glob(glob, folded) => Some(Automaton::glob(glob.text(), *folded)),
            _ => None,
        })
        .collect();
    let globs = patterns.len();
    for text in options().filter_map(Value::as_str) {
        values.push(Some(Value::String(text.to_owned())));
        // A place in a pattern is counted in 16 bits, and a text that long is no shortest one of anything.
        if text.len() <= 16_384 {
            patterns.push(Automaton::text(text));
        }
    }
    if globs == 0 && patterns.is_empty() {
        // Nothing but lengths: no walk is needed, however long they are.
        for most in &lengths {
            let length = usize::try_from(*most).map_err(|_| Exceeded)?;
            values.push(Some(Value::String("x".repeat(length))));
            values.push(Some(Value::String("x".repeat(length.saturating_add(1)))));
        }
        values.push(Some(Value::String("example".to_owned())));
        values.push(Some(Value::String(String::new())));
        return Ok(values);
    }
    let kind = Kind::Argument(lengths.into_iter().collect());
    let texts = representatives(&patterns, &HashSet::new(), &kind, steps)?;
    values.extend(texts.texts.into_iter().map(|text| Some(Value::String(text))));
    Ok(values)
}

/// The numbers that are named, their neighbours, and one in each gap between.
fn numbers<'a>(tests: &[&Test], options: impl Iterator<Item = &'a Value>) -> Vec<Number> {
    let mut whole: BTreeSet<i128> = BTreeSet::from([0]);
    let mut ends: Vec<f64> = Vec::new();
    for number in options.filter_map(Value::as_number) {
        whole.extend(number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)));
        ends.extend(number.as_f64());
    }
    for test in tests {
        if let Test::Range(min, max) = test {
            ends.extend([min, max].into_iter().flatten());
        }
    }
    // Whole numbers beyond 2^53 share their floating point neighbour; the exact ones next to each end tell them apart.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and what is out of range is left out below"
    )]
    whole.extend(ends.iter().map(|end| *end as i128));
    let near: BTreeSet<i128> =
        whole.iter().flat_map(|n| [n.saturating_sub(1), *n, n.saturating_add(1)]).collect();
    let mut numbers: Vec<Number> = near.into_iter().filter_map(Number::from_i128).collect();
    let around = ends.iter().flat_map(|end| [end.next_down(), *end, end.next_up()]);
    numbers.extend(around.filter_map(Number::from_f64));
    numbers.extend([f64::MIN, f64::MAX, 0.5].into_iter().filter_map(Number::from_f64));
    numbers
}

/// Hosts that match every combination of `patterns` that any host matches.
///
/// A host that is not named itself matches the domains it is beneath, which are suffixes of one another; a fresh label
/// in front of the longest of them is beneath the same.
pub(super) fn hosts(patterns: &[&HostPattern]) -> Vec<Option<String>> {
    let mut hosts = vec![None];
    let is_named =
        |host: &str| patterns.iter().any(|p| matches!(p, HostPattern::Exact(name) if **name == *host));
    let fresh = |beneath: &str| {
        super::repositories::numbered("host")
            .map(|label| format!("{label}{beneath}"))
            .find(|host| !is_named(host))
    };
    for pattern in patterns {
        match pattern {
            HostPattern::Any => {}
            HostPattern::Exact(name) => hosts.push(Some(name.to_string())),
            HostPattern::Beneath(domain) => hosts.push(fresh(domain)),
        }
    }
    // A single label is beneath nothing.
    hosts.push(fresh(""));
    hosts
}
