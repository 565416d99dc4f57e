//! What stands in the file of tokens.

use std::sync::Arc;
use std::time::SystemTime;

use gitoma_policy::{Capability, Scope, ScopeError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::is_name;
use crate::principal::{Role, TokenConfig};

/// The only version there is.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: u32,
    /// The principals that are known from here alone.
    pub(super) principals: Vec<StoredPrincipal>,
    pub(super) tokens: Vec<StoredToken>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredPrincipal {
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
}

/// A token as it is kept: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StoredToken {
    /// What names it, also in the audit log: 8 hexadecimal digits.
    pub id: String,
    /// Who logs in with it.
    pub principal: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not valid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Patterns of the tools that it is good for; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Patterns of the repositories that it is good for; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<String>>,
    /// The capabilities that it is good for; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<Capability>>,
}

impl StoredToken {
    /// What a gateway needs of it.
    pub(super) fn config(&self) -> Result<TokenConfig, ScopeError> {
        let scope =
            Scope::new(self.tools.as_deref(), self.repositories.as_deref(), self.capabilities.as_deref())?;
        Ok(TokenConfig {
            sha256: self.digest().unwrap_or_default(),
            id: Some(self.id.as_str().into()),
            expires: self.expires.map(SystemTime::from),
            scope: Arc::new(scope),
        })
    }

    fn digest(&self) -> Option<[u8; 32]> {
        let mut digest = [0; 32];
        hex::decode_to_slice(&self.sha256, &mut digest).ok()?;
        Some(digest)
    }

    fn is_whole(&self) -> bool {
        let id = self.id.len() == 8 && self.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        id && is_name(&self.principal) && self.digest().is_some() && self.config().is_ok()
    }
}

impl Default for Document {
    fn default() -> Self {
        Self { version: VERSION, principals: Vec::new(), tokens: Vec::new() }
    }
}

impl Document {
    /// The document, if every part of it holds: what is half understood would let in somebody it should not.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let document: Self = serde_json::from_str(text).ok()?;
        let whole = document.version == VERSION
            && document.principals.iter().all(|principal| is_name(&principal.name))
            && document.tokens.iter().all(StoredToken::is_whole);
        whole.then_some(document)
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }
}
