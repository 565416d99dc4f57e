//! The callers that two policies tell apart: principals, sets of roles and transports, by the rules they leave.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use super::cell::Choices;
use super::mask::Mask;
use super::report::Caller;
use super::rules::Rules;
use super::texts::Exceeded;
use super::{Steps, probe, repositories};
use crate::model::Transport;

/// Callers and transports for which the same rules are left.
#[derive(Default)]
pub(super) struct Concerned {
    /// One caller and a transport over which it is concerned: not each of the ones below is, over each.
    pub(super) first: Option<(Caller, Transport)>,
    pub(super) callers: Vec<Caller>,
    pub(super) transports: Vec<Transport>,
}

/// The callers and transports for which different rules of `named` are left, as far as one of `trigger` is.
pub(super) fn concerned(
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
    for transport in Transport::ALL {
        let mask = rules.those(|atom| probe::names_transport(atom.rule, transport));
        transports.entry(mask.and(named)).or_default().push(transport);
    }
    let roles = role_sets(rules, named, steps)?;
    let mut cells: BTreeMap<Mask, Concerned> = BTreeMap::new();
    for (by_transport, transports) in &transports {
        for (by_principal, principal) in &principals {
            let left = by_transport.and(by_principal);
            for (by_role, roles) in &roles {
                steps.take(rules.atoms.len() / 4)?;
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
            steps.take(rules.atoms.len() / 4)?;
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
pub(super) fn fresh_principal(names: &BTreeSet<&str>) -> String {
    let stems = std::iter::once("agent".to_owned()).chain(repositories::numbered("someone"));
    stems.into_iter().find(|name| !names.contains(name.as_str())).unwrap_or_default()
}
