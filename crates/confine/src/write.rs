//! Changing one file beneath a root: look, stage, publish.
//!
//! Holds the order of a write. [`RepoRoot::target`](crate::RepoRoot::target) pins the directory and looks at what stands
//! there, [`Target::stage`] puts the new content beside it under another name, [`Staged::publish`] puts it in place if
//! nothing has changed since. The directory is resolved once; from then on only single names in open descriptors are used.
//! Which paths may be written is the guard's.

mod access;
mod error;
mod other;
mod place;
mod prune;
mod published;
mod seen;
mod staged;
mod target;
mod temporary;
#[cfg(test)]
mod tests;

pub use error::WriteError;
pub use published::Published;
pub use seen::Current;
pub use staged::Staged;
pub use target::Target;

/// The most bytes in a file that is written, and in one that is replaced or removed: 2 MiB.
pub const MAX_WRITE_BYTES: u64 = 2 * 1024 * 1024;
