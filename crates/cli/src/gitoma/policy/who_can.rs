//! `gitoma policy who-can`: whose calls of a tool on a repository a policy allows, or asks about.

use gitoma_core::config::PolicySettings;
use gitoma_policy::{Holder, WhoCan, WriteMode};
use serde::Serialize;

use super::WhoCanArguments;
use super::text::{Text, catalogue};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

/// The answer as JSON.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    tool: &'a str,
    repo: &'a str,
    holders: &'a [Holder],
}

pub(super) fn run(arguments: WhoCanArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let WhoCanArguments { tool, repo, path, reference, choice, json } = arguments;
    let catalogue = catalogue(tools)?;
    let Some(capability) = catalogue.capability(&tool) else {
        return Err(Failure::Usage("there is no tool of that name; `gitoma tools` lists them".to_owned()));
    };
    let (text, settings) = Text::chosen(choice)?;
    let loaded = gitoma_core::load_policy(text.source(), &catalogue).map_err(Failure::policy)?;
    let set = loaded.policy();
    let subjects = settings.as_ref().map_or_else(|| set.subjects(), PolicySettings::subjects);
    let question = WhoCan {
        tool: &tool,
        capability,
        repo: &repo,
        path: path.as_deref(),
        reference: reference.as_deref(),
        // Whether a process writes is its own switch; the question is what the policy would let it do.
        write_mode: WriteMode::On,
    };
    let holders = set.who_can(&question, &subjects);
    if json {
        console.json(&Answer { tool: &tool, repo: &repo, holders: &holders })?;
    } else if holders.is_empty() {
        console.show("nobody")?;
    } else {
        for holder in &holders {
            console.show(&holder.to_string())?;
        }
    }
    if capability == gitoma_policy::Capability::Write && !json && !holders.is_empty() {
        console.tell("note: only while write mode is on");
    }
    Ok(Status::Done)
}
