//! `gitoma call`: results, refusals, and every exit code.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Place, Said, feed, program, token};

#[test]
fn a_read_answers_with_the_result() {
    let place = Place::new();
    let said = place.on_web(&["call", "git_log", "--arg", "max_count=1"]).ends(0);
    assert_eq!(said.json()["commits"].as_array().unwrap().len(), 1, "{said:?}");
    assert!(
        said.out.contains("add a client") && said.out.lines().count() > 5,
        "indented for people: {}",
        said.out
    );
    let note =
        "note: this is not all; `next_cursor` or `next_start_line` continues, otherwise narrow the call\n";
    assert_eq!(said.err, note);
    assert_eq!(place.on_web(&["call", "git_tags"]).ends(0).err, "");
    assert_eq!((place.kinds("intent"), place.kinds("outcome"), place.kinds("refusal")), (2, 2, 0));
}

/// The last line of the log comes out, though the program ends right after it.
#[test]
fn the_log_is_whole_when_the_program_ends() {
    let place = Place::new();
    for _ in 0..5 {
        let mut command = place.command(&["call", "git_tags", "--repo", "web", "--state", "state"]);
        command.env("GITOMA_LOG", "gitoma=info");
        let said = feed(command, b"").ends(0);
        let calls = said.err.lines().filter(|line| line.contains(r#""target":"gitoma::call""#));
        assert_eq!(calls.count(), 1, "{}", said.err);
    }
}

#[test]
fn the_whole_reply_is_one_line_of_json() {
    let place = Place::new();
    let said =
        place.on_web(&["call", "repo_read_file", "--json", "--args", r#"{"path":"src/client.rs"}"#]).ends(0);
    let reply = said.json();
    assert_eq!(said.out.lines().count(), 1);
    assert_eq!(reply["redactions"], 1, "{reply}");
    assert!(reply["result"]["content"].as_str().unwrap().contains("***"), "{reply}");
    assert!(!said.out.contains(&token()));
    assert_eq!(
        reply["call_id"],
        place.entries().iter().find(|entry| entry["kind"] == "intent").unwrap()["call_id"]
    );
}

/// The arguments, the exit code, the code of the refusal.
const REFUSALS: &[(&[&str], i32, &str)] = &[
    (&["repo_read_file", "--arg", "path=gone.rs"], 1, "not_found"),
    (&["git_log", "--arg", "ref=no-such-branch"], 1, "not_found"),
    (&["no_such_tool"], 2, "unknown_tool"),
    (&["git_log", "--arg", "max_count=many"], 2, "invalid_arguments"),
    (&["git_log", "--arg", "surprise=1"], 2, "invalid_arguments"),
    (&["git_log", "--args", "[1]"], 2, "malformed"),
    (&["git_log", "--arg", "repo=elsewhere"], 2, "not_found"),
    (&["repo_read_file", "--arg", "path=.env"], 3, "path_denied"),
    (&["repo_read_file", "--arg", "path=server.pem"], 3, "denied"),
    (&["repo_read_file", "--arg", "path=../../etc/passwd"], 3, "path_denied"),
    (&["git_log", "--principal", "nobody"], 3, "invalid_credential"),
];

#[test]
fn every_refusal_has_its_exit_code_and_its_entry() {
    let place = Place::new();
    let secrets = ["../../etc/passwd", "surprise", "no-such-branch", "gone.rs", "many"];
    for (index, (arguments, exit, code)) in REFUSALS.iter().enumerate() {
        let call = [&["call"], *arguments].concat();
        let said = place.on_web(&call).ends(*exit);
        assert_eq!(said.out, "", "{call:?}: a refusal is no result");
        assert!(said.err.contains(&format!("code: {code}\n")), "{call:?}: {}", said.err);
        let same = place.on_web(&[&call[..], &["--json"]].concat()).ends(*exit);
        let problem = same.json();
        assert_eq!(problem["code"], *code, "{call:?}");
        assert_eq!(problem["type"], format!("urn:gitoma:error:{code}"));
        let entries = place.entries();
        let recorded = entries.iter().filter(|entry| entry["call_id"] == problem["error_id"]).count();
        let expected = if problem["executed"] == true { 2 } else { 1 };
        assert_eq!(recorded, expected, "{call:?} leaves its entries; number {index}");
        for secret in secrets {
            assert!(
                !said.err.contains(secret) && !same.out.contains(secret),
                "input is echoed: {said:?} {same:?}"
            );
        }
    }
}

#[test]
fn a_refusal_names_the_rule_and_its_place() {
    let place = Place::new();
    let said = place.on_web(&["call", "repo_read_file", "--arg", "path=server.pem"]).ends(3);
    assert!(
        said.err.starts_with("refused: denied by policy rule no-key-files (default.yaml:"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("\n  error id: ") && said.err.contains("\n  rule: no-key-files ("),
        "{}",
        said.err
    );
    let said = place.on_web(&["call", "repo_read_file", "--arg", "path=.env", "--json"]).ends(3);
    let rules = said.json()["rules"].clone();
    assert_eq!(rules, json!([{ "id": "builtin:env-file", "source": "built-in", "line": 0 }]), "{said:?}");
}

#[test]
fn an_unknown_alias_says_which_there_are() {
    let place = Place::new();
    let said = place.on_web(&["call", "git_log", "--arg", "repo=elsewhere"]).ends(2);
    assert!(said.err.contains("repositories: web"), "{}", said.err);
}

#[test]
fn an_ask_ends_with_four() {
    let place = Place::new();
    let policy = place.file(
        "ask.yaml",
        "version: 1\nglobal:\n  rules:\n    - { id: look-first, effect: ask, capability: read, tools: [git_log] }\n",
    );
    let said = place.on_web(&["call", "git_log", "--policy", &policy]).ends(4);
    assert!(said.err.contains("needs an approval by policy rule look-first (ask.yaml:4)"), "{}", said.err);
    let said = place.on_web(&["call", "git_log", "--policy", &policy, "--json"]).ends(4);
    assert_eq!(said.json()["code"], "approval_required");
}

#[test]
fn wrong_usage_ends_with_two_and_runs_nothing() {
    let place = Place::new();
    let state = ["--state", "state"];
    for (arguments, expected) in [
        (&["call"][..], "TOOL"),
        (&["call", "git_log", "--surprise"], "--surprise"),
        (&["call", "git_log"], "error: no repository is configured; name one with --repo PATH"),
        (&["call", "git_log", "--repo", "web", "--arg", "max_count"], "error: --arg must be KEY=VALUE"),
        (&["call", "git_log", "--repo", "web", "--arg", "path=a", "--arg", "path=b"], "given twice"),
        (&["call", "git_log", "--repo", "web", "--write-mode", "maybe"], "error: --write-mode must be"),
        (&["call", "git_log", "--repo", "web", "--repo", "web"], "two repositories are called `web`"),
        (&["call", "git_log", "--repo", "state"], "error: repository `state` is refused"),
        (&["call", "git_log", "--repo", "web", "--policy", "gone.yaml"], "`gone.yaml` cannot be read"),
        (&["nonsense"], "nonsense"),
    ] {
        let mut all = arguments.to_vec();
        if arguments.len() > 1 && !arguments.contains(&"--surprise") {
            all.extend(state);
        }
        let said = place.gitoma(&all).ends(2);
        assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "", "{arguments:?}");
    }
}

#[test]
fn a_faulty_policy_refuses_the_start_with_its_place() {
    let place = Place::new();
    let policy = place.file("bad.yaml", "version: 1\nglobul: {}\n");
    let said = place.on_web(&["call", "git_log", "--policy", &policy]).ends(2);
    assert!(said.err.contains("bad.yaml:2:1"), "{}", said.err);
}

#[test]
fn the_operator_needs_the_token_of_the_state_directory() {
    let place = Place::new();
    place.on_web(&["call", "git_branch", "--principal", "operator"]).ends(0);
    let intent = place.entries().into_iter().find(|entry| entry["kind"] == "intent").unwrap();
    assert_eq!(intent["principal"], "operator");
    // With a configuration file no token is minted, and the name alone is not enough.
    let config = place.file("gitoma.yaml", "principals:\n  - { name: operator, roles: [admin] }\n");
    let said = place
        .gitoma(&[
            "call",
            "git_branch",
            "--principal",
            "operator",
            "--repo",
            "web",
            "--state",
            "new",
            "--config",
            &config,
        ])
        .ends(2);
    assert!(said.err.contains("the operator acts only with the token"), "{}", said.err);
}

#[test]
fn two_repositories_need_an_alias() {
    let place = Place::new();
    let both = ["--repo", "web", "--repo", "web=acme/site", "--state", "state"];
    let said = place.gitoma(&[&["call", "git_log"], &both[..]].concat()).ends(2);
    assert!(said.err.contains("`repo` is missing"), "{}", said.err);
    let said = place.gitoma(&[&["call", "git_log", "--arg", "repo=acme/site"], &both[..]].concat()).ends(0);
    assert_eq!(said.json()["repo"], "acme/site");
}

#[test]
fn hostile_names_cannot_move_the_cursor() {
    let place = Place::new();
    place.file("web/\u{9b}31mred\u{202e}.txt", "x\n");
    place.git(&["add", "-A", "-f"]);
    place.git(&["commit", "-q", "-m", "names\u{202e}"]);
    for json in [&[][..], &["--json"]] {
        let said = place.on_web(&[&["call", "git_log"], json].concat()).ends(0);
        assert!(!said.out.contains(['\u{9b}', '\u{202e}']), "{}", said.out);
        assert!(said.out.contains("\"names\""), "{}", said.out);
        let _: Value = said.json();
    }
}

#[test]
fn standard_input_is_not_touched() {
    let place = Place::new();
    let command = place.command(&["call", "git_tags", "--repo", "web", "--state", "state"]);
    feed(command, b"whatever").ends(0);
}

#[test]
fn an_interrupt_does_not_wait_for_work_that_nothing_ends() {
    let place = Place::new();
    place.grow();
    let mut command =
        place.command(&["call", "git_blame", "--arg", "path=long.txt", "--repo", "web", "--state", "state"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !place.has_begun() {
        assert!(Instant::now() < deadline, "the call never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    // By then the blame itself runs.
    std::thread::sleep(Duration::from_millis(500));
    let id = child.id().to_string();
    let before = Instant::now();
    assert!(program("kill", &place.path("")).args(["-INT", &id]).status().unwrap().success());
    let said = Said::from(child.wait_with_output().unwrap()).ends(1);
    assert!(before.elapsed().as_secs() < 4, "the blame was waited for: {:?}", before.elapsed());
    assert!(said.err.contains("code: cancelled\n"), "{said:?}");
    let outcome = place.entries().into_iter().find(|entry| entry["kind"] == "outcome").unwrap();
    assert_eq!(outcome["outcome"], "cancelled");
    place.audit(&["verify", "state/audit"]).ends(0);
}
