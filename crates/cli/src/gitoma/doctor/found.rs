//! The servers in the configurations of the clients that are Gitoma's, as the clients would read them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{RelPath, RepoRoot};
use serde_json::Value;

use super::Ward;
use super::report::Report;
use crate::failure::Failure;
use crate::gitoma::client::document::Document;
use crate::gitoma::client::variables::{Known, Unexpanded};
use crate::gitoma::client::{Client, Scope};
use crate::gitoma::install::PROGRAM;

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The name that `gitoma install` gives unless told otherwise.
const NAME: &str = "gitoma";
/// What a client that is started from a desktop or a shell passes on to the servers that it starts. The protocol's own libraries
/// pass on no more.
const PASSED: [&str; 11] = [
    "HOME",
    "LOGNAME",
    "USER",
    "PATH",
    "SHELL",
    "TERM",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
];

/// A server in a client's configuration.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) client: Client,
    pub(super) scope: Scope,
    /// What the client calls it.
    pub(super) name: String,
    pub(super) way: Way,
    /// Whether the client is told not to use it.
    pub(super) is_off: bool,
}

/// How the client gets to it.
#[derive(Debug)]
pub(super) enum Way {
    Program {
        command: String,
        arguments: Vec<String>,
        /// What the entry adds to the environment.
        added: Vec<(String, String)>,
        directory: Option<String>,
    },
    Address {
        url: String,
        authorization: Authorization,
    },
    /// The entry says something that cannot be had here.
    Unclear(&'static str),
}

/// What is sent with a request.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Authorization {
    None,
    /// It stands in the file itself.
    Written(String),
    /// It comes from the environment.
    Set(String),
    /// From a variable that is not set here.
    Unset(String),
    /// The client keeps it.
    Kept,
}

/// A token has no text.
impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(…)")
    }
}

impl Entry {
    /// What it is called in the report.
    pub(super) fn subject(&self) -> String {
        let name = if self.name == NAME { String::new() } else { format!(", {}", self.name) };
        format!("{} ({}{name})", self.client.name(), self.scope.name())
    }
}

/// The environment in which a client would start `added`.
pub(super) fn environment(ward: &Ward<'_>, added: &[(String, String)]) -> Vec<(OsString, OsString)> {
    let named = &ward.around.environment().named;
    let passed =
        PASSED.iter().filter_map(|name| Some((OsString::from(name), named.path(name)?.into_os_string())));
    let is_added = |name: &OsString| added.iter().any(|(added, _)| name == added.as_str());
    let mut environment: Vec<_> = passed.filter(|(name, _)| !is_added(name)).collect();
    environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
    environment
}

/// Looks for servers in the configurations of `wanted`, or of all clients, and reports what cannot be read or is missing.
pub(super) fn entries(
    wanted: &[Client],
    ward: &Ward<'_>,
    report: &mut Report<'_>,
) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    for client in Client::ALL {
        if !wanted.is_empty() && !wanted.contains(&client) {
            continue;
        }
        let before = found.len();
        let mut is_readable = true;
        for scope in [Scope::User, Scope::Project] {
            let Some(read) = read(client, scope, ward)? else { continue };
            let subject = format!("{} ({})", client.name(), scope.name());
            let next = "mend the file, or take the copy that stands beside it (.gitoma-backup)";
            let looked = match &read {
                Ok(bytes) => Document::read(client, bytes).and_then(|document| {
                    let servers = document.servers()?;
                    Ok(servers
                        .filter_map(|(name, value)| entry(client, scope, name, value, ward))
                        .collect::<Vec<_>>())
                }),
                Err(error) => {
                    is_readable = false;
                    report.failed(&subject, &format!("its configuration cannot be read: {error}"), next)?;
                    continue;
                }
            };
            match looked {
                Ok(entries) => found.extend(entries),
                Err(fault) => {
                    is_readable = false;
                    report.failed(&subject, &format!("its configuration {fault}"), next)?;
                }
            }
        }
        if wanted.contains(&client) && found.len() == before && is_readable {
            let next = format!("gitoma install --client {} --repo PATH", client.name());
            report.failed(client.name(), "has no gateway in its configuration", &next)?;
        }
    }
    if wanted.is_empty() && found.is_empty() && report.is_well() {
        report.failed(
            "clients",
            "none has a gateway in its configuration",
            "gitoma install --client CLIENT --repo PATH",
        )?;
    }
    Ok(found)
}

/// The bytes of a configuration; none if there is none.
fn read(client: Client, scope: Scope, ward: &Ward<'_>) -> Result<Option<io::Result<Vec<u8>>>, Failure> {
    let read = match (scope, client.project_file()) {
        (Scope::User, _) => read_own(&client.user_file(ward.around)?),
        (Scope::Project, Some(file)) => read_beneath(ward.project, file),
        (Scope::Project, None) => return Ok(None),
    };
    match read {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        read => Ok(Some(read)),
    }
}

