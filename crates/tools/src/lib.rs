//! The built-in tools over local git repositories: [`standard`] opens every configured repository once and returns one [`Tool`] for
//! each entry of the read set, from `repo_list` to `git_blame`; [`with_writes`] adds the write set, from `repo_write_file` to
//! `worktree_commit`.
//!
//! Every tool parses its arguments into names that exist only if they are good, states what it will touch, and, once the
//! pipeline has issued a permit, reads through `gix` (history, trees, index) or through `gitoma-confine` (the work tree).
//! Whatever path a tool finds on its way is judged before its name or its content is shown, and content is redacted whole
//! before it is cut. A write is worked out first, as a draft that says what it would do, and changes nothing until that was
//! judged. Nothing that a repository says about itself (configuration, hooks, attributes, links) is executed, followed or
//! trusted.
//!
//! # What is not here
//! No decision: policy decides, `gitoma-core` asks it. No transport. No path of a repository is opened and no process is started here;
//! confinement does both.
//!
//! # Modules
//! `repositories` (what is open), `suggestion` (what an origin would call it), `query` and `command` (one adapter for all tools that read,
//! one for all that write), `place` and `view` (a call's repository, before and while it runs), `shape` (what results look like), `masked` (redaction that keeps line
//! numbers true), `revision`, `walk`, `change` and `patch` (history and differences), `replace`, `unified` and `rewrite` (changes
//! of files), `proposal` (a commit that is judged), `worktree` (disposable worktrees), `push` (a branch that goes to a remote), `git`,
//! `files` and `worktrees` (the tools), `corpus` (the texts that somebody at a terminal has searched for secrets; no tool).

mod budget;
mod change;
mod changed_file;
mod collect;
mod command;
mod commit;
mod content;
mod corpus;
mod extent;
mod files;
mod git;
mod glob;
mod instant;
mod masked;
mod object;
mod origin;
mod page;
mod patch;
mod place;
mod proposal;
mod push;
mod query;
mod replace;
mod repositories;
mod revision;
mod rewrite;
mod rule_files;
mod shape;
mod suggestion;
mod unified;
mod unstaged;
mod view;
mod walk;
mod worktree;
mod worktrees;

use std::sync::Arc;

use gitoma_core::Tool;
use gitoma_core::config::{RepositoryConfig, WriteSettings};

pub use gitoma_confine::askpass;

pub use corpus::{AddedLines, Content, Corpus, CorpusError, CorpusText, Reader, Selection, Skipped, Unread};
use repositories::Repositories;
pub use repositories::{OpenError, OpenFault};
pub use suggestion::suggested_alias;

/// Opens every repository once and returns the read set over them, in alphabetical order of names.
///
/// # Errors
/// [`OpenError`] for the first repository that cannot be opened safely; nothing is opened in part.
pub fn standard(repositories: &[RepositoryConfig]) -> Result<Vec<Arc<dyn Tool>>, OpenError> {
    let repositories = Arc::new(Repositories::open(repositories, None)?);
    Ok(sorted(reads(&repositories)))
}

/// Opens every repository once and returns the read set and the write set over them, in alphabetical order of names.
///
/// That a write tool is registered permits nothing: write mode, the policy's whitelist and its rules do.
///
/// # Errors
/// As [`standard`].
pub fn with_writes(
    repositories: &[RepositoryConfig],
    writes: &WriteSettings,
) -> Result<Vec<Arc<dyn Tool>>, OpenError> {
    let repositories = Arc::new(Repositories::open(repositories, Some(writes.clone()))?);
    let mut tools = reads(&repositories);
    tools.extend(files::write_tools(&repositories));
    tools.extend(git::write_tools(&repositories));
    tools.extend(worktrees::tools(&repositories));
    Ok(sorted(tools))
}

fn reads(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    let mut tools = files::tools(repositories);
    tools.extend(git::tools(repositories));
    tools
}

fn sorted(mut tools: Vec<Arc<dyn Tool>>) -> Vec<Arc<dyn Tool>> {
    tools.sort_by(|left, right| left.spec().name.cmp(&right.spec().name));
    tools
}
