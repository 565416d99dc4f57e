//! What a call came upon while it ran, kept with its answer: a repetition is judged for that as well, by the policy of then.

use std::sync::Arc;

use gitoma_policy::{Access, Paths};
use serde::{Deserialize, Serialize};

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "ref")]
    reference: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paths: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

impl From<&Access> for Found {
    fn from(access: &Access) -> Self {
        let paths = match &access.paths {
            Paths::Named(paths) => paths.clone(),
            // Nothing that was found is yet to be found.
            Paths::None | Paths::Discovered => Vec::new(),
        };
        Self {
            repo: access.repo.as_deref().map(str::to_owned),
            reference: access.reference.clone(),
            paths,
            host: access.host.clone(),
        }
    }
}

impl From<&Found> for Access {
    fn from(found: &Found) -> Self {
        let paths = if found.paths.is_empty() { Paths::None } else { Paths::Named(found.paths.clone()) };
        Self {
            repo: found.repo.as_deref().map(Arc::from),
            reference: found.reference.clone(),
            paths,
            host: found.host.clone(),
        }
    }
}
