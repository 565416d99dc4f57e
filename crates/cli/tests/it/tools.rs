//! `gitoma tools`, the help texts and the version.

use crate::support::Place;

#[test]
fn the_table_names_what_the_principal_may_call() {
    let place = Place::new();
    let said = place.on_web(&["tools"]).ends(0);
    let line = said.out.lines().find(|line| line.starts_with("git_log ")).unwrap();
    assert!(line.contains("read"), "{line}");
    assert!(said.out.lines().all(|line| line.split_whitespace().nth(1) == Some("read")), "{}", said.out);
    // A policy that allows nothing shows nothing.
    let policy = place.file("none.yaml", "version: 1\n");
    let only = place.file(
        "one.yaml",
        "version: 1\nglobal:\n  rules:\n    - { id: log, effect: allow, capability: read, tools: [git_log] }\n",
    );
    let said = place.on_web(&["tools", "--policy", &only]).ends(0);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    let said = place.on_web(&["tools", "--policy", &policy]).ends(0);
    assert_eq!(said.out, "no tool: policy allows this principal none\n");
}

#[test]
fn json_carries_the_schemas() {
    let place = Place::new();
    let said = place.gitoma(&["tools", "--json", "--state", "state"]).ends(0);
    let listed = said.json();
    let tool = listed["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "git_log").unwrap();
    assert_eq!(tool["capability"], "read");
    assert_eq!(tool["annotations"]["read_only"], true);
    assert_eq!(tool["input_schema"]["additionalProperties"], false);
    assert_eq!(tool["output_schema"]["properties"]["truncated"]["type"], "boolean");
}

#[test]
fn a_stranger_is_refused() {
    let place = Place::new();
    let said = place.on_web(&["tools", "--principal", "nobody"]).ends(3);
    assert!(
        said.err.contains("code: invalid_credential\n") && said.err.contains("no principal of that name"),
        "{}",
        said.err
    );
    assert!(
        place.on_web(&["tools", "--principal", "nobody", "--json"]).ends(3).json()["code"]
            == "invalid_credential"
    );
}

#[test]
fn help_and_version_end_with_zero() {
    let place = Place::new();
    for (arguments, expected) in [
        (&["--help"][..], "Exit codes: 0 done"),
        (&["--version"], concat!("gitoma ", env!("CARGO_PKG_VERSION"))),
        (&["call", "--help"], "--arg <KEY=VALUE>"),
        (&["policy", "explain", "--help"], "without running it"),
        (&["policy", "check", "--help"], "[FILE]"),
        (&["redact", "--help"], "32 KiB"),
        (&["secrets", "scan", "--help"], "--write-baseline <FILE>"),
    ] {
        let said = place.gitoma(arguments).ends(0);
        assert!(said.out.contains(expected), "{arguments:?}: {}", said.out);
    }
    let said = place.audit(&["--version"]).ends(0);
    assert_eq!(said.out.trim(), concat!("gitoma-audit ", env!("CARGO_PKG_VERSION")));
    assert!(place.audit(&["verify", "--help"]).ends(0).out.contains("4"));
    assert!(!place.path("state").exists(), "help opens nothing");
}
