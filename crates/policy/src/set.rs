//! The compiled policy set: rules by scope (`set::scope`). It finds the rules that could concern a call; what they amount
//! to is judged in `decide`.

mod grants;
mod scope;

use std::sync::Arc;

pub(crate) use self::grants::Grants;
pub(crate) use self::scope::{Scope, Tool};
use crate::catalogue::Catalogue;
use crate::compile;
use crate::digest::Digest;
use crate::document::Switch;
use crate::error::LoadError;
use crate::fold;
use crate::hash::HashMap;
use crate::model::{Capability, Effect, Enforcement};
use crate::name::Name;
use crate::rule::Rule;

/// A policy text and the name by which its rules are cited, such as a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// The name that stands in reasons and faults.
    pub name: &'a str,
    /// The YAML text.
    pub text: &'a str,
}

/// A pattern of the file's `redact` key: something to redact besides what always is. This crate keeps it as text; whoever
/// redacts compiles it, and refuses the policy, at this place, if it does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactPattern {
    /// The pattern's id, unique among them.
    pub id: Arc<str>,
    /// The pattern as written.
    pub pattern: Arc<str>,
    /// Line of the pattern's text in the policy, from 1.
    pub line: u32,
    /// Column of the pattern's text, in characters from 1.
    pub column: u32,
}

/// A name of the file's `redact` key: whatever a setting of that name holds is redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactName {
    /// The name as written.
    pub name: Arc<str>,
    /// Line of the name in the policy, from 1.
    pub line: u32,
    /// Column of the name, in characters from 1.
    pub column: u32,
}

/// A value of the file's `redact` key that is no secret although it looks like one, by its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactAllowance {
    /// The allowance's id, unique among them.
    pub id: Arc<str>,
    /// The fingerprint as written.
    pub fingerprint: Arc<str>,
    /// Line of the fingerprint in the policy, from 1.
    pub line: u32,
    /// Column of the fingerprint, in characters from 1.
    pub column: u32,
}

/// A rule of the redactor, of the file's `redact` key: a call that comes upon what it finds gives no result. Whoever redacts says
/// whether there is such a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactBlock {
    /// The rule's id as written.
    pub rule: Arc<str>,
    /// Line of the id in the policy, from 1.
    pub line: u32,
    /// Column of the id, in characters from 1.
    pub column: u32,
}

/// What the file's `redact` key says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Redaction {
    pub(crate) patterns: Box<[RedactPattern]>,
    pub(crate) names: Box<[RedactName]>,
    pub(crate) allowances: Box<[RedactAllowance]>,
    pub(crate) blocks: Box<[RedactBlock]>,
}

/// The policy that is in force when nobody gave one, as its authors wrote it: `policies/default.yaml`.
pub const BUILT_IN: Source<'static> =
    Source { name: "default.yaml", text: include_str!("../../../policies/default.yaml") };

/// A loaded policy: immutable, shareable between threads, ready to judge.
#[derive(Debug, Clone)]
pub struct PolicySet {
    pub(crate) name: Arc<str>,
    pub(crate) digest: Digest,
    pub(crate) generation: u64,
    pub(crate) automation: bool,
    pub(crate) enforcement: Enforcement,
    pub(crate) redact: Redaction,
    pub(crate) tools: HashMap<Box<str>, usize>,
    pub(crate) global: Scope,
    /// By folded name.
    pub(crate) repositories: HashMap<Key, Repository>,
    /// The `owner/*` entries, by folded owner.
    pub(crate) owners: HashMap<Key, Repository>,
    pub(crate) grants: Grants,
}

/// The folded name by which an entry is found; most names of the form `owner/name` fit.
pub(crate) type Key = Name<38>;

/// What the policy says of one repository, or of all of one owner.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// The name, or the owner, as it is written in the policy.
    pub(crate) name: Arc<str>,
    /// Whether the name is written as it folds, so that its key tells how it is spelt.
    pub(crate) is_folded: bool,
    pub(crate) write: Option<Switch>,
    pub(crate) rules: Scope,
    /// The line of its key.
    pub(crate) line: u32,
}

