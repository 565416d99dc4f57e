//! [`Authenticator`]: from what was presented to who that is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use gitoma_policy::Scope;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::{Credential, Principal, PrincipalConfig, Role, token_digest};

/// Why a credential was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthFailure {
    /// Nothing was presented.
    Absent,
    /// What was presented belongs to nobody.
    Wrong,
    /// What was presented was somebody's token, and its time is over.
    Expired,
    /// No principal has a token, so no token can be right.
    NotConfigured,
}

/// The places of principals among the limiters, by name: one keeps its own when the principals are loaded anew.
#[derive(Debug, Default)]
pub(crate) struct Places(HashMap<Arc<str>, usize>);

impl Places {
    fn of(&mut self, name: &Arc<str>) -> usize {
        let next = self.0.len();
        *self.0.entry(Arc::clone(name)).or_insert(next)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Who logs in with a token, and until when.
#[derive(Debug)]
struct Holder {
    principal: Arc<Principal>,
    expires: Option<SystemTime>,
}

/// Finds the principal of a credential.
#[derive(Debug, Default)]
pub(crate) struct Authenticator {
    principals: Vec<Arc<Principal>>,
    digests: Vec<([u8; 32], u32)>,
    /// One for each digest.
    holders: Vec<Holder>,
    users: Vec<(u32, Arc<Principal>)>,
}

impl Authenticator {
    pub(crate) fn new(configured: &[PrincipalConfig], places: &mut Places) -> Self {
        let mut found = Self::default();
        let everything: Arc<Scope> = Arc::default();
        for config in configured {
            let name: Arc<str> = config.name.as_str().into();
            let principal = Principal {
                index: places.of(&name),
                name,
                roles: config.roles.as_slice().into(),
                role_names: config.roles.iter().map(|role| Arc::from(role.as_str())).collect(),
                scope: Arc::clone(&everything),
                token: None,
                expires: None,
            };
            for token in &config.tokens {
                let place = u32::try_from(found.holders.len()).unwrap_or(u32::MAX);
                found.digests.push((token.sha256, place));
                let (scope, token_id) = (Arc::clone(&token.scope), token.id.clone());
                let principal = Arc::new(Principal {
                    scope,
                    token: token_id,
                    expires: token.expires,
                    ..principal.clone()
                });
                found.holders.push(Holder { principal, expires: token.expires });
            }
            let principal = Arc::new(principal);
            found.users.extend(config.users.iter().map(|user| (*user, Arc::clone(&principal))));
            found.principals.push(principal);
        }
        found
    }

    /// Whether nobody can log in.
    fn is_closed(&self) -> bool {
        self.digests.is_empty() && self.users.is_empty()
    }

    /// How many principals and tokens there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.principals.len(), self.digests.len())
    }

    /// Whether some principal with the role approver, who can log in, is one that `fits`. One with several tokens is asked about with
    /// each of them.
    pub(crate) fn has_approver(&self, fits: impl Fn(&Principal) -> bool) -> bool {
        let now = SystemTime::now();
        let valid = self.holders.iter().filter(|holder| !holder.is_over(now));
        let users = self.users.iter().map(|(_, principal)| principal);
        let mut principals = valid.map(|holder| &holder.principal).chain(users);
        principals.any(|principal| principal.roles.contains(&Role::Approver) && fits(principal))
    }

    /// Establishes who presents `credential` at `now`.
    ///
    /// Digests of equal length are compared, all of them and without an early exit, so that time tells nothing about which token
    /// was near (CWE-208).
    pub(crate) fn authenticate(
        &self,
        credential: &Credential,
        now: SystemTime,
    ) -> Result<Arc<Principal>, AuthFailure> {
        match credential {
            Credential::Local(name) => self
                .principals
                .iter()
                .find(|principal| principal.name == *name && principal.speaks_without_token())
                .cloned()
                .ok_or(AuthFailure::Wrong),
            Credential::User(user) => match self.users.iter().find(|(known, _)| known == user) {
                Some((_, principal)) => Ok(Arc::clone(principal)),
                None => self.authenticate(&Credential::Absent, now),
            },
            Credential::Absent if self.is_closed() => Err(AuthFailure::NotConfigured),
            Credential::Absent => Err(AuthFailure::Absent),
            Credential::Bearer(_) if self.is_closed() => Err(AuthFailure::NotConfigured),
            Credential::Bearer(token) => {
                let presented = token_digest(token.expose());
                let mut found = Choice::from(0);
                let mut place = 0_u32;
                for (digest, index) in &self.digests {
                    let equal = digest.ct_eq(&presented);
                    place.conditional_assign(index, equal);
                    found |= equal;
                }
                let holder = usize::try_from(place).ok().and_then(|place| self.holders.get(place));
                match (bool::from(found), holder) {
                    (true, Some(holder)) if holder.is_over(now) => Err(AuthFailure::Expired),
                    (true, Some(holder)) => Ok(Arc::clone(&holder.principal)),
                    _ => Err(AuthFailure::Wrong),
                }
            }
        }
    }
}

impl Holder {
    fn is_over(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }
}
