//! What a caller is told of itself: who it is to the gateway, and what is left of its limits.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::call::Origin;
use crate::gateway::Gateway;
use crate::limits::Allowance;
use crate::principal::{Credential, Role};
use crate::refusal::Refusal;

/// Who somebody is to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Me {
    /// The principal's name.
    pub principal: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whether the token is good for some tools or repositories alone.
    pub scoped: bool,
    /// When the token's time is over, if it has an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What is left of its limits.
    pub limits: LimitsLeft,
}

/// What is left of a principal's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct LimitsLeft {
    /// Of its requests.
    pub requests: LimitLeft,
    /// Of its calls of write tools.
    pub writes: LimitLeft,
}

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct LimitLeft {
    /// How many there may be in a window.
    pub limit: u32,
    /// How long a window is.
    pub window_seconds: u64,
    /// How many may come now.
    pub remaining: u32,
}

impl From<Allowance> for LimitLeft {
    fn from(allowance: Allowance) -> Self {
        Self { limit: allowance.quota, window_seconds: allowance.window, remaining: allowance.left }
    }
}

impl Gateway {
    /// Who `credential` is to the gateway.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn me(&self, credential: Credential, origin: Origin) -> Result<Me, Refusal> {
        let principal = self.authenticate(credential, origin).await?;
        // A principal has budgets as long as the process lives; nothing is left to one that has none.
        let none = LimitLeft { limit: 0, window_seconds: 0, remaining: 0 };
        let [requests, writes] = self
            .inner
            .limits
            .allowances(principal.index())
            .map_or([none; 2], |allowances| allowances.map(LimitLeft::from));
        Ok(Me {
            principal: principal.name().to_owned(),
            roles: principal.roles().to_vec(),
            scoped: !principal.is_whole(),
            expires: principal.expires().and_then(|end| Timestamp::try_from(end).ok()),
            limits: LimitsLeft { requests, writes },
        })
    }
}
