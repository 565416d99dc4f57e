//! `repositories.ALIAS.push` of the configuration file: where a repository's branches may be pushed to, under which names, and with what
//! credential. The remote is the operator's word; what a repository says of its remotes is never asked (invariant 11).

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file::value;
use super::{ConfigError, Environment, beside, read_token, secret_variable};
use crate::principal::Secret;

/// Where branches go unless the operator says otherwise.
const PREFIX: &str = "agent/";
/// What is never pushed to unless the operator says otherwise.
const PROTECTED: [&str; 5] = ["main", "master", "trunk", "develop", "release/**"];
/// The name that forges take beside a token.
const USERNAME: &str = "x-access-token";
/// The longest token, in bytes.
const TOKEN_BYTES: usize = 512;

/// Where the branches of one repository may be pushed to.
#[derive(Debug, Clone)]
pub struct PushTarget {
    /// The remote repository.
    pub url: PushUrl,
    /// What every pushed branch begins with.
    pub prefix: String,
    /// Branches that are never pushed to: names, and `name/**` for all beneath one.
    pub protected: Vec<String>,
    /// The name that the remote is told.
    pub username: String,
    /// The token that the remote is told.
    pub token: Option<Secret>,
}

impl PushTarget {
    /// Whether `branch` is one that is never pushed to. Remotes on some file systems take `Main` for `main`.
    #[must_use]
    pub fn protects(&self, branch: &str) -> bool {
        let branch = branch.to_lowercase();
        self.protected.iter().map(|name| name.to_lowercase()).any(|name| match name.strip_suffix("**") {
            Some(folder) => branch.starts_with(folder),
            None => branch == name,
        })
    }
}

/// How a remote is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushScheme {
    /// Over TLS.
    Https,
    /// A repository on this machine.
    File,
}

impl PushScheme {
    /// The scheme as git names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::File => "file",
        }
    }
}

/// The address of a remote repository: `https://HOST[:PORT]/PATH` or `file:///PATH`, of plain characters, and without a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushUrl {
    text: String,
    scheme: PushScheme,
    /// Where the host ends in the text.
    authority: String,
}

impl PushUrl {
    /// Parses an address.
    ///
    /// # Errors
    /// What it should have been, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const LONGEST: usize = 1024;
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("be at most 1024 visible ASCII characters");
        }
        if text.contains(['?', '#']) {
            return Err("have no query and no fragment");
        }
        let (scheme, rest) = match (text.strip_prefix("https://"), text.strip_prefix("file://")) {
            (Some(rest), _) => (PushScheme::Https, rest),
            (None, Some(rest)) => (PushScheme::File, rest),
            (None, None) => return Err("begin with https:// (or file:// for a repository on this machine)"),
        };
        if rest.contains('@') {
            return Err(
                "hold no user name and no token: those are `username`, and `token_file` or `token_environment`",
            );
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        match scheme {
            PushScheme::Https if !is_authority(authority) => {
                return Err(
                    "name a host of letters, digits, dots and dashes, which begins with a letter or digit, and perhaps a port",
                );
            }
            PushScheme::File if !authority.is_empty() => return Err("name an absolute path after file://"),
            PushScheme::Https | PushScheme::File => {}
        }
        if !is_path(path) {
            return Err(
                "name a repository by a path of letters, digits and `._~-`, without empty parts, `.` and `..`",
            );
        }
        Ok(Self { text: text.to_owned(), scheme, authority: authority.to_owned() })
    }

    /// The address as git takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the remote is reached.
    #[must_use]
    pub fn scheme(&self) -> PushScheme {
        self.scheme
    }

    /// The host and, if one is named, the port: what git calls the remote when it asks for a credential.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without the port, in small letters; a repository on this machine has none.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let host = self.authority.split(':').next().unwrap_or_default();
        (self.scheme == PushScheme::Https).then(|| host.to_ascii_lowercase())
    }

    /// The remote in few words: `github.com/acme/web`. A path on this machine is nobody's business but the operator's.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self.scheme {
            PushScheme::File => "a repository on this machine",
            PushScheme::Https => {
                let rest = self.text.strip_prefix("https://").unwrap_or(&self.text);
                rest.strip_suffix(".git").unwrap_or(rest)
            }
        }
    }
}

