//! The tools a policy may name: their capability and, where known, their arguments and what their calls reach for. It runs
//! none of them and says nothing on who may call them.

mod values;

use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) use self::values::Values;
use crate::model::{Access, Capability, Paths};
use crate::reference;

/// What the policy needs to know of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) capability: Capability,
    pub(crate) arguments: Option<BTreeMap<String, Values>>,
    pub(crate) reach: Option<Reach>,
    /// Whether a call may name a reference.
    pub(crate) names_reference: Option<bool>,
    /// Whether a call may talk to a host.
    pub(crate) talks_to_host: Option<bool>,
}

/// What the calls of a tool reach for before they run, as far as rules with `paths` care. Only lints look at it: how a
/// call is judged follows from the call itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// No repository, and so no path: only global rules concern it.
    Nothing,
    /// A repository, and never a path in it.
    Repository,
    /// A repository and always paths that the call names.
    NamedPaths,
    /// A repository and paths that the call may name, or that are found while it runs.
    FoundPaths,
}

impl Reach {
    /// Whether no call of the tool ever has a path.
    #[must_use]
    pub const fn is_pathless(self) -> bool {
        matches!(self, Self::Nothing | Self::Repository)
    }
}

/// The known tools, by name. A policy that names any other is refused when it is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    tools: BTreeMap<String, Tool>,
}

/// What calls of a tool reach for: paths, and whether they may name a reference. Of these only [`TALKING`] talk to a host.
type Local = (Reach, bool);

/// The tools whose calls may talk to a host.
const TALKING: [&str; 1] = ["git_push_branch"];

