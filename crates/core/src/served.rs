//! Which of the repositories that a gateway serves somebody could use: for transports that offer a choice of them. Nothing is run, and a call
//! that comes of it is judged as any other.

use std::sync::Arc;

use gitoma_policy::{Access, Effect, Paths};
use serde_json::{Map, Value};

use crate::call::Origin;
use crate::context::Judge;
use crate::gateway::Gateway;
use crate::principal::{Credential, Principal};
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
        let mut aliases = self.inner.serves.clone();
        aliases.sort_unstable();
        self.retain_open(&mut aliases, principal, origin, tool, restriction);
        Ok(aliases)
    }

    /// Whether `alias` is one of those that [`Gateway::repositories`] lists for `principal` that gives up nothing. Nobody is charged, and
    /// nothing recorded: it is for what is said of a call that was.
    #[must_use]
    pub fn offers(&self, principal: Arc<Principal>, origin: Origin, tool: &str, alias: &str) -> bool {
        let mut aliases: Vec<_> =
            self.inner.serves.iter().filter(|served| *served == alias).cloned().collect();
        self.retain_open(&mut aliases, principal, origin, tool, &Restriction::default());
        !aliases.is_empty()
    }

    fn retain_open(
        &self,
        aliases: &mut Vec<String>,
        principal: Arc<Principal>,
        origin: Origin,
        tool: &str,
        restriction: &Restriction,
    ) {
        let spec = self.tool(&principal, origin, tool).filter(|spec| restriction.leaves(spec));
        let Some(spec) = spec else { return aliases.clear() };
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
    }
}
