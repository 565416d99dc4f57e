//! `gitoma policy check` and `gitoma policy show`.

use crate::support::Place;

const SOUND: &str = "version: 1
global:
  rules:
    - { id: log, effect: allow, capability: read, tools: [git_log] }
";

#[test]
fn a_sound_policy_ends_with_zero() {
    let place = Place::new();
    let file = place.file("policy.yaml", SOUND);
    let said = place.gitoma(&["policy", "check", &file]).ends(0);
    assert!(said.out.starts_with("policy.yaml: sound, 1 rules, digest "), "{}", said.out);
    assert!(!place.path(".local").exists(), "checking a file needs no state");
    let built_in = place.gitoma(&["policy", "check", "--state", "state"]).ends(0);
    assert!(built_in.out.starts_with("default.yaml: sound, "), "{}", built_in.out);
}

#[test]
fn every_fault_is_named_with_its_place() {
    let place = Place::new();
    let faulty = "version: 1
global:
  rules:
    - { id: a, effect: allow, capability: read, tools: [git_lgo] }
    - { id: a, effect: deny, tools: [\"*\"], paths: [\"src/{a,b}\"] }
";
    let file = place.file("faulty.yaml", faulty);
    let said = place.gitoma(&["policy", "check", &file]).ends(1);
    assert_eq!(said.out, "");
    assert!(said.err.contains("faulty.yaml:4:") && said.err.contains("faulty.yaml:5:"), "{}", said.err);
    assert!(said.err.contains("tools: [git_lgo]"), "the line itself: {}", said.err);
    assert!(said.err.contains("fix: "), "{}", said.err);
    for text in ["version: 1\nversion: 1\n", "[", "version: 1\nunheard: 1\n", "\t"] {
        let file = place.file("faulty.yaml", text);
        let said = place.gitoma(&["policy", "check", &file]).ends(1);
        assert!(said.err.contains("faulty.yaml:"), "{text:?}: {}", said.err);
    }
}

#[test]
fn what_cannot_be_read_ends_with_two() {
    let place = Place::new();
    let said = place.gitoma(&["policy", "check", "gone.yaml"]).ends(2);
    assert!(said.err.contains("error: the policy file cannot be read"), "{}", said.err);
    place.gitoma(&["policy", "check", "web"]).ends(2);
    place.gitoma(&["policy", "check", "a.yaml", "--config", "b.yaml"]).ends(2);
    place.gitoma(&["policy"]).ends(2);
}

#[test]
fn show_prints_the_policy_in_force() {
    let place = Place::new();
    let file = place.file("policy.yaml", SOUND);
    assert_eq!(place.gitoma(&["policy", "show", "--policy", &file, "--state", "state"]).ends(0).out, SOUND);
    let built_in = place.gitoma(&["policy", "show", "--state", "state"]).ends(0).out;
    assert!(built_in.contains("version: 1"), "{built_in}");
    // What is shown can be written to a file and means the same.
    let copy = place.file("default.yaml", &built_in);
    let checked = place.gitoma(&["policy", "check", &copy]).ends(0).out;
    assert_eq!(checked, place.gitoma(&["policy", "check", "--state", "state"]).ends(0).out);
    let from_environment =
        place.command(&["policy", "show", "--state", "state"]).env("GITOMA_POLICY", &file).output();
    assert_eq!(String::from_utf8(from_environment.unwrap().stdout).unwrap(), SOUND);
}
