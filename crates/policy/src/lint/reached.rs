//! Rules that never bear on a verdict, since another rule concerns all their calls.

use super::cover::{Around, Cover, Placed, Scope, cover, for_each, steps};
use super::{Key, Kind, Notes};
use crate::catalogue::Catalogue;
use crate::model::{Capability, Effect};
use crate::rule::Rule;
use crate::set::PolicySet;

/// How many rules a message names.
const NAMED: usize = 5;

/// The most comparisons of a pattern with a pattern; they run at each load, and take seconds then.
const MOST_COMPARISONS: usize = 50_000_000;

/// The most steps of what is looked for only when somebody checks a policy; about two seconds for each of two lints.
const MOST_STEPS: u64 = 5_000_000;

/// Allow and ask rules that a deny rule covers. Only a cover by a deny rule that is no switch refuses a policy. One too
/// large to compare them all is taken as it is, since a rule that is denied throughout grants nothing.
pub(super) fn check(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    if comparisons(set) > MOST_COMPARISONS {
        for_each(set, |placed| {
            if placed.rule.effect != Effect::Deny {
                notes.leave_uncompared(placed.rule);
            }
        });
        return;
    }
    let mut denies = Around::new(set, denies_some);
    for_each(set, |placed| {
        if placed.rule.effect == Effect::Deny {
            return;
        }
        let mut partly = None;
        let whole = denies.find(placed.scope, |outer| match cover(outer, placed, catalogue) {
            Cover::Whole => true,
            Cover::FoundPaths => {
                partly.get_or_insert(outer.rule);
                false
            }
            Cover::None => false,
        });
        let rule = placed.rule;
        let (id, says) = (&rule.id, rule.effect.as_str());
        let fix = "remove one of the two rules, or narrow the deny rule; no rule lifts a deny";
        if let Some(outer) = whole {
            let message =
                format!("rule `{id}` can {says} nothing: {} denies all of its calls", cited(outer.rule));
            notes.error(Kind::UnreachableRule, rule, Key::Rule, message, fix);
        } else if let Some(outer) = partly {
            let message = format!(
                "rule `{id}` can {says} only calls that find their paths while they run, and {} denies each path found",
                cited(outer)
            );
            notes.warning(Kind::UnreachableRule, rule, Key::Rule, message, fix);
        }
    });
}

/// Switches, capabilities that are off, and rules that a rule of the same effect or an ask rule covers.
pub(super) fn warn(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    switches(set, catalogue, notes);
    let mut asks = Around::new(set, |rule| rule.effect == Effect::Ask);
    let mut others = Around::new(set, |rule| !is_switch(rule));
    let mut left = Steps::new();
    for placed in in_order(set) {
        let rule = placed.rule;
        let id = &rule.id;
        if !set.automation && rule.effect != Effect::Deny && rule.capability == Some(Capability::Automation) {
            let message = format!("rule `{id}` can {} nothing: automation is off", rule.effect.as_str());
            let fix = "write `automation: allow`, or remove the rule";
            notes.warning(Kind::UnreachableRule, rule, Key::Rule, message, fix);
            continue;
        }
        if left.exceeded {
            notes.leave_uncompared(rule);
            continue;
        }
        let covers = |outer: Placed<'_>, left: &mut Steps| {
            left.take(outer.rule, rule) && cover(outer, placed, catalogue) == Cover::Whole
        };
        if rule.effect == Effect::Allow
            && let Some(outer) = asks.find(placed.scope, |outer| covers(outer, &mut left))
        {
            let message =
                format!("rule `{id}` decides nothing: {} asks about all of its calls", cited(outer.rule));
            notes.warning(Kind::NeverDecides, rule, Key::Rule, message, "remove one of the two rules");
            continue;
        }
        let same = |outer: Placed<'_>| {
            outer.rule.effect == rule.effect
                && !std::ptr::eq(outer.rule, rule)
                && covers(outer, &mut left)
                // Of two that cover each other, the later one is superfluous.
                && (is_before(outer.rule, rule) || !covers_back(placed, outer, catalogue))
        };
        if let Some(outer) = others.find(placed.scope, same) {
            let message =
                format!("rule `{id}` adds nothing: {} concerns all of its calls", cited(outer.rule));
            notes.warning(Kind::Subsumed, rule, Key::Rule, message, "remove the rule");
        } else if left.exceeded {
            notes.leave_uncompared(rule);
        }
    }
}

/// What is left of a bound.
struct Steps {
    left: u64,
    /// Whether some comparison did not fit.
    exceeded: bool,
}

impl Steps {
    const fn new() -> Self {
        Self { left: MOST_STEPS, exceeded: false }
    }

    /// Takes what it costs to compare two rules; `false` if that is more than is left, and from then on, so that what is
    /// left out stands last in the text.
    fn take(&mut self, a: &Rule, b: &Rule) -> bool {
        let after = self.left.checked_sub(steps(a, b)).filter(|_| !self.exceeded);
        self.exceeded = after.is_none();
        self.left = after.unwrap_or_default();
        after.is_some()
    }
}

