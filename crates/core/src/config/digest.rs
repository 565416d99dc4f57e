//! A digest of the effective settings, so that gateways which should be set up alike can be told to be.

use sha2::{Digest as _, Sha256};

use super::Settings;
use crate::setup::Setup;

impl Settings {
    /// What an operator should know of these settings. `more` is what the program was told besides: its listeners, and what of them is
    /// unsafe.
    #[must_use]
    pub fn setup(&self, insecure_bind: bool, more: &[&str]) -> Setup {
        let unsafe_settings = [
            (insecure_bind, Setup::INSECURE_BIND),
            (self.writes.direct, Setup::DIRECT_WRITES),
            (self.keep_payloads, Setup::KEEP_PAYLOADS),
        ];
        let told = unsafe_settings.into_iter().filter_map(|(is_so, name)| is_so.then_some(name));
        Setup { unsafe_settings: told.collect(), digest: Some(self.digest(more)) }
    }

    /// SHA-256 over everything that the settings decide but for secrets, which show nothing of themselves here, and the policy, which has a
    /// digest of its own.
    fn digest(&self, more: &[&str]) -> String {
        let principals: Vec<_> = self
            .listed
            .iter()
            .map(|principal| (&principal.name, &principal.roles, &principal.users))
            .collect();
        let text = format!(
            "{more:?}\n{:?}\n{:?}\n{principals:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
            self.state.path(),
            self.repositories,
            (&self.allowed_hosts, &self.trusted_proxies, &self.cors_origins, &self.ws_allowed_origins),
            (self.write_mode, self.keep_payloads, &self.halt),
            self.writes,
            self.limits,
            self.approvals,
            self.audit_rotation,
            self.audit_checkpoints.is_some(),
            self.disclosures,
        );
        hex::encode(Sha256::digest(text.as_bytes()))
    }
}
