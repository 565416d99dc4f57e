//! `gitoma approvals`, from the refused call to the one that runs, each command a process of its own on one state directory.

use serde_json::{Value, json};

use crate::support::{Place, Said};

const ASK: &str = "version: 1\nglobal:\n  rules:\n    - { id: look-first, effect: ask, capability: read, tools: [git_log], \
                   reason: \"history is for people\" }\n";

/// A place in which `git_log` needs an approval, and the id of a pending one.
struct Asked {
    place: Place,
    policy: String,
    id: String,
}

fn asked() -> Asked {
    let place = Place::new();
    let policy = place.file("ask.yaml", ASK);
    let said =
        place.on_web(&["call", "git_log", "--arg", "max_count=1", "--policy", &policy, "--json"]).ends(4);
    let id = said.json()["approval"]["id"].as_str().unwrap().to_owned();
    Asked { place, policy, id }
}

impl Asked {
    fn call(&self) -> Said {
        self.place.on_web(&["call", "git_log", "--arg", "max_count=1", "--policy", &self.policy])
    }

    fn approvals(&self, arguments: &[&str]) -> Said {
        self.place.gitoma(&[&["approvals"], arguments, &["--state", "state"]].concat())
    }
}

#[test]
fn an_approved_call_runs_once() {
    let asked = asked();
    let refused = asked.call().ends(4);
    assert!(refused.err.contains(&format!("gitoma approvals show {}\n", asked.id)), "{}", refused.err);
    let list = asked.approvals(&["list"]).ends(0);
    assert!(list.out.starts_with(&format!("{}  pending   until ", asked.id)), "{}", list.out);
    assert!(list.out.trim_end().ends_with("agent  git_log  a read; nothing is changed"), "{}", list.out);
    let shown = asked.approvals(&["show", &asked.id]).ends(0).out;
    for line in [
        "tool        git_log (read)",
        "rule        look-first (ask.yaml:4): history is for people",
        "arguments   {\"max_count\":1,\"repo\":\"web\"}",
        &format!("gitoma approvals approve {0} --state state, or deny {0} --state state", asked.id),
    ] {
        assert!(shown.contains(&format!("{line}\n")), "{line}: {shown}");
    }
    let decided = asked.approvals(&["approve", &asked.id, "--note", "go on"]).ends(0);
    assert!(decided.out.starts_with(&format!("approved: {}, a read", asked.id)), "{}", decided.out);
    asked.approvals(&["approve", &asked.id]).ends(3);
    asked.call().ends(0);
    assert_eq!(asked.approvals(&["show", &asked.id, "--json"]).ends(0).json()["state"], "used");
    let again = asked.call().ends(4);
    assert!(!again.err.contains(&asked.id), "{}", again.err);
    let all = asked.approvals(&["list", "--all", "--json"]).ends(0).json();
    let states: Vec<_> =
        all["approvals"].as_array().unwrap().iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, ["used", "pending"]);
}

#[test]
fn a_denied_call_is_refused() {
    let asked = asked();
    let decided = asked.approvals(&["deny", &asked.id, "--note", "not today", "--json"]).ends(0).json();
    assert_eq!((&decided["state"], &decided["decision"]["note"]), (&json!("denied"), &json!("not today")));
    let refused = asked.call().ends(3);
    assert!(refused.err.contains("code: approval_denied"), "{}", refused.err);
    assert!(asked.approvals(&["list"]).ends(0).out.contains("nothing waits for an approval"));
}

#[test]
fn only_an_approver_decides() {
    let asked = asked();
    let said = asked.approvals(&["approve", &asked.id, "--principal", "agent", "--json"]).ends(3).json();
    assert_eq!(said["code"], "role_required");
    let own = asked.approvals(&["show", &asked.id, "--principal", "agent", "--json"]).ends(0).json();
    let members: Vec<_> = own.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["id", "state", "target", "expires"]);
    let said = asked.approvals(&["show", "apr_nothing"]).ends(2);
    assert!(said.err.contains("code: approval_not_found"), "{}", said.err);
    let token = asked.place.path("state/operator_token");
    asked.approvals(&["approve", &asked.id, "--token-file", token.to_str().unwrap()]).ends(0);
    asked.call().ends(0);
}

/// Two at two terminals.
#[test]
fn of_two_approvers_one_wins() {
    let asked = asked();
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let both = ["approve", "deny"].map(|say| scope.spawn(|| asked.approvals(&[say, &asked.id]).code));
        both.map(|thread| thread.join().unwrap()).into()
    });
    assert!(codes == [0, 3] || codes == [3, 0], "{codes:?}");
    let state = asked.approvals(&["show", &asked.id, "--json"]).ends(0).json()["state"].clone();
    assert_eq!(state, Value::from(if codes[0] == 0 { "approved" } else { "denied" }));
}

/// The refused call names the id alone; where its gateway keeps state of its own, so must whoever decides.
#[test]
fn an_approval_that_is_kept_elsewhere_is_told_to_be() {
    let asked = asked();
    let said = asked.place.gitoma(&["approvals", "show", &asked.id]).ends(2);
    assert!(
        said.err.contains("there is no such approval") && said.err.contains("--state DIR"),
        "{}",
        said.err
    );
    let said = asked.place.gitoma(&["approvals", "approve", &asked.id, "--json"]).ends(2).json();
    assert!(said["detail"].as_str().unwrap().contains("--state DIR"), "{said}");
    let said = asked.place.gitoma(&["approvals", "deny", &asked.id, "--state", "it's another"]).ends(2);
    assert!(said.err.contains("with --state 'it'\\''s another', which must be"), "{}", said.err);
    // What is printed can be run.
    let shown = asked.approvals(&["show", &asked.id]).ends(0).out;
    let line = shown.lines().last().unwrap();
    let (first, _) = line.split_once(", or deny").unwrap();
    let words: Vec<_> = first.split(' ').skip(1).collect();
    asked.place.gitoma(&words).ends(0);
    asked.call().ends(0);
}
