//! `gitoma policy diff`: what one policy allows and another does not, and the reverse.

use gitoma_policy::diff::{Bounds, Difference, diff};
use gitoma_policy::{Catalogue, PolicySet};
use serde::Serialize;

use super::DiffArguments;
use super::check::count;
use super::text::{Text, catalogue};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

/// The answer as JSON.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    widens: bool,
    redacts_less: bool,
    #[serde(flatten)]
    difference: &'a Difference,
}

pub(super) fn run(arguments: &DiffArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let catalogue = catalogue(tools)?;
    let before = load(&Text::read("policy A", &arguments.before)?, &catalogue)?;
    let after = load(&Text::read("policy B", &arguments.after)?, &catalogue)?;
    let difference = diff(&before, &after, &catalogue, Bounds::default());
    let (widens, redacts_less) = (difference.is_widening(), difference.redacts_less());
    if arguments.json {
        console.json(&Answer { widens, redacts_less, difference: &difference })?;
    } else {
        if !difference.is_empty() {
            console.show(&difference.to_string())?;
        }
        console.show(&summed(&difference))?;
    }
    Ok(if arguments.fail_on_widening && (widens || redacts_less) { Status::Failed } else { Status::Done })
}

fn load(text: &Text, catalogue: &Catalogue) -> Result<PolicySet, Failure> {
    let loaded = gitoma_core::load_policy(text.source(), catalogue).map_err(Failure::policy)?;
    Ok(loaded.into_policy())
}

fn summed(difference: &Difference) -> String {
    let wider = difference.widened.len() + difference.switches.iter().filter(|switch| switch.widens).count();
    let mut said = match (wider, difference.undetermined.len()) {
        (0, 0) => "nothing became less strict".to_owned(),
        (wider, 0) => format!("{} less strict", count(wider, "change")),
        (wider, open) => format!("{} less strict, {open} not determined", count(wider, "change")),
    };
    said.push_str(&format!(", {} stricter", count(difference.tightened.len(), "change")));
    if difference.redacts_less() {
        said.push_str("; less is redacted");
    }
    said
}
