//! What was found, line by line.

use gitoma_redact::Redactor;
use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Ok,
    Warning,
    Failed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One line.
#[derive(Debug, Serialize)]
struct Check {
    outcome: Outcome,
    /// What was looked at: a client with scope and server, or a part of the machine.
    subject: String,
    /// What is to be said of it.
    said: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// All lines, which are shown as they come if there is somebody to show them to.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    checks: Vec<Check>,
    #[serde(skip)]
    console: Option<&'a Console>,
    #[serde(skip)]
    redactor: Redactor,
}

impl<'a> Report<'a> {
    pub(super) fn new(console: Option<&'a Console>) -> Self {
        Self { checks: Vec::new(), console, redactor: Redactor::new() }
    }

    pub(super) fn ok(&mut self, subject: &str, said: &str) -> Result<(), Failure> {
        self.add(Outcome::Ok, subject, said, None)
    }

    pub(super) fn warning(&mut self, subject: &str, said: &str, next: &str) -> Result<(), Failure> {
        self.add(Outcome::Warning, subject, said, Some(next))
    }

    pub(super) fn failed(&mut self, subject: &str, said: &str, next: &str) -> Result<(), Failure> {
        self.add(Outcome::Failed, subject, said, Some(next))
    }

    fn add(
        &mut self,
        outcome: Outcome,
        subject: &str,
        said: &str,
        next: Option<&str>,
    ) -> Result<(), Failure> {
        let clean = |text: &str| self.redactor.redact(text).text.replace('\n', " ");
        let check = Check { outcome, subject: clean(subject), said: clean(said), next: next.map(clean) };
        if let Some(console) = self.console {
            console.show(&format!("{:<8} {}: {}", outcome.as_str(), check.subject, check.said))?;
            if let Some(next) = &check.next {
                console.show(&format!("         next: {next}"))?;
            }
        }
        self.checks.push(check);
        Ok(())
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }

    /// Whether nothing failed.
    pub(super) fn is_well(&self) -> bool {
        self.count(Outcome::Failed) == 0
    }

    /// How many there are of each.
    pub(super) fn summary(&self) -> String {
        let [ok, warnings, failed] =
            [Outcome::Ok, Outcome::Warning, Outcome::Failed].map(|one| self.count(one));
        format!("{ok} ok, {warnings} with a warning, {failed} failed")
    }
}
