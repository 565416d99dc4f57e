//! `gitoma policy schema` and `gitoma policy fmt`.

use crate::support::Place;

const UNTIDY: &str = "version:   1   # the first
global:
    rules:
    -   id: read
        effect: allow   # for now
        tools:
          - git_log
          - git_show
";

#[test]
fn the_schemas_are_json() {
    let place = Place::new();
    let policy = place.gitoma(&["policy", "schema"]).ends(0).json();
    let suite = place.gitoma(&["policy", "schema", "--suite"]).ends(0).json();
    assert!(policy["properties"]["global"].is_object(), "{policy}");
    assert!(suite["properties"]["tests"].is_object(), "{suite}");
}

#[test]
fn fmt_lays_out_once_and_keeps_meaning_and_comments() {
    let place = Place::new();
    let file = place.named("policy.yaml", UNTIDY);
    let digest =
        |file: &str| place.gitoma(&["policy", "check", "--json", file]).ends(0).json()["digest"].clone();
    let before = digest(&file);
    let said = place.gitoma(&["policy", "fmt", "--check", &file]).ends(1);
    assert_eq!(said.out, "policy.yaml: laid out otherwise\n");
    assert_eq!(place.read(&place.path(&file)), UNTIDY.as_bytes(), "--check writes nothing");
    place.gitoma(&["policy", "fmt", &file]).ends(0);
    let text = String::from_utf8(place.read(&place.path(&file))).unwrap();
    assert_ne!(text, UNTIDY);
    assert!(text.contains("# the first") && text.contains("# for now"), "{text}");
    assert_eq!(digest(&file), before);
    assert_eq!(place.gitoma(&["policy", "fmt", "--check", &file]).ends(0).out, "");
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let place = Place::new();
    let file = place.named("policy.yaml", "version: 1\n[\n");
    let said = place.gitoma(&["policy", "fmt", &file]).ends(1);
    assert!(said.err.contains("policy.yaml:"), "{}", said.err);
    assert_eq!(place.read(&place.path(&file)), b"version: 1\n[\n");
    place.gitoma(&["policy", "fmt", "gone.yaml"]).ends(2);
    let link = place.path("link.yaml");
    let target = place.named("target.yaml", UNTIDY);
    std::os::unix::fs::symlink(place.path(&target), &link).unwrap();
    place.gitoma(&["policy", "fmt", link.to_str().unwrap()]).ends(0);
    assert!(link.symlink_metadata().unwrap().is_symlink(), "the file is replaced, not the link");
    assert_ne!(place.read(&place.path(&target)), UNTIDY.as_bytes());
}
