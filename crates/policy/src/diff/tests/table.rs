//! Pairs written by hand, with the lines that people read.

use super::*;

/// The lines for two policies without their `version`.
fn lines(before: &str, after: &str) -> Vec<String> {
    let text = |body: &str| format!("version: 1\n{body}");
    let (before, after) = (load("a.yaml", &text(before)), load("b.yaml", &text(after)));
    compare(&before, &after).to_string().lines().map(str::to_owned).collect()
}

const READ: &str = "global:
  rules:
    - { id: read, effect: allow, tools: [\"*\"], roles: [agent] }
";
const PEM: &str = "    - { id: no-pem, effect: deny, tools: [repo_read_file], paths: [\"**/*.pem\"] }\n";
const ASK: &str = "    - { id: ask, effect: ask, tools: [git_log], transports: [http] }\n";
const WRITE: &str = "repositories:
  acme/web:
    write: allow
    rules:
      - { id: docs, effect: allow, capability: write, tools: [repo_write_file], roles: [agent], paths: [\"docs/**\"] }
";

#[test]
fn each_change_is_a_line() {
    let with = |more: &str| format!("{READ}{more}");
    let table: [(String, String, &[&str]); 11] = [
        (with(""), with(""), &[]),
        (
            with(""),
            with(WRITE),
            &[
                "+ allow  repo_write_file on acme/web, paths like docs/example, for role agent: now allowed by docs (b.yaml:9), was repository_not_whitelisted",
            ],
        ),
        (
            with(WRITE),
            with(""),
            &[
                "- deny   repo_write_file on acme/web, paths like docs/example, for role agent: now repository_not_whitelisted, was allowed by docs (a.yaml:9)",
            ],
        ),
        (
            with(PEM),
            with(""),
            &[
                "+ allow  repo_read_file on any repository, paths like example.pem, for role agent: now allowed by read (b.yaml:4), was denied by no-pem (a.yaml:5)",
            ],
        ),
        (
            with(""),
            with(PEM),
            &[
                "- deny   repo_read_file on any repository, paths like example.pem, for role agent: now denied by no-pem (b.yaml:5), was allowed by read (a.yaml:4)",
            ],
        ),
        (
            with(""),
            with(ASK),
            &[
                "+ ask    git_log on any repository, over http: now asked for by ask (b.yaml:5), was default_deny",
                "- ask    git_log on any repository, for role agent, over http: now asked for by ask (b.yaml:5), was allowed by read (a.yaml:4)",
            ],
        ),
        // The rule is there in both, and only its repository's spelling, or its name and place, is another.
        (with(WRITE), with(&WRITE.replace("id: docs", "id: renamed")), &[]),
        (
            with(WRITE),
            with(&WRITE.replace("acme/web", "Acme/web")),
            &[
                "+ allow  repo_write_file on Acme/web, paths like docs/example, for role agent: now allowed by docs (b.yaml:9), was repository_not_whitelisted",
                "- deny   repo_write_file on acme/web, paths like docs/example, for role agent: now repository_not_whitelisted, was allowed by docs (a.yaml:9)",
            ],
        ),
        (
            with(""),
            format!("enforcement: shadow\nautomation: allow\n{READ}"),
            &[
                "~ switch automation: now allow, was deny",
                "+ switch enforcement: now shadow, was enforce; reads that the rules deny run all the same",
            ],
        ),
        (
            format!("redact:\n  patterns:\n    - {{ id: ticket, pattern: \"T-[0-9]+\" }}\n{READ}"),
            with(""),
            &["~ redact ticket: no longer redacted"],
        ),
        (
            format!("redact:\n  names: [db_conn]\n  block: [private-key]\n{READ}"),
            format!(
                "redact:\n  names: [house_key]\n  allow:\n    - {{ id: one, fingerprint: \"sha256:{}\" }}\n{READ}",
                "0".repeat(64)
            ),
            &[
                "~ redact db_conn: no longer redacted",
                "~ redact private-key: what it finds no longer blocks a result, and is redacted",
                "~ redact house_key: redacted from now on",
                "~ redact one: a value shows from now on",
            ],
        ),
    ];
    for (before, after, expected) in table {
        assert_eq!(lines(&before, &after), expected, "{before}\n{after}");
    }
}

#[test]
fn another_case_is_another_call() {
    let with = |more: &str| {
        format!(
            "global:\n  rules:\n    - {{ id: one, effect: allow, tools: [git_blame], paths: [\"ab\"] }}\n{more}"
        )
    };
    let ask = "    - { id: ask, effect: ask, tools: [git_blame], paths: [\"ab\"] }\n";
    let found = lines(&with(""), &with(ask));
    // What asks looks at either case, what allows at its own: to the one this is stricter, to the other less strict.
    assert!(
        found.iter().any(|line| line.starts_with("- ask    git_blame on any repository, paths like ab:")),
        "{found:#?}"
    );
    let widened = found.iter().find(|line| line.starts_with('+')).expect("a widening");
    let other = ["aB", "Ab", "AB"].iter().any(|path| widened.contains(&format!("paths like {path}:")));
    assert!(other, "{widened}");
}

#[test]
fn what_the_denylist_refuses_is_no_change() {
    let with = |glob: &str| {
        format!("{READ}    - {{ id: deny, effect: deny, tools: [repo_read_file], paths: [\"{glob}\"] }}\n")
    };
    for listed in [".env", "**/.git/**", ".env.*", "**/id_rsa", ".aws/credentials", "**/.Ssh/a"] {
        let found = lines(&with(listed), &with("none"));
        assert!(
            found.iter().all(|line| line.contains("none") || !line.contains("paths like")),
            "{listed}: {found:?}"
        );
        assert!(!found.iter().any(|line| line.starts_with('+')), "{listed}: {found:?}");
    }
    for (open, path) in [
        (".env*", ".env"),
        ("id_rsa.*", "id_rsa.pub"),
        ("id_rsa.b*", "id_rsa.b.pub"),
        (".aws/*", ".aws/"),
        ("**/.kube/*", ".kube/"),
    ] {
        let found = lines(&with(open), &with("none"));
        assert!(found.iter().any(|line| line.starts_with('+') && line.contains(path)), "{open}: {found:?}");
    }
}

#[test]
fn a_bound_that_is_met_is_said_and_counts() {
    let (before, after) = (format!("version: 1\n{READ}{PEM}"), format!("version: 1\n{READ}"));
    let (before, after) = (load("a.yaml", &before), load("b.yaml", &after));
    let found = diff(&before, &after, &catalogue(), Bounds { steps: 8 });
    assert!(found.widened.is_empty() && found.is_widening());
    assert_eq!(
        found.to_string().lines().next(),
        Some(
            "? undetermined  repo_read_file on any repository: too many combinations to compare; raise the bound, or make the change smaller"
        )
    );
    // What can only be stricter is no widening, however little is looked at.
    let found = diff(&after, &before, &catalogue(), Bounds { steps: 8 });
    assert!(!found.is_widening() && found.tightened_is_partial);
}

#[test]
fn what_the_bound_leaves_no_room_to_set_up_is_undetermined_as_a_whole() {
    let mut own = String::from("repositories:\n");
    for at in 0..40 {
        own.push_str(&format!(
            "  acme/r{at}:\n    rules:\n      - {{ id: own-{at}, effect: deny, tools: [repo_read_file], paths: [\"p{at}/**\"] }}\n"
        ));
    }
    let text = |global: &str| format!("version: 1\n{READ}{global}{own}");
    let (closed, open) = (load("a.yaml", &text(PEM)), load("b.yaml", &text("")));
    assert!(compare(&closed, &open).undetermined.is_empty());
    let found = diff(&closed, &open, &catalogue(), Bounds { steps: 1_000 });
    let [undetermined] = found.undetermined.as_slice() else { panic!("{found}") };
    assert!(undetermined.tools.is_empty() && undetermined.more_repositories > 0, "{found}");
    assert!(undetermined.to_string().starts_with("undetermined  all tools on acme/r"), "{undetermined}");
    // What no repository of its own can make less strict needs no room.
    assert!(!diff(&open, &closed, &catalogue(), Bounds { steps: 1_000 }).is_widening());
}

#[test]
fn paths_are_not_told_where_every_one_is_concerned() {
    let with = |more: &str| format!("{READ}{more}");
    let all = "    - { id: all, effect: allow, tools: [git_blame], roles: [ops], paths: [\"**\"] }\n";
    let line = |found: Vec<String>| found.into_iter().next().expect("a line");
    let found = line(lines(&with(""), &with(all)));
    assert!(found.starts_with("+ allow  git_blame on any repository, any path, for role ops: "), "{found}");
    // Another rule for these calls leaves some paths out.
    let deny = "    - { id: deny, effect: deny, tools: [git_blame], paths: [\"secret/**\"] }\n";
    let found = line(lines(&with(deny), &with(&format!("{deny}{all}"))));
    assert!(found.contains(", paths like example, for role ops: "), "{found}");
    // Or one repository's does.
    let own = "repositories:\n  acme/web:\n    rules:\n      - { id: own, effect: deny, tools: [git_blame], paths: [\"b*\"] }\n";
    let found = line(lines(&with(own), &with(&format!("{all}{own}"))));
    assert!(found.contains(", paths like example, for role ops: "), "{found}");
}

#[test]
fn a_shadow_policy_that_allows_every_read_widens_nothing() {
    let text = "version: 1\nenforcement: enforce\nglobal:\n  rules:\n    - { id: all, effect: allow, tools: [\"*\"] }\n";
    let (before, after) =
        (load("a.yaml", text), load("b.yaml", &text.replace("enforcement: enforce", "enforcement: shadow")));
    assert!(!compare(&before, &after).is_widening());
}
