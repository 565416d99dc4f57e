//! What the rules of repositories could grant to somebody, gathered when the set is compiled: a tool list asks it for each
//! tool, and a hundred thousand repositories are not walked for an answer that a few distinct ones give.
//!
//! A repository is a *site* here: whether it is on the whitelist, and whom its rules deny whatever they call. An *audience*
//! is what a rule says of tool, capability, principal, role and transport. Long policies have few of either.

use std::hash::Hash;

use super::{PolicySet, Repository, Scope, Scopes, Tool};
use crate::compile::address;
use crate::hash::HashMap;
use crate::model::{Capability, Effect, Subject};
use crate::rule::Rule;

/// What the rules of repositories could grant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants {
    /// Of each audience one rule, which stands for all that have it.
    audiences: Box<[Rule]>,
    sites: Box<[Site]>,
    /// Each audience that a rule of some site allows or asks for, with all such sites; both by position.
    grants: Box<[(usize, Box<[usize]>)]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Site {
    /// In some spelling.
    whitelisted: bool,
    /// The audiences that a rule denies everything, by position.
    closed_to: Box<[usize]>,
}

impl Grants {
    /// Whether some repository's own rules grant a call of the tool by the subject, and none closes it.
    /// With `whitelisted`, a write counts only where the repository is on the whitelist.
    pub(crate) fn somewhere(
        &self,
        subject: &Subject<'_>,
        tool: Tool<'_>,
        capability: Capability,
        whitelisted: bool,
    ) -> bool {
        self.grants.iter().any(|(audience, sites)| {
            self.concerns(*audience, subject, tool, capability)
                && sites
                    .iter()
                    .filter_map(|site| self.sites.get(*site))
                    .any(|site| self.is_open(site, subject, tool, capability, whitelisted))
        })
    }

    /// Whether some repository closes the tool to the subject in no way.
    pub(crate) fn has_open_site(
        &self,
        subject: &Subject<'_>,
        tool: Tool<'_>,
        capability: Capability,
    ) -> bool {
        self.sites.iter().any(|site| self.is_open(site, subject, tool, capability, true))
    }

    fn is_open(
        &self,
        site: &Site,
        subject: &Subject<'_>,
        tool: Tool<'_>,
        capability: Capability,
        whitelisted: bool,
    ) -> bool {
        (!whitelisted || capability != Capability::Write || site.whitelisted)
            && !site.closed_to.iter().any(|audience| self.concerns(*audience, subject, tool, capability))
    }

    fn concerns(
        &self,
        audience: usize,
        subject: &Subject<'_>,
        tool: Tool<'_>,
        capability: Capability,
    ) -> bool {
        let rule = self.audiences.get(audience);
        rule.is_some_and(|rule| rule.is_for(tool, capability) && rule.could_concern(subject))
    }

    /// Gathers what the entries of `set` grant; its own `grants` is not looked at.
    pub(crate) fn of(set: &PolicySet) -> Self {
        let mut audiences = Audiences::default();
        let mut sites = Numbered::default();
        // Pairs of a granted audience and a site. What an `owner/*` entry grants is joined with the sites beneath it
        // at the end, once for each distinct one.
        let (mut grants, mut owned) = (Numbered::default(), Numbered::default());
        let owners: HashMap<*const Repository, (usize, Said)> = set
            .owners
            .values()
            .enumerate()
            .map(|(at, owner)| (std::ptr::from_ref(owner), (at, audiences.said(&owner.rules))))
            .collect();
        let named = set.repositories.values().map(|entry| set.scopes(Some(&entry.name)));
        let alone = set.owners.values().map(|entry| Scopes { owner: Some((entry, true)), exact: None });
        for scopes in named.chain(alone) {
            let own = scopes.exact.map(|(entry, _)| audiences.said(&entry.rules)).unwrap_or_default();
            let owner = scopes.owner.and_then(|(owner, _)| owners.get(&std::ptr::from_ref(owner)));
            let mut closed_to = own.closed_to;
            closed_to.extend(owner.iter().flat_map(|(_, said)| &said.closed_to));
            closed_to.sort_unstable();
            closed_to.dedup();
            let site = Site { whitelisted: scopes.could_be_whitelisted(), closed_to: closed_to.into() };
            let site = sites.number(site);
            for audience in own.grants {
                grants.number((audience, site));
            }
            if let Some((owner, _)) = owner {
                owned.number((*owner, site));
            }
        }
        let mut by_owner: Vec<&(usize, Said)> = owners.values().collect();
        by_owner.sort_unstable_by_key(|(at, _)| *at);
        for (owner, site) in owned.0.into_keys() {
            for audience in by_owner.get(owner).iter().flat_map(|(_, said)| &said.grants) {
                grants.number((*audience, site));
            }
        }
        let mut by_audience: HashMap<usize, Vec<usize>> = HashMap::default();
        for (audience, site) in grants.0.into_keys() {
            by_audience.entry(audience).or_default().push(site);
        }
        Self {
            audiences: audiences.rules.into(),
            sites: sites.in_order().into(),
            grants: by_audience.into_iter().map(|(audience, sites)| (audience, sites.into())).collect(),
        }
    }
}

/// What the rules of one scope say, to which audiences.
#[derive(Default)]
struct Said {
    grants: Vec<usize>,
    closed_to: Vec<usize>,
}

/// The audiences so far. Rules share their lists (`compile::shared`), so the addresses of these tell audiences apart;
/// were a list held twice, there would be an audience too many and the answers the same.
#[derive(Default)]
struct Audiences {
    rules: Vec<Rule>,
    numbers: Numbered<([usize; 4], Option<Capability>)>,
}

impl Audiences {
    fn number(&mut self, rule: &Rule) -> usize {
        let lists = [
            address(Some(&rule.tools)),
            address(rule.principals.as_ref()),
            address(rule.roles.as_ref()),
            address(rule.transports.as_ref()),
        ];
        let number = self.numbers.number((lists, rule.capability));
        if number == self.rules.len() {
            self.rules.push(rule.clone());
        }
        number
    }

    fn said(&mut self, scope: &Scope) -> Said {
        let mut said = Said::default();
        for rule in scope.rules() {
            if rule.effect != Effect::Deny {
                said.grants.push(self.number(rule));
            } else if rule.closes() {
                said.closed_to.push(self.number(rule));
            }
        }
        said
    }
}

/// Distinct values, numbered as they come.
struct Numbered<T>(HashMap<T, usize>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> usize {
        let next = self.0.len();
        *self.0.entry(value).or_insert(next)
    }

    fn in_order(self) -> Vec<T> {
        let mut numbered: Vec<(T, usize)> = self.0.into_iter().collect();
        numbered.sort_unstable_by_key(|(_, number)| *number);
        numbered.into_iter().map(|(value, _)| value).collect()
    }
}
