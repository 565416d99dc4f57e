//! Who calls: [`Credential`] is what was presented, [`Principal`] is who that turned out to be, [`Authenticator`] stands between.
//! Tokens live in [`Secret`], which has no `Debug` text and is wiped from memory.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gitoma_policy::Scope;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

mod authenticator;
mod reload;

pub(crate) use authenticator::{AuthFailure, Authenticator, Places};
pub use reload::PrincipalsError;
pub(crate) use reload::{check, is_name};

/// A text that must never be shown. Its `Debug` form is opaque and it has no `Display`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes hold of `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself; the name makes each use visible.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A right to act in some way, beyond what policy rules say. A closed set.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks for tool calls.
    Agent,
    /// Decides approvals of others.
    Approver,
    /// Reads the audit chain.
    Auditor,
    /// Steers the gateway.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Approver, Self::Auditor, Self::Admin];

    /// The role's name in policy and audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

/// Who calls, once that is established.
#[derive(Debug, Clone)]
pub struct Principal {
    name: Arc<str>,
    roles: Arc<[Role]>,
    role_names: Arc<[Arc<str>]>,
    index: usize,
    /// What it was known by is good for.
    scope: Arc<Scope>,
    /// The id of the token that it was known by, if that has one.
    token: Option<Arc<str>>,
    /// From when on that token is not valid any more.
    expires: Option<SystemTime>,
}

impl Principal {
    /// The principal's configured name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The principal's roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What the credential that was presented is good for.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The id of the token that was presented, if it has one.
    #[must_use]
    pub fn token(&self) -> Option<&Arc<str>> {
        self.token.as_ref()
    }

    /// From when on the token that was presented is not valid any more, if it has an end.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// Whether the credential that was presented is good for everything that the principal may do.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self.scope == *Scope::everything()
    }

    /// Whether it may do what needs one of `roles`; where none is named, anybody may.
    pub(crate) fn has_one_of(&self, roles: &[Role]) -> bool {
        roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn role_names(&self) -> &Arc<[Arc<str>]> {
        &self.role_names
    }

    /// Whether a local start may speak for this principal: only for one that asks for calls and decides nothing. Approvers,
    /// auditors and admins show their token, on this machine too.
    fn speaks_without_token(&self) -> bool {
        self.roles.iter().all(|role| *role == Role::Agent)
    }

    /// The place in the configured order: keys of limiters come from here, so that nobody can mint keys.
    pub(crate) fn index(&self) -> usize {
        self.index
    }
}

/// What a caller presented.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing.
    Absent,
    /// A bearer token (RFC 6750).
    Bearer(Secret),
    /// The local operator started the transport and named the principal. Only a composition root may make one: whoever can
    /// start the process with this name holds the process already.
    Local(Arc<str>),
    /// A process of this user, as the system says of the other end of a socket (`SO_PEERCRED`).
    User(u32),
}

/// A configured principal: its name, its roles and its tokens.
#[derive(Debug, Clone)]
pub struct PrincipalConfig {
    /// 1 to 64 of `A-Za-z0-9._-`.
    pub name: String,
    /// The roles it holds.
    pub roles: Vec<Role>,
    /// What it logs in with; none if it cannot.
    pub tokens: Vec<TokenConfig>,
    /// Ids of the users whose processes are let in as this principal over a socket's file, without a token.
    pub users: Vec<u32>,
}

/// A token that a principal logs in with.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// SHA-256 of the token: the token itself is nowhere.
    pub sha256: [u8; 32],
    /// What names it in the audit log.
    pub id: Option<Arc<str>>,
    /// From when on it is not valid any more.
    pub expires: Option<SystemTime>,
    /// What it is good for.
    pub scope: Arc<Scope>,
}

impl TokenConfig {
    /// A token without an end, good for everything that its principal may do.
    #[must_use]
    pub fn new(sha256: [u8; 32]) -> Self {
        Self { sha256, id: None, expires: None, scope: Arc::default() }
    }
}

impl PrincipalConfig {
    /// A principal that logs in with `token`.
    #[must_use]
    pub fn with_token(name: &str, roles: &[Role], token: &Secret) -> Self {
        let token = TokenConfig::new(token_digest(token.expose()));
        Self { tokens: vec![token], ..Self::local(name, roles) }
    }

    /// A principal without a token: only a local transport can speak for it.
    #[must_use]
    pub fn local(name: &str, roles: &[Role]) -> Self {
        Self { name: name.to_owned(), roles: roles.to_vec(), tokens: Vec::new(), users: Vec::new() }
    }
}

/// SHA-256 of a bearer token: what configuration stores and what is compared.
#[must_use]
pub fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests;
