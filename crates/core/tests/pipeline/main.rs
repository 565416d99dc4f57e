//! The pipeline through its public door, with recording fakes: its order, its entries, what cancels and what does not.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and looks at files of its own temporary directory"
)]

mod approvals;
mod attacks;
mod cancel;
mod checkpoints;
mod commitments;
mod deciding;
mod entries;
mod halt;
mod hidden;
mod order;
mod progress;
mod redaction;
mod reload;
mod replay;
mod restricted;
mod seal;
mod shadow;
mod support;
mod watching;
