//! What every engine is given: a policy and calls, as plain data. How an engine says the policy in its own language is
//! in `engines`; where the data come from is in `generate`.

/// What a rule says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// A pattern of paths, of a kind that every engine can say with what it has for text: all ASCII and lower case, since
/// Gitoma compares denies without regard to case and the others would have to fold for it.
#[derive(Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `directory/**`
    Under(String),
    /// `**/*.extension`
    Extension(String),
    /// `directory/**/*.extension`
    UnderWithExtension(String, String),
    /// `**/name/**`
    Anywhere(String),
    /// One path.
    Exact(String),
}

impl Pattern {
    /// The pattern in the dialect of docs/policy.md.
    pub fn glob(&self) -> String {
        match self {
            Self::Under(directory) => format!("{directory}/**"),
            Self::Extension(extension) => format!("**/*.{extension}"),
            Self::UnderWithExtension(directory, extension) => format!("{directory}/**/*.{extension}"),
            Self::Anywhere(name) => format!("**/{name}/**"),
            Self::Exact(path) => path.clone(),
        }
    }
}

/// A rule: it matches when everything that it names matches.
#[derive(Clone)]
pub struct Rule {
    pub id: String,
    pub effect: Effect,
    /// Whether an allow rule allows writes; a deny rule concerns both.
    pub writes: bool,
    /// Empty means all.
    pub tools: Vec<&'static str>,
    /// Empty means everyone.
    pub principals: Vec<&'static str>,
    /// Empty means that the rule does not look at paths.
    pub paths: Vec<Pattern>,
    pub reason: Option<String>,
}

/// What the policy says of one repository.
#[derive(Clone)]
pub struct Repository {
    pub name: String,
    /// Whether it has `write: allow`.
    pub write: bool,
    pub rules: Vec<Rule>,
}

/// A whole policy.
#[derive(Clone)]
pub struct Policy {
    pub global: Vec<Rule>,
    pub repositories: Vec<Repository>,
}

impl Policy {
    pub fn rules(&self) -> usize {
        self.global.len() + self.repositories.iter().map(|repository| repository.rules.len()).sum::<usize>()
    }
}

/// A tool call: one repository and one to three different paths in it.
#[derive(Clone)]
pub struct Call {
    pub principal: &'static str,
    pub tool: &'static str,
    /// Whether the tool writes.
    pub writes: bool,
    /// Whether the process may write at all.
    pub write_mode: bool,
    pub repository: String,
    pub paths: Vec<String>,
}

/// The tools of the workload, all of which know their paths before they run.
pub const READ_TOOLS: [&str; 9] = [
    "repo_read_file",
    "repo_read_files",
    "repo_search_files",
    "repo_tree",
    "git_show",
    "git_blame",
    "git_diff",
    "git_log",
    "git_grep",
];

/// The tools that write.
pub const WRITE_TOOLS: [&str; 5] =
    ["repo_write_file", "repo_edit_file", "repo_delete_file", "repo_apply_patch", "git_commit_files"];

/// The callers of the workload.
pub const PRINCIPALS: [&str; 8] =
    ["agent", "reviewer", "builder", "triage", "docs", "release", "audit", "ops"];
