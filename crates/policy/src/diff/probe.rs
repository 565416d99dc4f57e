//! Asks a rule about one dimension at a time, through the very function by which calls are judged.

use std::sync::Arc;

use crate::model::{Capability, Narrowing, Request, Transport, WriteMode};
use crate::rule::{Dimension, Rule, Unit};
use crate::set::Tool;

static NARROWING: Narrowing = Narrowing { read_only: false, repositories: None };

/// As much of a call as a question is about.
const REQUEST: Request<'static> = Request {
    principal: "",
    roles: &[],
    transport: Transport::Mcp,
    tool: "",
    capability: Capability::Read,
    accesses: &[],
    arguments: None,
    write_mode: WriteMode::On,
    narrowing: &NARROWING,
    scope: crate::Scope::everything(),
};

/// A tool by its name alone: it need not be one that the policy knows, and one that it knows is found by its name too.
const fn by_name(name: &str) -> Tool<'_> {
    Tool { name, position: None }
}

/// Whether the rule is one for calls of the tool with the capability.
pub(super) fn names_tool(rule: &Rule, tool: &str, capability: Capability) -> bool {
    rule.is_for(by_name(tool), capability)
}

pub(super) fn names_principal(rule: &Rule, principal: &str) -> bool {
    of_caller(rule, Dimension::Principal, &Request { principal, ..REQUEST })
}

pub(super) fn names_roles(rule: &Rule, roles: &[Arc<str>]) -> bool {
    of_caller(rule, Dimension::Role, &Request { roles, ..REQUEST })
}

pub(super) fn names_transport(rule: &Rule, transport: Transport) -> bool {
    of_caller(rule, Dimension::Transport, &Request { transport, ..REQUEST })
}

pub(super) fn meets_host(rule: &Rule, unit: &Unit<'_>) -> bool {
    of_unit(rule, Dimension::Host, unit)
}

pub(super) fn meets_reference(rule: &Rule, unit: &Unit<'_>) -> bool {
    of_unit(rule, Dimension::Reference, unit)
}

pub(super) fn meets_path(rule: &Rule, unit: &Unit<'_>) -> bool {
    of_unit(rule, Dimension::Path, unit)
}

fn of_caller(rule: &Rule, dimension: Dimension, request: &Request<'_>) -> bool {
    rule.meets(dimension, by_name(request.tool), request, &Unit::of(None))
}

fn of_unit(rule: &Rule, dimension: Dimension, unit: &Unit<'_>) -> bool {
    rule.meets(dimension, by_name(REQUEST.tool), &REQUEST, unit)
}
