//! Which repositories a gateway serves, and what policy calls them. A repository never names itself: its own configuration and
//! origin URL are not asked (invariant 11).

use std::path::{Path, PathBuf};

use super::ConfigError;

/// A configured repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// What policy and callers call it: `name` or `owner/name`.
    pub alias: String,
    /// Its folder.
    pub path: PathBuf,
    /// Its git directory, where the operator opted in to one outside the folder.
    pub git_dir: Option<PathBuf>,
}

/// Whether `text` is an alias: `name` or `owner/name`, each 1 to 100 of `A-Za-z0-9._-`, beginning with a letter, digit or `_`.
pub(crate) fn is_alias(text: &str) -> bool {
    let part = |part: &str| {
        (1..=100).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
            && part.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match text.split_once('/') {
        Some((owner, name)) => part(owner) && part(name),
        None => part(text),
    }
}

/// Merges the repositories of flags, environment and file. Flags replace the environment's, which replace the file's.
pub(super) fn gather(
    flags: &[String],
    git_dirs: &[String],
    environment: &[String],
    file: Vec<RepositoryConfig>,
) -> Result<Vec<RepositoryConfig>, ConfigError> {
    let named = if flags.is_empty() { environment } else { flags };
    let mut repositories = if named.is_empty() {
        file
    } else {
        named.iter().map(|text| RepositoryConfig::parse(text)).collect::<Result<Vec<_>, _>>()?
    };
    for text in git_dirs {
        attach(&mut repositories, text)?;
    }
    let mut folded = std::collections::HashSet::new();
    for repository in &repositories {
        if !folded.insert(repository.alias.to_ascii_lowercase()) {
            return Err(ConfigError::AliasTaken { alias: repository.alias.clone() });
        }
    }
    Ok(repositories)
}

impl RepositoryConfig {
    /// Reads `PATH[=ALIAS]`; the last `=` separates, if what follows is an alias.
    ///
    /// # Errors
    /// [`ConfigError`] if no alias is given, and the folder is not there or its name is no alias.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let (path, alias) = match text.rsplit_once('=') {
            Some((path, alias)) if is_alias(alias) => (Path::new(path), Some(alias.to_owned())),
            Some(_) | None => (Path::new(text), None),
        };
        let alias = match alias {
            Some(alias) => alias,
            None => folder_name(path)?,
        };
        Ok(Self { alias, path: path.to_owned(), git_dir: None })
    }
}

/// The folder's own name, whatever way it was named (`.`, `../x`).
fn folder_name(path: &Path) -> Result<String, ConfigError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "finds the name of a folder the operator gave; nothing is opened by it"
    )]
    let resolved = path.canonicalize().map_err(ConfigError::NoFolder)?;
    let name = resolved.file_name().and_then(std::ffi::OsStr::to_str).filter(|name| is_alias(name));
    name.map(str::to_owned).ok_or(ConfigError::FolderNoAlias)
}

/// `[ALIAS=]PATH`: the explicit opt-in to a git directory outside the folder.
fn attach(repositories: &mut [RepositoryConfig], text: &str) -> Result<(), ConfigError> {
    let single = repositories.len() == 1;
    if let Some((alias, path)) = text.split_once('=')
        && let Some(repository) = repositories.iter_mut().find(|repository| repository.alias == alias)
    {
        repository.git_dir = Some(path.into());
        return Ok(());
    }
    match repositories.first_mut() {
        Some(repository) if single => {
            repository.git_dir = Some(text.into());
            Ok(())
        }
        _ => Err(ConfigError::GitDirUnmatched),
    }
}
