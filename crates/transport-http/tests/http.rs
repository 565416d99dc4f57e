//! Drives the real `gitoma-http` over loopback, as a client would.

#[cfg(test)]
#[path = "support/mod.rs"]
mod support;

#[cfg(test)]
#[path = "http/approvals.rs"]
mod approvals;
#[cfg(test)]
#[path = "http/attacks.rs"]
mod attacks;
#[cfg(test)]
#[path = "http/audit.rs"]
mod audit;
#[cfg(test)]
#[path = "http/bad_input.rs"]
mod bad_input;
#[cfg(test)]
#[path = "http/calls.rs"]
mod calls;
#[cfg(test)]
#[path = "http/canary.rs"]
mod canary;
#[cfg(test)]
#[path = "http/cockpit.rs"]
mod cockpit;
#[cfg(test)]
#[path = "http/deadlines.rs"]
mod deadlines;
#[cfg(test)]
#[path = "http/following.rs"]
mod following;
#[cfg(test)]
#[path = "http/halt.rs"]
mod halt;
#[cfg(test)]
#[path = "http/hostile.rs"]
mod hostile;
#[cfg(test)]
#[path = "http/inside.rs"]
mod inside;
#[cfg(test)]
#[path = "http/limits.rs"]
mod limits;
#[cfg(test)]
#[path = "http/mcp.rs"]
mod mcp;
#[cfg(test)]
#[path = "http/operations.rs"]
mod operations;
#[cfg(test)]
#[path = "http/probes.rs"]
mod probes;
#[cfg(test)]
#[path = "http/process.rs"]
mod process;
#[cfg(test)]
#[path = "http/recorded.rs"]
mod recorded;
#[cfg(test)]
#[path = "http/refusals.rs"]
mod refusals;
#[cfg(test)]
#[path = "http/restricted.rs"]
mod restricted;
#[cfg(test)]
#[path = "http/resuming.rs"]
mod resuming;
#[cfg(test)]
#[path = "http/shadow.rs"]
mod shadow;
#[cfg(test)]
#[path = "http/socket.rs"]
mod socket;
#[cfg(test)]
#[path = "http/steering.rs"]
mod steering;
#[cfg(test)]
#[path = "http/streams.rs"]
mod streams;
#[cfg(test)]
#[path = "http/tokens.rs"]
mod tokens;
#[cfg(test)]
#[path = "http/writes.rs"]
mod writes;
