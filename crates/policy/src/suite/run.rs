//! Running a suite: each call is put to the policy, and what comes out otherwise than expected is told with the rule
//! that decided.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{Call, Suite, Test, coverage};
use crate::catalogue::Catalogue;
use crate::example::unknown_argument;
use crate::model::{Decision, Narrowing, Paths, Reason, Request, Transport, WriteMode};
use crate::set::PolicySet;

/// The most failures that are told.
const MOST_FAILURES: usize = 100;

/// What came of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The calls that were judged.
    pub cases: usize,
    /// How many of them failed.
    pub failed: usize,
    /// The first 100 failures, in the order of the file.
    pub failures: Vec<Failure>,
    /// The ids of the rules that matched some call.
    pub touched: BTreeSet<Arc<str>>,
}

impl Report {
    /// Whether every call came out as expected.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        self.failed == 0
    }

    fn fail(&mut self, suite: &Suite, test: &Test, call: &Call, got: String, reasons: Vec<Reason>) {
        self.failed = self.failed.saturating_add(1);
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(Failure {
                source: Arc::clone(&suite.source),
                line: test.place.line,
                column: test.place.column,
                test: test.name.clone(),
                call: call.to_string(),
                expected: test.expected(),
                got,
                reasons,
            });
        }
    }
}

/// A call that came out otherwise than its test expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The suite's name.
    pub source: Arc<str>,
    /// Line of the test, from 1.
    pub line: u32,
    /// Column of the test, in characters from 1.
    pub column: u32,
    /// The test's name.
    pub test: String,
    /// The call: who, through which door, which tool, on what.
    pub call: String,
    /// What the test expects.
    pub expected: String,
    /// What the policy says, or why it could not be asked.
    pub got: String,
    /// The rules that decided, with their places.
    pub reasons: Vec<Reason>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, line, column, test, call, expected, got, reasons } = self;
        write!(f, "{source}:{line}:{column}: {test}\n  call: {call}\n  expected: {expected}\n  got: {got}")?;
        for reason in reasons {
            write!(f, "\n  by {}:{}:{}: rule `{}`", reason.source, reason.line, reason.column, reason.rule)?;
        }
        Ok(())
    }
}

impl Suite {
    /// Puts every call of the suite to `set`. A tool's capability is the catalogue's, and a tool it lacks is a failure.
    #[must_use]
    pub fn run(&self, set: &PolicySet, catalogue: &Catalogue) -> Report {
        let mut report = Report::default();
        for (test, call) in self.tests.iter().flat_map(|test| test.calls.iter().map(move |call| (test, call)))
        {
            report.cases = report.cases.saturating_add(1);
            let (got, reasons) = match catalogue.capability(&call.tool) {
                None => (format!("tool `{}` is not known", call.tool), Vec::new()),
                Some(capability) => {
                    if let Some(name) = unknown_argument(catalogue, &call.tool, call.arguments.as_deref()) {
                        let got = format!("tool `{}` has no argument `{name}`", call.tool);
                        report.fail(self, test, call, got, Vec::new());
                        continue;
                    }
                    let accesses = catalogue.describe(&call.tool, call.access.as_ref());
                    let narrowing = Narrowing::default();
                    let request = Request {
                        principal: &call.principal,
                        roles: &call.roles,
                        transport: call.transport,
                        tool: &call.tool,
                        capability,
                        accesses: &accesses,
                        arguments: call.arguments.as_deref(),
                        write_mode: call.write_mode,
                        narrowing: &narrowing,
                        scope: crate::Scope::everything(),
                    };
                    coverage::touch(set, &request, &mut report.touched);
                    let decision = set.decide(&request);
                    if test.is_met(&decision) {
                        continue;
                    }
                    let got = format!("{} ({})", decision.effect.as_str(), decision.code.as_str());
                    (got, decision.reasons)
                }
            };
            report.fail(self, test, call, got, reasons);
        }
        report
    }
}

impl Test {
    fn is_met(&self, decision: &Decision) -> bool {
        let decided: BTreeSet<&str> = decision.reasons.iter().map(|reason| &*reason.rule).collect();
        decision.effect == self.expect
            && self.code.is_none_or(|code| code == decision.code)
            && self
                .rules
                .as_ref()
                .is_none_or(|rules| rules.iter().map(String::as_str).collect::<BTreeSet<_>>() == decided)
    }

    fn expected(&self) -> String {
        let code = self.code.map_or_else(String::new, |code| format!(" ({})", code.as_str()));
        let rules =
            self.rules.as_ref().map_or_else(String::new, |rules| format!(", by {}", rules.join(", ")));
        format!("{}{code}{rules}", self.expect.as_str())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, roles, transport, tool, access, arguments, write_mode } = self;
        write!(f, "principal {principal}")?;
        if !roles.is_empty() {
            write!(f, ", roles {}", roles.join(" "))?;
        }
        if *transport != Transport::Mcp {
            write!(f, ", transport {}", transport.as_str())?;
        }
        write!(f, ", tool {tool}")?;
        if let Some(access) = access {
            let path = match &access.paths {
                Paths::Named(paths) => paths.first(),
                Paths::None | Paths::Discovered => None,
            };
            let parts = [
                ("repo", access.repo.as_deref()),
                ("ref", access.reference.as_deref()),
                ("path", path.map(String::as_str)),
                ("host", access.host.as_deref()),
            ];
            for (what, value) in parts {
                if let Some(value) = value {
                    write!(f, ", {what} {value}")?;
                }
            }
        }
        if let Some(arguments) = arguments {
            write!(f, ", arguments {}", serde_json::to_string(arguments).unwrap_or_default())?;
        }
        if *write_mode == WriteMode::On { f.write_str(", write mode on") } else { Ok(()) }
    }
}
