//! Loading a policy the way a gateway does: the policy itself, and then what it makes others do. `gitoma policy check` uses the same
//! function, so that what it passes is what a gateway takes.

use gitoma_policy::lint::{Checked, Known};
use gitoma_policy::{BUILT_IN, Catalogue, LoadError, PolicySet, Source};
use gitoma_redact::{BadPattern, Fingerprint, Patterns, Redactor};

/// A policy that loads and whose `redact` key is sound: a gateway can put it in force.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    pub(crate) policy: PolicySet,
    pub(crate) patterns: Patterns,
}

impl LoadedPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &PolicySet {
        &self.policy
    }

    /// The policy, owned.
    #[must_use]
    pub fn into_policy(self) -> PolicySet {
        self.policy
    }

    /// The compiled patterns of its `redact` key, in the order of the file.
    #[must_use]
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// `redactor`, that redacts what the policy's `redact` key says too.
    #[must_use]
    pub fn redactor(&self, redactor: &Redactor) -> Redactor {
        let names = self.policy.redact_names().iter().map(|name| &*name.name);
        let allowances = self.policy.redact_allowances().iter();
        redactor
            .clone()
            .with_patterns(self.patterns.clone())
            .with_names(names)
            .with_blocked(self.policy.redact_blocks().iter().map(|block| &*block.rule))
            // the policy's own loader has seen that they are fingerprints
            .with_allowances(allowances.filter_map(|allowance| Fingerprint::parse(&allowance.fingerprint)))
    }
}

/// Loads a policy and compiles its `redact` patterns, as a gateway does at start and at every reload.
///
/// # Errors
/// [`LoadError`] with every fault of the policy; if there is none, with the first pattern that does not compile, at its place.
pub fn load_policy(source: Source<'_>, catalogue: &Catalogue) -> Result<LoadedPolicy, LoadError> {
    compile(PolicySet::load(source, catalogue)?, source)
}

/// Loads a policy as [`load_policy`] does, and looks for what is questionable in it: what this passes, a gateway takes.
///
/// # Errors
/// [`LoadError`] with the faults of a text that is not well formed, whose examples fail, or whose patterns do not compile.
pub fn check_policy(source: Source<'_>, catalogue: &Catalogue, known: &Known) -> Result<Checked, LoadError> {
    let checked = gitoma_policy::check(source, catalogue, known)?;
    if let Some(policy) = &checked.policy {
        patterns(policy, source)?;
    }
    Ok(checked)
}

/// The policy that is in force when nobody gave one, loaded as [`load_policy`] does.
///
/// # Errors
/// [`LoadError`] if `catalogue` lacks tools that the policy names.
pub fn load_built_in_policy(catalogue: &Catalogue) -> Result<LoadedPolicy, LoadError> {
    load_policy(BUILT_IN, catalogue)
}

fn compile(policy: PolicySet, source: Source<'_>) -> Result<LoadedPolicy, LoadError> {
    patterns(&policy, source).map(|patterns| LoadedPolicy { policy, patterns })
}

fn patterns(policy: &PolicySet, source: Source<'_>) -> Result<Patterns, LoadError> {
    if let Some(block) =
        policy.redact_blocks().iter().find(|block| !Redactor::rules().any(|rule| *rule == *block.rule))
    {
        let fix = "name a rule as `gitoma secrets scan` does, such as `private-key`";
        return Err(LoadError::at(
            source,
            (block.line, block.column),
            "rule is none of the redactor's".to_owned(),
            Some(fix),
        ));
    }
    let texts = policy.redact_patterns().iter().map(|pattern| &*pattern.pattern);
    Patterns::compile(texts).map_err(|BadPattern { index, error }| {
        let place = policy.redact_patterns().get(index).map(|pattern| (pattern.line, pattern.column));
        LoadError::at(source, place.unwrap_or((1, 1)), error.to_string(), Some(error.fix()))
    })
}

#[cfg(test)]
mod tests;
