//! [`Setup`]: what an operator should know of how a gateway was put together, without reading its configuration.

/// What of the settings is less safe than it could be, and a digest of all of them.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Names of settings, such as [`Setup::INSECURE_BIND`].
    pub unsafe_settings: Vec<&'static str>,
    /// SHA-256 of the effective settings, in hexadecimal.
    pub digest: Option<String>,
}

impl Setup {
    /// Other machines can reach an address where tokens are sent in clear text.
    pub const INSECURE_BIND: &str = "insecure_bind";
    /// Tools may change checked-out trees.
    pub const DIRECT_WRITES: &str = "direct_writes";
    /// Large payloads stay in results.
    pub const KEEP_PAYLOADS: &str = "keep_payloads";
    /// The rules stop no read.
    const SHADOW: &str = "shadow";

    /// The unsafe settings, with what the policy in force says of itself.
    pub(crate) fn told(&self, is_shadow: bool) -> Vec<&'static str> {
        let shadow = is_shadow.then_some(Self::SHADOW);
        self.unsafe_settings.iter().copied().chain(shadow).collect()
    }
}
