//! The truth table of writes (POL-5): every write tool through every door, over write mode, whitelist, what the policy says, and what the
//! caller gives up. Exactly one row writes; in all others neither the repository nor the state of worktrees changes by one byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use gitoma_core::config::{PushTarget, PushUrl, RepositoryConfig, WriteSettings};
use gitoma_core::{Gateway, LimitsConfig, PrincipalConfig, Rate, Role, Secret, WriteMode};
use serde_json::{Value, json};

use super::doors;
use super::house::TOKEN;

/// What the policy says of writes, and the code of a call that has every gate open.
const RULES: [(&str, &str); 5] = [
    ("{ id: w, effect: allow, capability: write, tools: [\"*\"] }", "ok"),
    ("{ id: w, effect: ask, capability: write, tools: [\"*\"] }", "denied"),
    ("{ id: w, effect: deny, capability: write, tools: [\"*\"] }", "unknown_tool"),
    // An allow that does not say it is for writes is for none.
    ("{ id: w, effect: allow, tools: [\"*\"] }", "unknown_tool"),
    ("{ id: w, effect: allow, tools: [repo_list] }", "unknown_tool"),
];

const NARROWINGS: [Option<&str>; 4] = [None, Some("read-only"), Some("repos=other"), Some("dry-run")];

/// One good call of every write tool; the branch and the file are the door's own.
fn calls(door: usize) -> Vec<(&'static str, Value)> {
    let own = |name: &str| format!("agent/{name}-{door}");
    let files = json!([{"path": "new.txt", "content": "x\n"}]);
    vec![
        ("git_create_branch", json!({"repo": "web", "branch": own("new")})),
        ("git_commit_files", json!({"repo": "web", "branch": own("there"), "message": "x", "files": files})),
        ("git_push_branch", json!({"repo": "web", "branch": own("push")})),
        ("worktree_create", json!({"repo": "web", "branch": own("tree")})),
        ("repo_write_file", json!({"repo": "web", "path": format!("new-{door}.txt"), "content": "x\n"})),
        (
            "repo_edit_file",
            json!({"repo": "web", "path": format!("edit-{door}.txt"), "edits": [{"old_text": "a", "new_text": "b"}]}),
        ),
        (
            "repo_apply_patch",
            json!({"repo": "web", "patch": format!("--- /dev/null\n+++ b/patch-{door}.txt\n@@ -0,0 +1 @@\n+x\n")}),
        ),
        ("repo_delete_file", json!({"repo": "web", "path": format!("gone-{door}.txt")})),
        // In the worktree that the positive row has made by now.
        ("worktree_commit", json!({"repo": "web", "worktree": own("tree"), "message": "x"})),
        ("worktree_remove", json!({"repo": "web", "worktree": own("tree")})),
    ]
}

struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::create_dir(scene.repository()).unwrap();
        scene.git(&["init", "-q", "-b", "main"]);
        for door in 0..doors::OPEN {
            std::fs::write(scene.repository().join(format!("edit-{door}.txt")), "a\n").unwrap();
            std::fs::write(scene.repository().join(format!("gone-{door}.txt")), "a\n").unwrap();
        }
        scene.git(&["add", "-A"]);
        scene.git(&["commit", "-q", "-m", "first"]);
        for door in 0..doors::OPEN {
            scene.git(&["branch", &format!("agent/there-{door}")]);
            scene.git(&["branch", &format!("agent/push-{door}")]);
        }
        scene.git(&["init", "-q", "--bare", "-b", "main", "../remote.git"]);
        scene.git(&["push", "-q", "../remote.git", "main"]);
        scene
    }

    fn remote(&self) -> PathBuf {
        self.directory.path().join("remote.git")
    }

    fn target(&self) -> PushTarget {
        PushTarget {
            url: PushUrl::parse(&format!("file://{}", self.remote().display())).unwrap(),
            prefix: "agent/".to_owned(),
            protected: vec!["main".to_owned()],
            username: "x-access-token".to_owned(),
            token: None,
        }
    }

    fn repository(&self) -> PathBuf {
        self.directory.path().join("web")
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(self.repository()).args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.invalid",
        ]);
        command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }

    fn gateway(&self, mode: WriteMode, whitelisted: bool, rule: &str) -> Gateway {
        let repositories =
            [RepositoryConfig { alias: "web".to_owned(), path: self.repository(), git_dir: None }];
        let state = self.directory.path().join("state");
        let writes = WriteSettings {
            worktrees: state.join("worktrees"),
            push: state.join("push"),
            targets: [("web".to_owned(), self.target())].into(),
            direct: true,
            ..WriteSettings::default()
        };
        let write = if whitelisted { "allow" } else { "deny" };
        let policy = format!(
            "version: 1\nglobal:\n  rules:\n    - {{ id: r, effect: allow, tools: [\"*\"] }}\n    - {rule}\nrepositories:\n  web: {{ write: {write} }}\n"
        );
        let fast = Rate::new(1_000_000, 1_000_000);
        Gateway::builder()
            .audit_directory(state.join("audit"))
            .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
            .limits(LimitsConfig { origin: fast, principal: fast, writes: fast, ..LimitsConfig::default() })
            .policy("truth.yaml", policy)
            .write_mode(mode)
            .tools(gitoma_tools::with_writes(&repositories, &writes).unwrap())
            .build()
            .unwrap()
    }

    /// Every file of the repository, of its remote and of the worktrees, with its content.
    fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        gather(&self.repository(), &mut found);
        gather(&self.remote(), &mut found);
        gather(&self.directory.path().join("state/worktrees"), &mut found);
        found
    }
}

