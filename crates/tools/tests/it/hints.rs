//! What the annotations of tools that write say of a call that is made twice.

use std::collections::BTreeSet;

use gitoma_core::config::{PushTarget, PushUrl, WriteSettings};
use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY};
use crate::snapshot::Snapshot;

/// Tools, and calls each of which does something the first time.
fn calls() -> Vec<(&'static str, Value)> {
    let patch = "--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # Web\n+more\n";
    vec![
        ("git_create_branch", json!({"branch": "agent/x"})),
        (
            "git_commit_files",
            json!({"branch": "agent/x", "message": "x", "files": [{"path": "x", "content": "x\n"}]}),
        ),
        (
            "git_commit_files",
            json!({"branch": "agent/x", "message": "gone", "files": [{"path": "README.md"}]}),
        ),
        ("git_push_branch", json!({"branch": "agent/x"})),
        ("repo_write_file", json!({"path": "README.md", "content": "# Web\n"})),
        ("repo_apply_patch", json!({"patch": patch})),
        (
            "repo_edit_file",
            json!({"path": "README.md", "edits": [{"old_text": "Web", "new_text": "Web, Web", "replace_all": true}]}),
        ),
        ("repo_delete_file", json!({"path": "README.md"})),
        ("worktree_create", json!({"branch": "agent/y"})),
        ("repo_write_file", json!({"worktree": "agent/y", "path": "README.md", "content": "# Net\n"})),
        ("worktree_commit", json!({"worktree": "agent/y", "message": "y"})),
        ("worktree_remove", json!({"worktree": "agent/y"})),
    ]
}

#[test]
fn a_call_again_does_nothing_where_the_tool_says_so() {
    let scene = Scene::new();
    scene.write("README.md", "# Wep\n");
    scene.commit("begin");
    scene.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../remote.git"]);
    let remote = scene.outside("remote.git");
    let target = PushTarget {
        url: PushUrl::parse(&format!("file://{}", remote.display())).unwrap(),
        prefix: "agent/".into(),
        protected: Vec::new(),
        username: "x-access-token".into(),
        token: None,
    };
    let stage = Stage::pushing(&[scene.config()], WRITING_POLICY, true, Some(target));
    let worktrees = stage.state().join("worktrees");
    let now = || [scene.root(), remote.clone(), worktrees.clone()].map(|place| Snapshot::of(&place));
    let mut had_effect = BTreeSet::new();
    for (tool, mut arguments) in calls() {
        arguments["repo"] = "web".into();
        let before = now();
        stage.call(tool, arguments.clone());
        let once = now();
        assert_ne!(before, once, "{tool} {arguments} does nothing");
        let again = stage.try_call(tool, arguments.clone());
        if now() != once {
            assert!(again.is_ok());
            had_effect.insert(tool.to_owned());
        }
    }
    let tools = gitoma_tools::with_writes(&[], &WriteSettings::default()).unwrap();
    let names = |wanted: fn(&gitoma_core::ToolSpec) -> bool| -> BTreeSet<String> {
        let specs = tools.iter().map(|tool| tool.spec()).filter(|spec| wanted(spec));
        specs.map(|spec| spec.name.to_string()).collect()
    };
    assert_eq!(had_effect, names(|spec| !spec.annotations.idempotent));
    let called: BTreeSet<String> = calls().iter().map(|(tool, _)| (*tool).to_owned()).collect();
    assert_eq!(called, names(|spec| !spec.annotations.read_only), "each that writes is called");
}
