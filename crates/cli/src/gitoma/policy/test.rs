//! `gitoma policy test`: suites of calls against a policy, and the rules that nothing touches.

use gitoma_policy::suite::{Coverage, Failure as Unexpected, Report, Suite, Untouched};
use serde::Serialize;

use super::TestArguments;
use super::check::count;
use super::text::{Text, catalogue};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

/// What is said of all suites together.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    policy: &'a str,
    examples: usize,
    calls: usize,
    failed: usize,
    failures: Vec<&'a Unexpected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untouched: Option<Vec<&'a Untouched>>,
}

pub(super) fn run(arguments: TestArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let TestArguments { suites, choice, coverage, json } = arguments;
    let catalogue = catalogue(tools)?;
    let (text, _) = Text::chosen(choice)?;
    let loaded = gitoma_core::load_policy(text.source(), &catalogue).map_err(Failure::policy)?;
    let set = loaded.policy();
    let mut reports: Vec<Report> = Vec::with_capacity(suites.len());
    for file in &suites {
        let suite = Text::read("the suite", file)?;
        let suite = Suite::parse(suite.source()).map_err(|error| Failure::Load { what: "a suite", error })?;
        reports.push(suite.run(set, &catalogue));
    }
    let mut covered = Coverage::of_examples(set, text.source(), &catalogue).map_err(Failure::policy)?;
    reports.iter().for_each(|report| covered.add(report));
    let summary = Summary {
        policy: &text.name,
        calls: reports.iter().map(|report| report.cases).sum(),
        failed: reports.iter().map(|report| report.failed).sum(),
        failures: reports.iter().flat_map(|report| &report.failures).collect(),
        examples: covered.example_count(),
        rules: coverage.then(|| covered.rule_count()),
        untouched: coverage.then(|| covered.untouched().collect()),
    };
    if json {
        console.json(&summary)?;
    } else {
        tell(&summary, console)?;
    }
    let passed = summary.failed == 0 && summary.untouched.is_none_or(|untouched| untouched.is_empty());
    Ok(if passed { Status::Done } else { Status::Failed })
}

fn tell(summary: &Summary<'_>, console: &Console) -> Result<(), Failure> {
    let Summary { policy, examples, calls, failed, failures, rules, untouched } = summary;
    for failure in failures {
        console.tell(&failure.to_string());
    }
    let more = failed.saturating_sub(failures.len());
    if more > 0 {
        console.tell(&format!("and {more} more"));
    }
    for Untouched { rule, source, line, column, .. } in untouched.iter().flatten() {
        console.tell(&format!("{source}:{line}:{column}: no example and no suite touches rule `{rule}`"));
    }
    let mut said = match failed {
        0 => format!("{policy}: {} and {} as expected", count(*examples, "example"), count(*calls, "call")),
        failed => format!("{policy}: {failed} of {} otherwise than expected", count(*calls, "call")),
    };
    if let (Some(rules), Some(untouched)) = (rules, untouched) {
        let touched = rules.saturating_sub(untouched.len());
        said.push_str(&format!(", {touched} of {} touched", count(*rules, "rule")));
    }
    Ok(console.show(&said)?)
}
