//! `gitoma policy check`: whether policies load, and what is questionable in those that do.

use gitoma_core::config::Settings;
use gitoma_policy::{Catalogue, Fault, Finding, Known, LoadError};
use serde::Serialize;

use super::CheckArguments;
use super::text::{Text, catalogue};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::opened;
use crate::gitoma::status::Status;

/// What is said of one policy.
#[derive(Debug, Serialize)]
struct Report<'a> {
    policy: &'a str,
    sound: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    faults: &'a [Fault],
    findings: &'a [Finding],
}

pub(super) fn run(arguments: CheckArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let CheckArguments { files, place, strict, json } = arguments;
    let catalogue = catalogue(tools)?;
    let (texts, known) = if files.is_empty() {
        let settings = opened::settings(&place.flags(None))?;
        (vec![Text::in_force(&settings)], known(&settings))
    } else {
        let texts = files.iter().map(|file| Text::read("the policy file", file));
        (texts.collect::<Result<_, _>>()?, Known::default())
    };
    let mut status = Status::Done;
    for text in &texts {
        if !check(text, &catalogue, &known, strict, json, console)? {
            status = Status::Failed;
        }
    }
    Ok(status)
}

/// Checks one policy; `false` if it is faulty.
fn check(
    text: &Text,
    catalogue: &Catalogue,
    known: &Known,
    strict: bool,
    json: bool,
    console: &Console,
) -> Result<bool, Failure> {
    let name = &text.name;
    let checked = gitoma_policy::check(text.source(), catalogue, known).and_then(|checked| {
        // The gateway refuses a policy whose patterns the redactor cannot use, so check does.
        if checked.policy.is_some() {
            gitoma_core::load_policy(text.source(), catalogue)?;
        }
        Ok(checked)
    });
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => return refused(name, &error, json, console),
    };
    let sound = checked.policy.is_some() && (checked.findings.is_empty() || !strict);
    let (rules, digest) = match &checked.policy {
        Some(set) => (Some(set.rule_count()), Some(set.digest().to_string())),
        None => (None, None),
    };
    if json {
        console.json(&Report {
            policy: name,
            sound,
            rules,
            digest,
            faults: &[],
            findings: &checked.findings,
        })?;
        return Ok(sound);
    }
    for finding in &checked.findings {
        console.tell(&finding.to_string());
    }
    if checked.omitted > 0 {
        console.tell(&format!("and {} more", checked.omitted));
    }
    let found = checked.findings.len().saturating_add(checked.omitted);
    let questionable = match found {
        0 => String::new(),
        found => format!(", {}", count(found, "finding")),
    };
    match (rules, digest) {
        (Some(rules), Some(digest)) if sound => {
            console
                .show(&format!("{name}: sound, {}{questionable}, digest {digest}", count(rules, "rule")))?;
        }
        _ => console.tell(&format!("{name}: refused{questionable}")),
    }
    Ok(sound)
}

fn refused(name: &str, error: &LoadError, json: bool, console: &Console) -> Result<bool, Failure> {
    let faults = error.faults();
    if json {
        let report = Report { policy: name, sound: false, rules: None, digest: None, faults, findings: &[] };
        console.json(&report)?;
    } else {
        console.tell(&format!("{error}\n{name}: {}", count(faults.len(), "fault")));
    }
    Ok(false)
}

/// The principals and roles that the settings name; nothing is known where there is no configuration file.
fn known(settings: &Settings) -> Known {
    if !settings.configured {
        return Known::default();
    }
    let principals = settings.principals();
    let roles = principals.iter().flat_map(|principal| &principal.roles);
    Known {
        principals: Some(principals.iter().map(|principal| principal.name.clone()).collect()),
        roles: Some(roles.map(|role| role.as_str().to_owned()).collect()),
    }
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
