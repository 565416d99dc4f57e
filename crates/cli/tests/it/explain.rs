//! `gitoma policy explain`: the verdict of a call that is not made.

use crate::support::Place;

const POLICY: &str = "version: 1
global:
  rules:
    - { id: read-sources, effect: allow, capability: read, tools: [repo_read_file], paths: [\"src/**\"] }
    - { id: no-clients, effect: deny, tools: [\"*\"], paths: [\"src/client.rs\"], reason: ask the owner }
    - { id: ask-log, effect: ask, capability: read, tools: [git_log] }
";

/// What `explain` says of a call is what `call` does, by the same exit code.
#[test]
fn explain_equals_call() {
    let place = Place::new();
    let policy = place.file("policy.yaml", POLICY);
    for (arguments, exit) in [
        (&["repo_read_file", "--arg", "path=src/main.rs"][..], 0),
        (&["repo_read_file", "--arg", "path=src/client.rs"], 3),
        (&["repo_read_file", "--arg", "path=README.md"], 3),
        (&["repo_read_file", "--arg", "path=src/.env"], 3),
        (&["repo_read_file", "--arg", "path=../x"], 3),
        (&["git_log"], 4),
        (&["no_such_tool"], 2),
        (&["repo_read_file"], 2),
        (&["repo_read_file", "--args", "7"], 2),
        (&["git_log", "--principal", "nobody"], 3),
    ] {
        let tail = ["--policy", &policy, "--json"];
        let explained = place.on_web(&[&["policy", "explain"], arguments, &tail].concat()).ends(exit);
        let called = place.on_web(&[&["call"], arguments, &tail].concat()).ends(exit);
        if exit != 0 {
            let (explained, called) = (explained.json()["code"].clone(), called.json()["code"].clone());
            let same = explained == called || (explained == "default_deny" && called == "denied");
            assert!(same, "{arguments:?}: {explained} {called}");
        }
    }
}

#[test]
fn the_text_names_rules_misses_and_gates() {
    let place = Place::new();
    let policy = place.file("policy.yaml", POLICY);
    let explain = |path: &str| {
        let argument = format!("path={path}");
        let asked = ["policy", "explain", "repo_read_file", "--arg", &argument, "--policy", &policy];
        place.on_web(&asked)
    };
    let denied = explain("src/client.rs").ends(3).out;
    for expected in [
        "repo_read_file: denied (denied)\n",
        "by policy policy.yaml, digest ",
        "decided by\n  deny   no-clients (policy.yaml:5) on src/client.rs: ask the owner\n",
        "every rule that matches\n  deny   no-clients (policy.yaml:5)",
        "  allow  read-sources (policy.yaml:4)",
        "gates before the rules\n",
        "  open    built-in denylist",
    ] {
        assert!(denied.contains(expected), "{expected:?} in {denied}");
    }
    let unmatched = explain("README.md").ends(3).out;
    assert!(unmatched.contains("decided because\n  no rule allows it\n"), "{unmatched}");
    assert!(unmatched.contains("read-sources (policy.yaml:4) on README.md; differs in path"), "{unmatched}");
    let listed = explain("src/.env").ends(3).out;
    assert!(listed.contains("deny   builtin:env-file (built-in, no policy can lift it)"), "{listed}");
    assert!(listed.contains("  CLOSED  built-in denylist"), "{listed}");
    let confined = explain("../x").ends(3).out;
    assert!(confined.contains("path:"), "{confined}");
}

/// Whoever explains keeps the policy; the caller is told of no tool that they may never call.
#[test]
fn a_tool_that_is_hidden_is_explained_by_its_true_code() {
    let place = Place::new();
    let policy = place.file("policy.yaml", POLICY);
    let closed = place
        .file("closed.yaml", &format!("{POLICY}    - {{ id: stop, effect: deny, tools: [git_tags] }}\n"));
    let open = place.file(
        "open.yaml",
        "version: 1
global:
  rules:
    - { id: writes, effect: allow, capability: write, tools: [repo_write_file] }
repositories:
  web: { write: allow }
",
    );
    let write = ["--arg", "path=a", "--arg", "content=x", "--arg", "worktree=agent/x"];
    for (tool, arguments, policy, expected, gate, code, exit) in [
        (
            "git_tags",
            &[][..],
            &policy,
            "git_tags: denied (default_deny)",
            "no rule allows it",
            "unknown_tool",
            2,
        ),
        (
            "git_tags",
            &[],
            &closed,
            "git_tags: denied (denied)",
            "deny   stop (closed.yaml:7)",
            "unknown_tool",
            2,
        ),
        (
            "repo_write_file",
            &write,
            &policy,
            "denied (write_mode_off)",
            "CLOSED  write whitelist",
            "unknown_tool",
            2,
        ),
        // Whoever may write is told what is closed.
        (
            "repo_write_file",
            &write,
            &open,
            "denied (write_mode_off)",
            "open    write whitelist",
            "write_mode_off",
            3,
        ),
    ] {
        let tail = [arguments, &["--policy", policy.as_str()]].concat();
        let said = place.on_web(&[&["policy", "explain", tool][..], &tail].concat()).ends(3).out;
        assert!(said.contains(expected) && said.contains(gate), "{tool}: {said}");
        let called = place.on_web(&[&["call", tool, "--json"][..], &tail].concat()).ends(exit);
        assert_eq!(called.json()["code"], code, "{tool}");
        let tried = place
            .on_web(&[&["call", tool, "--restrict", "dry-run", "--json"][..], &tail].concat())
            .ends(exit);
        assert_eq!(tried.json()["code"], code, "{tool}");
    }
    let words = ["policy", "explain", "repo_write_file", "--policy", &open, "--write-mode", "on"];
    let on = place.on_web(&[&words[..], &write].concat()).ends(0).out;
    assert!(on.contains("allowed (allowed)"), "{on}");
}

#[test]
fn nothing_runs_and_one_entry_stays() {
    let place = Place::new();
    let said = place.on_web(&["policy", "explain", "git_log", "--json"]).ends(0);
    let verdict = said.json();
    assert_eq!(verdict["effect"], "allow");
    assert_eq!(verdict["explanation"]["decision"]["effect"], "allow");
    let entries = place.entries();
    let ours: Vec<_> = entries.iter().filter(|entry| entry["call_id"] == verdict["call_id"]).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert_eq!((place.kinds("intent"), place.kinds("outcome")), (0, 0));
}

#[test]
fn a_repository_is_needed() {
    let place = Place::new();
    let said = place.gitoma(&["policy", "explain", "git_log", "--state", "state"]).ends(2);
    assert!(said.err.contains("no repository is configured"), "{}", said.err);
}

/// The three gates of a write, each closed by itself, of a tool that this build does not even have.
#[test]
fn a_described_call_shows_each_gate_of_a_write() {
    let place = Place::new();
    let policy = |write: &str| {
        format!(
            "version: 1
global:
  rules:
    - {{ id: docs, effect: allow, capability: write, tools: [repo_write_file], paths: [\"docs/**\"] }}
repositories:
  web: {{ write: {write} }}
"
        )
    };
    place.named("open.yaml", &policy("allow"));
    place.named("closed.yaml", &policy("deny"));
    let explain = |policy: &str, mode: &str, path: &str| {
        let words = ["policy", "explain", "repo_write_file", "--describe", "--on", "web", "--path", path];
        place.gitoma(&[&words[..], &["--policy", policy, "--write-mode", mode]].concat())
    };
    let off = explain("open.yaml", "off", "docs/a").ends(3).out;
    assert!(off.contains("denied (write_mode_off)") && off.contains("CLOSED  write mode"), "{off}");
    assert!(off.contains("open    write whitelist"), "{off}");
    let unlisted = explain("closed.yaml", "on", "docs/a").ends(3).out;
    assert!(
        unlisted.contains("CLOSED  write whitelist") && unlisted.contains("open    write mode"),
        "{unlisted}"
    );
    let elsewhere = explain("open.yaml", "on", "src/a").ends(3).out;
    assert!(
        elsewhere.contains("denied (default_deny)") && elsewhere.contains("differs in path"),
        "{elsewhere}"
    );
    let open = explain("open.yaml", "on", "docs/a").ends(0).out;
    assert!(open.contains("allowed (allowed)") && open.contains("docs (open.yaml:4)"), "{open}");
    assert!(!place.path(".local").exists() && !place.path("state").exists(), "nothing is recorded");
    place.gitoma(&["policy", "explain", "no_such", "--describe", "--policy", "open.yaml"]).ends(2);
}

#[test]
fn what_is_only_observed_is_said_and_runs() {
    let place = Place::new();
    let shadow = place.named(
        "shadow.yaml",
        "version: 1
enforcement: shadow
global:
  rules:
    - { id: no-log, effect: deny, tools: [git_log] }
",
    );
    let explained = place.on_web(&["policy", "explain", "git_log", "--policy", &shadow]).ends(3).out;
    assert!(explained.contains("only observed: the policy is in shadow mode"), "{explained}");
    let called = place.on_web(&["call", "git_log", "--policy", &shadow]).ends(0);
    assert!(called.err.contains("the policy is in shadow mode"), "{}", called.err);
    assert!(place.gitoma(&["policy", "check", &shadow]).ends(0).out.contains("sound, in shadow mode"));
}

/// POL-13: a caller can only tighten.
#[test]
fn a_caller_gives_rights_up_and_never_gains_any() {
    let place = Place::new();
    let read = ["call", "repo_read_file", "--arg", "path=src/main.rs", "--restrict"];
    let with = |restriction: &str| place.on_web(&[&read[..], &[restriction]].concat());
    with("read-only").ends(0);
    with("repos=web").ends(0);
    assert!(with("repos=other").ends(3).err.contains("code: narrowed"));
    let key = ["call", "repo_read_file", "--arg", "path=server.pem", "--restrict", "repos=web"];
    assert!(place.on_web(&key).ends(3).err.contains("code: denied"));
    let entries = place.entries().len();
    let dry = with("dry-run").ends(0);
    assert!(dry.out.contains("repo_read_file: allowed"), "{}", dry.out);
    assert!(place.entries()[entries..].iter().any(|entry| entry["kind"] == "judged"));
    assert!(!place.entries()[entries..].iter().any(|entry| entry["kind"] == "intent"));
    let dry = place.on_web(&[&read[..], &["dry-run", "--json"]].concat()).ends(0).json();
    assert_eq!((&dry["executed"], &dry["code"]), (&serde_json::json!(false), &serde_json::json!("allowed")));
    let key = ["call", "repo_read_file", "--arg", "path=server.pem", "--restrict", "dry-run", "--json"];
    assert_eq!(place.on_web(&key).ends(3).json()["code"], "denied");
}

/// A restriction that cannot be read is refused by the gateway, with an entry, as at the other doors.
#[test]
fn a_bad_restriction_is_refused_and_recorded() {
    let place = Place::new();
    for command in [&["call"][..], &["policy", "explain"]] {
        let asked = ["repo_read_file", "--arg", "path=src/main.rs", "--restrict", "echo-me"];
        let said = place.on_web(&[command, &asked].concat()).ends(2);
        assert!(
            said.err.contains("code: bad_restriction") && said.err.contains("unknown element"),
            "{}",
            said.err
        );
        assert!(!said.err.contains("echo"), "{}", said.err);
        let last = place.entries().into_iter().rfind(|entry| entry["kind"] == "refusal").unwrap();
        assert_eq!((&last["code"], &last["tool"]), (&"bad_restriction".into(), &"repo_read_file".into()));
        assert!(!last.to_string().contains("echo"), "{last}");
    }
}
