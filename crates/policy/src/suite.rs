//! Suites: files of calls and the verdicts that their author expects of a policy. They stand beside the policy, for
//! what is said of many tools and people at once; a call that belongs to one rule is better an example in that rule.
//! Each call is judged by `decide` itself.

mod coverage;
mod document;
mod run;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::document::Arguments;
use crate::error::{Faults, LoadError, Place};
use crate::model::{Access, Code, Effect, Paths, Transport, WriteMode};
use crate::set::Source;
use crate::yaml::{self, Limits};
use document::{Document, Entry, OneOrMany};

pub use coverage::{Coverage, Untouched};
pub use run::{Failure, Report};

/// The one version of the language there is.
const VERSION: u64 = 1;

/// The most calls in a suite, over all its tests.
const MOST_CASES: usize = 10_000;

/// The longest text of a call, in bytes: somewhat longer than a call may have, since a suite may say that it is refused.
const LONGEST_TEXT: usize = 5_000;

/// A parsed suite.
#[derive(Debug, Clone)]
pub struct Suite {
    source: Arc<str>,
    tests: Vec<Test>,
}

/// One test: calls of which each must have the same verdict.
#[derive(Debug, Clone)]
struct Test {
    name: String,
    place: Place,
    expect: Effect,
    code: Option<Code>,
    /// Exactly the rules that decide.
    rules: Option<Vec<String>>,
    calls: Vec<Call>,
}

/// One call, with everything that was left out filled in.
#[derive(Debug, Clone)]
struct Call {
    principal: Arc<str>,
    roles: Arc<[Arc<str>]>,
    transport: Transport,
    tool: Arc<str>,
    access: Option<Access>,
    arguments: Option<Arc<Map<String, Value>>>,
    write_mode: WriteMode,
}

impl Suite {
    /// Reads a suite. Nothing is compared with a policy yet.
    ///
    /// # Errors
    /// [`LoadError`] with every fault found; what is no YAML of the right shape stops at the first.
    pub fn parse(source: Source<'_>) -> Result<Self, LoadError> {
        let document = PhantomData::<Document>;
        let document = yaml::read(source.name, source.text, Limits::CONFIGURATION, document)?;
        let mut faults = Faults::new(source);
        if document.version.value.0 != VERSION {
            let message = "version of the suite language is not known";
            faults.note(document.version.place, message, Some("write `version: 1`"));
        }
        if document.tests.value.is_empty() {
            let fix = "write at least one test";
            faults.note(document.tests.place, "tests is empty", Some(fix));
        }
        let none = Entry::default();
        let defaults = document.defaults.as_ref().map_or(&none, |defaults| {
            let verdict = &defaults.value;
            if verdict.name.is_some()
                || verdict.expect.is_some()
                || verdict.code.is_some()
                || verdict.rules.is_some()
            {
                let message =
                    "defaults have a `name`, `expect`, `code` or `rules`, which each test has of its own";
                faults.note(defaults.place, message, Some("remove it here, and write it in the tests"));
            }
            &defaults.value
        });
        let fits = document.defaults.as_ref().is_none_or(|entry| entry.value.check(entry.place, &mut faults));
        let mut names: HashMap<&str, u32> = HashMap::new();
        let mut cases = 0usize;
        let mut tests = Vec::with_capacity(document.tests.value.len());
        for test in &document.tests.value {
            let at = test.place;
            let (Some(name), Some(expect)) = (&test.value.name, test.value.expect) else {
                let fix = "write `name: what it is about` and `expect: allow`, `ask` or `deny`";
                faults.note(at, "test has no `name` or no `expect`", Some(fix));
                continue;
            };
            if name.value.trim().is_empty() {
                faults.note(name.place, "name is empty", Some("say what the test is about"));
            }
            if let Some(line) = names.insert(&name.value, at.line) {
                let message = format!("name is taken by the test in line {line}");
                faults.note(name.place, message, Some("give each test a name of its own"));
            }
            let plan = Plan { own: &test.value, defaults };
            plan.check(at, &mut faults);
            // Calls are not made of what is too long for them.
            if !test.value.check(at, &mut faults) || !fits {
                continue;
            }
            cases = cases.saturating_add(plan.count());
            if cases > MOST_CASES {
                let message = format!("suite has more than {MOST_CASES} calls with this test");
                faults.note(at, message, Some("split the suite, or shorten the lists"));
                break;
            }
            tests.push(Test {
                name: name.value.clone(),
                place: at,
                expect,
                code: test.value.code,
                rules: test.value.rules.clone(),
                calls: plan.calls(),
            });
        }
        faults.finish()?;
        Ok(Self { source: Arc::from(source.name), tests })
    }

    /// The name of the text this was read from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The number of calls.
    #[must_use]
    pub fn case_count(&self) -> usize {
        self.tests.iter().map(|test| test.calls.len()).fold(0, usize::saturating_add)
    }
}