/// Every rule in the order of the text, so that where a bound is met is the same each time.
fn in_order(set: &PolicySet) -> Vec<Placed<'_>> {
    let mut rules = Vec::new();
    for_each(set, |placed| rules.push(placed));
    rules.sort_by_key(|placed| (placed.rule.line, placed.rule.column));
    rules
}

/// The most comparisons that looking for covers may take, by the number of rules and patterns in each scope.
fn comparisons(set: &PolicySet) -> usize {
    let weigh = |rules: &[Rule], wanted: fn(&Rule) -> bool| {
        let weights = rules.iter().filter(|rule| wanted(rule)).map(|rule| {
            [&rule.paths, &rule.refs]
                .into_iter()
                .flatten()
                .fold(1, |sum: usize, globs| sum.saturating_add(globs.list.len()))
        });
        weights.fold(0, usize::saturating_add)
    };
    let grants = |rule: &Rule| rule.effect != Effect::Deny;
    let global = weigh(set.global.rules(), denies_some);
    let owners = set.owners.values().map(|entry| weigh(entry.rules.rules(), denies_some));
    // Each rule of a repository may meet those of one owner; which one is not looked up here.
    let owner = owners.max().unwrap_or_default();
    let of = |rules: &[Rule], outer: usize| {
        weigh(rules, grants).saturating_mul(outer.saturating_add(weigh(rules, denies_some)))
    };
    let entries = set.repositories.values().chain(set.owners.values());
    let local = entries.map(|entry| of(entry.rules.rules(), global.saturating_add(owner)));
    local.fold(of(set.global.rules(), 0), usize::saturating_add)
}

/// Whether the rule is one whose cover refuses a policy.
fn denies_some(rule: &Rule) -> bool {
    rule.effect == Effect::Deny && !is_switch(rule)
}

/// Whether the rule denies all calls of its tools, to everyone or to certain callers, whatever they reach for. In an
/// emergency an operator adds such a rule above all others, and the file must load with it.
fn is_switch(rule: &Rule) -> bool {
    rule.closes()
}

/// One warning for each switch that turns rules off, at the switch: the rules themselves are not to be changed.
fn switches(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    let rules = in_order(set);
    let is_on = |placed: &&Placed<'_>| is_switch(placed.rule);
    let mut switches: Vec<_> =
        rules.iter().filter(is_on).map(|placed| (*placed, Vec::new(), 0usize)).collect();
    let mut left = Steps::new();
    for placed in rules.iter().filter(|placed| placed.rule.effect != Effect::Deny) {
        for (switch, off, count) in &mut switches {
            if left.exceeded {
                break;
            }
            if left.take(switch.rule, placed.rule)
                && is_within(set, switch.scope, placed.scope)
                && cover(*switch, *placed, catalogue) == Cover::Whole
            {
                *count = count.saturating_add(1);
                // They come in order.
                if off.len() < NAMED {
                    off.push(placed.rule);
                }
            }
        }
        if left.exceeded {
            notes.leave_uncompared(placed.rule);
        }
    }
    for (switch, off, count) in switches {
        if count == 0 {
            continue;
        }
        let names: Vec<String> = off.iter().map(|rule| format!("`{}`", rule.id)).collect();
        let more = if count > off.len() { ", …" } else { "" };
        let message = format!(
            "rule `{}` turns off what {count} {} or ask: {}{more}",
            switch.rule.id,
            if count == 1 { "rule would allow" } else { "rules would allow" },
            names.join(", ")
        );
        let fix = "keep it for as long as it is meant to stop everything, then remove it";
        notes.warning(Kind::UnreachableRule, switch.rule, Key::Rule, message, fix);
    }
}

/// Whether every call of `inner` is one that `outer` sees, as far as scopes go.
fn is_within<'a>(set: &'a PolicySet, outer: Scope<'a>, inner: Scope<'a>) -> bool {
    match (outer, inner) {
        (Scope::Global, _) => true,
        (Scope::Owner(outer), Scope::Repository(inner)) => {
            set.scopes(Some(&inner.name)).owner.is_some_and(|(owner, _)| std::ptr::eq(owner, outer))
        }
        _ => outer.is(inner),
    }
}

/// Whether `inner`'s own calls are all concerned by `outer`, where their scopes are the same.
fn covers_back(outer: Placed<'_>, inner: Placed<'_>, catalogue: &Catalogue) -> bool {
    outer.scope.is(inner.scope) && cover(outer, inner, catalogue) == Cover::Whole
}

fn is_before(a: &Rule, b: &Rule) -> bool {
    (a.line, a.column) < (b.line, b.column)
}

fn cited(rule: &Rule) -> String {
    format!("rule `{}` in line {}", rule.id, rule.line)
}
