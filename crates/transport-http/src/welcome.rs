//! The text on standard output at start: where the server listens, what it serves, and how to go on from there. It names the files
//! that tokens live in and never a token.

mod client;

use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gitoma_core::Health;
use gitoma_core::config::{RepositoryConfig, Settings};
use gitoma_http::{ListenAddress, Socket};

pub(crate) use client::Places;

/// Where the server listens.
#[derive(Debug)]
pub(crate) enum Bound {
    Tcp(SocketAddr),
    /// Where TLS is spoken.
    Tls(SocketAddr),
    File(PathBuf),
}

impl Bound {
    pub(crate) fn new(socket: &Socket, address: &ListenAddress, is_secured: bool) -> Self {
        match (socket.address(), address) {
            (Some(bound), _) if is_secured => Self::Tls(bound),
            (Some(bound), _) => Self::Tcp(bound),
            (None, ListenAddress::Tcp(address)) => Self::Tcp(*address),
            (None, ListenAddress::File(path)) => Self::File(path.clone()),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            Self::Tls(address) => write!(f, "https://{address}"),
            Self::File(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The whole text. Its first line is `gitoma-http listening on http://ADDRESS:PORT` or `… on unix:/PATH`, for scripts.
/// `suggested` is what a repository's origin would call it, for the operator to consider.
pub(crate) fn text(
    ((bound, admin), serves_mcp): ((&Bound, Option<&Bound>), bool),
    places: &Places,
    settings: &Settings,
    health: &Health,
    suggested: impl Fn(&RepositoryConfig) -> Option<String>,
) -> String {
    let state = settings.state.path();
    let policy = settings.policy().map_or("built-in", |(name, _)| name);
    let digest: String = health.policy.digest.chars().take(12).collect();
    let mut out = format!("gitoma-http listening on {bound}\n\n");
    for (place, repository) in settings.repositories.iter().enumerate() {
        let label = if place == 0 { "repositories" } else { "" };
        row(&mut out, label, &format!("{}  {}", repository.alias, absolute(&repository.path).display()));
        if let Some(alias) = suggested(repository) {
            let flag = format!("--repo {}={alias}", quoted(&repository.path));
            row(&mut out, "", &format!("(its origin says {alias}; to bind rules for that name: {flag})"));
        }
    }
    row(&mut out, "policy", &format!("{policy}, sha256 {digest}…"));
    if health.enforcement == "shadow" {
        row(
            &mut out,
            "ENFORCEMENT",
            "SHADOW: reads that the rules refuse run all the same and are only recorded;",
        );
        row(
            &mut out,
            "",
            "writes and gates are enforced. Remove `enforcement: shadow` from the policy to end this",
        );
    }
    row(&mut out, "write mode", health.write_mode);
    if let Some(admin) = admin {
        row(&mut out, "admin", &admin.to_string());
    }
    if serves_mcp {
        row(&mut out, "MCP", &mcp(bound));
    }
    row(&mut out, "state", &state.display().to_string());
    row(&mut out, "audit", &settings.state.audit().join(&health.audit.chain_id).display().to_string());

    call(&mut out, bound, settings);
    client::describe(&mut out, places, settings);
    out.push('\n');
    out
}

/// Where the Model Context Protocol is spoken.
fn mcp(bound: &Bound) -> String {
    match bound {
        Bound::Tcp(_) | Bound::Tls(_) => format!("{bound}/mcp (Streamable HTTP, with the same tokens)"),
        Bound::File(_) => format!("/mcp on {bound} (Streamable HTTP)"),
    }
}

/// How to make a first call.
fn call(out: &mut String, bound: &Bound, settings: &Settings) {
    if !settings.can_log_in() {
        out.push_str(
            "\nNo principal has a token: every call is answered with 503 until the configuration file gives one\n\
             a `token_file` or a `token_sha256`.\n",
        );
        return;
    }
    let alias = settings.repositories.first().map_or("", |repository| repository.alias.as_str());
    let body = format!("-d '{{\"arguments\":{{\"repo\":\"{alias}\",\"max_count\":5}}}}'");
    let address = match bound {
        Bound::Tcp(_) | Bound::Tls(_) => bound,
        Bound::File(path) => {
            // Nothing fails while writing to a `String`.
            let _ = write!(
                out,
                "\nTry it:\n\n  curl -sS --unix-socket {} \\\n    http://localhost/api/v1/tools/git_log \\\n    {body}\n",
                quoted(path)
            );
            return;
        }
    };
    let (hint, token) = if settings.configured {
        (", with a principal's token in GITOMA_TOKEN", "$GITOMA_TOKEN".to_owned())
    } else {
        ("", format!("$(cat {})", quoted(&settings.state.path().join("runtime_token"))))
    };
    let _ = write!(
        out,
        "\nTry it{hint}:\n\n  curl -sS -H \"Authorization: Bearer {token}\" \\\n    {address}/api/v1/tools/git_log \\\n    {body}\n"
    );
}

fn row(out: &mut String, label: &str, value: &str) {
    let _ = writeln!(out, "  {label:<13} {value}");
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The path as one word of a POSIX shell, within `$( )`.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests;
