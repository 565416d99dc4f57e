//! Approvals of real writes (APP-1, APP-2): a person sees the effect, and nothing but exactly that runs.

use gitoma_core::{ApprovalState, Decide, RefusalKind};
use serde_json::{Value, json};

use crate::scene::{Scene, Stage};

const POLICY: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"] }
    - { id: look-first, effect: ask, capability: write, tools: [repo_delete_file, git_commit_files, worktree_remove] }
    - { id: builds, effect: ask, capability: write, tools: [worktree_commit], paths: [\"**/Makefile\"] }
repositories:
  web: { write: allow }
";

const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("Makefile", "all:\n\techo one\n");
    scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\n"));
    scene.commit("begin");
    scene
}

fn stage(scene: &Scene) -> Stage {
    Stage::writing(&[scene.config()], POLICY, true)
}

/// The id of the approval that the call waits for.
fn asked(stage: &Stage, tool: &str, arguments: Value) -> String {
    match stage.refusal(tool, arguments).kind {
        RefusalKind::ApprovalRequired(needed) => needed.id.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approver_sees_the_diff_and_exactly_that_is_committed() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let base = scene.git(&["rev-parse", "agent/fix"]);
    let files = json!([{"path": "README.md", "content": "# Net\n"}, {"path": "new.txt", "content": "x\n"}]);
    let call = json!({"repo": "web", "branch": "agent/fix", "message": "Rename", "files": files});
    let id = asked(&stage, "git_commit_files", call.clone());
    assert_eq!(asked(&stage, "git_commit_files", call.clone()), id, "one call has one approval");
    let shown = stage.approval(&id);
    let details = shown.details.unwrap();
    assert!(shown.target.contains("`agent/fix`") && shown.target.contains("`web`"), "{}", shown.target);
    assert_eq!(details.effects.base.as_deref(), Some(base.as_str()));
    assert_eq!(details.effects.message.as_deref(), Some("Rename\n"));
    let diff = details.effects.diff.unwrap();
    assert!(diff.contains("-# Web\n+# Net\n") && diff.contains("+++ b/new.txt\n"), "{diff}");
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), base, "nothing is done before somebody has said yes");
    stage.decide(&id, Decide::Approve).unwrap();
    let done = stage.call("git_commit_files", call);
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), done["commit"].as_str().unwrap());
    assert_eq!(
        scene.git(&["rev-parse", "agent/fix^{tree}"]),
        details.effects.head.unwrap(),
        "what was shown is what was committed"
    );
    assert_eq!(stage.approval(&id).state, ApprovalState::Used);
    // Once: the same call is another effect now, and needs another approval.
    let again = json!({"repo": "web", "branch": "agent/fix", "message": "Rename", "files": [{"path": "README.md", "content": "# Web\n"}]});
    assert_ne!(asked(&stage, "git_commit_files", again), id);
}

#[test]
fn what_changes_after_the_approval_voids_it() {
    let scene = scene();
    let stage = stage(&scene);
    let call = json!({"repo": "web", "path": "README.md"});
    let id = asked(&stage, "repo_delete_file", call.clone());
    stage.decide(&id, Decide::Approve).unwrap();
    scene.write("README.md", "# Web\n\nSomebody wrote here meanwhile.\n");
    let second = asked(&stage, "repo_delete_file", call.clone());
    assert_ne!(second, id);
    assert_eq!(stage.approval(&id).state, ApprovalState::Void);
    assert!(scene.root().join("README.md").exists());
    stage.decide(&second, Decide::Approve).unwrap();
    stage.call("repo_delete_file", call);
    assert!(!scene.root().join("README.md").exists());
}

#[test]
fn an_edit_of_the_worktree_voids_the_approval_of_its_commit() {
    let scene = scene();
    let stage = stage(&scene);
    let on = |more: Value| {
        let mut arguments = json!({"repo": "web", "worktree": "agent/fix"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    // A commit that touches nothing the rule asks about needs nobody.
    stage.call("repo_write_file", on(json!({"path": "a", "content": "x\n"})));
    stage.call("worktree_commit", on(json!({"message": "one"})));
    stage.call("repo_write_file", on(json!({"path": "Makefile", "content": "all:\n\techo two\n"})));
    let commit = on(json!({"message": "two"}));
    let id = asked(&stage, "worktree_commit", commit.clone());
    assert!(stage.approval(&id).details.unwrap().effects.diff.unwrap().contains("+\techo two\n"));
    stage.decide(&id, Decide::Approve).unwrap();
    stage.call("repo_write_file", on(json!({"path": "Makefile", "content": "all:\n\trm -rf /\n"})));
    let second = asked(&stage, "worktree_commit", commit.clone());
    assert_ne!(second, id);
    assert_eq!(stage.approval(&id).state, ApprovalState::Void);
    stage.call("repo_write_file", on(json!({"path": "Makefile", "content": "all:\n\techo two\n"})));
    // The first answer does not come back with the first content.
    let third = asked(&stage, "worktree_commit", commit.clone());
    assert!(third != id && third != second);
    stage.decide(&third, Decide::Approve).unwrap();
    stage.call("worktree_commit", commit);
    assert_eq!(scene.git(&["show", "agent/fix:Makefile"]), "all:\n\techo two");
}

#[test]
fn a_no_is_a_no_and_an_agent_does_not_decide() {
    let scene = scene();
    let stage = stage(&scene);
    let call = json!({"repo": "web", "path": "README.md"});
    let id = asked(&stage, "repo_delete_file", call.clone());
    assert!(stage.decide_as_agent(&id).is_err());
    stage.decide(&id, Decide::Deny).unwrap();
    assert_eq!(stage.refused("repo_delete_file", call), "approval_denied");
    assert!(stage.decide(&id, Decide::Approve).is_err());
    assert!(scene.root().join("README.md").exists());
}

#[test]
fn no_secret_is_shown_to_an_approver_or_kept_for_one() {
    let scene = scene();
    let stage = stage(&scene);
    let id = asked(&stage, "repo_delete_file", json!({"repo": "web", "path": "app.yaml"}));
    let shown = serde_json::to_string(&stage.approval(&id)).unwrap();
    assert!(shown.contains("password: ***") && !shown.contains(SECRET), "{shown}");
    for entry in std::fs::read_dir(stage.state().join("approvals")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// A call under a key that was carried out under an approval is answered again without another one.
#[test]
fn a_repetition_needs_no_second_approval() {
    let scene = scene();
    let stage = stage(&scene);
    let call = json!({"repo": "web", "path": "README.md", "idempotency_key": "k"});
    let id = asked(&stage, "repo_delete_file", call.clone());
    stage.decide(&id, Decide::Approve).unwrap();
    let first = stage.try_call("repo_delete_file", call.clone()).unwrap();
    let again = stage.try_call("repo_delete_file", call).unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(first.result, again.result);
}
