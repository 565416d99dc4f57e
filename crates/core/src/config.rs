//! Settings of a gateway process: flag over environment over file. Unknown keys, unknown values and doubled names refuse the start.
//! Policy is not here; limits, principals and repositories are (docs/configuration.md).

use std::path::PathBuf;

use gitoma_policy::WriteMode;

use crate::AuditRotation;
use crate::approval::ApprovalLimits;
use crate::builder::GatewayBuilder;
use crate::commitment::Disclosures;
use crate::gateway::Gateway;
use crate::halt::HaltMarks;
use crate::limits::LimitsConfig;
use crate::principal::{PrincipalConfig, Role, Secret};
use crate::state::{StateDirectory, StateError, read_token};
use crate::tokens::{TokenError, TokenFile};

mod approvals;
mod checkpoints;
#[cfg(feature = "binary")]
mod deadline;
mod digest;
mod environment;
mod file;
mod flags;
mod follow;
mod halt;
mod listed;
mod policy;
mod push;
mod reach;
mod repository;
#[cfg(feature = "binary")]
mod signals;
mod switches;
mod text;
mod tls;
mod watch;
mod writes;

pub use environment::{Environment, Named};
use follow::Followed;
use listed::{Listed, ListedIn};
use reach::Reach;
use switches::{direct_writes, effective_write_mode, mcp};
pub(crate) use text::open_ordinary;
use text::{beside, read_text};
use watch::{Principals, Seen};

#[cfg(feature = "binary")]
pub use deadline::{BadDeadline, StopDeadline};
pub use flags::Flags;
pub use policy::PolicySettings;
pub use push::{PushScheme, PushTarget, PushUrl};
pub use repository::RepositoryConfig;
#[cfg(feature = "binary")]
pub use signals::stop_signal;
pub use tls::TlsSettings;
pub use writes::WriteSettings;

/// The principal of agents, and of whoever starts a local transport.
pub const AGENT: &str = "agent";
/// The principal of the person who runs the gateway.
pub const OPERATOR: &str = "operator";

/// Why the settings do not hold. Values are not repeated, but for the operator's own file names and aliases.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{what} `{name}` cannot be read")]
    Unreadable {
        /// Which file.
        what: &'static str,
        /// Its name as configured.
        name: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The configuration file is not what it should be; the text says where.
    #[error("the configuration does not load\n{0}")]
    File(gitoma_policy::yaml::YamlError),
    /// A setting has a value that it cannot have.
    #[error("{setting} must {expected}")]
    Value {
        /// The setting.
        setting: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Two repositories have one alias.
    #[error("two repositories are called `{alias}`; give one of them another alias with --repo PATH=ALIAS")]
    AliasTaken {
        /// The alias.
        alias: String,
    },
    /// A folder that was named as a repository is not there.
    #[error("a --repo (or GITOMA_REPOS) folder cannot be found; name the root of a git repository")]
    NoFolder(#[source] std::io::Error),
    /// A folder's name cannot serve as its alias.
    #[error(
        "a repository's folder has a name that is no alias; give it one with --repo PATH=ALIAS, where an alias is `name` or \
         `owner/name` of letters, digits, `.`, `_` and `-`"
    )]
    FolderNoAlias,
    /// No repository was named.
    #[error("no repository is configured; name one with --repo PATH")]
    NoRepository,
    /// `--git-dir` names no configured repository.
    #[error("--git-dir must name a configured repository: ALIAS=PATH, or PATH where there is one repository")]
    GitDirUnmatched,
    /// A key for checkpoints cannot be read.
    #[error("{setting} in the configuration file names a key that cannot be used")]
    Key {
        /// The setting.
        setting: &'static str,
        /// Why not.
        #[source]
        source: gitoma_audit::KeyFileError,
    },
    /// A directory for copies of checkpoints cannot be used.
    #[error("`audit.checkpoints.copies` in the configuration file names a directory that cannot be used")]
    Copies {
        /// Why not.
        #[source]
        source: gitoma_audit::FileSinkError,
    },
    /// A key, or a directory for copies of checkpoints, lies where it vouches for nothing.
    #[error(
        "{setting} in the configuration file leads through {place}; whoever can write there could sign another log, or change what shows \
         it, so put it elsewhere"
    )]
    Reached {
        /// The setting.
        setting: &'static str,
        /// Where it lies.
        place: String,
    },
    /// Nobody can tell where a key, or a directory for copies of checkpoints, lies.
    #[error("it cannot be told where {setting} in the configuration file leads")]
    Lost {
        /// The setting.
        setting: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A variable of the environment that is to be redacted.
    #[error(
        "`redact.environment` in the configuration file names a variable that is not set, no UTF-8, or shorter than {LEAST_KNOWN} bytes: \
         what is shorter stands in too much that is innocent"
    )]
    SecretVariable,
    /// There is no place for the state directory.
    #[error("no home directory is known; name a state directory with --state DIR")]
    NoHome,
    /// The state directory, or a token, cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The tokens that `gitoma token` made cannot be used.
    #[error(transparent)]
    Tokens(#[from] TokenError),
}

