//! From the command line to what the client's configuration will say: absolute paths, settings that hold, an address that is safe.

use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};

use gitoma_core::config::{Environment, Flags, PolicySettings, RepositoryConfig, WriteSettings};
use gitoma_policy::{BUILT_IN, Source};
use hyper::Uri;

use super::{InstallArguments, Server};
use crate::Toolset;
use crate::failure::Failure;
use crate::gitoma::client::Client;
use crate::gitoma::client::door::Door;
use crate::gitoma::client::place::Surroundings;

/// What the entry will say.
///
/// # Errors
/// [`Failure`] if the settings do not hold: what does not start is not written.
pub(super) fn door(
    arguments: &InstallArguments,
    server: Option<&Server>,
    around: &Surroundings,
    tools: Toolset,
) -> Result<Door, Failure> {
    let Some(server) = server else {
        let url = address(arguments.url.as_deref().unwrap_or_default())?;
        return Ok(Door::Address { url, variable: variable(&arguments.token_env)? });
    };
    let flags = absolute(&arguments.flags, around)?;
    require_settings(&flags, tools)?;
    let mut list = Vec::new();
    let mut add = |flag: &str, value: String| list.extend([flag.to_owned(), value]);
    for repository in &flags.repo {
        add("--repo", repository.clone());
    }
    for directory in &flags.git_dir {
        add("--git-dir", directory.clone());
    }
    for (flag, path) in [("--policy", &flags.policy), ("--config", &flags.config), ("--state", &flags.state)]
    {
        if let Some(path) = path {
            add(flag, text(path)?);
        }
    }
    for (flag, value) in [
        ("--write-mode", &flags.write_mode),
        ("--direct-writes", &flags.direct_writes),
        ("--principal", &principal(arguments.principal.as_deref())?),
    ] {
        if let Some(value) = value {
            add(flag, value.clone());
        }
    }
    Ok(Door::Program { command: text(server.path())?, arguments: list })
}

/// What an entry is compared with that is to go.
pub(super) fn removed(url: Option<&str>) -> Door {
    match url {
        Some(url) => Door::Address { url: url.to_owned(), variable: String::new() },
        None => Door::Program { command: String::new(), arguments: Vec::new() },
    }
}

/// Refuses what `client` would read as something else than it says.
pub(super) fn require_literal(client: Client, door: &Door) -> Result<(), Failure> {
    let texts: Vec<&String> = match door {
        Door::Program { command, arguments } => std::iter::once(command).chain(arguments).collect(),
        Door::Address { url, .. } => vec![url],
    };
    let stray = texts.into_iter().find(|text| client.has_variable(text) || text.contains('\0'));
    match stray {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(format!(
            "a path has `$` in it where {} puts in a variable, and has no way to say that it is none; name the place by another path",
            client.title()
        ))),
    }
}

/// The flags with absolute paths. What the environment says of files here counts, since a client may start the gateway without it.
fn absolute(flags: &Flags, around: &Surroundings) -> Result<Flags, Failure> {
    let environment = around.environment();
    let config = flags.config.as_ref().or(environment.config.as_ref());
    let named = if flags.repo.is_empty() { &environment.repositories } else { &flags.repo };
    if named.is_empty() && config.is_none() {
        return Err(Failure::Usage(
            "name the repositories with --repo PATH[=ALIAS], or a configuration with --config".to_owned(),
        ));
    }
    let usual = around.home().join(".local/state/gitoma");
    // A state directory elsewhere must be named: a client need not pass on what moved it.
    let moved = environment.default_state().filter(|state| config.is_none() && *state != usual);
    let state = flags.state.as_ref().or(environment.state.as_ref()).or(moved.as_ref());
    let place = |path: Option<&PathBuf>| path.map(|path| plain(path)).transpose();
    Ok(Flags {
        repo: named.iter().map(|text| repository(text)).collect::<Result<_, _>>()?,
        git_dir: flags.git_dir.iter().map(|text| git_dir(text)).collect::<Result<_, _>>()?,
        policy: place(flags.policy.as_ref().or(environment.policy.as_ref()))?,
        config: place(config)?,
        state: place(state)?,
        write_mode: flags.write_mode.clone(),
        direct_writes: flags.direct_writes.clone(),
    })
}

