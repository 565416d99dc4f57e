//! `gitoma policy check`: whether policies load, and what is questionable in those that do.

use gitoma_policy::lint::{Finding, Known};
use gitoma_policy::{Catalogue, Enforcement, Fault, LoadError};
use serde::Serialize;

use super::text::{Text, catalogue, settings};
use super::{CheckArguments, PolicyChoice};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
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
    /// Findings beyond those listed.
    omitted: usize,
    /// Rules that were not compared with all others, since the policy is too large for that.
    uncompared: usize,
}

pub(super) fn run(arguments: CheckArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let CheckArguments { files, config, strict, json } = arguments;
    let catalogue = catalogue(tools)?;
    let (texts, known) = if files.is_empty() {
        let settings = settings(PolicyChoice { policy: None, config })?;
        (vec![Text::in_force(&settings)], settings.known())
    } else {
        let texts = files.iter().map(|file| Text::read("the policy file", file));
        let texts = texts.collect::<Result<_, _>>()?;
        let known = match config {
            Some(_) => settings(PolicyChoice { policy: None, config })?.known(),
            None => Known::default(),
        };
        (texts, known)
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
    let checked = match gitoma_core::check_policy(text.source(), catalogue, known) {
        Ok(checked) => checked,
        Err(error) => return refused(name, &error, json, console),
    };
    let sound = checked.policy.is_some() && (checked.findings.is_empty() || !strict);
    let shadow = checked.policy.as_ref().is_some_and(|set| set.enforcement() == Enforcement::Shadow);
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
            omitted: checked.omitted,
            uncompared: checked.uncompared,
        })?;
        return Ok(sound);
    }
    for finding in &checked.findings {
        console.tell(&finding.to_string());
    }
    if checked.omitted > 0 {
        console.tell(&format!("and {} more", checked.omitted));
    }
    if checked.uncompared > 0 {
        let left_out = count(checked.uncompared, "rule");
        console.tell(&format!("{left_out} not compared with all others: the policy is too large for that"));
    }
    let found = checked.findings.len().saturating_add(checked.omitted);
    let questionable = match found {
        0 => String::new(),
        found => format!(", {}", count(found, "finding")),
    };
    match (rules, digest) {
        (Some(rules), Some(digest)) if sound => {
            let shadow = if shadow { ", in shadow mode" } else { "" };
            let rules = count(rules, "rule");
            console.show(&format!("{name}: sound{shadow}, {rules}{questionable}, digest {digest}"))?;
        }
        _ => console.tell(&format!("{name}: refused{questionable}")),
    }
    Ok(sound)
}

fn refused(name: &str, error: &LoadError, json: bool, console: &Console) -> Result<bool, Failure> {
    let faults = error.faults();
    if json {
        console.json(&Report {
            policy: name,
            sound: false,
            rules: None,
            digest: None,
            faults,
            findings: &[],
            omitted: 0,
            uncompared: 0,
        })?;
    } else {
        console.tell(&format!("{error}\n{name}: {}", count(faults.len(), "fault")));
    }
    Ok(false)
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
