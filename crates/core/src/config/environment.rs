//! The environment variables Gitoma reads. This is the only place that reads the environment.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The settings that the environment gives; `Default` is an empty environment.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `GITOMA_CONFIG`: the configuration file.
    pub config: Option<PathBuf>,
    /// `GITOMA_POLICY`: the policy file.
    pub policy: Option<PathBuf>,
    /// `GITOMA_STATE`: the state directory.
    pub state: Option<PathBuf>,
    /// `GITOMA_LISTEN`: the address and port to listen on.
    pub listen: Option<String>,
    /// `GITOMA_ADMIN_LISTEN`: another address, for what steers the gateway.
    pub admin_listen: Option<String>,
    /// `GITOMA_TLS_CERT`: the file of the certificate.
    pub tls_certificate: Option<PathBuf>,
    /// `GITOMA_TLS_KEY`: the file of its key.
    pub tls_key: Option<PathBuf>,
    /// `GITOMA_REPOS`: repositories as `PATH[=ALIAS]`, separated by commas.
    pub repositories: Vec<String>,
    /// `GITOMA_ALLOWED_HOSTS`: host names, separated by commas.
    pub allowed_hosts: Vec<String>,
    /// `GITOMA_TRUSTED_PROXIES`: addresses and networks, separated by commas.
    pub trusted_proxies: Vec<String>,
    /// `GITOMA_CORS_ORIGINS`: origins, separated by commas.
    pub cors_origins: Vec<String>,
    /// `GITOMA_WS_ALLOWED_ORIGINS`: origins, separated by commas.
    pub ws_allowed_origins: Vec<String>,
    /// `GITOMA_WRITE_MODE`: `on` or `off`.
    pub write_mode: Option<String>,
    /// `WRITE_MODE`: the same, under the short name.
    pub short_write_mode: Option<String>,
    /// `GITOMA_DIRECT_WRITES`: `on` or `off`.
    pub direct_writes: Option<String>,
    /// `GITOMA_LOG`: a filter for the log, such as `info` or `gitoma=debug`.
    pub log: Option<String>,
    /// `XDG_STATE_HOME`, if it is an absolute path (XDG Base Directory Specification 0.8).
    pub state_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// Variables that a configuration names; their values are in nobody's sight until then.
    pub named: Named,
}

/// What finds a variable.
type Lookup = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Finds the values of variables by their names; by default there are none.
#[derive(Clone, Default)]
pub struct Named(Option<Lookup>);

impl Named {
    /// The value of a variable, unless it is not set, empty, or no UTF-8.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        self.path(name)?.into_os_string().into_string().ok()
    }

    /// The value of a variable as the name of a file, unless it is not set or empty.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.0.as_ref().and_then(|lookup| lookup(name))?;
        Some(PathBuf::from(value)).filter(|value| !value.as_os_str().is_empty())
    }
}

/// Values of the environment stand in no message.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Named(…)")
    }
}

impl Environment {
    /// Reads the process's environment.
    #[must_use]
    pub fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Gathers the settings that variables found by `lookup` give.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        let lookup: Lookup = Arc::new(lookup);
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        // What is not UTF-8 is passed on lossily, so that it is refused by whoever expects a word, not ignored.
        let text = |name: &str| value(name).map(|value| value.to_string_lossy().into_owned());
        let list = |name: &str| {
            let joined = text(name).unwrap_or_default();
            joined.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        };
        Self {
            config: path("GITOMA_CONFIG"),
            policy: path("GITOMA_POLICY"),
            state: path("GITOMA_STATE"),
            listen: text("GITOMA_LISTEN"),
            admin_listen: text("GITOMA_ADMIN_LISTEN"),
            tls_certificate: path("GITOMA_TLS_CERT"),
            tls_key: path("GITOMA_TLS_KEY"),
            repositories: list("GITOMA_REPOS"),
            allowed_hosts: list("GITOMA_ALLOWED_HOSTS"),
            trusted_proxies: list("GITOMA_TRUSTED_PROXIES"),
            cors_origins: list("GITOMA_CORS_ORIGINS"),
            ws_allowed_origins: list("GITOMA_WS_ALLOWED_ORIGINS"),
            write_mode: text("GITOMA_WRITE_MODE"),
            short_write_mode: text("WRITE_MODE"),
            direct_writes: text("GITOMA_DIRECT_WRITES"),
            log: text("GITOMA_LOG"),
            state_home: path("XDG_STATE_HOME").filter(|path| path.is_absolute()),
            home: path("HOME").filter(|path| path.is_absolute()),
            named: Named(Some(Arc::clone(&lookup))),
        }
    }

    /// `$XDG_STATE_HOME/gitoma`, or `~/.local/state/gitoma`.
    #[must_use]
    pub fn default_state(&self) -> Option<PathBuf> {
        let base =
            self.state_home.clone().or_else(|| self.home.as_ref().map(|home| home.join(".local/state")));
        base.map(|base| base.join("gitoma"))
    }
}
