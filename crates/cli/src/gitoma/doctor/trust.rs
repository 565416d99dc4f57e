//! What of a project's file may be acted upon: anybody may have written it. It can have this very installation's gateway started, on
//! state and configuration that the user's own settings name, and nothing else.

use std::path::{Path, PathBuf};

use super::Ward;
use super::arguments::{self, Places};
use super::found::{Entry, Source, Way, environment, resolved};
use crate::gitoma::client::place::is_same_file;
use crate::gitoma::install::Server;

/// What stands against starting what an entry names, or reading the files that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// What runs, or how, might be anybody's choice.
    Program(&'static str),
    /// It would read or make files in a place that the user has not named.
    Place,
}

/// The places that are the user's.
#[derive(Debug)]
pub(super) struct Trust {
    states: Vec<PathBuf>,
    configurations: Vec<PathBuf>,
}

impl Trust {
    /// The usual places, those that this shell names, and those in the entries that the user has written.
    pub(super) fn of(own: &[Entry], ward: &Ward<'_>) -> Self {
        let shell = ward.around.environment();
        let absolute = |path: &PathBuf| std::path::absolute(path).ok();
        let mut trust = Self {
            states: shell
                .default_state()
                .into_iter()
                .chain(shell.state.as_ref().and_then(absolute))
                .collect(),
            configurations: shell.config.as_ref().and_then(absolute).into_iter().collect(),
        };
        for entry in own.iter().filter(|entry| entry.source != Source::Project) {
            let Some(flags) = arguments::flags(entry) else { continue };
            let Places { state, configuration } = arguments::places(entry, &flags, ward);
            trust.states.extend(state);
            trust.configurations.extend(configuration);
        }
        trust
    }

    /// What stands against `entry`, which starts a program; nothing does if its user wrote it.
    pub(super) fn doubt(&self, entry: &Entry, ward: &Ward<'_>) -> Option<Doubt> {
        let Way::Program { command, added, .. } = &entry.way else { return None };
        if entry.source != Source::Project {
            return None;
        }
        let program = resolved(command, &environment(ward, added)).and_then(|path| Server::at(&path).ok());
        let own = Server::beside();
        if !program.is_some_and(|program| own.is_some_and(|own| program.is(&own))) {
            return Some(Doubt::Program("names a program that is not the gitoma-mcp beside this gitoma"));
        }
        if added.iter().any(|(name, _)| !name.starts_with("GITOMA_")) {
            return Some(Doubt::Program("gives the program variables that are not Gitoma's"));
        }
        let Some(flags) = arguments::flags(entry) else {
            return Some(Doubt::Program("gives the program arguments that it does not know"));
        };
        let Places { state, configuration } = arguments::places(entry, &flags, ward);
        let is_own = |place: Option<PathBuf>, own: &[PathBuf]| {
            place.is_none_or(|place| own.iter().any(|own| is_place(own, &place)))
        };
        let is_known = is_own(state, &self.states) && is_own(configuration, &self.configurations);
        (!is_known).then_some(Doubt::Place)
    }
}

fn is_place(one: &Path, other: &Path) -> bool {
    one == other || is_same_file(one, other)
}
