//! The configuration of an MCP client that starts `gitoma-mcp` with the settings of this server. The client starts it with an
//! environment and a folder of its own, so everything is said by flags, with absolute paths.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gitoma_core::config::{Environment, Flags, RepositoryConfig, Settings};
use serde_json::{Value, json};

use super::absolute;

const PROGRAM: &str = "gitoma-mcp";

/// The files and folders that the operator named by flag or environment.
#[derive(Debug)]
pub(crate) struct Places {
    policy: Option<PathBuf>,
    config: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Places {
    /// Those of `flags`, and of `environment` where a flag says nothing.
    pub(crate) fn of(flags: &Flags, environment: &Environment) -> Self {
        let either = |flag: &Option<PathBuf>, variable: &Option<PathBuf>| {
            flag.as_ref().or(variable.as_ref()).map(|path| absolute(path))
        };
        Self {
            policy: either(&flags.policy, &environment.policy),
            config: either(&flags.config, &environment.config),
            state: either(&flags.state, &environment.state),
        }
    }
}

/// Adds the block to paste, or says why there is none.
pub(super) fn describe(out: &mut String, places: &Places, settings: &Settings) {
    let Some(principal) = settings.local_principal() else {
        out.push_str(
            "\nFor an MCP client, configure a principal whose only role is `agent`: gitoma-mcp speaks for no other.\n",
        );
        return;
    };
    let (command, build) = program(std::env::current_exe().ok());
    out.push_str("\nOr give an MCP client its own gateway:\n\n");
    // Nothing fails while writing to a `String`.
    if let Some(build) = build {
        let _ = writeln!(out, "  {build}\n");
    }
    let servers = json!({ "gitoma": { "command": command, "args": arguments(places, settings, principal) } });
    let text = serde_json::to_string_pretty(&json!({ "mcpServers": servers })).unwrap_or_default();
    for line in text.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

fn arguments(places: &Places, settings: &Settings, principal: &str) -> Value {
    let mut arguments = Vec::new();
    let mut push = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
    for repository in &settings.repositories {
        push("--repo", named(repository));
        if let Some(git_dir) = &repository.git_dir {
            push("--git-dir", format!("{}={}", repository.alias, absolute(git_dir).display()));
        }
    }
    let files = [("--policy", &places.policy), ("--config", &places.config), ("--state", &places.state)];
    for (flag, path) in files {
        if let Some(path) = path {
            push(flag, path.display().to_string());
        }
    }
    if settings.configured {
        push("--principal", principal.to_owned());
    }
    arguments.into()
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

/// Where `gitoma-mcp` is, beside the running program `own`, and what brings it there if it is not there yet.
fn program(own: Option<PathBuf>) -> (String, Option<&'static str>) {
    let Some(beside) = own.map(|own| own.with_file_name(PROGRAM)) else {
        return (PROGRAM.to_owned(), None);
    };
    let built = beside.parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
    let build = match built {
        _ if beside.is_file() => None,
        Some("release") => Some("build it once: cargo build --release --bin gitoma-mcp"),
        Some("debug") => Some("build it once: cargo build --bin gitoma-mcp"),
        _ => Some("install gitoma-mcp beside gitoma-http first"),
    };
    (beside.display().to_string(), build)
}

#[cfg(test)]
mod tests;