/// The scopes that speak of one repository. The flag says whether the request spells it as the policy does: if not,
/// only what denies or asks applies, since two spellings may be one repository or may be two.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scopes<'a> {
    pub(crate) owner: Option<(&'a Repository, bool)>,
    pub(crate) exact: Option<(&'a Repository, bool)>,
}

impl Scopes<'_> {
    /// Whether the repository is on the whitelist: some entry says `write: allow` and none says `deny`.
    pub(crate) fn is_whitelisted(&self) -> bool {
        self.says(Switch::Allow, true) && !self.says(Switch::Deny, false)
    }

    /// Whether it is on the whitelist in some spelling: what asks applies in each, and one of them may be open.
    pub(crate) fn could_be_whitelisted(&self) -> bool {
        self.says(Switch::Allow, false) && !self.says(Switch::Deny, false)
    }

    fn says(&self, switch: Switch, exactly: bool) -> bool {
        let entries = [self.owner, self.exact];
        entries.iter().flatten().any(|(entry, exact)| entry.write == Some(switch) && (*exact || !exactly))
    }
}

impl PolicySet {
    /// Compiles a policy text, checks it against the known tools, and runs its examples.
    ///
    /// # Errors
    /// [`LoadError`] with every fault found; what is no YAML of the right shape stops at the first.
    pub fn load(source: Source<'_>, catalogue: &Catalogue) -> Result<Self, LoadError> {
        compile::load(source, catalogue)
    }

    /// The policy that is in force when nobody gave one; its source is `policies/default.yaml`.
    ///
    /// # Errors
    /// [`LoadError`] if `catalogue` lacks tools of [`Catalogue::built_in`] that the policy names.
    pub fn built_in(catalogue: &Catalogue) -> Result<Self, LoadError> {
        Self::load(BUILT_IN, catalogue)
    }

    /// The name of the text this was loaded from.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The digest over the meaning of the policy: comments, key order and rule order do not change it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The same policy, numbered as the `generation`-th that was put in force; decisions carry the number.
    #[must_use]
    pub fn with_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    /// Whether what the rules say of reads is carried out (`enforcement` in the file).
    #[must_use]
    pub const fn enforcement(&self) -> Enforcement {
        self.enforcement
    }

    /// The patterns of the file's `redact` key, in the order of the file.
    #[must_use]
    pub fn redact_patterns(&self) -> &[RedactPattern] {
        &self.redact.patterns
    }

    /// The names of the file's `redact` key, in the order of the file.
    #[must_use]
    pub fn redact_names(&self) -> &[RedactName] {
        &self.redact.names
    }

    /// The allowances of the file's `redact` key, in the order of the file.
    #[must_use]
    pub fn redact_allowances(&self) -> &[RedactAllowance] {
        &self.redact.allowances
    }

    /// The rules of the redactor whose findings the file's `redact` key blocks, in the order of the file.
    #[must_use]
    pub fn redact_blocks(&self) -> &[RedactBlock] {
        &self.redact.blocks
    }

    /// The number of rules, in all scopes.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        let entries = self.repositories.values().chain(self.owners.values());
        entries.map(|entry| entry.rules.rules().len()).fold(self.global.rules().len(), usize::saturating_add)
    }

    /// The tool that is called `name`, known or not.
    pub(crate) fn tool<'a>(&self, name: &'a str) -> Tool<'a> {
        Tool { name, position: self.tools.get(name).copied() }
    }

    /// The scopes that speak of `repo`, besides the global one.
    pub(crate) fn scopes(&self, repo: Option<&str>) -> Scopes<'_> {
        let Some(repo) = repo else { return Scopes::default() };
        if self.repositories.is_empty() && self.owners.is_empty() {
            return Scopes::default();
        }
        let folded = fold::case(repo);
        let exact = self.repositories.get(&*folded).map(|entry| {
            let spelt = if entry.is_folded { &*folded } else { &*entry.name };
            (entry, *spelt == *repo)
        });
        if self.owners.is_empty() {
            return Scopes { owner: None, exact };
        }
        let owner = folded
            .split_once('/')
            .and_then(|(owner, _)| self.owners.get(owner))
            .map(|entry| (entry, repo.split_once('/').is_some_and(|(owner, _)| *entry.name == *owner)));
        Scopes { owner, exact }
    }

    /// Calls `look` with every rule for `tool` and `capability`, global and in `scopes`, in the order of the scopes.
    pub(crate) fn for_each_candidate<'a>(
        &'a self,
        scopes: Scopes<'a>,
        tool: Tool<'_>,
        capability: Capability,
        mut look: impl FnMut(&'a Rule),
    ) {
        self.global.for_each_candidate(tool, capability, &mut look);
        for (entry, exact) in [scopes.owner, scopes.exact].into_iter().flatten() {
            entry.rules.for_each_candidate(tool, capability, |rule| {
                if exact || rule.effect != Effect::Allow {
                    look(rule);
                }
            });
        }
    }
}
