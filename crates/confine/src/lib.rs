//! The only code of Gitoma that opens repository paths or spawns processes.
//!
//! Names come in as text and leave as types that exist only if they are good: [`RelPath`], [`RefName`],
//! [`Revision`]. A [`RepoRoot`] pins the directory of one repository and opens what lies beneath it, never
//! following a symbolic link. A [`FileTree`] does so for a person, without a guard. [`GitDir`] and [`check_layout`] judge whether a repository's own metadata leads
//! anywhere else before a git engine reads it.
//!
//! ```
//! use gitoma_confine::{Mode, RelPath, RepoRoot};
//!
//! fn guard(path: &str, _mode: Mode) -> Option<&'static str> {
//!     path.ends_with(".env").then_some("denylist:environment-file")
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = RepoRoot::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")), guard)?;
//! let file = root.read(&RelPath::parse("./src//lib.rs")?, 64)?;
//! assert!(file.truncated && file.bytes.len() == 64);
//! assert!(RelPath::parse("src/../../secret").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # What is not here
//! No decision: which paths are secret is a table of the policy crate, injected as a [`Guard`]. No git engine: the
//! tools crate opens one on what [`RepoRoot::git_dir`] returned. No asynchronous code: callers use a blocking pool.
//!
//! # Modules
//! `path`, `reference`, `revision` (names); `root`, `tree`, `opener` (files); `git_dir`, `layout`, `beneath` (git metadata).
//! Atomic writes join `root` and the process runner gets a module of its own when they are built.

mod beneath;
mod git_dir;
mod layout;
mod opener;
mod path;
mod reference;
mod revision;
mod root;
mod tree;

pub use beneath::{BeneathError, beneath};
pub use git_dir::{GitDir, GitDirError};
pub use layout::{LayoutError, Part, check_layout};
pub use path::{PathError, RelPath};
pub use reference::{RefName, RefNameError};
pub use revision::{Base, ObjectPrefix, Revision, RevisionError, Step};
pub use root::{
    DirectoryEntry, FileContent, Guard, Kind, Listing, Metadata, Mode, OpenError, RepoRoot, RootError,
};
pub use tree::{FileTree, Found};
