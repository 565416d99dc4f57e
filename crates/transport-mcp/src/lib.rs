//! The Model Context Protocol door of Gitoma, over stdio: [`serve`] reads JSON-RPC lines, hands every tool call to
//! [`gitoma_core::Gateway`], and renders what comes back. Both protocol eras are spoken on one connection: `initialize`
//! (2024-11-05 to 2025-11-25) and the stateless 2026-07-28.
//!
//! # What is not here
//! No policy, no limit on what a caller may do, no tool: those are the gateway's. What this crate does bound is the connection
//! itself: the length of a line, and how much of what was read may wait for an answer.
//!
//! # Modules
//! `server` (the protocol's methods), `restriction` (what a client gives up), `listing` (how a tool is described), `answer` (results, and the envelope of a refusal),
//! `connection` (frames in), `outbox` (frames out), `lines` (bounded lines), `glimpse` (what can be told of a frame that is refused
//! unread), `in_flight` (room for requests), `session` (the life of one connection).

mod answer;
mod caller;
mod connection;
mod frame;
mod glimpse;
mod in_flight;
mod lines;
mod listing;
mod outbox;
mod progress;
mod restriction;
mod server;
mod session;

pub use answer::Category;
pub use connection::{MAX_LINE, MAX_REQUESTS, MAX_UNWRITTEN};
/// The longest id of a request, name of a protocol version and token of progress, in bytes: all are repeated in answers.
const MAX_NAME: usize = 128;

pub use session::{ServeError, serve, serve_stdio};
