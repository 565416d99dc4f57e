//! Which arguments count as read.

use crate::{Catalogue, PolicySet, Source};

#[test]
fn arguments_of_all_scopes_are_read_each_once_and_sorted() {
    let text = r#"
version: 1
global:
  rules:
    - { id: a, effect: allow, tools: [git_log, git_show], arguments: { path: absent, max_count: { range: { max: 5 } } } }
    - { id: b, effect: deny, tools: ["git_*"], arguments: { author: { equals: x } } }
    - { id: c, effect: allow, tools: [repo_tree] }
repositories:
  acme/web:
    rules:
      - { id: d, effect: deny, tools: [git_log], arguments: { path: { glob: "x/**" }, branch: absent } }
  acme/*:
    rules:
      - { id: e, effect: ask, tools: [git_log], arguments: { all: { equals: true } } }
"#;
    let set = PolicySet::load(Source { name: "p.yaml", text }, &Catalogue::built_in()).unwrap();
    let read = |tool| set.read_arguments(tool).collect::<Vec<_>>();
    assert_eq!(read("git_log"), ["all", "author", "branch", "max_count", "path"]);
    assert_eq!(read("git_show"), ["author", "max_count", "path"]);
    assert_eq!(read("git_blame"), ["author"]);
    assert!(read("repo_tree").is_empty());
}