impl Entry {
    /// Notes what no call has; whether calls can be made of the rest.
    fn check(&self, at: Place, faults: &mut Faults<'_>) -> bool {
        let shared = [&self.principal, &self.tool, &self.repo].into_iter().flatten().flat_map(|many| &many.0);
        let owned = [&self.reference, &self.path].into_iter().flatten().flat_map(|many| &many.0);
        let lengths = shared.map(|text| text.len()).chain(owned.chain(&self.host).map(String::len));
        let fits = lengths.max().is_none_or(|longest| longest <= LONGEST_TEXT);
        if !fits {
            let message =
                format!("a text of a call has more than {LONGEST_TEXT} bytes, the most it may have");
            faults.note(at, message, Some("shorten it; no call has such a text"));
        }
        if self.tool.iter().flat_map(|many| &many.0).any(|tool| tool.is_empty()) {
            faults.note(at, "tool is empty", Some("write the name of a tool as policies do"));
        }
        fits
    }
}

/// A test and the defaults for what it leaves out.
#[derive(Clone, Copy)]
struct Plan<'a> {
    own: &'a Entry,
    defaults: &'a Entry,
}

impl<'a> Plan<'a> {
    fn key<T>(self, key: fn(&Entry) -> Option<&T>) -> Option<&'a T> {
        key(self.own).or_else(|| key(self.defaults))
    }

    /// The values of a key that may be a list; one `None` where it is left out.
    fn many<T>(self, key: fn(&Entry) -> Option<&OneOrMany<T>>) -> Vec<Option<&'a T>> {
        let values = self.key(key);
        values.map_or_else(|| vec![None], |values| values.0.iter().map(Some).collect())
    }

    fn check(self, at: Place, faults: &mut Faults<'_>) {
        if self.key(|entry| entry.tool.as_ref()).is_none() {
            faults.note(at, "test has no `tool`", Some("write `tool: NAME`, here or in the defaults"));
        }
        if self.own.rules.as_ref().is_some_and(Vec::is_empty) {
            let fix = "name the deciding rules, or leave the key out";
            faults.note(at, "rules is empty", Some(fix));
        }
    }

    fn count(self) -> usize {
        let lengths = [
            self.many(|entry| entry.principal.as_ref()).len(),
            self.many(|entry| entry.transport.as_ref()).len(),
            self.many(|entry| entry.tool.as_ref()).len(),
            self.many(|entry| entry.repo.as_ref()).len(),
            self.many(|entry| entry.reference.as_ref()).len(),
            self.many(|entry| entry.path.as_ref()).len(),
        ];
        lengths.into_iter().fold(1, usize::saturating_mul)
    }

    /// Every combination.
    fn calls(self) -> Vec<Call> {
        let roles: Arc<[Arc<str>]> = self
            .key(|entry| entry.roles.as_ref())
            .map(|roles| roles.iter().map(|role| Arc::from(role.as_str())).collect())
            .unwrap_or_default();
        let mut calls = vec![Call {
            principal: Arc::from("agent"),
            roles,
            transport: Transport::Mcp,
            tool: Arc::from(""),
            access: None,
            arguments: self.key(|entry| entry.arguments.as_ref()).map(Arguments::shared),
            write_mode: self.key(|entry| entry.write_mode.as_ref()).copied().unwrap_or_default(),
        }];
        multiply(&mut calls, &self.many(|entry| entry.principal.as_ref()), |call, principal| {
            call.principal.clone_from(principal);
        });
        multiply(&mut calls, &self.many(|entry| entry.transport.as_ref()), |call, transport| {
            call.transport = transport.0;
        });
        multiply(&mut calls, &self.many(|entry| entry.tool.as_ref()), |call, tool| {
            call.tool.clone_from(tool)
        });
        multiply(&mut calls, &self.many(|entry| entry.repo.as_ref()), |call, repo| {
            call.access().repo = Some(Arc::clone(repo));
        });
        multiply(&mut calls, &self.many(|entry| entry.reference.as_ref()), |call, reference| {
            call.access().reference = Some(reference.clone());
        });
        multiply(&mut calls, &self.many(|entry| entry.path.as_ref()), |call, path| {
            call.access().paths = Paths::Named(vec![path.clone()]);
        });
        if let Some(host) = self.key(|entry| entry.host.as_ref()) {
            calls.iter_mut().for_each(|call| call.access().host = Some(host.clone()));
        }
        calls
    }
}

impl Call {
    /// The access of the call, which exists as soon as something is known of it.
    fn access(&mut self) -> &mut Access {
        let nothing = || Access { repo: None, reference: None, paths: Paths::None, host: None };
        self.access.get_or_insert_with(nothing)
    }
}

/// Replaces each call by one for each of the values.
fn multiply<T>(calls: &mut Vec<Call>, values: &[Option<&T>], set: impl Fn(&mut Call, &T)) {
    let before = std::mem::take(calls);
    for call in before {
        for value in values {
            let mut call = call.clone();
            if let Some(value) = value {
                set(&mut call, value);
            }
            calls.push(call);
        }
    }
}

#[cfg(test)]
mod tests;
