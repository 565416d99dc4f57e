//! The policies we ship: each says whom it is for, loads with the tools of this build, has nothing questionable in it, passes its
//! own examples, and each of its rules is touched by one.

use gitoma_core::policy::{Catalogue, Coverage, Known, PolicySet, Source, check, format};

use super::{files, text};
use crate::tidy::tools::registered;

fn shipped() -> Vec<String> {
    let mut names: Vec<String> =
        files("policies").into_iter().filter(|name| name.ends_with(".yaml")).collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    names
}

fn catalogue() -> Catalogue {
    gitoma_core::catalogue(&registered())
}

#[test]
fn each_says_whom_it_is_for_and_what_the_one_sentence_is() {
    for name in shipped() {
        let policy = text(&name);
        let mut lines = policy.lines();
        assert_eq!(
            lines.next(),
            Some("# yaml-language-server: $schema=policy.schema.json"),
            "{name} completes in an editor"
        );
        let comment: Vec<&str> = lines.take_while(|line| line.starts_with('#')).collect();
        assert!(comment.iter().any(|line| line.starts_with("# For whom: ")), "{name}");
        let sentence = "Denied unless allowed; the strictest matching rule wins, global or repository; order never matters.";
        assert!(comment.iter().any(|line| line.contains(sentence)), "{name}");
        let file = name.rsplit('/').next().unwrap();
        assert!(
            text("docs/policy.md").contains(&format!("| [`{file}`](../policies/{file}) |")),
            "{name} is listed"
        );
    }
}

#[test]
fn each_loads_and_nothing_in_it_is_questionable() {
    for name in shipped() {
        let policy = text(&name);
        let checked = check(Source { name: &name, text: &policy }, &catalogue(), &Known::default())
            .unwrap_or_else(|error| panic!("{error}"));
        let said: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
        assert!(checked.policy.is_some(), "{name}");
    }
}

#[test]
fn each_rule_is_touched_by_an_example() {
    for name in shipped() {
        let policy = text(&name);
        let set = PolicySet::load(Source { name: &name, text: &policy }, &catalogue())
            .unwrap_or_else(|error| panic!("{error}"));
        let coverage = Coverage::of_examples(&set, Source { name: &name, text: &policy }, &catalogue())
            .unwrap_or_else(|error| panic!("{error}"));
        let untouched: Vec<String> = coverage.untouched().map(|rule| format!("{rule:?}")).collect();
        assert!(untouched.is_empty(), "{name}: {}", untouched.join(", "));
    }
}

#[test]
fn each_is_laid_out_in_the_one_way() {
    for name in shipped() {
        let policy = text(&name);
        let formatted =
            format(Source { name: &name, text: &policy }).unwrap_or_else(|error| panic!("{error}"));
        assert!(formatted == policy, "run `gitoma policy fmt {name}`");
    }
}

/// POL-7, and what the catalogue says beforehand of tools is true of the tools.
#[test]
fn the_catalogue_speaks_the_truth_of_the_registered_tools() {
    let built_in = Catalogue::built_in();
    for tool in registered() {
        let spec = tool.spec();
        assert_eq!(built_in.capability(&spec.name), Some(spec.capability), "{}", spec.name);
        assert!(built_in.reach(&spec.name).is_some(), "{} has a reach", spec.name);
        let text = format!(
            "version: 1\nglobal:\n  rules:\n    - {{ id: r, effect: allow, tools: [{}], arguments: {{ no_such: absent }} }}\n",
            spec.name
        );
        let error = PolicySet::load(Source { name: "p.yaml", text: &text }, &catalogue())
            .expect_err("an argument that the schema lacks is refused");
        assert!(error.to_string().contains("has this argument"), "{}: {error}", spec.name);
    }
}
