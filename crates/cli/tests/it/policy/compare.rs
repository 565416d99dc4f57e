//! `gitoma policy diff`, `replay` and `who-can`.

use crate::support::Place;

const BEFORE: &str = "version: 1
global:
  rules:
    - { id: read, effect: allow, tools: [\"*\"], roles: [agent] }
    - { id: no-keys, effect: deny, tools: [repo_read_file], paths: [\"**/*.pem\"] }
";

fn after() -> String {
    BEFORE.replace("**/*.pem", "secrets/**")
}

#[test]
fn a_diff_lists_what_became_wider_and_can_fail_for_it() {
    let place = Place::new();
    let (a, b) = (place.named("a.yaml", BEFORE), place.named("b.yaml", &after()));
    let said = place.gitoma(&["policy", "diff", &a, &b]).ends(0);
    let lines: Vec<&str> = said.out.lines().collect();
    let [wider, stricter, sum] = lines.as_slice() else { panic!("{}", said.out) };
    assert!(wider.starts_with("+ allow  repo_read_file on any repository, paths like "), "{wider}");
    assert!(wider.contains("was denied by no-keys (a.yaml:5)"), "{wider}");
    assert!(
        stricter.starts_with("- deny   repo_read_file") && stricter.contains("no-keys (b.yaml:5)"),
        "{stricter}"
    );
    assert_eq!(*sum, "1 change less strict, 1 change stricter");
    place.gitoma(&["policy", "diff", &a, &b, "--fail-on-widening"]).ends(1);
    let same = place.gitoma(&["policy", "diff", &a, &a, "--fail-on-widening"]).ends(0);
    assert_eq!(same.out, "nothing became less strict, 0 changes stricter\n");
    let json = place.gitoma(&["policy", "diff", "--json", &a, &b]).ends(0).json();
    assert_eq!((&json["widens"], &json["widened"][0]["from"]["code"]), (&true.into(), &"denied".into()));
}

#[test]
fn a_diff_fails_where_something_is_only_tightened_or_not_readable() {
    let place = Place::new();
    let tighter = format!("{BEFORE}    - {{ id: no-log, effect: deny, tools: [git_log] }}\n");
    let (a, b) = (place.named("a.yaml", BEFORE), place.named("b.yaml", &tighter));
    let said = place.gitoma(&["policy", "diff", &a, &b, "--fail-on-widening"]).ends(0);
    assert!(said.out.ends_with("nothing became less strict, 1 change stricter\n"), "{}", said.out);
    let faulty = place.named("c.yaml", "version: 1\nglobl: {}\n");
    assert!(place.gitoma(&["policy", "diff", &a, &faulty]).ends(1).err.contains("c.yaml:2:1"));
    place.gitoma(&["policy", "diff", &a, "gone.yaml"]).ends(2);
}

/// POL-15: what is listed is what the same calls, made anew under the candidate, come to.
#[test]
fn a_replay_lists_the_calls_that_would_change_and_says_what_it_cannot_know() {
    let place = Place::new();
    place.file("web/secret.txt", "x\n");
    for path in ["server.pem", "src/main.rs"] {
        place.on_web(&["call", "repo_read_file", "--arg", &format!("path={path}")]);
    }
    place.on_web(&["call", "git_log", "--arg", "max_count=3"]).ends(0);
    let audit = place.path("state/audit").to_str().unwrap().to_owned();

    let same = place.named("same.yaml", include_str!("../../../../../policies/default.yaml"));
    let said = place.gitoma(&["policy", "replay", "--audit", &audit, "--candidate", &same]).ends(0);
    assert_eq!(said.out, "0 calls would change, 0 cannot be determined, 3 unchanged\n");

    let candidate = place.named(
        "candidate.yaml",
        "version: 1
global:
  rules:
    - { id: read, effect: allow, tools: [repo_read_file, git_log] }
    - { id: no-sources, effect: deny, tools: [repo_read_file], paths: [\"src/**\"] }
    - { id: short, effect: deny, tools: [git_log], arguments: { max_count: { range: { min: 2 } } } }
",
    );
    let said = place.gitoma(&["policy", "replay", "--audit", &audit, "--candidate", &candidate]).ends(3);
    assert!(
        said.out.contains("web:server.pem\n  deny -> allow (allowed) by read (candidate.yaml:4)"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("web:src/main.rs\n  allow -> deny (denied) by no-sources (candidate.yaml:5)"),
        "{}",
        said.out
    );
    // No rule read the argument when the call was made, so its value is not on the record.
    assert!(said.out.contains("undeterminable: the policy reads argument `max_count`"), "{}", said.out);
    assert!(
        said.out.ends_with("2 calls would change, 1 cannot be determined, 0 unchanged\n"),
        "{}",
        said.out
    );
    let anew = place.on_web(&["call", "repo_read_file", "--arg", "path=server.pem", "--policy", &candidate]);
    anew.ends(0);
    let anew = place.on_web(&["call", "repo_read_file", "--arg", "path=src/main.rs", "--policy", &candidate]);
    anew.ends(3);

    // Now a rule has read it, and it is.
    place.on_web(&["call", "git_log", "--arg", "max_count=5", "--policy", &candidate]).ends(3);
    let looser = place.named("looser.yaml", "version: 1\nglobal:\n  rules:\n    - { id: short, effect: allow, tools: [\"*\"], arguments: { max_count: { range: { max: 9 } } } }\n");
    let said =
        place.gitoma(&["policy", "replay", "--json", "--audit", &audit, "--candidate", &looser]).ends(3);
    let lines: Vec<serde_json::Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines
            .iter()
            .any(|line| line["recorded"]["effect"] == "deny" && line["decision"]["effect"] == "allow"),
        "{}",
        said.out
    );
    assert_eq!(lines.last().unwrap()["unreadable"], 0);
}

#[test]
fn a_replay_of_a_changed_log_says_which_line_is_none() {
    let place = Place::new();
    place.on_web(&["call", "git_log"]).ends(0);
    let log = place.log();
    let text =
        String::from_utf8(place.read(&log)).unwrap().replacen("\"kind\":\"intent\"", "\"kind\":\"inten\"", 1);
    place.file(log.to_str().unwrap(), &text);
    let candidate = place.named("a.yaml", BEFORE);
    let audit = place.path("state/audit").to_str().unwrap().to_owned();
    let said = place.gitoma(&["policy", "replay", "--audit", &audit, "--candidate", &candidate]).ends(1);
    assert!(said.err.contains("is no audit entry"), "{}", said.err);
    place.gitoma(&["policy", "replay", "--audit", "nowhere", "--candidate", &candidate]).ends(2);
}

#[test]
fn who_can_answers_for_the_principals_of_the_configuration_or_of_the_policy() {
    let place = Place::new();
    let file = place.named("policy.yaml", BEFORE);
    let said = place.gitoma(&["policy", "who-can", "repo_read_file", "web", "--policy", &file]).ends(0);
    assert_eq!(
        said.out,
        "anyone with the role agent: may; by rule `read` (policy.yaml:4); denied by rule `no-keys` (policy.yaml:5) for paths **/*.pem\n"
    );
    let with_path = ["policy", "who-can", "repo_read_file", "web", "--policy", &file, "--path", "a/b.pem"];
    assert_eq!(place.gitoma(&with_path).ends(0).out, "nobody\n");
    let config = place.named(
        "gitoma.yaml",
        "state: state\npolicy: policy.yaml\nprincipals:\n  - { name: ada, roles: [agent] }\n  - { name: eve, roles: [auditor] }\n",
    );
    let said = place.gitoma(&["policy", "who-can", "git_log", "web", "--config", &config, "--json"]).ends(0);
    let holders = said.json()["holders"].clone();
    assert_eq!(holders.as_array().map(Vec::len), Some(1), "{holders}");
    assert_eq!(holders[0]["subject"]["principal"], "ada");
    place.gitoma(&["policy", "who-can", "git_lgo", "web", "--policy", &file]).ends(2);
}
