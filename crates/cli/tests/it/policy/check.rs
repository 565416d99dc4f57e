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
    let file = place.named("policy.yaml", SOUND);
    let said = place.gitoma(&["policy", "check", &file]).ends(0);
    assert!(said.out.starts_with("policy.yaml: sound, 1 rule, digest "), "{}", said.out);
    let built_in = place.gitoma(&["policy", "check"]).ends(0);
    assert!(built_in.out.starts_with("default.yaml: sound, "), "{}", built_in.out);
    place.gitoma(&["policy", "show"]).ends(0);
    place.gitoma(&["policy", "test"]).ends(0);
    assert!(!place.path(".local").exists(), "looking at a policy leaves nothing behind");
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
    let file = place.named("faulty.yaml", faulty);
    let said = place.gitoma(&["policy", "check", &file]).ends(1);
    assert_eq!(said.out, "");
    assert!(said.err.contains("faulty.yaml:4:") && said.err.contains("faulty.yaml:5:"), "{}", said.err);
    assert!(said.err.contains("tools: [git_lgo]"), "the line itself: {}", said.err);
    assert!(said.err.contains("fix: "), "{}", said.err);
    for text in ["version: 1\nversion: 1\n", "[", "version: 1\nunheard: 1\n", "\t"] {
        let file = place.named("faulty.yaml", text);
        let said = place.gitoma(&["policy", "check", &file]).ends(1);
        assert!(said.err.contains("faulty.yaml:"), "{text:?}: {}", said.err);
    }
}

#[test]
fn what_cannot_be_read_ends_with_two() {
    let place = Place::new();
    let said = place.gitoma(&["policy", "check", "gone.yaml"]).ends(2);
    assert!(said.err.contains("error: the policy file gone.yaml cannot be read"), "{}", said.err);
    place.gitoma(&["policy", "check", "web"]).ends(2);
    place.gitoma(&["policy", "check", "a.yaml", "--config", "gone.yaml"]).ends(2);
    place.gitoma(&["policy"]).ends(2);
}

#[test]
fn show_prints_the_policy_in_force() {
    let place = Place::new();
    let file = place.named("policy.yaml", SOUND);
    assert_eq!(place.gitoma(&["policy", "show", "--policy", &file]).ends(0).out, SOUND);
    let built_in = place.gitoma(&["policy", "show"]).ends(0).out;
    assert!(built_in.contains("version: 1"), "{built_in}");
    // What is shown can be written to a file and means the same.
    let copy = place.named("default.yaml", &built_in);
    let checked = place.gitoma(&["policy", "check", &copy]).ends(0).out;
    assert_eq!(checked, place.gitoma(&["policy", "check"]).ends(0).out);
    let from_environment = place.command(&["policy", "show"]).env("GITOMA_POLICY", &file).output();
    assert_eq!(String::from_utf8(from_environment.unwrap().stdout).unwrap(), SOUND);
}

