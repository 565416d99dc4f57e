//! What a repository's origin suggests as its alias. A suggestion only, for the operator to read: a repository never names itself
//! for policy, since whoever wrote the repository wrote its origin too (invariant 11).

use std::sync::Arc;

use gitoma_core::config::RepositoryConfig;
use gitoma_core::redact::Redactor;

use crate::place::Alias;
use crate::repositories::Repository;

/// The `owner/name` at the end of the URL of the remote `origin`, where that is an alias and not the configured one.
///
/// Nothing else of the URL is given away: it may hold credentials.
#[must_use]
pub fn suggested_alias(config: &RepositoryConfig) -> Option<String> {
    let alias: Arc<str> = config.alias.as_str().into();
    let repository = Repository::open(alias, config).ok()?;
    let engine = repository.engine();
    let url = engine.config_snapshot().string("remote.origin.url")?;
    let suggestion = owner_and_name(std::str::from_utf8(&url).ok()?)?;
    (suggestion != config.alias).then_some(suggestion)
}

/// The last two segments of a URL's path, as an alias; some forges take a token there.
fn owner_and_name(url: &str) -> Option<String> {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    // `scheme://host/owner/name`, or `user@host:owner/name` as ssh is often written. A plain path is no origin elsewhere.
    let path = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.split_once(':').filter(|(host, _)| host.contains('@'))?.1,
    };
    let (rest, name) = path.rsplit_once('/')?;
    let owner = rest.rsplit('/').next().unwrap_or(rest);
    let suggestion = format!("{owner}/{name}");
    Alias::parse(&suggestion)
        .ok()
        .map(|_alias| suggestion)
        .filter(|suggestion| Redactor::new().find(suggestion).is_empty())
}

#[cfg(test)]
mod tests;
