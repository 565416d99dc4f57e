//! The configuration file: strict YAML through the same door as policy. Relative paths are relative to the file's folder.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gitoma_policy::yaml::Limits;
use serde::Deserialize;

use super::approvals::ApprovalsEntry;
use super::checkpoints::CheckpointsEntry;
use super::push::{PushEntry, Unresolved};
use super::repository::{RepositoryConfig, is_alias};
use super::writes::WriteSettings;
use super::{ConfigError, beside, read_text, read_token};
use crate::AuditRotation;
use crate::approval::ApprovalLimits;
use crate::commitment::Disclosures;
use crate::limits::{LimitsConfig, Rate, ToolLimits};
use crate::principal::{Role, Secret, token_digest};

/// A configuration file, read and with its paths made absolute.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) state: Option<PathBuf>,
    pub(super) policy: Option<PathBuf>,
    /// The operator's file of the kill switch, in place of the state directory's.
    pub(super) halt_file: Option<PathBuf>,
    pub(super) listen: Option<String>,
    pub(super) admin_listen: Option<String>,
    /// Whether `gitoma-http` serves the Model Context Protocol: `on` or `off`.
    pub(super) mcp: Option<String>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) write_mode: Option<String>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) cors_origins: Vec<String>,
    pub(super) ws_allowed_origins: Vec<String>,
    pub(super) repositories: Vec<RepositoryConfig>,
    /// Where the branches of these repositories may be pushed to, by alias.
    pub(super) pushes: BTreeMap<String, Unresolved>,
    pub(super) principals: Vec<PrincipalEntry>,
    pub(super) limits: LimitsConfig,
    pub(super) approvals: ApprovalLimits,
    pub(super) audit_rotation: AuditRotation,
    pub(super) audit_checkpoints: Option<CheckpointsEntry>,
    pub(super) disclosures: Disclosures,
    pub(super) keep_payloads: bool,
    /// Variables of the environment, the values of which are secret.
    pub(super) secret_variables: Vec<String>,
    /// Whether checked-out trees may be changed: `on` or `off`.
    pub(super) direct_writes: Option<String>,
    pub(super) writes: WriteSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    state: Option<PathBuf>,
    policy: Option<PathBuf>,
    halt_file: Option<PathBuf>,
    listen: Option<String>,
    admin_listen: Option<String>,
    mcp: Option<String>,
    tls: TlsEntry,
    write_mode: Option<String>,
    allowed_hosts: Vec<String>,
    trusted_proxies: Vec<String>,
    cors_origins: Vec<String>,
    ws_allowed_origins: Vec<String>,
    repositories: BTreeMap<String, RepositoryEntry>,
    principals: Vec<PrincipalEntry>,
    limits: LimitsEntry,
    approvals: ApprovalsEntry,
    audit: AuditEntry,
    redact: RedactEntry,
    writes: WritesEntry,
    debug: DebugEntry,
}

/// The files that TLS is spoken with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TlsEntry {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// What is secret on this machine; what is in the repositories a policy says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RedactEntry {
    environment: Vec<String>,
}

/// What is decided about writes beside policy.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WritesEntry {
    direct: Option<String>,
    worktree_hours: Option<u32>,
    worktrees: Option<u32>,
    worktree_mib: Option<u32>,
    mail_host: Option<String>,
}

/// What helps to look for a fault, and is off otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DebugEntry {
    keep_payloads: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RepositoryEntry {
    path: PathBuf,
    git_dir: Option<PathBuf>,
    push: Option<PushEntry>,
}

/// A principal as the file lists it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalEntry {
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    /// Users whose processes are let in over a socket's file.
    #[serde(default)]
    pub(super) users: Vec<u32>,
    token_sha256: Option<String>,
    token_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsEntry {
    origin: Option<RateEntry>,
    principal: Option<RateEntry>,
    writes: Option<RateEntry>,
    written_mib_per_hour: Option<u32>,
    concurrent_calls: Option<u32>,
    principal_concurrent_calls: Option<u32>,
    tools: BTreeMap<String, ToolEntry>,
    blocking_threads: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AuditEntry {
    segment_mib: Option<u32>,
    segment_hours: Option<u32>,
    checkpoints: Option<CheckpointsEntry>,
    disclosures: DisclosuresEntry,
}

/// What is kept of arguments and results, as the file says it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DisclosuresEntry {
    None,
    #[default]
    Salts,
    Texts,
}

