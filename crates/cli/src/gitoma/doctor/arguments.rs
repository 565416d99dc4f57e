//! What an entry tells `gitoma-mcp` on its command line and in its environment, as far as it names places.

use std::path::{Path, PathBuf};

use clap::Parser;
use gitoma_core::config::{Flags, RepositoryConfig};

use super::Ward;
use super::found::{Entry, Source, Way};

/// The command line of `gitoma-mcp` where a client starts it.
#[derive(Debug, Parser)]
#[command(name = "gitoma-mcp", disable_help_flag = true)]
struct ServerArguments {
    #[command(flatten)]
    flags: Flags,
    #[arg(long)]
    principal: Option<String>,
    #[arg(long)]
    stop_within: Option<String>,
}

/// The flags of the program that `entry` starts; none if it starts none, or gives it arguments that it does not know.
pub(super) fn flags(entry: &Entry) -> Option<Flags> {
    let Way::Program { arguments, .. } = &entry.way else { return None };
    let line = std::iter::once("gitoma-mcp").chain(arguments.iter().map(String::as_str));
    ServerArguments::try_parse_from(line).ok().map(|parsed| parsed.flags)
}

/// Where the program of `entry` is started. Where a client does so differs; none of them is told to rely on it.
pub(super) fn directory(entry: &Entry, ward: &Ward<'_>) -> PathBuf {
    match (&entry.way, entry.source) {
        (Way::Program { directory: Some(directory), .. }, _) => PathBuf::from(directory),
        (_, Source::Project | Source::Local) => ward.project.to_owned(),
        (_, Source::User) => ward.around.home().to_owned(),
    }
}

/// `flags` with the paths that a program started in `base` would see.
pub(super) fn absolute(flags: Flags, base: &Path) -> Flags {
    let place = |path: Option<PathBuf>| path.map(|path| base.join(path));
    let repository = |text: String| match base.join(&text).into_os_string().into_string() {
        Ok(joined) => joined,
        Err(_) => text,
    };
    Flags {
        repo: flags.repo.into_iter().map(repository).collect(),
        policy: place(flags.policy),
        config: place(flags.config),
        state: place(flags.state),
        ..flags
    }
}

/// Places in which a gateway reads its settings and keeps its state.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) state: Option<PathBuf>,
    pub(super) configuration: Option<PathBuf>,
}

/// The places that `entry` itself names.
pub(super) fn places(entry: &Entry, flags: &Flags, ward: &Ward<'_>) -> Places {
    let Way::Program { added, .. } = &entry.way else { return Places::default() };
    let base = directory(entry, ward);
    let variable = |name: &str| {
        let found = added.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    let place = |flag: &Option<PathBuf>, name: &str| {
        flag.clone().or_else(|| variable(name)).map(|path| base.join(path))
    };
    Places {
        state: place(&flags.state, "GITOMA_STATE"),
        configuration: place(&flags.config, "GITOMA_CONFIG"),
    }
}

/// The alias of the first repository on the command line whose folder is not there.
pub(super) fn missing(flags: &Flags, base: &Path) -> Option<String> {
    let named = flags.repo.iter().filter_map(|text| RepositoryConfig::parse(text).ok());
    let mut gone = named.filter(|repository| !base.join(&repository.path).is_dir());
    gone.next().map(|repository| repository.alias)
}
