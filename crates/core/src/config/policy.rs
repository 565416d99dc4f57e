//! The policy that the settings put in force, and who may call under it. Reading these alone touches no state directory and reads
//! no token: whoever only looks at policy leaves nothing behind.

use std::path::{Path, PathBuf};

use gitoma_policy::lint::Known;
use gitoma_policy::yaml::Limits;
use gitoma_policy::{OwnedSubject, WriteMode};

use super::file::ConfigFile;
use super::switches::{direct_writes, effective_write_mode};
use super::{AGENT, ConfigError, Environment, Flags, OPERATOR, read_text, repository, state_path};
use crate::principal::Role;

/// A policy and its principals, as far as the settings name them.
#[derive(Debug, Clone)]
pub struct PolicySettings {
    policy: Option<(String, String)>,
    principals: Vec<(String, Vec<Role>)>,
    /// The aliases of the repositories that would be served; empty if none is named.
    repositories: Vec<String>,
    write_mode: WriteMode,
    direct_writes: WriteMode,
    state: Option<PathBuf>,
    configured: bool,
}

impl PolicySettings {
    /// Reads the policy and the principals of `flags`, `environment` and the configuration file they name.
    ///
    /// # Errors
    /// [`ConfigError`] if a file cannot be read or the configuration does not load.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let file = file(flags.config.as_deref(), environment)?;
        let configured = file.is_some();
        let file = file.unwrap_or_default();
        let policy = text(flags.policy.as_deref(), environment, &file)?;
        let write_mode = effective_write_mode(flags, environment, &file)?;
        let direct_writes = direct_writes(flags, environment, &file)?;
        let state = state_path(flags, environment, &file).ok();
        // A folder that is not there is no reason to leave the policy unread.
        let repositories =
            repository::gather(&flags.repo, &flags.git_dir, &environment.repositories, file.repositories);
        let repositories = repositories.into_iter().flatten().map(|repository| repository.alias).collect();
        let mut principals: Vec<(String, Vec<Role>)> =
            file.principals.into_iter().map(|entry| (entry.name, entry.roles)).collect();
        if principals.is_empty() {
            principals.push((AGENT.to_owned(), vec![Role::Agent]));
            if !configured {
                principals.push((OPERATOR.to_owned(), vec![Role::Approver, Role::Auditor, Role::Admin]));
            }
        }
        Ok(Self { policy, principals, repositories, write_mode, direct_writes, state, configured })
    }

    /// The policy file's name and text, if one is configured; else the built-in policy is in force.
    #[must_use]
    pub fn policy(&self) -> Option<(&str, &str)> {
        self.policy.as_ref().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether a gateway with these settings writes.
    #[must_use]
    pub const fn write_mode(&self) -> WriteMode {
        self.write_mode
    }

    /// Whether a gateway with these settings may change checked-out trees themselves.
    #[must_use]
    pub const fn direct_writes(&self) -> WriteMode {
        self.direct_writes
    }

    /// Where the state directory of a gateway with these settings is; it may not be there yet. None if no home is known.
    #[must_use]
    pub fn state(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// Whether a configuration file was given.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.configured
    }

    /// The aliases of the repositories that the settings name.
    #[must_use]
    pub fn repositories(&self) -> &[String] {
        &self.repositories
    }

    /// The names that a policy is held against. Without a configuration file no principals are known: they are then made up. Where
    /// no repository is named, it is not known which will be.
    #[must_use]
    pub fn known(&self) -> Known {
        let repositories = Some(self.repositories.clone()).filter(|aliases| !aliases.is_empty());
        if !self.configured {
            return Known { repositories, ..Known::default() };
        }
        let roles = self.principals.iter().flat_map(|(_, roles)| roles);
        Known {
            principals: Some(self.principals.iter().map(|(name, _)| name.clone()).collect()),
            roles: Some(roles.map(|role| role.as_str().to_owned()).collect()),
            repositories,
        }
    }

    /// Who may call, each with all their roles.
    #[must_use]
    pub fn subjects(&self) -> Vec<OwnedSubject> {
        let subject = |(name, roles): &(String, Vec<Role>)| OwnedSubject {
            principal: Some(name.clone()),
            roles: roles.iter().map(|role| role.as_str().into()).collect(),
            transport: None,
        };
        self.principals.iter().map(subject).collect()
    }
}

/// The configuration file that a flag or the environment names.
pub(super) fn file(
    flag: Option<&Path>,
    environment: &Environment,
) -> Result<Option<ConfigFile>, ConfigError> {
    flag.or(environment.config.as_deref()).map(ConfigFile::read).transpose()
}

/// The policy file's own name and text: flag over environment over configuration file.
pub(super) fn text(
    flag: Option<&Path>,
    environment: &Environment,
    file: &ConfigFile,
) -> Result<Option<(String, String)>, ConfigError> {
    path(flag, environment, file)
        .map(|path| read_text("the policy file", path, Limits::POLICY.bytes))
        .transpose()
}

/// Where the policy file is.
pub(super) fn path<'a>(
    flag: Option<&'a Path>,
    environment: &'a Environment,
    file: &'a ConfigFile,
) -> Option<&'a Path> {
    flag.or(environment.policy.as_deref()).or(file.policy.as_deref())
}
