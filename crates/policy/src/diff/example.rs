//! One call in full, made of the parts by which a change was found.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::callers::fresh_principal;
use super::cell::Outcome;
use super::groups::Place;
use super::report::{Caller, ExampleCall};
use super::repositories::Repository;
use super::rules::Rules;
use crate::model::{Capability, Transport};

/// A call of the outcome, found at `place`, by the caller who was met `first`.
pub(super) fn example(
    rules: &Rules<'_>,
    repository: &Repository<'_>,
    (capability, first): (Capability, Option<&(Caller, Transport)>),
    place: &Place<'_>,
    outcome: &Outcome,
) -> ExampleCall {
    let tool = place.tools.iter().min().map(|tool| tool.name.clone()).unwrap_or_default();
    let caller = first.map(|(caller, _)| caller);
    let names: BTreeSet<&str> = rules
        .atoms
        .iter()
        .filter_map(|atom| atom.rule.principals.as_deref())
        .flatten()
        .map(AsRef::as_ref)
        .collect();
    let mut access = outcome.rest.access.clone();
    access.repo = Some(Arc::from(repository.name.as_str()));
    ExampleCall {
        principal: caller
            .and_then(|caller| caller.principal.clone())
            .unwrap_or_else(|| fresh_principal(&names)),
        roles: caller
            .map(|c| c.roles.iter().map(|role| Arc::from(role.as_str())).collect())
            .unwrap_or_default(),
        transport: first.map_or(Transport::Mcp, |(_, transport)| *transport),
        tool,
        capability,
        access,
        arguments: outcome.rest.arguments.clone(),
    }
}
