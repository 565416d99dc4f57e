//! The read tools through the whole pipeline, over repositories that real git made.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make repositories: with plain files, and with real git as the oracle"
)]
#![expect(clippy::string_slice, reason = "object ids are ASCII")]

mod files;
mod history;
mod hostile;
mod judged;
mod redacted;
mod refused;
mod scene;
