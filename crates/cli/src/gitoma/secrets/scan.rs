//! `gitoma secrets scan`: from the command line to the answer and its exit code.

use std::error::Error;

use gitoma_redact::{Redactor, Scanner};
use gitoma_tools::{Corpus, CorpusError, Selection};

use super::report::Report;
use super::{ScanArguments, baseline, sarif, search};
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

pub(super) fn run(
    arguments: &ScanArguments,
    redactor: Redactor,
    console: &Console,
) -> Result<Status, Failure> {
    let known = arguments.baseline.as_deref().map(baseline::read).transpose()?.unwrap_or_default();
    let selection = selection(arguments);
    let corpus = match Corpus::open(arguments.path.as_deref(), &selection) {
        Ok(corpus) => corpus,
        Err(error) => return Err(Failure::Usage(told(&error, &redactor))),
    };
    let mut scanner = Scanner::new(redactor);
    if arguments.no_inline {
        scanner = scanner.without_inline();
    }
    let outcomes = search::search(&corpus, &scanner)?;
    let mut report = Report::new(&corpus, outcomes, &known, scanner.redactor());
    let whole = report.unread.is_empty();
    if let Some(file) = &arguments.write_baseline {
        if !whole || report.omitted > 0 {
            tell_unread(&report, console);
            return Err(Failure::Usage("no baseline is written, since not everything was found".to_owned()));
        }
        baseline::write(file, &report.to_baseline())?;
        for secret in &mut report.findings {
            secret.baselined = true;
        }
    }
    show(arguments, &report, console)?;
    let found = report.new_findings() > 0 || report.omitted > 0;
    Ok(match (whole, found) {
        (false, _) => Status::Usage,
        (true, true) => Status::Failed,
        (true, false) => Status::Done,
    })
}

fn selection(arguments: &ScanArguments) -> Selection {
    match &arguments.reference {
        Some(reference) => Selection::Revision(reference.clone()),
        None if arguments.staged => Selection::Staged,
        None if arguments.all => Selection::Everything,
        None => Selection::Tracked,
    }
}

fn show(arguments: &ScanArguments, report: &Report, console: &Console) -> Result<(), Failure> {
    if arguments.json {
        return console.json(report);
    }
    if arguments.sarif {
        let compared = arguments.baseline.is_some() || arguments.write_baseline.is_some();
        return console.pretty_json(&sarif::document(report, compared));
    }
    for secret in report.findings.iter().filter(|secret| !secret.baselined) {
        let path = crate::terminal::line(&secret.path);
        console.show(&format!("{path}:{}:{} {}", secret.line, secret.column, secret.rule))?;
    }
    tell_unread(report, console);
    console.tell(&report.summary());
    Ok(())
}

fn tell_unread(report: &Report, console: &Console) {
    for unread in &report.unread {
        let path = if unread.path.is_empty() { "." } else { &unread.path };
        console.tell(&format!("not read: {}: {}", crate::terminal::line(path), unread.why));
    }
}

/// An error with its causes, which may quote what a repository says of itself.
fn told(error: &CorpusError, redactor: &Redactor) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  cause: {}", error.to_string().replace('\n', "\n  ")));
        cause = error.source();
    }
    redactor.redact(&text).text.into_owned()
}
