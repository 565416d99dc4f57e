//! Single verdicts, one row each.

use serde_json::json;

use super::*;

/// Rules in short: they stand under `global` unless the text begins with another key.
fn policy(text: &str) -> PolicySet {
    match text.strip_prefix("---") {
        Some(whole) => load(&format!("version: 1\n{whole}")),
        None => load(&format!("version: 1\nglobal:\n  rules:\n{text}")),
    }
}

/// Asserts the code and the ids of the deciding rules.
#[track_caller]
fn check(text: &str, call: &Call, code: Code, rules: &[&str]) {
    let decision = policy(text).decide(&call.request());
    let decided: Vec<&str> = decision.reasons.iter().map(|reason| &*reason.rule).collect();
    assert_eq!((decision.code, decided.as_slice()), (code, rules), "{call:?}\n{text}");
    let effect = match code {
        Code::Allowed => Effect::Allow,
        Code::ApprovalRequired => Effect::Ask,
        _ => Effect::Deny,
    };
    assert_eq!(decision.effect, effect);
    assert_eq!(decision.obligations.contains(&Obligation::Redact), effect != Effect::Deny);
}

const READ: &str = "    - { id: read, effect: allow, tools: [\"*\"] }\n";

#[test]
fn denied_unless_allowed_and_the_strictest_wins() {
    let read = Call::to("repo_read_file").on("a/b", &["src/x"]);
    let with = |more: &str| format!("{READ}{more}");
    check("    - { id: log, effect: allow, tools: [git_log] }\n", &read, Code::DefaultDeny, &[]);
    check(READ, &read, Code::Allowed, &["read"]);
    check(
        &with("    - { id: q, effect: ask, tools: [\"repo_*\"] }\n"),
        &read,
        Code::ApprovalRequired,
        &["q"],
    );
    check(&with("    - { id: no, effect: deny, tools: [\"repo_*\"] }\n"), &read, Code::Denied, &["no"]);
    check(&with("    - { id: no, effect: deny, tools: [git_log] }\n"), &read, Code::Allowed, &["read"]);
    check(
        &with("    - { id: no, effect: deny, tools: [\"*\"], principals: [bot] }\n"),
        &read,
        Code::Allowed,
        &["read"],
    );
    check(
        &with("    - { id: no, effect: deny, tools: [\"*\"], roles: [x, agent] }\n"),
        &read,
        Code::Denied,
        &["no"],
    );
    check(
        &with("    - { id: no, effect: deny, tools: [\"*\"], transports: [http] }\n"),
        &read,
        Code::Allowed,
        &["read"],
    );
    check(
        &with("    - { id: no, effect: deny, tools: [\"*\"], transports: [http, mcp] }\n"),
        &read,
        Code::Denied,
        &["no"],
    );
    check(READ, &Call::to("a_tool_nobody_knows"), Code::Allowed, &["read"]);
}

#[test]
fn a_reason_says_where_and_on_which_path() {
    let set = policy(
        "    - id: all\n      effect: allow\n      tools: [\"*\"]\n    - id: no\n      effect: deny\n      tools: [\"*\"]\n      paths: [\"**/Secret\"]\n      reason: never shown\n",
    );
    let decision = set.decide(&Call::to("repo_read_files").on("a/b", &["x", "y/SECRET"]).request());
    let reason = &decision.reasons[0];
    assert_eq!((&*reason.source, reason.line, reason.column), ("p.yaml", 7, 7));
    assert_eq!(reason.path.as_deref(), Some("y/SECRET"));
    assert_eq!(reason.text.as_deref(), Some("never shown"));
    assert_eq!(decision.policy, set.digest());
}

