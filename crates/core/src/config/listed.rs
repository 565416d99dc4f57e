//! The principals that the settings list: those of the configuration file or, without one, an agent and an operator whose tokens lie in
//! the state directory. They can be read again while the gateway runs.

use std::path::{Path, PathBuf};

use super::file::{ConfigFile, PrincipalEntry};
use super::{AGENT, ConfigError, OPERATOR};
use crate::principal::{PrincipalConfig, Role, Secret, TokenConfig};
use crate::state::{StateDirectory, StateError, read_token};

/// Principals, and the tokens of them that stand in files.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) principals: Vec<PrincipalConfig>,
    pub(super) tokens: Vec<Secret>,
}

/// Where they are listed.
#[derive(Debug, Clone)]
pub(super) enum ListedIn {
    /// The configuration file.
    File(PathBuf),
    /// The state directory.
    State(StateDirectory),
}

impl ListedIn {
    /// Reads them again; nothing is minted any more.
    pub(super) fn read(&self) -> Result<Listed, ConfigError> {
        match self {
            Self::File(path) => Listed::of(&ConfigFile::read(path)?.principals),
            Self::State(state) => Listed::minted(|name| read_token(&state.path().join(name))),
        }
    }

    /// The file that says who is listed, if one does.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::State(_) => None,
        }
    }
}

impl Listed {
    /// Those that a configuration file lists. None means a local agent, and nobody who can log in.
    pub(super) fn of(entries: &[PrincipalEntry]) -> Result<Self, ConfigError> {
        let mut listed = Self::default();
        for entry in entries {
            let (sha256, token) = entry.token()?;
            listed.principals.push(PrincipalConfig {
                name: entry.name.clone(),
                roles: entry.roles.clone(),
                tokens: sha256.map(TokenConfig::new).into_iter().collect(),
                users: entry.users.clone(),
            });
            listed.tokens.extend(token);
        }
        if entries.is_empty() {
            listed.principals.push(PrincipalConfig::local(AGENT, &[Role::Agent]));
        }
        Ok(listed)
    }

    /// An agent and an operator with the tokens that `token` finds. The agent's is the first.
    pub(super) fn minted(token: impl Fn(&str) -> Result<Secret, StateError>) -> Result<Self, ConfigError> {
        let (agent, operator) = (token("runtime_token")?, token("operator_token")?);
        let principals = vec![
            PrincipalConfig {
                users: vec![rustix::process::geteuid().as_raw()],
                ..PrincipalConfig::with_token(AGENT, &[Role::Agent], &agent)
            },
            PrincipalConfig::with_token(OPERATOR, &[Role::Approver, Role::Auditor, Role::Admin], &operator),
        ];
        Ok(Self { principals, tokens: vec![agent, operator] })
    }
}