impl From<DisclosuresEntry> for Disclosures {
    fn from(entry: DisclosuresEntry) -> Self {
        match entry {
            DisclosuresEntry::None => Self::None,
            DisclosuresEntry::Salts => Self::Salts,
            DisclosuresEntry::Texts => Self::Texts,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateEntry {
    per_minute: u32,
    burst: u32,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let limits = Limits::CONFIGURATION;
        let (name, text) = read_text("the configuration file", path, limits.bytes)?;
        let mut document: Document =
            gitoma_policy::yaml::from_str(&name, &text, limits).map_err(ConfigError::File)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let audit_checkpoints = document.audit.checkpoints.take().map(|entry| entry.beside(base));
        let (mut repositories, mut pushes) = (Vec::new(), BTreeMap::new());
        for (alias, entry) in document.repositories {
            if !is_alias(&alias) {
                return Err(value("a key of `repositories`", "be `name` or `owner/name`"));
            }
            if let Some(push) = entry.push {
                pushes.insert(alias.clone(), push.check(&alias, base)?);
            }
            let git_dir = entry.git_dir.map(|path| beside(base, path));
            repositories.push(RepositoryConfig { alias, path: beside(base, entry.path), git_dir });
        }
        let mut principals = document.principals;
        for principal in &mut principals {
            principal.token_file = principal.token_file.take().map(|path| beside(base, path));
        }
        Ok(Self {
            state: document.state.map(|path| beside(base, path)),
            policy: document.policy.map(|path| beside(base, path)),
            halt_file: document.halt_file.map(|path| beside(base, path)),
            listen: document.listen,
            admin_listen: document.admin_listen,
            mcp: document.mcp,
            tls_certificate: document.tls.cert.map(|path| beside(base, path)),
            tls_key: document.tls.key.map(|path| beside(base, path)),
            write_mode: document.write_mode,
            allowed_hosts: document.allowed_hosts,
            trusted_proxies: document.trusted_proxies,
            cors_origins: document.cors_origins,
            ws_allowed_origins: document.ws_allowed_origins,
            repositories,
            pushes,
            principals,
            limits: document.limits.resolve()?,
            approvals: document.approvals.resolve()?,
            audit_rotation: document.audit.resolve()?,
            audit_checkpoints,
            disclosures: document.audit.disclosures.into(),
            keep_payloads: document.debug.keep_payloads,
            secret_variables: document.redact.environment,
            direct_writes: document.writes.direct.clone(),
            writes: document.writes.resolve()?,
        })
    }
}

impl PrincipalEntry {
    /// The digest of the principal's token, and the token itself where the file names one.
    pub(super) fn token(&self) -> Result<(Option<[u8; 32]>, Option<Secret>), ConfigError> {
        match (&self.token_sha256, &self.token_file) {
            (None, None) => Ok((None, None)),
            (Some(digest), None) => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(digest, &mut bytes)
                    .map_err(|_| value("`token_sha256`", "be 64 hexadecimal digits"))?;
                Ok((Some(bytes), None))
            }
            (None, Some(path)) => {
                let token = read_token(path)?;
                Ok((Some(token_digest(token.expose())), Some(token)))
            }
            (Some(_), Some(_)) => Err(value("a principal", "have `token_sha256` or `token_file`, not both")),
        }
    }
}

/// The limits of one tool.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolEntry {
    per_minute: Option<u32>,
    burst: Option<u32>,
    concurrent: Option<u32>,
}

impl ToolEntry {
    fn resolve(self, name: &str) -> Result<ToolLimits, ConfigError> {
        let rate = match (self.per_minute, self.burst) {
            (None, None) => None,
            (Some(per_minute), Some(burst)) if in_range(per_minute) && in_range(burst) => {
                Some(Rate::new(per_minute, burst))
            }
            _ => {
                let expected = "have both `per_minute` and `burst`, from 1 to 1000000, or neither";
                return Err(value(&format!("`limits.tools.{name}`"), expected));
            }
        };
        let concurrent = match self.concurrent {
            None => None,
            Some(count @ 1..=1024) => Some(count as usize),
            Some(_) => return Err(value(&format!("`limits.tools.{name}.concurrent`"), "be from 1 to 1024")),
        };
        Ok(ToolLimits { rate, concurrent })
    }
}

