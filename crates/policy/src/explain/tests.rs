use crate::model::{Access, Narrowing, Paths, Transport};
use crate::{Catalogue, Source};

use super::*;

const POLICY: &str = "\
version: 1
global:
  rules:
    - { id: read, effect: allow, tools: [\"repo_*\"], principals: [reviewer] }
    - { id: src, effect: allow, tools: [repo_read_file], paths: [\"src/**\"] }
    - { id: far, effect: allow, tools: [git_log], principals: [reviewer] }
    - { id: slow, effect: ask, tools: [repo_read_file], paths: [\"docs/**\"] }
    - { id: w, effect: allow, capability: write, tools: [repo_write_file] }
";

fn explain(tool: &str, capability: Capability, path: &str) -> Explanation {
    let set =
        PolicySet::load(Source { name: "p.yaml", text: POLICY }, &Catalogue::built_in()).expect("valid");
    let access = Access { paths: Paths::Named(vec![path.to_owned()]), ..Access::repository("a/b") };
    let request = Request {
        principal: "agent",
        roles: &[],
        transport: Transport::Cli,
        tool,
        capability,
        accesses: &[access],
        arguments: None,
        write_mode: WriteMode::Off,
        narrowing: &Narrowing::default(),
        scope: crate::Scope::everything(),
    };
    set.explain(&request)
}

#[test]
fn a_default_denial_names_what_almost_matched() {
    let explanation = explain("repo_read_file", Capability::Read, "etc/x");
    assert_eq!(explanation.decision.code, Code::DefaultDeny);
    assert!(explanation.matched.is_empty());
    let misses: Vec<(&str, Dimension)> =
        explanation.misses.iter().map(|m| (&*m.rule.rule, m.dimension)).collect();
    let expected = [("read", Dimension::Principal), ("src", Dimension::Path), ("slow", Dimension::Path)];
    assert_eq!(misses, expected, "the rule for another tool and principal misses by two");
}

#[test]
fn gates_are_all_told_even_behind_a_closed_one() {
    let explanation = explain("repo_write_file", Capability::Write, "etc/.env");
    assert_eq!(explanation.decision.code, Code::WriteModeOff);
    let closed: Vec<Code> =
        explanation.gates.iter().filter(|gate| !gate.open).map(|gate| gate.code).collect();
    assert_eq!(closed, [Code::WriteModeOff, Code::RepositoryNotWhitelisted, Code::PathDenied]);
    assert_eq!(&*explanation.matched[0].rule, "w", "what the rules would say is told too");
    let bad = explain("repo_read_file", Capability::Read, "../x");
    assert_eq!(bad.gates, [Gate { code: Code::BadRequest, open: false }]);
}

#[test]
fn an_explanation_is_plain_json() {
    let value =
        serde_json::to_value(explain("repo_read_file", Capability::Read, "docs/x")).expect("serialises");
    assert_eq!(value["decision"]["effect"], "ask");
    assert_eq!(value["decision"]["code"], "approval_required");
    assert_eq!(value["decision"]["obligations"][0], "redact");
    assert_eq!(value["matched"][0]["rule"], "slow");
    assert_eq!(value["matched"][0]["path"], "docs/x");
    assert_eq!(value["misses"][0]["dimension"], "principal");
    assert_eq!(value["gates"][0]["code"], "bad_request");
}
