//! The text on standard output at start: where the server listens, what it serves, and how to go on from there. It names the files
//! that tokens live in and never a token.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gitoma_core::Health;
use gitoma_core::config::{Flags, RepositoryConfig, Settings};
use serde_json::{Value, json};

/// The whole text. Its first line is `gitoma-http listening on http://ADDRESS:PORT`, for scripts.
/// `suggested` is what a repository's origin would call it, for the operator to consider.
pub(crate) fn text(
    bound: SocketAddr,
    flags: &Flags,
    settings: &Settings,
    health: &Health,
    suggested: impl Fn(&RepositoryConfig) -> Option<String>,
) -> String {
    let state = settings.state.path();
    let policy = settings.policy().map_or("built-in", |(name, _)| name);
    let digest: String = health.policy.digest.chars().take(12).collect();
    let mut out = format!("gitoma-http listening on http://{bound}\n\n");
    for (place, repository) in settings.repositories.iter().enumerate() {
        let label = if place == 0 { "repositories" } else { "" };
        row(&mut out, label, &format!("{}  {}", repository.alias, absolute(&repository.path).display()));
        if let Some(alias) = suggested(repository) {
            let flag = format!("--repo {}={alias}", quoted(&repository.path));
            row(&mut out, "", &format!("(its origin says {alias}; to bind rules for that name: {flag})"));
        }
    }
    row(&mut out, "policy", &format!("{policy}, sha256 {digest}…"));
    row(&mut out, "write mode", health.write_mode);
    row(&mut out, "state", &state.display().to_string());
    row(&mut out, "audit", &settings.state.audit().join(&health.audit.chain_id).display().to_string());

    let token = if settings.configured {
        "$GITOMA_TOKEN".to_owned()
    } else {
        format!("$(cat {})", quoted(&state.join("runtime_token")))
    };
    let alias = settings.repositories.first().map_or("", |repository| repository.alias.as_str());
    let configuration = serde_json::to_string_pretty(&client(flags, settings)).unwrap_or_default();
    // Nothing fails while writing to a `String`.
    let _ = write!(
        out,
        "\nTry it:\n\n  curl -sS -H \"Authorization: Bearer {token}\" \\\n    http://{bound}/api/v1/tools/git_log \\\n    \
         --json '{{\"arguments\":{{\"repo\":\"{alias}\",\"max_count\":5}}}}'\n\nOr give an MCP client its own gateway:\n\n"
    );
    for line in configuration.lines() {
        let _ = writeln!(out, "  {line}");
    }
    out.push('\n');
    out
}

fn row(out: &mut String, label: &str, value: &str) {
    let _ = writeln!(out, "  {label:<13} {value}");
}

/// The configuration of an MCP client that starts `gitoma-mcp` with the same settings.
fn client(flags: &Flags, settings: &Settings) -> Value {
    let mut arguments = Vec::new();
    let mut push = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
    for repository in &settings.repositories {
        push("--repo", named(repository));
        if let Some(git_dir) = &repository.git_dir {
            push("--git-dir", format!("{}={}", repository.alias, absolute(git_dir).display()));
        }
    }
    for (flag, path) in [("--policy", &flags.policy), ("--config", &flags.config), ("--state", &flags.state)]
    {
        if let Some(path) = path {
            push(flag, absolute(path).display().to_string());
        }
    }
    json!({ "mcpServers": { "gitoma": { "command": sibling("gitoma-mcp"), "args": arguments } } })
}

/// `PATH`, or `PATH=ALIAS` where the alias is not the folder's name.
fn named(repository: &RepositoryConfig) -> String {
    let path = absolute(&repository.path);
    if path.file_name().is_some_and(|name| name == repository.alias.as_str()) {
        path.display().to_string()
    } else {
        format!("{}={}", path.display(), repository.alias)
    }
}

/// The program `name` beside this one, or its name alone, for the search path to find.
fn sibling(name: &str) -> String {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name(name));
    beside.filter(|path| path.is_file()).map_or_else(|| name.to_owned(), |path| path.display().to_string())
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