fn gather(directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            gather(&path, found);
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}

/// The code that a call must end with.
fn expected(mode: WriteMode, whitelisted: bool, said: &'static str, narrowing: Option<&str>) -> &'static str {
    match (said, narrowing, mode, whitelisted) {
        ("unknown_tool", ..) => "unknown_tool",
        (_, Some("dry-run"), ..) => "dry_run",
        (_, Some(_), ..) => "narrowed",
        (_, None, WriteMode::Off, _) => "write_mode_off",
        (_, None, WriteMode::On, false) => "repository_not_whitelisted",
        (said, None, WriteMode::On, true) => said,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_row_writes_and_no_other() {
    let scene = Scene::new();
    let mut wrote = 0;
    for mode in [WriteMode::On, WriteMode::Off] {
        for whitelisted in [true, false] {
            for (rule, said) in RULES {
                let gateway = scene.gateway(mode, whitelisted, rule);
                for (number, door) in doors::open(&gateway).await.iter_mut().enumerate() {
                    for (tool, arguments) in calls(number) {
                        for narrowing in NARROWINGS.into_iter().rev() {
                            let row =
                                format!("{} {tool} {mode:?} {whitelisted} {rule} {narrowing:?}", door.name());
                            let before = scene.everything();
                            let answer = door.call(narrowing, tool, &arguments).await;
                            let code = expected(mode, whitelisted, said, narrowing);
                            // Who could approve is not there: an ask ends as a denial.
                            assert!(
                                answer.code == code
                                    || (code == "denied" && answer.code.starts_with("approval")),
                                "{row}: {answer:?}"
                            );
                            // Nothing has changed in the worktree, so that its commit has nothing to do.
                            let writes = code == "ok" && tool != "worktree_commit";
                            assert_eq!(scene.everything() != before, writes, "{row}: {answer:?}");
                            wrote += usize::from(writes);
                        }
                    }
                }
                gateway.shutdown(std::time::Duration::from_secs(5)).await;
            }
        }
    }
    assert_eq!(wrote, doors::OPEN * (calls(0).len() - 1), "the positive row did not write");
}

/// What is worked on in a worktree is seen there, through every door, by who works on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worktree_is_seen_through_every_door() {
    let scene = Scene::new();
    let gateway = scene.gateway(WriteMode::On, true, RULES[0].0);
    for (number, door) in doors::open(&gateway).await.iter_mut().enumerate() {
        let branch = format!("agent/tree-{number}");
        let on = json!({"repo": "web", "worktree": branch});
        let write = json!({"repo": "web", "worktree": branch, "path": "new.txt", "content": "x\n"});
        for (tool, arguments) in
            [("worktree_create", json!({"repo": "web", "branch": branch})), ("repo_write_file", write)]
        {
            let answer = door.call(None, tool, &arguments).await;
            assert_eq!(answer.code, "ok", "{} {tool}: {answer:?}", door.name());
        }
        let listed =
            door.call(Some("read-only"), "worktree_list", &json!({"repo": "web"})).await.result.unwrap();
        let names: Vec<_> =
            listed["worktrees"].as_array().unwrap().iter().map(|one| &one["worktree"]).collect();
        assert!(names.contains(&&json!(branch)), "{} {listed}", door.name());
        let diff = door.call(Some("read-only"), "worktree_diff", &on).await.result.unwrap();
        assert_eq!(
            (&diff["files_changed"], &diff["files"][0]["path"]),
            (&json!(1), &json!("new.txt")),
            "{diff}"
        );
    }
}
