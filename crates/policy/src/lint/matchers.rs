//! Argument matchers that no value can meet which the schemas of the rule's tools admit. An allow rule with such a matcher
//! allows nothing. A deny or ask rule denies nothing either, or, where the value is always of another kind than it
//! compares, every call that gives the argument.

use super::cover::for_each;
use super::nothing::{matches_nothing, named_tools};
use super::{Key, Kind, Notes};
use crate::argument::{Answer, Argument, Kind as ValueKind, Test};
use crate::catalogue::{Catalogue, Values};
use crate::model::Effect;
use crate::rule::Rule;
use crate::set::PolicySet;

/// How many values a message names.
const NAMED: usize = 8;

/// What a matcher says of the values that an argument may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Yes of some, as far as is known.
    Some,
    /// No of each, or of some while it cannot compare the others.
    None,
    /// It can compare none.
    OtherKind,
}

pub(super) fn check(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    for_each(set, |placed| {
        for argument in &placed.rule.arguments {
            look(placed.rule, argument, catalogue, notes);
        }
    });
}

fn look(rule: &Rule, argument: &Argument, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    // What the argument is for a tool whose kind the matcher cannot compare, and for another one.
    let (mut other_kind, mut admitted) = (None, None);
    for tool in named_tools(rule, catalogue) {
        let Some(arguments) = &tool.arguments else { return };
        // A tool without the argument is never given it.
        let Some(values) = arguments.get(&*argument.name) else {
            if argument.test == Test::Absent {
                return;
            }
            continue;
        };
        match fit(&argument.test, values, rule.effect) {
            Fit::Some => return,
            Fit::None => admitted = admitted.or(Some(values)),
            Fit::OtherKind => other_kind = other_kind.or(Some(values)),
        }
    }
    let decides = other_kind.filter(|_| rule.effect != Effect::Allow);
    let Some(values) = decides.or(admitted).or(other_kind) else { return };
    let (id, name, says) = (&rule.id, &argument.name, rule.effect.as_str());
    let is = words(values);
    let fix = format!("compare `{name}` with what the tool's schema admits, or remove the matcher");
    let key = Key::Argument(name);
    if decides.is_some() {
        let verb = if rule.effect == Effect::Ask { "asks about" } else { "denies" };
        let message = format!(
            "rule `{id}` {verb} every call that gives `{name}`: that is {is}, which its matcher cannot compare"
        );
        notes.warning(Kind::UnfitMatcher, rule, key, message, fix);
        return;
    }
    let message = format!("rule `{id}` can {says} nothing: `{name}` is {is}, which its matcher never meets");
    matches_nothing(rule, key, message, fix, notes);
}

fn fit(test: &Test, values: &Values, effect: Effect) -> Fit {
    match values {
        Values::Any => Fit::Some,
        Values::Of(kinds) if kinds.iter().any(|kind| test.speaks_of(*kind)) => Fit::Some,
        Values::Of(_) => Fit::OtherKind,
        Values::Listed(values) => {
            let answers: Vec<Answer> = values.iter().map(|value| test.answer(value)).collect();
            let (yes, unknown) = (answers.contains(&Answer::Yes), answers.contains(&Answer::Unknown));
            if yes || answers.is_empty() || *test == Test::Absent {
                Fit::Some
            } else if answers.iter().all(|answer| *answer == Answer::Unknown) {
                Fit::OtherKind
            } else if unknown && effect != Effect::Allow {
                // It applies to those that it cannot compare.
                Fit::Some
            } else {
                Fit::None
            }
        }
    }
}

/// What the argument is, for a message.
fn words(values: &Values) -> String {
    if let Values::Listed(values) = values
        && values.len() <= NAMED
    {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        return format!("one of {}", values.join(", "));
    }
    let kinds = values.kinds().unwrap_or_default();
    kinds.into_iter().map(ValueKind::as_str).collect::<Vec<_>>().join(" or ")
}