/// Name, capability, and what calls reach for; `None` where no call exists yet to say.
const BUILT_IN: &[(&str, Capability, Option<Local>)] = &[
    ("repo_list", Capability::Read, Some((Reach::Nothing, false))),
    ("repo_info", Capability::Read, Some((Reach::FoundPaths, false))),
    ("git_status", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_log", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_show", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_diff", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_diff_unstaged", Capability::Read, Some((Reach::FoundPaths, false))),
    ("git_diff_staged", Capability::Read, Some((Reach::FoundPaths, false))),
    ("git_blame", Capability::Read, Some((Reach::NamedPaths, true))),
    ("git_grep", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_branch", Capability::Read, Some((Reach::FoundPaths, true))),
    ("git_tags", Capability::Read, Some((Reach::FoundPaths, false))),
    ("repo_tree", Capability::Read, Some((Reach::FoundPaths, true))),
    ("repo_read_file", Capability::Read, Some((Reach::NamedPaths, true))),
    ("repo_read_files", Capability::Read, Some((Reach::NamedPaths, true))),
    ("repo_search_files", Capability::Read, Some((Reach::FoundPaths, true))),
    ("repo_write_file", Capability::Write, Some((Reach::NamedPaths, true))),
    ("repo_edit_file", Capability::Write, Some((Reach::NamedPaths, true))),
    ("repo_apply_patch", Capability::Write, Some((Reach::NamedPaths, true))),
    ("repo_delete_file", Capability::Write, Some((Reach::NamedPaths, true))),
    ("git_create_branch", Capability::Write, Some((Reach::Repository, true))),
    ("git_commit_files", Capability::Write, Some((Reach::NamedPaths, true))),
    ("worktree_create", Capability::Write, Some((Reach::Repository, true))),
    ("worktree_list", Capability::Read, Some((Reach::FoundPaths, false))),
    ("worktree_diff", Capability::Read, Some((Reach::FoundPaths, true))),
    ("worktree_commit", Capability::Write, Some((Reach::FoundPaths, true))),
    ("worktree_remove", Capability::Write, Some((Reach::Repository, true))),
    ("git_push_branch", Capability::Write, Some((Reach::FoundPaths, true))),
    ("create_pull_request", Capability::Write, None),
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
        for (name, capability, local) in BUILT_IN {
            let tool = Tool {
                capability: *capability,
                arguments: None,
                reach: local.map(|(reach, _)| reach),
                names_reference: local.map(|(_, names)| names),
                talks_to_host: local.map(|_| TALKING.contains(name)),
            };
            catalogue.tools.insert((*name).to_owned(), tool);
        }
        catalogue
    }

    /// Adds a tool, or replaces the one of that name, without knowledge of its arguments. What is known of the reach
    /// of a tool of that name and capability stays known.
    pub fn insert(&mut self, name: impl Into<String>, capability: Capability) {
        self.replace(name.into(), capability, None);
    }

    /// Adds a tool, or replaces the one of that name, with the names of all its arguments: a rule that matches an
    /// argument none of its tools has is then refused.
    pub fn insert_with_arguments<I>(&mut self, name: impl Into<String>, capability: Capability, arguments: I)
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let arguments = arguments.into_iter().map(|argument| (argument.into(), Values::Any));
        self.replace(name.into(), capability, Some(arguments.collect()));
    }

    /// Adds a tool, or replaces the one of that name, with the JSON Schema of each of its arguments: a rule whose matcher
    /// can never hold, by what the schema says of type and choices, is then found questionable.
    pub fn insert_with_schemas<'a, I>(
        &mut self,
        name: impl Into<String>,
        capability: Capability,
        arguments: I,
    ) where
        I: IntoIterator<Item = (&'a String, &'a Value)>,
    {
        let arguments = arguments.into_iter().map(|(name, schema)| (name.clone(), Values::of_schema(schema)));
        self.replace(name.into(), capability, Some(arguments.collect()));
    }

    fn replace(&mut self, name: String, capability: Capability, arguments: Option<BTreeMap<String, Values>>) {
        let tool = match self.tools.remove(&name) {
            Some(known) if known.capability == capability => Tool { arguments, ..known },
            _ => Tool { capability, arguments, reach: None, names_reference: None, talks_to_host: None },
        };
        self.tools.insert(name, tool);
    }

    /// Says what the calls of the tool `name` reach for. Returns whether the tool is known.
    pub fn set_reach(&mut self, name: &str, reach: Reach) -> bool {
        let tool = self.tools.get_mut(name);
        tool.map(|tool| tool.reach = Some(reach)).is_some()
    }

    /// What the calls of the tool `name` reach for, if that is known.
    #[must_use]
    pub fn reach(&self, name: &str) -> Option<Reach> {
        self.tools.get(name).and_then(|tool| tool.reach)
    }

    /// Whether calls of the tool `name` may name a reference, if that is known.
    #[must_use]
    pub fn names_reference(&self, name: &str) -> Option<bool> {
        self.tools.get(name).and_then(|tool| tool.names_reference)
    }

    /// Whether calls of the tool `name` may talk to a host, if that is known.
    #[must_use]
    pub fn talks_to_host(&self, name: &str) -> Option<bool> {
        self.tools.get(name).and_then(|tool| tool.talks_to_host)
    }

    /// The accesses that a call of the tool would state, if `access` describes it: each name of its reference, and paths
    /// that are found while it runs where none is named and the tool finds some.
    #[must_use]
    pub fn describe(&self, tool: &str, access: Option<&Access>) -> Vec<Access> {
        let Some(access) = access else { return Vec::new() };
        let finds = self.reach(tool) == Some(Reach::FoundPaths) && access.paths == Paths::None;
        let paths = if finds && access.repo.is_some() { Paths::Discovered } else { access.paths.clone() };
        let names = access.reference.as_deref().map(reference::names).unwrap_or_default();
        let mut names: Vec<_> = names.into_iter().flatten().map(|name| Some(name.to_owned())).collect();
        if names.is_empty() {
            names.push(None);
        }
        names
            .into_iter()
            .map(|reference| Access { reference, paths: paths.clone(), ..access.clone() })
            .collect()
    }

    /// Whether the tool has an argument of that name, or might: not every tool's arguments are known.
    #[must_use]
    pub fn may_have_argument(&self, tool: &str, argument: &str) -> bool {
        let arguments = self.tools.get(tool).and_then(|tool| tool.arguments.as_ref());
        arguments.is_none_or(|arguments| arguments.contains_key(argument))
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

#[cfg(test)]
mod tests;