#[test]
fn every_path_needs_an_allow_and_none_a_deny() {
    let text = "    - { id: src, effect: allow, tools: [\"*\"], paths: [\"src/**\"] }\n    - { id: doc, effect: allow, tools: [\"*\"], paths: [\"docs/**\"] }\n    - { id: key, effect: deny, tools: [\"*\"], paths: [\"**/*.Key\"] }\n";
    let read = |paths: &[&str]| Call::to("repo_read_files").on("a/b", paths);
    check(text, &read(&["src/a", "docs/b"]), Code::Allowed, &["src", "doc"]);
    check(text, &read(&["src/a", "etc/b"]), Code::DefaultDeny, &[]);
    check(text, &read(&["src/a", "src/b.KEY"]), Code::Denied, &["key"]);
    check(text, &read(&["etc/x", "src/b.key"]), Code::Denied, &["key"]);
    // An allow is exact, a deny is not.
    check(text, &read(&["SRC/a"]), Code::DefaultDeny, &[]);
    let kelvin = "    - { id: src, effect: allow, tools: [\"*\"] }\n    - { id: k, effect: deny, tools: [\"*\"], paths: [keys] }\n";
    check(kelvin, &read(&["\u{212A}ey\u{017F}"]), Code::Denied, &["k"]);
}

#[test]
fn what_is_not_known_restricts_and_does_not_grant() {
    let allow = "    - { id: src, effect: allow, tools: [\"*\"], paths: [\"src/**\"] }\n";
    let deny = &format!("{READ}    - {{ id: no, effect: deny, tools: [\"*\"], paths: [\"src/**\"] }}\n");
    let ask = &format!("{READ}    - {{ id: q, effect: ask, tools: [\"*\"], paths: [\"src/**\"] }}\n");
    let all = &format!("{READ}    - {{ id: no, effect: deny, tools: [\"*\"], paths: [\"**\"] }}\n");
    let none = Call::to("git_log").on("a/b", &[]);
    let found = Call::to("git_grep").discovering("a/b");
    check(allow, &none, Code::DefaultDeny, &[]);
    check(deny, &none, Code::Denied, &["no"]);
    check(ask, &none, Code::ApprovalRequired, &["q"]);
    check(deny, &Call::to("repo_list"), Code::Denied, &["no"]);
    check(allow, &found, Code::Allowed, &["src"]);
    check(deny, &found, Code::Allowed, &["read"]);
    check(ask, &found, Code::Allowed, &["read"]);
    check(all, &found, Code::Denied, &["no"]);
    let obligations = policy(allow).decide(&found.request()).obligations;
    assert_eq!(obligations, [Obligation::Redact, Obligation::JudgeDiscovered]);

    let refs = &format!("{READ}    - {{ id: no, effect: deny, tools: [\"*\"], refs: [\"release/*\"] }}\n");
    check(refs, &Call::to("git_log").on("a/b", &[]), Code::Denied, &["no"]);
    check(refs, &Call::to("git_log").on("a/b", &[]).reference("main"), Code::Allowed, &["read"]);
    check(refs, &Call::to("git_log").on("a/b", &[]).reference("Release/1"), Code::Denied, &["no"]);
    let main = "    - { id: main, effect: allow, tools: [\"*\"], refs: [main] }\n";
    check(main, &Call::to("git_log").on("a/b", &[]), Code::DefaultDeny, &[]);
    check(main, &Call::to("git_log").on("a/b", &[]).reference("main"), Code::Allowed, &["main"]);
}

#[test]
fn hosts_concern_calls_that_talk_to_one() {
    let text = &format!(
        "{READ}    - {{ id: no, effect: deny, tools: [\"*\"], hosts: [\"*.Evil.com\", bad.org] }}\n"
    );
    let to = |host: &str| Call::to("git_log").on("a/b", &[]).host(host);
    check(text, &Call::to("git_log").on("a/b", &[]), Code::Allowed, &["read"]);
    check(text, &to("good.org"), Code::Allowed, &["read"]);
    check(text, &to("evil.com"), Code::Allowed, &["read"]);
    check(text, &to(".evil.com"), Code::Allowed, &["read"]);
    check(text, &to("notevil.com"), Code::Allowed, &["read"]);
    check(text, &to("x.y.EVIL.com."), Code::Denied, &["no"]);
    check(text, &to("Bad.org"), Code::Denied, &["no"]);
    check(
        "    - { id: h, effect: allow, tools: [\"*\"], hosts: [\"*\"] }\n",
        &Call::to("repo_list"),
        Code::DefaultDeny,
        &[],
    );
}

