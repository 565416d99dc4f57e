//! What a credential is good for. It is no part of the policy: whoever hands out a token says it, and no rule widens it.

use crate::glob::Glob;
use crate::model::{Capability, Request};

/// What a credential is good for: tools × repositories × capabilities. The default is everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    tools: Option<Box<[Glob]>>,
    repositories: Option<Box<[Glob]>>,
    capabilities: Option<Box<[Capability]>>,
}

/// Why a pattern of a scope is refused; the text says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ScopeError(#[from] ScopeFault);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum ScopeFault {
    #[error("{0}")]
    Pattern(#[from] crate::glob::GlobError),
    #[error("a scope has at most {} patterns of a kind", Scope::MOST)]
    TooMany,
}

impl Scope {
    /// The most patterns of a kind.
    pub const MOST: usize = 64;

    /// The scope that leaves out nothing.
    #[must_use]
    pub const fn everything() -> &'static Self {
        &Self { tools: None, repositories: None, capabilities: None }
    }

    /// A scope of tools and repositories that match one of the patterns, and of capabilities; `None` leaves all, an empty list none.
    /// Patterns are those of the policy language (docs/policy.md); names are compared with them exactly, case and all.
    ///
    /// # Errors
    /// [`ScopeError`] if a pattern is none, or there are more than [`Scope::MOST`].
    pub fn new<T: AsRef<str>>(
        tools: Option<&[T]>,
        repositories: Option<&[T]>,
        capabilities: Option<&[Capability]>,
    ) -> Result<Self, ScopeError> {
        Ok(Self {
            tools: tools.map(patterns).transpose()?,
            repositories: repositories.map(patterns).transpose()?,
            capabilities: capabilities.map(Into::into),
        })
    }

    /// Whether some call of the tool is within the scope. Tool lists show no other.
    #[must_use]
    pub fn has_tool(&self, tool: &str, capability: Capability) -> bool {
        let named = self.tools.as_ref().is_none_or(|tools| tools.iter().any(|glob| glob.matches(tool)));
        named && self.capabilities.as_ref().is_none_or(|capabilities| capabilities.contains(&capability))
    }

    /// Whether the repository is within the scope.
    #[must_use]
    pub fn has_repository(&self, repo: &str) -> bool {
        self.repositories.as_ref().is_none_or(|repos| repos.iter().any(|glob| glob.matches(repo)))
    }

    /// Whether the call is within the scope: its tool, and every repository that it reaches for.
    pub(crate) fn has(&self, request: &Request<'_>) -> bool {
        let mut repos = request.accesses.iter().filter_map(|access| access.repo.as_deref());
        self.has_tool(request.tool, request.capability) && repos.all(|repo| self.has_repository(repo))
    }
}

fn patterns<T: AsRef<str>>(texts: &[T]) -> Result<Box<[Glob]>, ScopeFault> {
    if texts.len() > Scope::MOST {
        return Err(ScopeFault::TooMany);
    }
    texts.iter().map(|text| Glob::parse(text.as_ref(), false).map_err(ScopeFault::from)).collect()
}

#[cfg(test)]
mod tests;
