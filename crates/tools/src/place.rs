//! Where a call goes, as its arguments say: a repository by alias, references, paths. Nothing is looked up here; the types
//! are what policy judges and what runs afterwards.

mod branch;
mod reference;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use gitoma_confine::{Base, RelPath, Revision};
use gitoma_core::ArgError;
use gitoma_core::policy::{Access, Paths};

pub(crate) use branch::BranchName;
use gix::ObjectId;

/// The longest part of an alias, in bytes.
const MAX_PART_BYTES: usize = 100;

/// The name policy knows a repository by: `name` or `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias(Arc<str>);

impl Alias {
    /// Parses an alias; the error is the id of the rule that was broken.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split('/');
        let good = parts.by_ref().take(2).all(is_name);
        if !good || parts.next().is_some() {
            return Err("repo:malformed-alias");
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn into_name(self) -> Arc<str> {
        self.0
    }
}

fn is_name(part: &str) -> bool {
    (1..=MAX_PART_BYTES).contains(&part.len())
        && !part.starts_with(['.', '-'])
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// A repository and the references of it that a call names.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    repo: Arc<str>,
    /// One entry for each name of each side the call reads, or none for what is checked out.
    references: Vec<Option<Arc<str>>>,
    /// The worktree that is meant instead of the repository's own.
    worktree: Option<BranchName>,
}

impl Place {
    /// A place without a named reference.
    pub(crate) fn new(repo: &str) -> Result<Self, ArgError> {
        Self::at(repo, [None])
    }

    /// A place whose content is read at each of `revisions`. Each is known by the name of the reference it starts from, steps
    /// left out, as a rule of policy names it: `refs/heads/main~2` is `main`, and `HEAD` has no name.
    pub(crate) fn at<'a>(
        repo: &str,
        revisions: impl IntoIterator<Item = Option<&'a Revision>>,
    ) -> Result<Self, ArgError> {
        let repo = Alias::parse(repo).map_err(|rule| ArgError::refused("repo", rule))?.into_name();
        let mut references = Vec::new();
        for revision in revisions {
            match revision {
                Some(revision) => references.extend(reference::names(revision)),
                None => references.push(None),
            }
        }
        Ok(Self { repo, references, worktree: None })
    }

    /// The same place in the worktree for the branch `branch`, if one is named. What is not committed there is judged as the branch.
    /// So is what `revision` names, if that is nothing or `HEAD`; another name without a reference stays one that nobody knows.
    pub(crate) fn in_worktree(
        self,
        branch: Option<&str>,
        revision: Option<&Revision>,
    ) -> Result<Self, ArgError> {
        let Some(branch) = branch else { return Ok(self) };
        let branch = BranchName::parse("worktree", branch)?;
        let own = revision.is_none_or(|revision| matches!(revision.base(), Base::Head));
        let references = if own { vec![Some(branch.as_str().into())] } else { self.references };
        Ok(Self { references, worktree: Some(branch), ..self })
    }

    /// A place at a branch that is made or changed.
    pub(crate) fn on_branch(repo: &str, branch: &BranchName) -> Result<Self, ArgError> {
        let place = Self::new(repo)?;
        Ok(Self { references: vec![Some(branch.as_str().into())], ..place })
    }

    /// The worktree that is meant instead of the repository's own.
    pub(crate) fn worktree(&self) -> Option<&BranchName> {
        self.worktree.as_ref()
    }

    /// The repository's alias.
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    /// What the call touches: the same paths at each reference.
    pub(crate) fn accesses(&self, paths: &Paths) -> Vec<Access> {
        self.references.iter().map(|reference| self.access(reference.as_deref(), paths.clone())).collect()
    }

    /// The same repository at a reference that was found, or at none that is known.
    pub(crate) fn named(&self, reference: Option<&str>) -> Self {
        Self { references: vec![reference.map(Arc::from)], worktree: None, ..self.clone() }
    }

    /// What is touched at one reference that was found, as in a list of branches.
    pub(crate) fn access(&self, reference: Option<&str>, paths: Paths) -> Access {
        Access {
            repo: Some(Arc::clone(&self.repo)),
            reference: reference.map(str::to_owned),
            paths,
            host: None,
        }
    }
}

/// Parses the revision argument `name`.
pub(crate) fn revision(name: &'static str, text: &str) -> Result<Revision, ArgError> {
    Revision::parse(text).map_err(|error| ArgError::refused(name, error.rule()))
}

/// Parses the optional revision argument `name`.
pub(crate) fn optional_revision(
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<Revision>, ArgError> {
    text.map(|text| revision(name, text)).transpose()
}

/// Parses the path argument `name`.
pub(crate) fn path(name: &'static str, text: &str) -> Result<RelPath, ArgError> {
    RelPath::parse(text).map_err(|error| ArgError::refused(name, error.rule()))
}

/// Parses the argument `name`, which is a list of paths; which of them is refused is said.
pub(crate) fn paths(name: &'static str, texts: &[String]) -> Result<Vec<RelPath>, ArgError> {
    let parsed = texts.iter().enumerate().map(|(index, text)| {
        RelPath::parse(text).map_err(|error| ArgError::Refused {
            name: format!("{name}[{index}]").into(),
            rule: error.rule().into(),
        })
    });
    parsed.collect()
}

/// Parses the optional path argument `path`; absent and `.` mean the root.
pub(crate) fn optional_path(text: Option<&str>) -> Result<Option<RelPath>, ArgError> {
    text.filter(|text| !matches!(*text, "" | "." | "./")).map(|text| path("path", text)).transpose()
}

/// What policy is told about an optional path: its name, or that paths are found while running.
pub(crate) fn paths_of(path: Option<&RelPath>) -> Paths {
    path.map_or(Paths::Discovered, |path| Paths::Named(vec![path.as_str().to_owned()]))
}

/// Requires `value` to lie in `range`, which the schema states and the parser does not enforce.
pub(crate) fn within(
    name: &'static str,
    value: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32, ArgError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ArgError::invalid(name, format!("integer from {} to {}", range.start(), range.end())))
}

/// Parses the optional argument `name` as an object id of 40 hexadecimal digits.
pub(crate) fn object_id(name: &'static str, text: Option<&str>) -> Result<Option<ObjectId>, ArgError> {
    let parse = |text: &str| {
        ObjectId::from_hex(text.as_bytes())
            .ok()
            .filter(|id| id.kind() == gix::hash::Kind::Sha1)
            .ok_or_else(|| ArgError::invalid(name, "40 hexadecimal digits"))
    };
    text.map(parse).transpose()
}