#[test]
fn arguments_are_matched_as_declared() {
    let rule = |matcher: &str| {
        format!("{READ}    - {{ id: no, effect: deny, tools: [\"*\"], arguments: {matcher} }}\n")
    };
    let call = |arguments: Value| Call::to("git_log").on("a/b", &[]).arguments(&arguments);
    check(&rule("{ force: { equals: true } }"), &call(json!({ "force": true })), Code::Denied, &["no"]);
    check(&rule("{ force: { equals: true } }"), &call(json!({})), Code::Allowed, &["read"]);
    check(&rule("{ since: absent }"), &call(json!({})), Code::Denied, &["no"]);
    check(&rule("{ n: { range: { min: 10 } } }"), &call(json!({ "n": 10 })), Code::Denied, &["no"]);
    check(&rule("{ n: { range: { min: 10 } } }"), &call(json!({ "n": "10" })), Code::Denied, &["no"]);
    check(&rule("{ n: { range: { min: 10 } } }"), &call(json!({ "n": 9 })), Code::Allowed, &["read"]);
    check(
        &rule("{ b: { glob: \"Rel/*\" }, n: { one_of: [1, 2] } }"),
        &call(json!({ "b": "rel/x", "n": 2 })),
        Code::Denied,
        &["no"],
    );
    check(
        &rule("{ b: { glob: \"rel/*\" }, n: { one_of: [1, 2] } }"),
        &call(json!({ "b": "rel/x", "n": 3 })),
        Code::Allowed,
        &["read"],
    );
    check(&rule("{ b: { max_length: 3 } }"), &Call::to("git_log").on("a/b", &[]), Code::Denied, &["no"]);
    let allow = "    - { id: few, effect: allow, tools: [\"*\"], arguments: { n: { range: { max: 9 } } } }\n";
    check(allow, &call(json!({ "n": 9 })), Code::Allowed, &["few"]);
    check(allow, &call(json!({ "n": "9" })), Code::DefaultDeny, &[]);
    check(allow, &Call::to("git_log").on("a/b", &[]), Code::DefaultDeny, &[]);
}

