//! The tools a policy may name: their capability and, where known, their arguments. It runs none of them and says
//! nothing on who may call them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Capability;

/// What the policy needs to know of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) capability: Capability,
    pub(crate) arguments: Option<BTreeSet<String>>,
}

/// The known tools, by name. A policy that names any other is refused when it is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    tools: BTreeMap<String, Tool>,
}

const BUILT_IN: &[(&str, Capability)] = &[
    ("repo_list", Capability::Read),
    ("repo_info", Capability::Read),
    ("git_status", Capability::Read),
    ("git_log", Capability::Read),
    ("git_show", Capability::Read),
    ("git_diff", Capability::Read),
    ("git_diff_unstaged", Capability::Read),
    ("git_diff_staged", Capability::Read),
    ("git_blame", Capability::Read),
    ("git_grep", Capability::Read),
    ("git_branch", Capability::Read),
    ("git_tags", Capability::Read),
    ("repo_tree", Capability::Read),
    ("repo_read_file", Capability::Read),
    ("repo_read_files", Capability::Read),
    ("repo_search_files", Capability::Read),
    ("repo_write_file", Capability::Write),
    ("repo_edit_file", Capability::Write),
    ("repo_apply_patch", Capability::Write),
    ("repo_delete_file", Capability::Write),
    ("git_create_branch", Capability::Write),
    ("git_commit_files", Capability::Write),
    ("worktree_create", Capability::Write),
    ("worktree_list", Capability::Read),
    ("worktree_diff", Capability::Read),
    ("worktree_commit", Capability::Write),
    ("worktree_remove", Capability::Write),
    ("git_push_branch", Capability::Write),
    ("create_pull_request", Capability::Write),
];

impl Catalogue {
    /// A catalogue without tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tools that belong to the product, those included whose feature is off, so that a policy stays valid when
    /// a feature is switched.
    #[must_use]
    pub fn built_in() -> Self {
        let mut catalogue = Self::new();
        for (name, capability) in BUILT_IN {
            catalogue.insert(*name, *capability);
        }
        catalogue
    }

    /// Adds a tool, or replaces the one of that name, without knowledge of its arguments.
    pub fn insert(&mut self, name: impl Into<String>, capability: Capability) {
        self.tools.insert(name.into(), Tool { capability, arguments: None });
    }

    /// Adds a tool, or replaces the one of that name, with the names of all its arguments: a rule that matches an
    /// argument none of its tools has is then refused.
    pub fn insert_with_arguments<I>(&mut self, name: impl Into<String>, capability: Capability, arguments: I)
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let arguments = Some(arguments.into_iter().map(Into::into).collect());
        self.tools.insert(name.into(), Tool { capability, arguments });
    }

    /// The capability of a tool, if it is known.
    #[must_use]
    pub fn capability(&self, name: &str) -> Option<Capability> {
        self.tools.get(name).map(|tool| tool.capability)
    }

    /// All tools in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Capability)> {
        self.tools.iter().map(|(name, tool)| (name.as_str(), tool.capability))
    }

    pub(crate) fn tools(&self) -> impl Iterator<Item = (&str, &Tool)> {
        self.tools.iter().map(|(name, tool)| (name.as_str(), tool))
    }
}