/// The one thing that is wrong with it is that a rule can never matter.
const UNREACHABLE: &str = "version: 1
global:
  rules:
    - { id: log, effect: allow, tools: [git_log] }
    - { id: no-keys, effect: deny, tools: [repo_read_file], paths: [\"keys/**\"] }
    - { id: one-key, effect: allow, tools: [repo_read_file], paths: [keys/a.pem] }
";

#[test]
fn a_rule_that_can_never_matter_refuses_the_file_for_check_and_gateway_alike() {
    let place = Place::new();
    let file = place.named("policy.yaml", UNREACHABLE);
    let said = place.gitoma(&["policy", "check", &file]).ends(1);
    assert!(said.err.contains("policy.yaml:6:7: error: "), "{}", said.err);
    assert!(said.err.contains("(unreachable_rule)") && said.err.contains("fix: "), "{}", said.err);
    let call = place.on_web(&["call", "git_log", "--policy", &file]).ends(2);
    assert!(call.err.contains("policy.yaml:6:7"), "{}", call.err);
}

/// Whoever stops a tool in an emergency is not made to tidy up first.
#[test]
fn a_switch_loads_and_is_told() {
    let place = Place::new();
    let text = format!("{SOUND}    - {{ id: stop, effect: deny, tools: [git_log] }}\n");
    let file = place.named("policy.yaml", &text);
    let said = place.gitoma(&["policy", "check", &file]).ends(0);
    assert!(
        said.err.contains("policy.yaml:5:7: warning: ") && said.err.contains("(unreachable_rule)"),
        "{}",
        said.err
    );
    place.gitoma(&["policy", "check", "--strict", &file]).ends(1);
    place.on_web(&["call", "git_log", "--policy", &file]).ends(2);
}

#[test]
fn what_is_questionable_is_told_and_refuses_only_if_asked_to() {
    let place = Place::new();
    let text =
        SOUND.replace("[git_log] }", "[git_log] }\n    - { id: again, effect: allow, tools: [git_log] }");
    let file = place.named("policy.yaml", &text);
    let said = place.gitoma(&["policy", "check", &file]).ends(0);
    assert!(said.out.starts_with("policy.yaml: sound, 2 rules, 1 finding, digest "), "{}", said.out);
    assert!(
        said.err.contains("policy.yaml:5:7: warning: ") && said.err.contains("(subsumed)"),
        "{}",
        said.err
    );
    let strict = place.gitoma(&["policy", "check", "--strict", &file]).ends(1);
    assert_eq!(strict.out, "");
    assert!(strict.err.contains("policy.yaml: refused, 1 finding"), "{}", strict.err);
    let json = place.gitoma(&["policy", "check", "--json", &file]).ends(0).json();
    assert_eq!((&json["sound"], &json["rules"]), (&true.into(), &2.into()));
    assert_eq!((&json["findings"][0]["kind"], &json["findings"][0]["line"]), (&"subsumed".into(), &5.into()));
}

#[test]
fn several_files_are_checked_and_one_faulty_one_is_enough() {
    let place = Place::new();
    let (sound, faulty) = (place.named("a.yaml", SOUND), place.named("b.yaml", "version: 2\n"));
    let said = place.gitoma(&["policy", "check", &sound, &faulty]).ends(1);
    assert!(said.out.starts_with("a.yaml: sound"), "{}", said.out);
    assert!(said.err.contains("b.yaml:1:10: version of the policy language is not known"), "{}", said.err);
    let json = place.gitoma(&["policy", "check", "--json", &faulty]).ends(1).json();
    assert_eq!((&json["sound"], &json["faults"][0]["line"]), (&false.into(), &1.into()));
}

/// What the gateway refuses at the start, check refuses too: the patterns of `redact`, and the arguments of the tools.
#[test]
fn what_others_compile_is_checked_too() {
    let place = Place::new();
    let patterns = format!("{SOUND}redact:\n  patterns:\n    - {{ id: all, pattern: '.*' }}\n");
    let arguments = SOUND.replace("[git_log] }", "[git_log], arguments: { max_cuont: absent } }");
    for (text, place_of_fault) in [(patterns, "policy.yaml:7:27"), (arguments, "policy.yaml:4:82")] {
        let file = place.named("policy.yaml", &text);
        let said = place.gitoma(&["policy", "check", &file]).ends(1);
        assert!(said.err.contains(place_of_fault), "{place_of_fault}: {}", said.err);
        let call = place.on_web(&["call", "git_log", "--policy", &file]).ends(2);
        assert!(call.err.contains(place_of_fault), "{place_of_fault}: {}", call.err);
    }
}

#[test]
fn the_policy_in_force_is_held_against_the_configuration() {
    let place = Place::new();
    place.named("policy.yaml", &SOUND.replace("[git_log] }", "[git_log], principals: [ada, bob] }"));
    let config = place.named(
        "gitoma.yaml",
        "state: state\npolicy: policy.yaml\nprincipals:\n  - { name: ada, roles: [agent] }\n",
    );
    let said = place.gitoma(&["policy", "check", "--config", &config]).ends(0);
    assert!(said.err.contains("(unlisted_principal)") && said.err.contains("policy.yaml:4:"), "{}", said.err);
    assert_eq!(said.err.matches("(unlisted_principal)").count(), 1, "ada is listed: {}", said.err);
}

#[test]
fn findings_beyond_those_listed_are_counted_for_people_and_programs() {
    let place = Place::new();
    let twins = (0..2_000).map(|n| format!("    - {{ id: rule-{n}, effect: allow, tools: [git_log] }}\n"));
    let file = place.named("policy.yaml", &format!("{SOUND}{}", twins.collect::<String>()));
    let report = place.gitoma(&["policy", "check", "--json", &file]).ends(0).json();
    let listed = report["findings"].as_array().unwrap().len();
    let omitted = report["omitted"].as_u64().unwrap();
    assert!(listed > 0 && omitted > 0, "{listed} and {omitted}");
    assert_eq!(report["uncompared"], 0);
    let said = place.gitoma(&["policy", "check", &file]).ends(0);
    assert!(said.err.contains(&format!("and {omitted} more")), "{}", said.err);
}

/// A tool that is offered nowhere, since nothing that it needs is configured, is known all the same: else a rule on it would be sound here, and a
/// gateway would refuse it.
#[test]
fn the_arguments_of_a_tool_that_is_not_offered_are_known() {
    let place = Place::new();
    let rule = |argument: &str| {
        let rule = format!(
            "{{ id: x, effect: deny, tools: [git_push_branch], arguments: {{ {argument}: {{ equals: a }} }} }}"
        );
        format!("version: 1\nglobal:\n  rules:\n    - {rule}\n")
    };
    let good = place.named("good.yaml", &rule("branch"));
    place.gitoma(&["policy", "check", &good]).ends(0);
    let misspelt = place.named("misspelt.yaml", &rule("brnach"));
    let said = place.gitoma(&["policy", "check", &misspelt]).ends(1);
    assert!(said.err.contains("none of the rule's tools has this argument"), "{}", said.err);
}
