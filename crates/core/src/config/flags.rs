//! The flags that every binary shares.

use std::path::PathBuf;

/// Flags of `gitoma-http`, `gitoma-mcp` and `gitoma`. With the feature `binary` they are a clap argument group.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "binary", derive(clap::Args))]
pub struct Flags {
    /// A repository to open, and what policy calls it (default: the folder's name). May be repeated
    #[cfg_attr(feature = "binary", arg(long, value_name = "PATH[=ALIAS]"))]
    pub repo: Vec<String>,
    /// The git directory of a linked worktree or submodule, which is otherwise refused. May be repeated
    #[cfg_attr(feature = "binary", arg(long, value_name = "[ALIAS=]PATH"))]
    pub git_dir: Vec<String>,
    /// The policy file (default: the built-in policy, which allows reads and denies writes)
    #[cfg_attr(feature = "binary", arg(long, value_name = "FILE"))]
    pub policy: Option<PathBuf>,
    /// The configuration file; with one, no token is minted
    #[cfg_attr(feature = "binary", arg(long, value_name = "FILE"))]
    pub config: Option<PathBuf>,
    /// The state directory: tokens and audit chains (default: the user's XDG state directory)
    #[cfg_attr(feature = "binary", arg(long, value_name = "DIR"))]
    pub state: Option<PathBuf>,
    /// Write mode, `on` or `off`. On only if a source says `on` and none says `off`
    #[cfg_attr(feature = "binary", arg(long, value_name = "on|off"))]
    pub write_mode: Option<String>,
    /// Whether file tools may change the checked-out trees themselves, `on` or `off`, and not only worktrees of their own
    #[cfg_attr(feature = "binary", arg(long, value_name = "on|off"))]
    pub direct_writes: Option<String>,
}