const TEAM: &str = "---
global:
  rules:
    - { id: read, effect: allow, tools: [\"*\"], roles: [agent] }
    - { id: job, effect: allow, capability: automation, tools: [\"*\"] }
repositories:
  acme/web:
    write: allow
    rules:
      - { id: web-write, effect: allow, capability: write, tools: [\"*\"], paths: [\"docs/**\"] }
  acme/*:
    rules:
      - { id: acme-no-log, effect: deny, tools: [git_log] }
  open/*:
    write: allow
    rules:
      - { id: open-write, effect: allow, capability: write, tools: [repo_write_file] }
  open/closed: { write: deny }
  solo:
    rules:
      - { id: solo-ask, effect: ask, tools: [git_show] }
";

#[test]
fn repositories_add_rules_and_lift_none() {
    let log = |repo: &str| Call::to("git_log").on(repo, &[]);
    check(TEAM, &log("acme/web"), Code::Denied, &["acme-no-log"]);
    check(TEAM, &log("acme/api"), Code::Denied, &["acme-no-log"]);
    check(TEAM, &log("acme"), Code::Allowed, &["read"]);
    check(TEAM, &log("other/web"), Code::Allowed, &["read"]);
    check(TEAM, &Call::to("git_show").on("solo", &[]), Code::ApprovalRequired, &["solo-ask"]);
    // Another spelling may be the same repository: what restricts applies, what grants does not.
    check(TEAM, &log("Acme/Web"), Code::Denied, &["acme-no-log"]);
    let write = |repo: &str, path: &str| Call::to("repo_write_file").on(repo, &[path]);
    check(TEAM, &write("acme/web", "docs/a"), Code::Allowed, &["web-write"]);
    check(TEAM, &write("acme/web", "src/a"), Code::DefaultDeny, &[]);
    check(TEAM, &write("Acme/web", "docs/a"), Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &write("open/x", "a"), Code::Allowed, &["open-write"]);
    check(TEAM, &write("open/closed", "a"), Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &write("open/CLOSED", "a"), Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &write("acme/web", "docs/a").on("acme/api", &["x"]), Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &log("other/web").on("acme/web", &[]), Code::Denied, &["acme-no-log"]);
}

#[test]
fn the_first_closed_gate_is_named() {
    let narrow = |mut call: Call, read_only: bool, repositories: Option<&[&str]>| {
        let repositories = repositories.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        call.narrowing = Narrowing { read_only, repositories };
        call
    };
    let off = |mut call: Call| {
        call.write_mode = WriteMode::Off;
        call
    };
    let write = Call::to("repo_write_file").on("acme/web", &["docs/a"]);
    let elsewhere = Call::to("repo_write_file").on("acme/api", &[".env"]);
    let job = Call::to("job_start").on("acme/web", &[]);
    check(TEAM, &narrow(off(write.clone()), true, None), Code::Narrowed, &[]);
    check(TEAM, &narrow(write.clone(), false, Some(&[])), Code::Narrowed, &[]);
    check(TEAM, &narrow(write.clone(), false, Some(&["acme/web"])), Code::Allowed, &["web-write"]);
    check(TEAM, &narrow(Call::to("repo_list"), true, Some(&[])), Code::Allowed, &["read"]);
    check(TEAM, &narrow(job.clone(), true, None), Code::Narrowed, &[]);
    check(TEAM, &job, Code::CapabilityDisabled, &[]);
    check(&TEAM.replacen("---", "---\nautomation: allow", 1), &job, Code::Allowed, &["job"]);
    check(TEAM, &off(write), Code::WriteModeOff, &[]);
    check(TEAM, &off(elsewhere.clone()), Code::WriteModeOff, &[]);
    check(TEAM, &elsewhere, Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &Call::to("repo_write_file"), Code::RepositoryNotWhitelisted, &[]);
    check(TEAM, &Call::to("repo_write_file").on("acme/web", &[".env", "../x"]), Code::BadRequest, &[]);
}

#[test]
fn the_denylist_comes_before_the_rules_and_no_rule_lifts_it() {
    let read = |path: &str| Call::to("repo_read_file").on("acme/web", &[path]);
    check(TEAM, &read("a/.ENV.local"), Code::PathDenied, &["builtin:env-file"]);
    check(TEAM, &read(".git/config"), Code::PathDenied, &["builtin:git-directory"]);
    check(TEAM, &read(".github/workflows/ci.yml"), Code::Allowed, &["read"]);
    let ci = Call::to("repo_write_file").on("open/x", &["a", ".github/workflows/ci.yml"]);
    check(TEAM, &ci, Code::PathDenied, &["builtin:github-workflows"]);
    let decision = policy(TEAM).decide(&ci.request());
    let reason = &decision.reasons[0];
    assert_eq!(
        (&*reason.source, reason.line, reason.path.as_deref()),
        ("built-in", 0, Some(".github/workflows/ci.yml"))
    );
    // each rule once, with the first path that it refuses
    let several =
        Call::to("repo_read_files").on("open/x", &["a", ".env", ".git/config", "b/.env", ".git/HEAD"]);
    check(TEAM, &several, Code::PathDenied, &["builtin:env-file", "builtin:git-directory"]);
    let decision = policy(TEAM).decide(&several.request());
    let paths: Vec<_> = decision.reasons.iter().map(|reason| reason.path.as_deref()).collect();
    assert_eq!(paths, [Some(".env"), Some(".git/config")]);
}

#[test]
fn what_cannot_be_judged_is_denied() {
    let long = "x".repeat(5_000);
    for path in [
        "", "/", "/a", "a/", "a//b", ".", "./a", "a/./b", "..", "a/..", "a\\b", "a\0b", "a\nb", "a\u{7F}b",
        "a\u{85}b", &long,
    ] {
        check(READ, &Call::to("repo_read_files").on("a/b", &["ok", path]), Code::BadRequest, &[]);
    }
    for path in ["a", "...", "a b", "-a", "~", "a:b", "é", ".hidden", "[slug].tsx"] {
        check(READ, &Call::to("repo_read_files").on("a/b", &[path]), Code::Allowed, &["read"]);
    }
    check(READ, &Call::to("git_log").on("", &[]), Code::BadRequest, &[]);
    check(READ, &Call::to("git_log").on("a\u{7}", &[]), Code::BadRequest, &[]);
    check(READ, &Call::to("git_log").on("a/b", &[]).reference(""), Code::BadRequest, &[]);
    check(READ, &Call::to("git_log").on("a/b", &[]).reference(&long), Code::BadRequest, &[]);
    check(READ, &Call::to("git_log").on("a/b", &[]).host("\n"), Code::BadRequest, &[]);
    let many = vec!["a"; crate::normal::MOST_PATHS];
    check(READ, &Call::to("repo_read_files").on("a/b", &many), Code::Allowed, &["read"]);
    check(READ, &Call::to("repo_read_files").on("a/b", &many).on("a/c", &["b"]), Code::BadRequest, &[]);
}

#[test]
fn tool_lists_show_what_could_be_called() {
    let set = policy(TEAM);
    let ever = |set: &PolicySet, role: &str, tool: &str, write_mode: WriteMode| {
        let roles: [Arc<str>; 1] = [role.into()];
        let subject = Subject { principal: "agent", roles: &roles, transport: Transport::Mcp };
        set.may_ever(&subject, tool, catalogue().capability(tool).expect("known"), write_mode)
    };
    assert!(ever(&set, "agent", "git_log", WriteMode::Off));
    assert!(!ever(&set, "stranger", "git_log", WriteMode::Off));
    assert!(ever(&set, "stranger", "git_show", WriteMode::Off), "one repository asks");
    assert!(ever(&set, "agent", "repo_write_file", WriteMode::On));
    assert!(ever(&set, "agent", "git_push_branch", WriteMode::On));
    assert!(!ever(&set, "agent", "repo_write_file", WriteMode::Off));
    assert!(!ever(&set, "agent", "job_start", WriteMode::On));
    let default = PolicySet::built_in(&Catalogue::built_in()).expect("the default policy");
    for (tool, capability) in Catalogue::built_in().iter() {
        assert_eq!(ever(&default, "agent", tool, WriteMode::On), capability == Capability::Read, "{tool}");
        assert!(!ever(&default, "stranger", tool, WriteMode::On), "{tool}");
    }
    let local = "---\nrepositories:\n  a/b:\n    rules:\n      - { id: yes, effect: allow, tools: [\"*\"] }\n      - { id: no, effect: deny, tools: [git_log] }\n";
    assert!(ever(&policy(local), "agent", "git_show", WriteMode::Off));
    assert!(
        !ever(&policy(local), "agent", "git_log", WriteMode::Off),
        "the one repository that allows it denies it"
    );
    let closed = policy(&format!(
        "{READ}    - {{ id: no, effect: deny, tools: [git_log], paths: [\"**\"] }}\n    - {{ id: some, effect: deny, tools: [git_show], paths: [x] }}\n"
    ));
    assert!(!ever(&closed, "agent", "git_log", WriteMode::Off));
    assert!(ever(&closed, "agent", "git_show", WriteMode::Off));
}

#[test]
fn a_shadow_policy_says_the_truth_of_reads_and_enforces_everything_else() {
    let policy = |enforcement: &str| {
        load(&format!(
            "version: 1
enforcement: {enforcement}
automation: allow
global:
  rules:
    - {{ id: log, effect: allow, tools: [git_log] }}
    - {{ id: ask, effect: ask, tools: [git_show] }}
    - {{ id: no, effect: deny, tools: [git_diff, repo_write_file, job_start] }}
repositories:
  a/x: {{ write: allow }}
"
        ))
    };
    let (enforced, shadow) = (policy("enforce"), policy("shadow"));
    assert_ne!(enforced.digest(), shadow.digest());
    let off = |mut call: Call| {
        call.write_mode = WriteMode::Off;
        call
    };
    let narrowed = |mut call: Call| {
        call.narrowing.repositories = Some(vec!["a/y".to_owned()]);
        call
    };
    // The call, the code that both give, and whether the shadow policy carries it out.
    let table = [
        (Call::to("git_log").on("a/x", &[]), Code::Allowed, true),
        (Call::to("git_show").on("a/x", &[]), Code::ApprovalRequired, false),
        (Call::to("git_diff").on("a/x", &[]), Code::Denied, false),
        (Call::to("git_grep").discovering("a/x"), Code::DefaultDeny, false),
        (Call::to("repo_read_file").on("a/x", &[".env"]), Code::PathDenied, true),
        (Call::to("repo_read_file").on("a/x", &["../x"]), Code::BadRequest, true),
        (narrowed(Call::to("git_diff").on("a/x", &[])), Code::Narrowed, true),
        (off(Call::to("repo_write_file").on("a/x", &["f"])), Code::WriteModeOff, true),
        (Call::to("repo_write_file").on("a/y", &["f"]), Code::RepositoryNotWhitelisted, true),
        (Call::to("repo_write_file").on("a/x", &["f"]), Code::Denied, true),
        (Call::to("job_start").on("a/x", &[]), Code::Denied, true),
        (Call::to("repo_edit_file").on("a/x", &["f"]), Code::DefaultDeny, true),
    ];
    for (call, code, carried_out) in table {
        let (strict, lenient) = (enforced.decide(&call.request()), shadow.decide(&call.request()));
        assert_eq!((strict.code, strict.enforced), (code, true), "{call:?}");
        assert_eq!((lenient.code, lenient.effect), (code, strict.effect), "{call:?}");
        assert_eq!(lenient.enforced, carried_out, "{call:?}");
        assert_eq!(lenient.may_run(), code == Code::Allowed || !carried_out, "{call:?}");
        // What runs is redacted, and what it finds is judged.
        assert_eq!(lenient.obligations.contains(&crate::Obligation::Redact), lenient.may_run(), "{call:?}");
    }
}

/// A deny on `main` and an allow on `main`, met by each spelling of a reference as a tool states it.
#[test]
fn a_spelling_that_only_the_repository_knows_is_denied_and_not_allowed() {
    let catalogue = Catalogue::built_in();
    let deny = format!("{READ}    - {{ id: no, effect: deny, tools: [git_log], refs: [main] }}\n");
    let allow = "    - { id: yes, effect: allow, tools: [git_log], refs: [\"**\"] }\n";
    let table = [
        ("main", Code::Denied, Code::Allowed),
        ("refs/heads/main", Code::Denied, Code::Allowed),
        ("other", Code::Allowed, Code::Allowed),
        ("refs/heads/my_head", Code::Allowed, Code::Allowed),
        ("HEAD", Code::Denied, Code::DefaultDeny),
        ("main-worktree/HEAD", Code::Denied, Code::DefaultDeny),
        ("worktrees/w/head", Code::Denied, Code::DefaultDeny),
        ("origin/HEAD", Code::Denied, Code::DefaultDeny),
        ("refs/remotes/origin/HEAD~1", Code::Denied, Code::DefaultDeny),
        ("FETCH_HEAD", Code::Denied, Code::DefaultDeny),
        ("orig_head", Code::Denied, Code::DefaultDeny),
        ("worktrees/w/MERGE_HEAD", Code::Denied, Code::DefaultDeny),
    ];
    for (reference, denied, allowed) in table {
        let access = Access { reference: Some(reference.to_owned()), ..Access::repository("a/b") };
        let mut call = Call::to("git_log");
        call.accesses = catalogue.describe("git_log", Some(&access));
        let code = |text: &str| policy(text).decide(&call.request()).code;
        assert_eq!((code(&deny), code(allow)), (denied, allowed), "{reference}");
    }
}
