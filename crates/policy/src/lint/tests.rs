mod bounds;

use super::*;

fn source(text: &str) -> Source<'_> {
    Source { name: "p.yaml", text }
}

/// The product's tools, one of them with the schemas of its arguments.
fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    let arguments = serde_json::json!({
        "count": { "type": "integer" },
        "path": { "type": ["string", "null"] },
        "side": { "enum": ["old", "new", null] },
        "mode": { "anyOf": [{ "const": "fast" }, { "type": "boolean" }] },
        "any": { "$ref": "#/$defs/any" },
    });
    let arguments = arguments.as_object().expect("a map");
    catalogue.insert_with_schemas("repo_info", crate::Capability::Read, arguments);
    catalogue.insert_with_arguments("repo_tree", crate::Capability::Read, ["count"]);
    catalogue
}

fn checked(text: &str) -> Checked {
    let known = Known {
        principals: Some(vec!["agent".into()]),
        roles: Some(vec!["agent".into()]),
        repositories: None,
    };
    check(source(text), &catalogue(), &known).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const READ: &str = "    - { id: read, effect: allow, tools: [\"*\"] }\n";

/// Each row: what is planted, the rules under `global` (or, after `---`, the whole file), and all that is found:
/// severity, kind, line and column.
#[test]
fn each_planted_defect_is_found_at_its_place() {
    use Kind::*;
    use Severity::{Error, Warning};
    type Row<'a> = (&'a str, String, &'a [(Severity, Kind, u32, u32)]);
    let one = |rule: &str| format!("    - {{ {rule} }}\n");
    let two = |a: &str, b: &str| format!("{}{}", one(a), one(b));
    let read = |rule: &str| format!("{READ}{}", one(rule));
    let table: Vec<Row<'_>> = vec![
        ("nothing", READ.to_owned(), &[]),
        ("a deny that leaves something", read("id: d, effect: deny, tools: [git_show], paths: [x]"), &[]),
        (
            "a deny by prefix",
            two("id: a, effect: allow, tools: [git_show, git_log]", "id: d, effect: deny, tools: [\"git_*\"]"),
            &[(Warning, UnreachableRule, 5, 7)],
        ),
        (
            "an ask beneath a deny",
            two("id: a, effect: ask, tools: [git_show]", "id: d, effect: deny, tools: [git_show]"),
            &[(Warning, UnreachableRule, 5, 7)],
        ),
        (
            "a deny in another case and wider",
            two(
                "id: a, effect: allow, tools: [repo_read_file], paths: [Src/Keys/a.pem]",
                "id: d, effect: deny, tools: [repo_read_file], paths: [\"src/**\"]",
            ),
            &[(Error, UnreachableRule, 4, 7)],
        ),
        (
            "a deny of each path that is found",
            two(
                "id: a, effect: allow, tools: [git_grep], paths: [\"src/a/**\"]",
                "id: d, effect: deny, tools: [git_grep], paths: [\"src/**\"]",
            ),
            &[(Warning, UnreachableRule, 4, 7)],
        ),
        (
            "a deny for others only",
            two(
                "id: a, effect: allow, tools: [git_show], roles: [agent]",
                "id: d, effect: deny, tools: [git_show], principals: [agent]",
            ),
            &[],
        ),
        (
            "a deny with an argument that the allow has too",
            two(
                "id: a, effect: allow, tools: [git_show], arguments: { n: { equals: 1 } }",
                "id: d, effect: deny, tools: [git_show], arguments: { n: { range: { max: 2 } } }",
            ),
            &[(Error, UnreachableRule, 4, 7)],
        ),
        (
            "a global deny over a repository",
            "---global:\n  rules:\n    - { id: d, effect: deny, tools: [git_show] }\nrepositories:\n  a/b:\n    rules:\n      - { id: a, effect: allow, tools: [git_show] }\n".to_owned(),
            &[(Warning, UnreachableRule, 4, 7)],
        ),
        (
            "an owner's deny over a repository",
            "---repositories:\n  A/*:\n    rules:\n      - { id: d, effect: deny, tools: [git_show] }\n  a/b:\n    rules:\n      - { id: a, effect: allow, tools: [git_show] }\n".to_owned(),
            &[(Warning, UnreachableRule, 5, 9)],
        ),
        (
            "a repository's deny over another's allow",
            "---repositories:\n  a/c:\n    rules:\n      - { id: d, effect: deny, tools: [git_show] }\n  a/b:\n    rules:\n      - { id: a, effect: allow, tools: [git_show] }\n".to_owned(),
            &[],
        ),
        ("a switch", read("id: stop, effect: deny, tools: [\"*\"]"), &[(Warning, UnreachableRule, 5, 7)]),
        (
            "a switch for one role",
            two(
                "id: a, effect: allow, tools: [git_show], roles: [agent]",
                "id: stop, effect: deny, tools: [\"*\"], roles: [agent]",
            ),
            &[(Warning, UnreachableRule, 5, 7)],
        ),
        (
            "automation that is off",
            one("id: a, effect: allow, capability: automation, tools: [\"*\"]"),
            &[(Warning, UnreachableRule, 4, 7)],
        ),
        (
            "automation that is on",
            format!("---automation: allow\nglobal:\n  rules:\n{}", one("id: a, effect: allow, capability: automation, tools: [\"*\"]")),
            &[],
        ),
        (
            "an ask over an allow",
            two("id: a, effect: allow, tools: [git_show]", "id: q, effect: ask, tools: [\"git_*\"]"),
            &[(Warning, NeverDecides, 4, 7)],
        ),
        (
            "an allow of what the denylist refuses",
            one("id: a, effect: allow, tools: [repo_read_file], paths: [\"**/.env\", \".git/**\", \"home/.aws/credentials\"]"),
            &[(Error, MatchesNothing, 4, 63)],
        ),
        (
            "an allow of what the denylist refuses to write only",
            one("id: a, effect: allow, tools: [repo_read_file], paths: [\".github/workflows/**\", .gitmodules]"),
            &[],
        ),
        (
            "an allow beside what the denylist refuses",
            one("id: a, effect: allow, tools: [repo_read_file], paths: [\".env\", \"src/**\"]"),
            &[],
        ),
        (
            "paths for a tool that has none",
            one("id: a, effect: allow, tools: [repo_list], paths: [\"src/**\"]"),
            &[(Error, MatchesNothing, 4, 58)],
        ),
        (
            "a deny of what the denylist refuses",
            read("id: d, effect: deny, tools: [repo_read_file], paths: [\"**/.env.*\"]"),
            &[(Warning, AddsNothing, 5, 62)],
        ),
        ("an allow within an allow", read("id: a, effect: allow, tools: [git_show]"), &[(Warning, Subsumed, 5, 7)]),
        (
            "two equal rules",
            two("id: a, effect: allow, tools: [git_show]", "id: b, effect: allow, tools: [git_show]"),
            &[(Warning, Subsumed, 5, 7)],
        ),
        (
            "an earlier rule within a later one",
            two(
                "id: a, effect: deny, tools: [git_show], paths: [x/y]",
                "id: b, effect: deny, tools: [git_show], paths: [\"x/**\"]",
            ),
            &[(Warning, Subsumed, 4, 7)],
        ),
        (
            "a deny beneath a switch, which stays when the switch goes",
            two("id: a, effect: deny, tools: [git_show], paths: [x]", "id: b, effect: deny, tools: [git_show]"),
            &[],
        ),
        (
            "a repository on the whitelist without a rule",
            format!("---global:\n  rules:\n{READ}repositories:\n  a/b:\n    write: allow\n  a/c:\n    write: deny\n"),
            &[(Warning, WriteWithoutRule, 6, 3)],
        ),
        (
            "an owner on the whitelist without a rule",
            "---repositories:\n  a/*: { write: allow }\n".to_owned(),
            &[(Warning, WriteWithoutRule, 3, 3)],
        ),
        (
            "an owner on the whitelist with a rule beneath",
            "---repositories:\n  a/*: { write: allow }\n  a/b:\n    rules:\n      - { id: w, effect: allow, capability: write, tools: [repo_write_file] }\n".to_owned(),
            &[],
        ),
        (
            "a rule for writes without a repository",
            one("id: w, effect: allow, capability: write, tools: [repo_write_file]"),
            &[(Warning, RuleWithoutWrite, 4, 7)],
        ),
        (
            "a rule for writes where the owner says no",
            "---repositories:\n  a/*: { write: deny }\n  a/b:\n    write: allow\n    rules:\n      - { id: w, effect: ask, capability: write, tools: [repo_write_file] }\n".to_owned(),
            &[(Warning, RuleWithoutWrite, 7, 9)],
        ),
        (
            "a deny that takes tools without paths along",
            read("id: d, effect: deny, tools: [\"*\"], paths: [\"**/*.pem\"]"),
            &[(Warning, DeniesPathlessTools, 5, 51)],
        ),
        ("a deny on every path", read("id: d, effect: deny, tools: [git_show], paths: [\"**\"], principals: [agent]"), &[]),
        (
            "a deny beneath a repository, where such a tool is not seen",
            format!("---global:\n  rules:\n{READ}repositories:\n  a/b:\n    rules:\n      - {{ id: d, effect: deny, tools: [\"repo_*\"], paths: [\"**/*.pem\"] }}\n"),
            &[],
        ),
        (
            "refs for a tool that has none",
            one("id: a, effect: allow, tools: [repo_info, git_tags], refs: [main]"),
            &[(Error, MatchesNothing, 4, 67)],
        ),
        ("refs beside a tool that has some", one("id: a, effect: allow, tools: [git_status, git_log], refs: [main]"), &[]),
        ("refs for a tool of which nothing is known", one("id: a, effect: deny, tools: [create_pull_request], refs: [main]"), &[]),
        (
            "a deny that takes tools without references along",
            read("id: d, effect: deny, tools: [repo_info, git_log], refs: [main]"),
            &[(Warning, DeniesReflessTools, 5, 65)],
        ),
        ("a deny on every reference", read("id: d, effect: deny, tools: [git_status], refs: [\"**\"], principals: [agent]"), &[]),
        (
            "hosts for tools that talk to none",
            one("id: a, effect: allow, tools: [git_log], hosts: [one.org]"),
            &[(Error, MatchesNothing, 4, 56)],
        ),
        (
            "a question about hosts for tools that talk to none",
            one("id: a, effect: ask, tools: [git_log], hosts: [one.org]"),
            &[(Error, MatchesNothing, 4, 54)],
        ),
        (
            "a deny of hosts for tools that talk to none",
            read("id: d, effect: deny, tools: [git_log, git_show], hosts: [one.org]"),
            &[(Warning, MatchesNothing, 5, 65)],
        ),
        ("hosts for a tool that talks to one", one("id: a, effect: deny, tools: [git_push_branch], hosts: [one.org]"), &[]),
        ("hosts for all tools", one("id: a, effect: deny, tools: [\"*\"], hosts: [one.org]"), &[]),
        (
            "a number compared as a text",
            one("id: a, effect: allow, tools: [repo_info], arguments: { count: { glob: \"1*\" } }"),
            &[(Error, MatchesNothing, 4, 64)],
        ),
        (
            "a text compared as a number",
            one("id: a, effect: allow, tools: [repo_info], arguments: { path: { range: { min: 1 } } }"),
            &[(Error, MatchesNothing, 4, 64)],
        ),
        (
            "the length of a number",
            one("id: a, effect: allow, tools: [repo_info], arguments: { count: { max_length: 3 } }"),
            &[(Error, MatchesNothing, 4, 64)],
        ),
        (
            "a choice that there is not",
            one("id: a, effect: allow, tools: [repo_info], arguments: { side: { one_of: [odl, nwe] } }"),
            &[(Error, MatchesNothing, 4, 64)],
        ),
        (
            "a deny of a choice that there is not",
            read("id: d, effect: deny, tools: [repo_info], arguments: { side: { equals: odl } }"),
            &[(Warning, MatchesNothing, 5, 63)],
        ),
        (
            "a deny that can compare nothing",
            read("id: d, effect: deny, tools: [repo_info], arguments: { side: { equals: 1 } }"),
            &[(Warning, UnfitMatcher, 5, 63)],
        ),
        (
            "a question that can compare nothing",
            one("id: d, effect: ask, tools: [repo_info], arguments: { count: { equals: \"1\" } }"),
            &[(Warning, UnfitMatcher, 4, 62)],
        ),
        (
            "an allow that can compare no alternative",
            one("id: a, effect: allow, tools: [repo_info], arguments: { mode: { range: { min: 1 } } }"),
            &[(Error, MatchesNothing, 4, 64)],
        ),
        (
            "matchers that some value meets",
            format!(
                "{}{}{}{}",
                one("id: a, effect: allow, tools: [repo_info], arguments: { count: { range: { min: 1 } }, path: { glob: \"x*\" } }"),
                one("id: b, effect: allow, tools: [repo_info], arguments: { side: { one_of: [odl, new] }, path: absent }"),
                one("id: c, effect: allow, tools: [repo_info], arguments: { mode: { equals: true }, path: { max_length: 9 } }"),
                one("id: d, effect: deny, tools: [repo_info], arguments: { any: { equals: 1 }, side: { glob: \"o*\" } }"),
            ),
            &[],
        ),
        (
            "a matcher for tools of one of which the values are not known",
            one("id: a, effect: allow, tools: [repo_info, repo_tree], arguments: { count: { glob: \"1*\" } }"),
            &[],
        ),
        (
            "names that nobody has",
            one("id: a, effect: allow, tools: [git_show], principals: [agent, agnet], roles: [admn]"),
            &[(Warning, UnlistedPrincipal, 4, 70), (Warning, UnlistedRole, 4, 86)],
        ),
    ];
    let mut wrong = Vec::new();
    for (what, text, expected) in table {
        let text = match text.strip_prefix("---") {
            Some(whole) => format!("version: 1\n{whole}"),
            None => format!("version: 1\nglobal:\n  rules:\n{text}"),
        };
        let checked = checked(&text);
        let found: Vec<_> = checked.findings.iter().map(|f| (f.severity, f.kind, f.line, f.column)).collect();
        if found != expected {
            wrong.push(format!("{what}: {found:?}\n{text}"));
        }
        let refused = expected.iter().any(|(severity, ..)| *severity == Error);
        assert_eq!(checked.policy.is_none(), refused, "{what}");
        let loaded = PolicySet::load(source(&text), &catalogue());
        assert_eq!(loaded.is_err(), refused, "{what}: {loaded:?}");
        if let Err(error) = loaded {
            assert!(error.faults().iter().all(|fault| fault.fix.is_some()), "{error}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_finding_says_where_what_and_what_to_do() {
    let text = format!(
        "version: 1\nglobal:\n  rules:\n{READ}    - {{ id: d, effect: deny, tools: [\"git_*\", repo_list], paths: [\"**/*.pem\"] }}\n"
    );
    let shown: Vec<String> = checked(&text).findings.iter().map(ToString::to_string).collect();
    let [shown] = shown.as_slice() else { panic!("{shown:?}") };
    assert!(
        shown.starts_with(
            "p.yaml:5:66: warning: rule `d` denies every call of `git_create_branch`, `repo_list`, which never have a path to compare \
             (denies_pathless_tools)\n  5 |     - { id: d, "
        ),
        "{shown}"
    );
    assert!(
        shown.contains("fix: name the tools whose paths it is meant to deny: `tools: [git_blame, "),
        "{shown}"
    );
    let names: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
    assert!(
        Kind::ALL.iter().all(|kind| serde_json::to_value(kind).is_ok_and(|value| value == kind.as_str()))
    );
}

#[test]
fn a_repository_that_is_not_configured_is_told_with_its_correction() {
    let known = |aliases: Option<&[&str]>| Known {
        repositories: aliases.map(|aliases| aliases.iter().map(|alias| (*alias).to_owned()).collect()),
        ..Known::default()
    };
    let found = |key: &str, known: &Known| {
        let text = format!("version: 1\nrepositories:\n  {key}: {{ write: deny }}\n");
        let checked = check(source(&text), &catalogue(), known).expect("a policy");
        assert!(
            checked.findings.iter().all(|f| (f.kind, f.line, f.column) == (Kind::UnlistedRepository, 3, 3))
        );
        checked.findings.into_iter().map(|finding| (finding.message, finding.fix)).collect::<Vec<_>>()
    };
    let configured = known(Some(&["acme/b", "acme/c", "c"]));
    let table = [
        ("Acme/b", "repository `Acme/b` is `acme/b` in the configuration", "write `acme/b`"),
        ("Acme/*", "repository `Acme/*` is `acme/*` in the configuration", "write `acme/*`"),
        ("acme/bb", "no repository of the configuration is `acme/bb`", "did you mean `acme/b`?"),
        ("acne/*", "no repository of the configuration is `acne/*`", "did you mean `acme/*`?"),
        ("something-else", "no repository of the configuration is `something-else`", "correct the name"),
    ];
    for (key, message, correction) in table {
        let found = found(key, &configured);
        let [(is, fix)] = found.as_slice() else { panic!("{key}: {found:?}") };
        assert!(is.starts_with(message) && fix.starts_with(correction), "{is}\n{fix}");
    }
    for key in ["acme/b", "acme/*", "c"] {
        assert_eq!(found(key, &configured), [], "{key}");
    }
    assert_eq!(found("acme/bb", &known(None)), []);
}

#[test]
fn the_shipped_policies_raise_no_finding() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
    let known = Known::default();
    let mut seen = 0;
    #[expect(clippy::disallowed_methods, reason = "the project's own policies, not a repository path")]
    let entries = std::fs::read_dir(folder).expect("the folder of policies");
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "the project's own policies, not a repository path")]
        let text = std::fs::read_to_string(&path).expect("a policy");
        let name = path.display().to_string();
        let checked = check(Source { name: &name, text: &text }, &Catalogue::built_in(), &known)
            .unwrap_or_else(|error| panic!("{error}"));
        assert!(checked.findings.is_empty() && checked.policy.is_some(), "{:#?}", checked.findings);
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_matcher_that_cannot_compare_is_told_with_the_values_it_cannot_compare() {
    let mut catalogue = Catalogue::built_in();
    for (tool, schema) in [
        ("one", serde_json::json!({ "n": { "enum": ["old", "new"] } })),
        ("two", serde_json::json!({ "n": { "type": "integer" } })),
    ] {
        catalogue.insert_with_schemas(tool, crate::Capability::Read, schema.as_object().expect("a map"));
    }
    let text = format!(
        "version: 1\nglobal:\n  rules:\n{READ}    - {{ id: d, effect: deny, tools: [one, two], arguments: {{ n: {{ glob: other }} }} }}\n"
    );
    let checked = check(source(&text), &catalogue, &Known::default()).expect("a policy");
    let found: Vec<_> = checked.findings.iter().map(|finding| (finding.kind, &*finding.message)).collect();
    let [(Kind::UnfitMatcher, message)] = found.as_slice() else { panic!("{found:?}") };
    assert!(message.contains("that is a number, which"), "{message}");
}
