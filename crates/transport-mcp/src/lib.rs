//! The Model Context Protocol door of Gitoma. Over stdio, [`serve`] reads JSON-RPC lines of one client; over Streamable HTTP, an [`Endpoint`]
//! answers requests of many, whoever serves it: [`serve_http`] does so on this machine alone. Either hands every tool call to
//! [`gitoma_core::Gateway`], and renders what comes back. Both protocol eras are spoken side by side: `initialize` (2024-11-05 to 2025-11-25)
//! and the stateless 2026-07-28.
//!
//! # What is not here
//! No policy, no limit on what a caller may do, no tool: those are the gateway's. What this crate does bound is the connection
//! itself: the length of a message, how much of what was read may wait for an answer, and how many sessions there are.
//!
//! # Modules
//! `server` (the protocol's methods), `caller` (who asks), `restriction` (what a client gives up), `listing` (how a tool is described),
//! `resources` (files and folders by address), `prompts` (texts for tasks that people begin with), `completion` (what can be filled into
//! either), `answer` (results, and the envelope of a refusal), `progress` (how far a call has come), `changes` (when lists are others),
//! `subscription` (what is said under one), `frame` (bytes to messages), `glimpse` (what can be told of a frame that is refused unread).
//! For stdio: `connection` (frames in), `outbox` (frames out), `lines` (bounded lines), `hang_up` (when a client that is not read has gone), `in_flight` (room for requests), `attended` (what a
//! connection adds to the methods), `listeners` (who is told of changes), `session` (the life of one connection). For HTTP: `http` (the endpoint), `loopback` (who serves it alone).

// Whoever has debug assertions in an optimised build gets past this; what holds is that such a build serves nobody who does not ask for it.
#[cfg(all(feature = "conformance-fixtures", not(debug_assertions)))]
compile_error!("conformance-fixtures is for tests: no optimised build has it");

mod answer;
mod attended;
mod caller;
mod changes;
mod completion;
mod connection;
#[cfg(feature = "conformance-fixtures")]
pub mod fixtures;
mod frame;
mod glimpse;
mod hang_up;
mod http;
mod in_flight;
mod lines;
mod listeners;
mod listing;
mod loopback;
mod outbox;
mod progress;
mod prompts;
mod resources;
mod restriction;
mod server;
mod session;
mod subscription;

pub use answer::Category;
pub use connection::{MAX_LINE, MAX_REQUESTS, MAX_UNWRITTEN};
pub use http::{Bounds, Endpoint, MAX_BODY, Visitor};
/// The longest id of a request, name of a protocol version and token of progress, in bytes: all are repeated in answers.
const MAX_NAME: usize = 128;

pub use loopback::{AddressError, LoopbackAddress, PATH, serve_http};
pub use session::{ServeError, serve, serve_stdio};
