//! Asks a rule about one dimension at a time, through the very function by which calls are judged.

use std::sync::Arc;

use crate::model::{Capability, Narrowing, Request, Transport, WriteMode};
use crate::rule::{Dimension, Rule, Unit};
use crate::set::Tool;

static NARROWING: Narrowing = Narrowing { read_only: false, repositories: None };

/// No question here is about the tool, but for `names_tool`.
const NO_TOOL: Tool<'static> = Tool { name: "", position: None };

/// As much of a call as a question is about.
pub(super) const REQUEST: Request<'static> = Request {
    principal: "",
    roles: &[],
    transport: Transport::Mcp,
    tool: "",
    capability: Capability::Read,
    accesses: &[],
    arguments: None,
    write_mode: WriteMode::On,
    narrowing: &NARROWING,
};

pub(super) fn names_tool(rule: &Rule, tool: &str, capability: Capability) -> bool {
    rule.names_tool(tool) && rule.has_capability(capability)
}

pub(super) fn names_principal(rule: &Rule, principal: &str) -> bool {
    rule.meets(Dimension::Principal, NO_TOOL, &Request { principal, ..REQUEST }, &Unit::of(None))
}

pub(super) fn names_roles(rule: &Rule, roles: &[Arc<str>]) -> bool {
    rule.meets(Dimension::Role, NO_TOOL, &Request { roles, ..REQUEST }, &Unit::of(None))
}

pub(super) fn names_transport(rule: &Rule, transport: Transport) -> bool {
    rule.meets(Dimension::Transport, NO_TOOL, &Request { transport, ..REQUEST }, &Unit::of(None))
}

pub(super) fn meets(rule: &Rule, dimension: Dimension, unit: &Unit<'_>) -> bool {
    rule.meets(dimension, NO_TOOL, &REQUEST, unit)
}
