//! `gitoma policy check` and `gitoma policy show`: a policy as text. Nothing is called and nobody is judged.

use std::path::Path;

use gitoma_policy::{Catalogue, PolicySet, Source};

use super::opened::settings;
use super::status::Status;
use super::{CheckArguments, ShowArguments};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

/// The policy that is in force when no other is given, as its authors wrote it.
const BUILT_IN: (&str, &str) = ("default.yaml", include_str!("../../../../policies/default.yaml"));

pub(super) fn check(arguments: CheckArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let (name, text) = match &arguments.file {
        Some(file) => read(file)?,
        None => in_force(settings(&arguments.place.flags(None))?.policy()),
    };
    // A policy may name any tool that this build has.
    let mut catalogue = Catalogue::built_in();
    for tool in tools(&[]).map_err(Failure::Tools)? {
        catalogue.insert(&*tool.spec().name, tool.spec().capability);
    }
    match PolicySet::load(Source { name: &name, text: &text }, &catalogue) {
        Ok(policy) => {
            let digest = policy.digest();
            console.show(&format!("{name}: sound, {} rules, digest {digest}", policy.rule_count()))?;
            Ok(Status::Done)
        }
        Err(error) => {
            let count = error.faults().len();
            let faults = if count == 1 { "fault" } else { "faults" };
            console.tell(&format!("{error}\n{name}: {count} {faults}"));
            Ok(Status::Failed)
        }
    }
}

pub(super) fn show(arguments: ShowArguments, console: &Console) -> Result<Status, Failure> {
    let ShowArguments { policy, place } = arguments;
    let settings = settings(&place.flags(policy))?;
    let (_, text) = in_force(settings.policy());
    console.print(&text)?;
    Ok(Status::Done)
}

fn in_force(configured: Option<(&str, &str)>) -> (String, String) {
    let (name, text) = configured.unwrap_or(BUILT_IN);
    (name.to_owned(), text.to_owned())
}

/// The policy file's own name, as faults cite it, and its text.
fn read(file: &Path) -> Result<(String, String), Failure> {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    #[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
    let text =
        std::fs::read_to_string(file).map_err(|source| Failure::Input { what: "the policy file", source })?;
    Ok((name, text))
}