/// An absolute path without `.` and `..`. Links stay where nothing has to be resolved, since they may be meant to be exchanged.
fn plain(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |source| Failure::Input { what: format!("the place of {}", path.display()), source };
    if path.components().any(|part| part == Component::ParentDir) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a place that the user names; nothing is opened by it"
        )]
        return path.canonicalize().map_err(failed);
    }
    std::path::absolute(path).map_err(failed)
}

fn repository(named: &str) -> Result<String, Failure> {
    let RepositoryConfig { alias, path, .. } = RepositoryConfig::parse(named)?;
    let path = plain(&path)?;
    Ok(format!("{}={alias}", text(&path)?))
}

/// `[ALIAS=]PATH`; what stands before the first `=` is an alias unless it is a part of a path.
fn git_dir(named: &str) -> Result<String, Failure> {
    match named.split_once('=') {
        Some((alias, path)) if !alias.starts_with(['/', '.']) => {
            Ok(format!("{alias}={}", text(&plain(Path::new(path))?)?))
        }
        _ => text(&plain(Path::new(named))?),
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::Usage("a path is no UTF-8, which the configuration of a client cannot say; name the place by another path".to_owned())
    })
}

/// Loads what a gateway would load: the configuration, the policy, and the repositories that the command line names.
fn require_settings(flags: &Flags, tools: Toolset) -> Result<(), Failure> {
    let settings = PolicySettings::load(flags, &Environment::default())?;
    let (name, policy) = settings.policy().unwrap_or((BUILT_IN.name, BUILT_IN.text));
    let catalogue = crate::gitoma::policy::text::catalogue(tools)?;
    gitoma_core::check_policy(Source { name, text: policy }, &catalogue, &settings.known())
        .map_err(|error| Failure::Usage(format!("a policy does not load\n{error}")))?;
    if flags.git_dir.is_empty() {
        let repositories =
            flags.repo.iter().map(|text| RepositoryConfig::parse(text)).collect::<Result<Vec<_>, _>>()?;
        tools(&repositories, &WriteSettings::default()).map_err(Failure::Tools)?;
    }
    Ok(())
}

fn principal(name: Option<&str>) -> Result<Option<String>, Failure> {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    match name {
        Some(name) if !is_name(name) => {
            Err(Failure::Usage("--principal must be 1 to 64 of `A-Za-z0-9._-`".to_owned()))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

fn variable(name: &str) -> Result<String, Failure> {
    let is_good = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_good {
        return Ok(name.to_owned());
    }
    Err(Failure::Usage(
        "--token-env must name a variable, of `A-Z0-9_`; the token itself never goes into a file".to_owned(),
    ))
}

/// An address to which a token may be sent.
fn address(url: &str) -> Result<String, Failure> {
    let refused = |why: &str| Err(Failure::Usage(format!("--url {why}")));
    let is_plain = url.len() <= 2048
        && url.bytes().all(|byte| byte.is_ascii_graphic())
        && !url.contains(['#', '$', '{']);
    let Some(parsed) = url.parse::<Uri>().ok().filter(|_| is_plain) else {
        return refused("must be an address such as http://127.0.0.1:4310/mcp");
    };
    let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else {
        return refused("must be an address such as http://127.0.0.1:4310/mcp");
    };
    if authority.as_str().contains('@') || parsed.query().is_some() {
        return refused("must not hold a name, a password or a query: the token is named with --token-env");
    }
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if is_loopback(authority.host()) => Ok(url.to_owned()),
        "http" => refused(
            "must begin with https:// unless it leads to this machine: the token would travel in clear text",
        ),
        _ => refused("must begin with https://, or with http:// for this machine"),
    }
}

/// Whether `host` is this machine, and no name that somebody else answers for.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
