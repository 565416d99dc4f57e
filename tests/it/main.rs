//! Tests that drive the libraries: the shape of the house, and the same calls through every adapter.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and looks at files of the repository and of its own temporary directories"
)]

mod conformance;
mod tidy;