/// The shortest value that is redacted wherever it stands.
const LEAST_KNOWN: usize = 8;

fn secret_variable(environment: &Environment, name: &str) -> Result<Secret, ConfigError> {
    let value = environment.named.value(name).filter(|value| value.len() >= LEAST_KNOWN);
    value.map(Secret::new).ok_or(ConfigError::SecretVariable)
}

/// Everything a composition root needs to put a gateway together.
#[derive(Debug)]
pub struct Settings {
    /// The state directory.
    pub state: StateDirectory,
    /// The repositories, in the order they were named.
    pub repositories: Vec<RepositoryConfig>,
    /// The address to listen on, if one is configured.
    pub listen: Option<String>,
    /// Another address to listen on, for what steers the gateway.
    pub admin_listen: Option<String>,
    /// Whether `gitoma-http` serves the Model Context Protocol too.
    pub mcp: bool,
    /// What TLS is spoken with, if it is.
    pub tls: TlsSettings,
    /// Host names that HTTP requests may name besides the loopback ones.
    pub allowed_hosts: Vec<String>,
    /// Proxies whose word counts for where a request comes from: addresses, and networks in CIDR notation.
    pub trusted_proxies: Vec<String>,
    /// Origins whose pages may read answers over HTTP.
    pub cors_origins: Vec<String>,
    /// Origins whose pages may follow the audit log over WebSocket.
    pub ws_allowed_origins: Vec<String>,
    /// Whether a configuration file was given: then no token is minted.
    pub configured: bool,
    /// The token of [`AGENT`], where it lives in the state directory.
    pub runtime_token: Option<Secret>,
    /// Whether write mode is on.
    pub write_mode: WriteMode,
    /// What else is decided about writes.
    pub writes: WriteSettings,
    /// The files of the kill switch.
    pub halt: HaltMarks,
    policy: Option<(String, String)>,
    /// Where the policy is read again.
    policy_file: Option<Followed>,
    /// With the tokens that were there when the settings were loaded.
    principals: Vec<PrincipalConfig>,
    /// The principals without those that only the file of tokens knows.
    listed: Vec<PrincipalConfig>,
    sources: Principals,
    principals_seen: Seen,
    known_values: Vec<Secret>,
    limits: LimitsConfig,
    approvals: ApprovalLimits,
    audit_rotation: AuditRotation,
    audit_checkpoints: Option<gitoma_audit::CheckpointOptions>,
    disclosures: Disclosures,
    keep_payloads: bool,
}

