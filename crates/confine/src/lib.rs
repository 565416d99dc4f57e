//! The only code of Gitoma that opens repository paths or spawns processes.
//!
//! Names come in as text and leave as types that exist only if they are good: [`RelPath`], [`RefName`],
//! [`Revision`]. A [`RepoRoot`] pins the directory of one repository and opens what lies beneath it, never
//! following a symbolic link; what is [`Surveyed`] in it is compared with git's index; a [`Target`] and what is [`Staged`] on it change one file there, whole or not at all. A
//! [`FileTree`] reads for a person, without a guard. [`GitDir`], [`check_layout`], [`check_ref_place`] and [`check_rules`] judge whether a
//! repository's own metadata leads anywhere else before a git engine uses it.
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
//! A file is replaced whole: readers see the old content or the new, and what somebody else changed meanwhile is left alone.
//!
//! ```
//! # use gitoma_confine::{RelPath, RepoRoot, WriteError};
//! # let directory = tempfile::TempDir::new()?;
//! let root = RepoRoot::open(directory.path(), |_, _| None)?;
//! let notes = RelPath::parse("docs/notes.txt")?;
//! root.target(&notes)?.stage(b"first\n", None)?.publish()?;
//!
//! let target = root.target(&notes)?;
//! assert_eq!(target.current().map(|current| current.bytes.as_slice()), Some(&b"first\n"[..]));
//! let staged = target.stage(b"second\n", None)?;
//! root.target(&notes)?.stage(b"quicker\n", None)?.publish()?;
//! assert!(matches!(staged.publish(), Err(WriteError::Changed)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not here
//! No decision: which paths are secret is a table of the policy crate, injected as a [`Guard`]. No git engine: the
//! tools crate opens one on what [`RepoRoot::git_dir`] returned. No asynchronous code: callers use a blocking pool.
//!
//! # Modules
//! `path`, `reference`, `revision` (names); `root`, `survey`, `tree`, `opener` (files); `write` (changing them); `git_dir`, `layout`,
//! `beneath` (git metadata); `process` (the one place that starts a program: git, and for a person what a client would start).

mod beneath;
mod fresh;
mod git_dir;
mod layout;
mod opener;
mod path;
mod process;
mod reference;
mod revision;
mod root;
mod survey;
mod tree;
mod write;

pub use beneath::{BeneathError, beneath};
pub use fresh::{Filler, FreshTree};
pub use git_dir::{GitDir, GitDirError};
pub use layout::{LayoutError, Part, branches_in_use, check_layout, check_ref_place, check_rules};
pub use opener::has_openat2;
pub use path::{PathError, RelPath};
pub use process::{
    ASKPASS, Conversation, Credential, Ended, Finished, Git, GitCall, Heard, LineLimits, ProcessError,
    Program, askpass, link_askpass,
};
pub use reference::{RefName, RefNameError};
pub use revision::{Base, ObjectPrefix, Revision, RevisionError, Step};
pub use root::{
    DirectoryEntry, FileContent, Guard, Kind, Listing, Metadata, Mode, OpenError, RepoRoot, RootError,
};
pub use survey::{Looked, Surveyed};
pub use tree::{FileTree, Found};
pub use write::{Current, MAX_WRITE_BYTES, Published, Staged, Target, WriteError};
