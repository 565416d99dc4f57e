use std::sync::Arc;

use super::Scope;
use crate::model::{Access, Capability, Code, Narrowing, Request, Transport, WriteMode};
use crate::{Catalogue, PolicySet, Source};

const POLICY: &str = "
version: 1
global:
  rules:
    - { id: all, effect: allow, tools: ['*'] }
";

fn scope(tools: Option<&[&str]>, repos: Option<&[&str]>, capabilities: Option<&[Capability]>) -> Scope {
    Scope::new(tools, repos, capabilities).unwrap()
}

fn code(scope: &Scope, tool: &str, capability: Capability, repos: &[&str], narrowing: &Narrowing) -> Code {
    let policy = PolicySet::load(Source { name: "p.yaml", text: POLICY }, &Catalogue::built_in()).unwrap();
    let accesses: Vec<Access> = repos.iter().map(|repo| Access::repository(Arc::from(*repo))).collect();
    let request = Request {
        principal: "agent",
        roles: &[],
        transport: Transport::Http,
        tool,
        capability,
        accesses: &accesses,
        arguments: None,
        write_mode: WriteMode::Off,
        narrowing,
        scope,
    };
    let decision = policy.decide(&request);
    let gate = policy.explain(&request).gates.into_iter().find(|gate| gate.code == Code::OutOfScope).unwrap();
    assert_eq!(gate.open, decision.code != Code::OutOfScope);
    decision.code
}

#[test]
fn a_call_is_within_the_scope_in_every_dimension_or_refused() {
    let free = Narrowing::default();
    let read = Capability::Read;
    let cases = [
        (Scope::default(), Code::Allowed),
        (scope(Some(&["git_*"]), None, None), Code::Allowed),
        (scope(Some(&["repo_*", "git_log"]), None, None), Code::Allowed),
        (scope(Some(&["repo_*"]), None, None), Code::OutOfScope),
        (scope(Some(&[]), None, None), Code::OutOfScope),
        (scope(None, Some(&["acme/web", "acme/api"]), None), Code::Allowed),
        (scope(None, Some(&["acme/*"]), None), Code::Allowed),
        (scope(None, Some(&["acme/web"]), None), Code::OutOfScope),
        (scope(None, Some(&["ACME/*"]), None), Code::OutOfScope),
        (scope(None, Some(&[]), None), Code::OutOfScope),
        (scope(None, None, Some(&[read])), Code::Allowed),
        (scope(None, None, Some(&[Capability::Write])), Code::OutOfScope),
        (scope(Some(&["git_log"]), Some(&["acme/**"]), Some(&[read])), Code::Allowed),
        (scope(Some(&["git_log"]), Some(&["other/**"]), Some(&[read])), Code::OutOfScope),
    ];
    for (scope, expected) in cases {
        assert_eq!(code(&scope, "git_log", read, &["acme/web", "acme/api"], &free), expected, "{scope:?}");
    }
}

/// What reaches for no repository is in no other one.
#[test]
fn a_call_without_a_repository_is_judged_by_its_tool() {
    let free = Narrowing::default();
    let web = scope(None, Some(&["acme/web"]), None);
    assert_eq!(code(&web, "repo_list", Capability::Read, &[], &free), Code::Allowed);
}

/// The scope is what the credential can do at all, so it is named before what its holder gave up and before write mode.
#[test]
fn the_scope_is_the_first_gate() {
    let narrow = Narrowing { read_only: true, repositories: Some(Vec::new()) };
    let reads = scope(None, None, Some(&[Capability::Read]));
    let write = Capability::Write;
    assert_eq!(code(&reads, "repo_write_file", write, &["acme/web"], &narrow), Code::OutOfScope);
    assert_eq!(code(&Scope::default(), "repo_write_file", write, &["acme/web"], &narrow), Code::Narrowed);
}

#[test]
fn what_is_no_pattern_is_refused() {
    for pattern in ["", "!x", "a//b", "{a,b}", "a/../b", "a\n"] {
        assert!(Scope::new(Some(&[pattern]), None, None).is_err(), "{pattern:?}");
        assert!(Scope::new(None, Some(&[pattern]), None).is_err(), "{pattern:?}");
    }
    let many = vec!["a"; Scope::MOST + 1];
    let error = Scope::new(Some(&many), None, None).unwrap_err();
    assert_eq!(error.to_string(), "a scope has at most 64 patterns of a kind");
    assert!(Scope::new(Some(&many[1..]), None, None).is_ok());
}