impl Settings {
    /// Gathers the settings of `flags`, `environment` and the configuration file they name.
    ///
    /// # Errors
    /// [`ConfigError`] if anything is unknown, doubled, unreadable or readable by others.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let config = flags.config.as_ref().or(environment.config.as_ref());
        // A working directory that is gone leaves what was named.
        let config = config.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
        // Before it is read: what changes meanwhile is taken up once the gateway runs.
        let config_seen = config.as_deref().and_then(crate::policy_file::Stamp::at);
        let file = policy::file(flags.config.as_deref(), environment)?;
        let configured = file.is_some();
        let mut file = file.unwrap_or_default();
        let state = StateDirectory::open(&state_path(flags, environment, &file)?)?;
        let policy_file = policy::path(flags.policy.as_deref(), environment, &file).map(Followed::at);
        let policy = policy::text(flags.policy.as_deref(), environment, &file)?;
        let mcp = mcp(&file)?;
        let write_mode = effective_write_mode(flags, environment, &file)?;
        // A repository that a flag or the environment names is not the one that the file has a push for, even under its alias.
        let is_listed = flags.repo.is_empty() && environment.repositories.is_empty();
        let pushes = std::mem::take(&mut file.pushes).into_iter().filter(|_push| is_listed);
        let targets = pushes
            .map(|(alias, push)| push.resolve(&alias, environment).map(|target| (alias, target)))
            .collect::<Result<_, _>>()?;
        let writes = WriteSettings {
            worktrees: state.path().join("worktrees"),
            push: state.path().join("push"),
            targets,
            direct: direct_writes(flags, environment, &file)? == WriteMode::On,
            ..file.writes.clone()
        };
        let repositories =
            repository::gather(&flags.repo, &flags.git_dir, &environment.repositories, file.repositories)?;
        let halt = HaltMarks::of(state.path(), file.halt_file.take());
        let tokens = TokenFile::of(&state);
        let reach = Reach { repositories: &repositories, state: &state };
        let audit_checkpoints =
            file.audit_checkpoints.as_ref().map(|entry| entry.resolve(&reach)).transpose()?;
        let targets = writes.targets.values().filter_map(|target| target.token.clone());
        let mut known_values: Vec<_> = targets.collect();
        for name in &file.secret_variables {
            known_values.push(secret_variable(environment, name)?);
        }
        let (listed, listed_in) = match config {
            Some(path) => (Listed::of(&file.principals)?, ListedIn::File(path)),
            None => (Listed::minted(|name| state.token(name))?, ListedIn::State(state.clone())),
        };
        let runtime_token = listed.tokens.first().filter(|_| !configured).cloned();
        known_values.extend(listed.tokens);
        let principals_seen = Seen::before(config_seen, &tokens);
        let sources = Principals::new(&listed.principals, listed_in, tokens);
        let principals = sources.gather(&listed.principals)?;
        Ok(Self {
            state,
            repositories,
            listen: environment.listen.clone().or(file.listen),
            admin_listen: environment.admin_listen.clone().or(file.admin_listen),
            mcp,
            tls: TlsSettings {
                certificate: environment.tls_certificate.clone().or(file.tls_certificate),
                key: environment.tls_key.clone().or(file.tls_key),
            },
            allowed_hosts: either(&environment.allowed_hosts, file.allowed_hosts),
            trusted_proxies: either(&environment.trusted_proxies, file.trusted_proxies),
            cors_origins: either(&environment.cors_origins, file.cors_origins),
            ws_allowed_origins: either(&environment.ws_allowed_origins, file.ws_allowed_origins),
            configured,
            runtime_token,
            write_mode,
            writes,
            policy,
            halt,
            policy_file: policy_file.transpose()?,
            listed: listed.principals,
            principals,
            principals_seen,
            sources,
            known_values,
            limits: file.limits,
            approvals: file.approvals,
            audit_rotation: file.audit_rotation,
            audit_checkpoints,
            disclosures: file.disclosures,
            keep_payloads: file.keep_payloads,
        })
    }

    /// Begins a gateway with these settings; the tools are still to be added.
    pub fn gateway(&self, program: &str) -> GatewayBuilder {
        let mut builder = Gateway::builder()
            .program(program)
            .audit_directory(self.state.audit())
            .approvals_directory(self.state.approvals())
            .replies_directory(self.state.replies())
            .approvals(self.approvals)
            .audit_rotation(self.audit_rotation)
            .disclosures(self.disclosures)
            .keep_payloads(self.keep_payloads)
            .halt_marks(self.halt.clone())
            .limits(self.limits.clone())
            .write_mode(self.write_mode);
        if let Some(checkpoints) = &self.audit_checkpoints {
            builder = builder.audit_checkpoints(checkpoints.clone());
        }
        if let Some((name, text)) = &self.policy {
            builder = builder.policy(name, text);
        }
        if let Some(file) = &self.policy_file {
            builder = builder.policy_file(file.path());
        }
        builder = builder.serves(self.repositories.iter().map(|repository| repository.alias.clone()));
        for principal in &self.principals {
            builder = builder.principal(principal.clone());
        }
        for value in &self.known_values {
            builder = builder.known_value(value.clone());
        }
        builder
    }

    /// Who may call, as of when the settings were loaded.
    #[must_use]
    pub fn principals(&self) -> &[PrincipalConfig] {
        &self.principals
    }

    /// The principals without those that only the file of tokens knows, and the file.
    #[must_use]
    pub fn tokens(&self) -> (&[PrincipalConfig], &TokenFile) {
        (&self.listed, &self.sources.tokens)
    }

    /// The first principal that a local transport may speak for.
    #[must_use]
    pub fn local_principal(&self) -> Option<&str> {
        let asks_only =
            |principal: &&PrincipalConfig| principal.roles.iter().all(|role| *role == Role::Agent);
        self.principals.iter().find(asks_only).map(|principal| principal.name.as_str())
    }

    /// Whether any principal has a token; without one, every call over the network is refused.
    #[must_use]
    pub fn can_log_in(&self) -> bool {
        self.principals.iter().any(|principal| !principal.tokens.is_empty() || !principal.users.is_empty())
    }

    /// The policy file's name and text, if one is configured.
    #[must_use]
    pub fn policy(&self) -> Option<(&str, &str)> {
        self.policy.as_ref().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// Where the state directory is.
fn state_path(
    flags: &Flags,
    environment: &Environment,
    file: &file::ConfigFile,
) -> Result<PathBuf, ConfigError> {
    let named = flags.state.as_ref().or(environment.state.as_ref()).or(file.state.as_ref());
    named.cloned().or_else(|| environment.default_state()).ok_or(ConfigError::NoHome)
}

/// What the environment lists, or else the configuration file.
fn either(environment: &[String], file: Vec<String>) -> Vec<String> {
    if environment.is_empty() { file } else { environment.to_vec() }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;
