//! The servers in the configurations of the clients that are Gitoma's, as the clients would read them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{RelPath, RepoRoot};

use super::Ward;
use super::described;
use super::report::Report;
use crate::failure::Failure;
use crate::gitoma::client::document::Document;
use crate::gitoma::client::place::is_same_file;
use crate::gitoma::client::{Client, Scope};

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most gateways of one file that are looked at.
const MOST: usize = 16;
/// The name that `gitoma install` gives unless told otherwise.
pub(super) const NAME: &str = "gitoma";
/// What a client that is started from a desktop or a shell passes on to the servers that it starts. The protocol's own libraries
/// pass on no more.
pub(super) const PASSED: [&str; 11] = [
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

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// In the user's own file, for every project.
    User,
    /// In the user's own file, for this project; Claude Code calls it the local scope.
    Local,
    /// In the project's file, which anybody may have written.
    Project,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Local => "local",
            Self::Project => "project",
        }
    }
}

/// A server in a client's configuration.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) client: Client,
    pub(super) source: Source,
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
        format!("{} ({}{name})", self.client.name(), self.source.name())
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
            let subject = format!("{} ({})", client.name(), scope.name());
            let next = "mend the file, or take the copy that stands beside it (.gitoma-backup)";
            match looked(client, scope, ward)? {
                Ok(entries) => {
                    if entries.len() > MOST {
                        let said = format!("has more than {MOST} gateways; the others are not looked at");
                        report.warning(&subject, &said, "take out those that are not needed")?;
                    }
                    found.extend(entries.into_iter().take(MOST));
                }
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

/// The servers in what users have written themselves, as far as it can be read.
pub(super) fn own(ward: &Ward<'_>) -> Vec<Entry> {
    let files = Client::ALL.into_iter().filter_map(|client| looked(client, Scope::User, ward).ok()?.ok());
    files.flat_map(|entries| entries.into_iter().take(MOST)).collect()
}

/// The servers in one file; what is wrong with it, if it cannot be read.
fn looked(client: Client, scope: Scope, ward: &Ward<'_>) -> Result<Result<Vec<Entry>, String>, Failure> {
    let bytes = match read(client, scope, ward)? {
        None => return Ok(Ok(Vec::new())),
        Some(Err(error)) => return Ok(Err(format!("cannot be read: {error}"))),
        Some(Ok(bytes)) => bytes,
    };
    let source = if scope == Scope::Project { Source::Project } else { Source::User };
    let entries = Document::read(client, &bytes).and_then(|document| {
        let mut entries = Vec::new();
        if source == Source::User {
            for project in &ward.known_as {
                let servers = document.servers_for(project)?;
                entries.extend(
                    servers.filter_map(|(name, value)| {
                        described::entry(client, Source::Local, name, value, ward)
                    }),
                );
            }
        }
        let servers = document.servers()?;
        entries
            .extend(servers.filter_map(|(name, value)| described::entry(client, source, name, value, ward)));
        Ok(entries)
    });
    Ok(entries.map_err(|fault| fault.to_string()))
}

/// The bytes of a configuration; none if there is none, or if that of the project is the user's own: in the home, or by a client's
/// variable.
fn read(client: Client, scope: Scope, ward: &Ward<'_>) -> Result<Option<io::Result<Vec<u8>>>, Failure> {
    let own = client.user_file(ward.around)?;
    let read = match (scope, client.project_file()) {
        (Scope::User, _) => read_own(&own),
        (Scope::Project, None) => return Ok(None),
        (Scope::Project, Some(file)) => {
            let shared = ward.project.join(file);
            let is_link = std::fs::symlink_metadata(&shared).is_ok_and(|found| found.is_symlink());
            if is_same_file(ward.project, ward.around.home()) || (!is_link && is_same_file(&shared, &own)) {
                return Ok(None);
            }
            read_beneath(ward.project, file)
        }
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
