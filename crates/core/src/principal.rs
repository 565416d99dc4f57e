//! Who calls: [`Credential`] is what was presented, [`Principal`] is who that turned out to be, [`Authenticator`] stands between.
//! Tokens live in [`Secret`], which has no `Debug` text and is wiped from memory.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
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
}

/// A configured principal: its name, its roles and the digest of its token.
#[derive(Debug, Clone)]
pub struct PrincipalConfig {
    /// 1 to 64 of `A-Za-z0-9._-`.
    pub name: String,
    /// The roles it holds.
    pub roles: Vec<Role>,
    /// SHA-256 of its bearer token; none if it cannot log in by token.
    pub token_sha256: Option<[u8; 32]>,
}

impl PrincipalConfig {
    /// A principal that logs in with `token`.
    #[must_use]
    pub fn with_token(name: &str, roles: &[Role], token: &Secret) -> Self {
        Self {
            name: name.to_owned(),
            roles: roles.to_vec(),
            token_sha256: Some(token_digest(token.expose())),
        }
    }

    /// A principal without a token: only a local transport can speak for it.
    #[must_use]
    pub fn local(name: &str, roles: &[Role]) -> Self {
        Self { name: name.to_owned(), roles: roles.to_vec(), token_sha256: None }
    }
}

/// SHA-256 of a bearer token: what configuration stores and what is compared.
#[must_use]
pub fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Why a credential was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthFailure {
    /// Nothing was presented.
    Absent,
    /// What was presented belongs to nobody.
    Wrong,
    /// No principal has a token, so no token can be right.
    NotConfigured,
}

/// Finds the principal of a credential.
#[derive(Debug)]
pub(crate) struct Authenticator {
    principals: Vec<Arc<Principal>>,
    digests: Vec<([u8; 32], u32)>,
}

impl Authenticator {
    pub(crate) fn new(configured: &[PrincipalConfig]) -> Self {
        let principals = configured
            .iter()
            .enumerate()
            .map(|(index, config)| {
                Arc::new(Principal {
                    name: config.name.as_str().into(),
                    roles: config.roles.as_slice().into(),
                    role_names: config.roles.iter().map(|role| Arc::from(role.as_str())).collect(),
                    index,
                })
            })
            .collect();
        let digests = configured
            .iter()
            .zip(0_u32..)
            .filter_map(|(config, index)| config.token_sha256.map(|digest| (digest, index)))
            .collect();
        Self { principals, digests }
    }

    /// Whether `name` may decide approvals: a principal that has the role and can log in.
    pub(crate) fn is_approver(&self, name: &str) -> bool {
        self.approvers().any(|approver| approver == name)
    }

    /// Whether somebody other than `caller` may decide approvals.
    pub(crate) fn has_approver_besides(&self, caller: &str) -> bool {
        self.approvers().any(|approver| approver != caller)
    }

    fn approvers(&self) -> impl Iterator<Item = &str> {
        let places = self.digests.iter().filter_map(|(_, place)| usize::try_from(*place).ok());
        let principals = places.filter_map(|place| self.principals.get(place));
        principals
            .filter(|principal| principal.roles.contains(&Role::Approver))
            .map(|principal| &*principal.name)
    }

    pub(crate) fn len(&self) -> usize {
        self.principals.len()
    }

    /// Establishes who presents `credential`.
    ///
    /// Digests of equal length are compared, all of them and without an early exit, so that time tells nothing about which token
    /// was near (CWE-208).
    pub(crate) fn authenticate(&self, credential: &Credential) -> Result<Arc<Principal>, AuthFailure> {
        match credential {
            Credential::Local(name) => self
                .principals
                .iter()
                .find(|principal| principal.name == *name && principal.speaks_without_token())
                .cloned()
                .ok_or(AuthFailure::Wrong),
            Credential::Absent if self.digests.is_empty() => Err(AuthFailure::NotConfigured),
            Credential::Absent => Err(AuthFailure::Absent),
            Credential::Bearer(_) if self.digests.is_empty() => Err(AuthFailure::NotConfigured),
            Credential::Bearer(token) => {
                let presented = token_digest(token.expose());
                let mut found = Choice::from(0);
                let mut place = 0_u32;
                for (digest, index) in &self.digests {
                    let equal = digest.ct_eq(&presented);
                    place.conditional_assign(index, equal);
                    found |= equal;
                }
                let principal = usize::try_from(place).ok().and_then(|place| self.principals.get(place));
                match (bool::from(found), principal) {
                    (true, Some(principal)) => Ok(Arc::clone(principal)),
                    _ => Err(AuthFailure::Wrong),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
