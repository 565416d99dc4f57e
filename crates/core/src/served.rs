//! Which of the repositories that a gateway serves somebody could use: for transports that offer a choice of them. Nothing is run, and a call
//! that comes of it is judged as any other.

use std::sync::Arc;

use gitoma_policy::{Access, Effect, Paths};
use serde_json::{Map, Value};

use crate::call::Origin;
use crate::context::Judge;
use crate::gateway::Gateway;
use crate::principal::Credential;
use crate::refusal::Refusal;
use crate::restriction::Restriction;

impl Gateway {
    /// The aliases of the repositories, of those named with [`GatewayBuilder::serves`](crate::GatewayBuilder::serves), that `credential` could
    /// call the reading tool `tool` on within `restriction`, if only with an approval: a call that names the repository as `repo`, and no
    /// path and no reference. In alphabetical order. The list depends on the caller's policy, and on nothing the caller has done before.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn repositories(
        &self,
        credential: Credential,
        origin: Origin,
        tool: &str,
        restriction: &Restriction,
    ) -> Result<Vec<String>, Refusal> {
        let principal = self.authenticate(credential, origin).await?;
        let Some(spec) = self.tool(&principal, origin, tool) else { return Ok(Vec::new()) };
        if !restriction.leaves(&spec) {
            return Ok(Vec::new());
        }
        let mut judge = Judge {
            snapshot: self.inner.snapshot.load_full(),
            principal,
            transport: origin.transport,
            tool: Arc::from(tool),
            capability: spec.capability,
            arguments: Arc::default(),
            write_mode: self.inner.write_mode,
            narrowing: restriction.narrowing.clone(),
        };
        let mut aliases = self.inner.serves.clone();
        aliases.sort_unstable();
        aliases.retain(|alias| {
            judge.arguments = Arc::new(Map::from_iter([("repo".to_owned(), Value::from(alias.as_str()))]));
            let access = Access {
                repo: Some(alias.as_str().into()),
                reference: None,
                paths: Paths::Discovered,
                host: None,
            };
            let decision = judge.decide(&[access]);
            decision.may_run() || decision.effect == Effect::Ask
        });
        Ok(aliases)
    }
}