/// A file of the user's own, which may well be a link.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    #[expect(
        clippy::disallowed_methods,
        reason = "a configuration in the user's own home, not a repository path"
    )]
    let file = File::options().read(true).custom_flags(i32::try_from(flags).unwrap_or(0)).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    let read = file.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > LARGEST) {
        return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// A file of a project, whose writer may have put a link there.
fn read_beneath(project: &Path, file: &str) -> io::Result<Vec<u8>> {
    let root = RepoRoot::open(project, |_, _| None).map_err(io::Error::other)?;
    let path = RelPath::parse(file).map_err(io::Error::other)?;
    let read = root.read(&path, LARGEST).map_err(|error| match error {
        gitoma_confine::OpenError::NotFound => io::ErrorKind::NotFound.into(),
        gitoma_confine::OpenError::NotADirectory => io::ErrorKind::NotADirectory.into(),
        error => io::Error::other(error),
    })?;
    if read.truncated {
        Err(io::Error::other(format!("it is larger than {LARGEST} bytes")))
    } else {
        Ok(read.bytes)
    }
}

/// The server that an entry describes, if it is a gateway of ours.
fn entry(client: Client, scope: Scope, name: &str, value: &Value, ward: &Ward<'_>) -> Option<Entry> {
    // A project's file could have any variable sent to whom its writer likes.
    let may_ask = |name: &str| scope == Scope::User || name.starts_with("GITOMA_") || PASSED.contains(&name);
    let lookup = |name: &str| may_ask(name).then(|| ward.around.environment().named.value(name)).flatten();
    let known = Known { variable: &lookup, home: ward.around.home(), project: ward.project };
    let command = value.get("command").and_then(Value::as_str);
    let starts =
        command.is_some_and(|command| Path::new(command).file_name().is_some_and(|file| file == PROGRAM));
    if !starts && name != NAME {
        return None;
    }
    let address = ["url", "httpUrl"].iter().find_map(|name| value.get(*name)).and_then(Value::as_str);
    let way = match (command, address) {
        (Some(command), _) => program(client, command, value, &known),
        (None, Some(url)) => address_of(client, url, value, &known),
        (None, None) => Way::Unclear("says neither which program to start nor where to call"),
    };
    let flag = |name: &str| value.get(name).and_then(Value::as_bool);
    let is_off = flag("enabled") == Some(false) || flag("disabled") == Some(true);
    Some(Entry { client, scope, name: name.to_owned(), way, is_off })
}

fn program(client: Client, command: &str, value: &Value, known: &Known<'_>) -> Way {
    let expanded = |text: &str| client.expanded(text, known).ok();
    let arguments = match value.get("args") {
        None => Some(Vec::new()),
        Some(list) => list.as_array().and_then(|list| {
            list.iter().map(|text| text.as_str().and_then(expanded)).collect::<Option<Vec<_>>>()
        }),
    };
    let added = match value.get("env") {
        None => Some(Vec::new()),
        Some(list) => list.as_object().and_then(|list| {
            let texts = list.iter().map(|(name, text)| Some((name.clone(), expanded(text.as_str()?)?)));
            texts.collect::<Option<Vec<_>>>()
        }),
    };
    let directory = value.get("cwd").and_then(Value::as_str).and_then(expanded);
    match (expanded(command), arguments, added) {
        (Some(command), Some(arguments), Some(added)) => {
            Way::Program { command, arguments, added, directory }
        }
        _ => Way::Unclear(
            "has arguments or an environment that are no texts, or that need a variable which is not set here",
        ),
    }
}

fn address_of(client: Client, url: &str, value: &Value, known: &Known<'_>) -> Way {
    let Ok(url) = client.expanded(url, known) else {
        return Way::Unclear("has an address that needs a variable which is not set here");
    };
    let header = value.get("headers").and_then(Value::as_object).and_then(|headers| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        found.and_then(|(_, value)| value.as_str())
    });
    let authorization = match (value.get("bearer_token_env_var").and_then(Value::as_str), header) {
        (Some(name), _) => match (known.variable)(name) {
            Some(token) => Authorization::Set(format!("Bearer {token}")),
            None => Authorization::Unset(name.to_owned()),
        },
        (None, None) => Authorization::None,
        (None, Some(text)) if !client.has_variable(text) => Authorization::Written(text.to_owned()),
        (None, Some(text)) => match client.expanded(text, known) {
            Ok(text) => Authorization::Set(text),
            Err(Unexpanded::Unset(name)) => Authorization::Unset(name),
            Err(Unexpanded::Unknown) => Authorization::Kept,
        },
    };
    Way::Address { url, authorization }
}

/// The program that a client would find under `command`.
pub(super) fn resolved(command: &str, environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let path = Path::new(command);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    if command.contains('/') {
        return None;
    }
    let search = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value)?;
    let candidates = std::env::split_paths(search).filter(|folder| folder.is_absolute());
    candidates.map(|folder| folder.join(command)).find(|candidate| candidate.is_file())
}
