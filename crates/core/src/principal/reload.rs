//! Which principals there are: checked as a whole, and replaced in a running gateway as a whole.

use std::collections::HashSet;
use std::sync::Arc;

use gitoma_audit::{AuditError, Event};

use super::{Authenticator, PrincipalConfig};
use crate::gateway::Gateway;

/// Why principals cannot be those of a gateway.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrincipalsError {
    /// Two principals have one name, or a name is not 1 to 64 of `A-Za-z0-9._-`.
    #[error("the principal name `{name}` is taken or is not a name")]
    Name {
        /// The name.
        name: String,
    },
    /// Two principals have one token, so nobody could tell them apart.
    #[error("the principal `{name}` has the token of another; give each a token of its own")]
    TokenShared {
        /// The second of the two.
        name: String,
    },
    /// Two principals have one user, so nobody could tell them apart.
    #[error("the principal `{name}` has a user of another; list each user once")]
    UserShared {
        /// The second of the two.
        name: String,
    },
    /// The audit log does not take the entry that would say so.
    #[error("the change of principals could not be recorded, and those before stay")]
    Audit(#[source] AuditError),
    /// The work was lost to an internal error or to the end of the runtime.
    #[error("the principals could not be replaced because of an internal error")]
    Lost,
}

/// Whether each principal has a name, and each name and token one principal.
///
/// # Errors
/// [`PrincipalsError`] with the first that does not.
pub(crate) fn check(principals: &[PrincipalConfig]) -> Result<(), PrincipalsError> {
    let (mut names, mut tokens, mut users) = (HashSet::new(), HashSet::new(), HashSet::new());
    for principal in principals {
        let name = &principal.name;
        if !is_name(name) || !names.insert(name) {
            return Err(PrincipalsError::Name { name: name.clone() });
        }
        if principal.tokens.iter().any(|token| !tokens.insert(token.sha256)) {
            return Err(PrincipalsError::TokenShared { name: name.clone() });
        }
        if principal.users.iter().any(|user| !users.insert(user)) {
            return Err(PrincipalsError::UserShared { name: name.clone() });
        }
    }
    Ok(())
}

/// Whether a principal may be called so: 1 to 64 of `A-Za-z0-9._-`.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

impl Gateway {
    /// Puts `principals` in the place of those there are, for every call from now on. A call that has been let in goes on. Whoever keeps
    /// its name keeps what is left of its limits. The change is on the record before it counts, and dropping the future does not halve it.
    ///
    /// # Errors
    /// [`PrincipalsError`]; those before then stay.
    pub async fn replace_principals(&self, principals: Vec<PrincipalConfig>) -> Result<(), PrincipalsError> {
        check(&principals)?;
        let gateway = self.clone();
        let work = async move { gateway.put_in_place(&principals).await };
        self.inner.tasks.spawn(work).await.unwrap_or(Err(PrincipalsError::Lost))
    }

    async fn put_in_place(&self, principals: &[PrincipalConfig]) -> Result<(), PrincipalsError> {
        let inner = &self.inner;
        let mut places = inner.places.lock().await;
        let new = Authenticator::new(principals, &mut places);
        inner.limits.make_room(places.count());
        let (principals, tokens) = new.count();
        let loaded = Event::Switch {
            principal: None,
            switch: "principals",
            state: "loaded",
            detail: Some(format!("{principals} principals, {tokens} tokens")),
        };
        inner.log.note(loaded).await.map_err(PrincipalsError::Audit)?;
        inner.authenticator.store(Arc::new(new));
        inner.lists.send_replace(());
        tracing::info!(target: "gitoma::principals", principals, tokens, "the principals were loaded anew");
        Ok(())
    }
}