fn is_authority(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let port_is_good = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    host.len() <= 253 && host.split('.').all(label) && port_is_good
}

fn is_path(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    let part =
        |part: &str| !matches!(part, "" | "." | "..") && !part.starts_with('-') && part.bytes().all(plain);
    text.strip_prefix('/').is_some_and(|path| path.split('/').all(part))
}

/// A push as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushEntry {
    url: String,
    prefix: Option<String>,
    protected: Option<Vec<String>>,
    username: Option<String>,
    token_file: Option<PathBuf>,
    token_environment: Option<String>,
}

/// A push whose token is not read yet: whoever only looks at the file needs none.
#[derive(Debug)]
pub(super) struct Unresolved {
    target: PushTarget,
    token_file: Option<PathBuf>,
    token_environment: Option<String>,
}

impl PushEntry {
    /// Judges all but the token.
    pub(super) fn check(self, alias: &str, base: &Path) -> Result<Unresolved, ConfigError> {
        let refuse = |key: &str, expected: &'static str| {
            Err(value(&format!("`repositories.{alias}.push{key}`"), expected))
        };
        let url = match PushUrl::parse(&self.url) {
            Ok(url) => url,
            Err(expected) => return refuse(".url", expected),
        };
        let prefix = self.prefix.unwrap_or_else(|| PREFIX.to_owned());
        if !prefix.strip_suffix('/').is_some_and(is_name) {
            return refuse(
                ".prefix",
                "be the beginning of a branch's name that ends in `/`, such as `agent/`",
            );
        }
        let protected = match self.protected {
            Some(names) => names,
            None => PROTECTED.iter().map(|name| (*name).to_owned()).collect(),
        };
        if !protected.iter().all(|name| is_name(name.strip_suffix("/**").unwrap_or(name))) {
            return refuse(".protected", "be a list of branches, each a name or `name/**`");
        }
        let username = self.username.unwrap_or_else(|| USERNAME.to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !(1..=100).contains(&username.len()) || !username.bytes().all(plain) {
            return refuse(".username", "be 1 to 100 letters, digits, dots, dashes and underscores");
        }
        let (token_file, token_environment) = (self.token_file, self.token_environment);
        if token_file.is_some() && token_environment.is_some() {
            return refuse("", "have `token_file` or `token_environment`, not both");
        }
        if url.scheme() == PushScheme::File && (token_file.is_some() || token_environment.is_some()) {
            return refuse("", "have no token: a file:// remote asks for none");
        }
        Ok(Unresolved {
            target: PushTarget { url, prefix, protected, username, token: None },
            token_file: token_file.map(|path| beside(base, path)),
            token_environment,
        })
    }
}

impl Unresolved {
    /// Reads the token.
    pub(super) fn resolve(self, alias: &str, environment: &Environment) -> Result<PushTarget, ConfigError> {
        let token = match (&self.token_file, &self.token_environment) {
            (Some(path), _) => Some(read_token(path)?),
            (None, Some(name)) => {
                let token = secret_variable(environment, name).ok().filter(is_token);
                Some(token.ok_or_else(|| {
                    value(
                        &format!("`repositories.{alias}.push.token_environment`"),
                        "name a variable that is set to 8 to 512 visible ASCII characters",
                    )
                })?)
            }
            (None, None) => None,
        };
        Ok(PushTarget { token, ..self.target })
    }
}

fn is_token(token: &Secret) -> bool {
    let token = token.expose();
    token.len() <= TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be a branch, or a folder of branches.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && part.bytes().all(plain);
    text.len() <= 100 && text.split('/').all(part)
}