impl LimitsEntry {
    fn resolve(&self) -> Result<LimitsConfig, ConfigError> {
        let default = LimitsConfig::default();
        let rate = |name: &str, entry: Option<RateEntry>, default: Rate| match entry {
            None => Ok(default),
            Some(RateEntry { per_minute, burst }) if in_range(per_minute) && in_range(burst) => {
                Ok(Rate::new(per_minute, burst))
            }
            Some(_) => {
                Err(value(&format!("`limits.{name}`"), "have `per_minute` and `burst` from 1 to 1000000"))
            }
        };
        let count = |name: &str, entry: Option<u32>, default: usize| match entry {
            None => Ok(default),
            Some(count @ 1..=1024) => Ok(count as usize),
            Some(_) => Err(value(&format!("`limits.{name}`"), "be from 1 to 1024")),
        };
        Ok(LimitsConfig {
            origin: rate("origin", self.origin, default.origin)?,
            principal: rate("principal", self.principal, default.principal)?,
            writes: rate("writes", self.writes, default.writes)?,
            written_kib: match self.written_mib_per_hour {
                None => default.written_kib,
                Some(mib @ 1..=1_048_576) => kib(mib),
                Some(_) => return Err(value("`limits.written_mib_per_hour`", "be from 1 to 1048576")),
            },
            concurrent_calls: count("concurrent_calls", self.concurrent_calls, default.concurrent_calls)?,
            principal_concurrent_calls: count(
                "principal_concurrent_calls",
                self.principal_concurrent_calls,
                default.principal_concurrent_calls,
            )?,
            tools: self
                .tools
                .iter()
                .map(|(name, entry)| Ok((name.clone(), entry.resolve(name)?)))
                .collect::<Result<_, ConfigError>>()?,
            blocking_threads: count("blocking_threads", self.blocking_threads, default.blocking_threads)?,
            origins: default.origins,
        })
    }
}

impl WritesEntry {
    fn resolve(&self) -> Result<WriteSettings, ConfigError> {
        let default = WriteSettings::default();
        let lifetime = match self.worktree_hours {
            None => default.lifetime,
            Some(hours @ 1..=720) => Duration::from_hours(hours.into()),
            Some(_) => return Err(value("`writes.worktree_hours`", "be from 1 to 720")),
        };
        let per_principal = match self.worktrees {
            None => default.per_principal,
            Some(count @ 1..=1024) => count as usize,
            Some(_) => return Err(value("`writes.worktrees`", "be from 1 to 1024")),
        };
        let bytes = match self.worktree_mib {
            None => default.bytes,
            Some(mib @ 1..=1_048_576) => u64::from(mib) * 1024 * 1024,
            Some(_) => return Err(value("`writes.worktree_mib`", "be from 1 to 1048576")),
        };
        let mail_host = match &self.mail_host {
            None => default.mail_host,
            Some(host) if is_host(host) => host.clone(),
            Some(_) => {
                return Err(value(
                    "`writes.mail_host`",
                    "be a host name of letters, digits, dots and dashes",
                ));
            }
        };
        Ok(WriteSettings { lifetime, per_principal, bytes, mail_host, ..default })
    }
}

fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

impl AuditEntry {
    fn resolve(&self) -> Result<AuditRotation, ConfigError> {
        let default = AuditRotation::default();
        let bytes = match self.segment_mib {
            None => default.bytes,
            Some(mib @ 1..=1024) => u64::from(mib) * 1024 * 1024,
            Some(_) => return Err(value("`audit.segment_mib`", "be from 1 to 1024")),
        };
        let age = match self.segment_hours {
            None => default.age,
            Some(hours @ 1..=720) => Duration::from_hours(hours.into()),
            Some(_) => return Err(value("`audit.segment_hours`", "be from 1 to 720")),
        };
        Ok(AuditRotation { bytes, age })
    }
}

/// So many MiB in KiB.
fn kib(mib: u32) -> NonZeroU32 {
    NonZeroU32::new(mib.saturating_mul(1024)).unwrap_or(NonZeroU32::MIN)
}

fn in_range(count: u32) -> bool {
    (1..=1_000_000).contains(&count)
}

pub(super) fn value(setting: &str, expected: &'static str) -> ConfigError {
    ConfigError::Value { setting: format!("{setting} in the configuration file"), expected }
}
