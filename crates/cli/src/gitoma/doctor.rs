//! `gitoma doctor`: whether the clients that are set up here reach their gateway. It reads each configuration as the client would, starts
//! what it names and holds a session in both eras of the protocol, and looks at what the gateway needs besides.
//!
//! It changes nothing itself; the gateways that it starts leave their entries in the audit log. What a project's file names is started
//! only if it is this very installation's program on places of the user's, since anybody may have written that file. Nothing that it prints is a secret.

mod arguments;
mod described;
mod entry;
mod found;
mod http;
mod machine;
mod protocol;
mod refused;
mod report;
mod settings;
mod stdio;
mod trust;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::client::Client;
use super::client::place::Surroundings;
use super::status::Status;
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use report::Report;
use trust::Trust;

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Look at this client alone, which must be set up. May be repeated
    #[arg(long = "client", value_name = "CLIENT")]
    clients: Vec<Client>,
    /// The root of the project whose configuration is looked at too
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// How long an answer of a gateway may take, in seconds, from 1 to 60
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
    patience: u8,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// What every check is given.
struct Ward<'a> {
    around: &'a Surroundings,
    /// The root of the project, absolute.
    project: &'a Path,
    /// The paths under which a client may know the project: that one, the real one, and the root of its git repository.
    known_as: Vec<PathBuf>,
    /// How long an answer may take.
    patience: Duration,
}

pub(super) fn run(arguments: &DoctorArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let around = Surroundings::read()?;
    let project = std::path::absolute(&arguments.project)
        .map_err(|source| Failure::Input { what: "--project".to_owned(), source })?;
    let ward = Ward {
        around: &around,
        project: &project,
        known_as: known_as(&project),
        patience: Duration::from_secs(arguments.patience.into()),
    };
    let mut report = Report::new(if arguments.json { None } else { Some(console) });
    machine::check(&mut report)?;
    let entries = found::entries(&arguments.clients, &ward, &mut report)?;
    let trust = Trust::of(&found::own(&ward), &ward);
    settings::check(&entries, &trust, &ward, tools, &mut report)?;
    for entry in &entries {
        entry::check(entry, &trust, &ward, &mut report)?;
    }
    let is_well = report.is_well();
    if arguments.json {
        console.json(&report)?;
    } else {
        console.show(&report.summary())?;
    }
    Ok(if is_well { Status::Done } else { Status::Failed })
}

fn known_as(project: &Path) -> Vec<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a name to look up in a configuration; nothing is opened by it"
    )]
    let real = project.canonicalize().ok();
    let root = real.iter().flat_map(|real| real.ancestors()).find(|folder| folder.join(".git").exists());
    let root = root.map(Path::to_owned);
    let mut names: Vec<PathBuf> = Vec::new();
    for name in [Some(project.to_owned()), real.clone(), root].into_iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
