//! Whatever a tool promises it may tell, it does tell: a field that no result ever has is read by models for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::symlink;

use gitoma_core::config::{PushTarget, PushUrl};
use serde_json::{Value, json};

use crate::promised;
use crate::scene::{Scene, Stage, WRITING_POLICY};

/// What is promised and not seen here, with the reason.
const UNSEEN: [(&str, &str, &str); 1] =
    [("git_diff_unstaged", "files[].old_path", "a rename is one for who compares with the index alone")];

/// Calls, and the fields of their results.
struct Session {
    stage: Stage,
    seen: BTreeMap<String, BTreeSet<String>>,
}

impl Session {
    fn new(stage: Stage) -> Self {
        Self { stage, seen: BTreeMap::new() }
    }

    fn call(&mut self, tool: &str, mut arguments: Value) -> Value {
        arguments["repo"] = "web".into();
        self.call_without_repository(tool, arguments)
    }

    fn call_without_repository(&mut self, tool: &str, arguments: Value) -> Value {
        // That it is what the tool promises is required of every call.
        let result = self.stage.call(tool, arguments);
        self.seen.entry(tool.to_owned()).or_default().extend(promised::shown(&result));
        result
    }
}

#[test]
fn every_field_that_is_promised_is_seen() {
    let mut seen = BTreeMap::new();
    for session in [history(), long_lists(), writes()] {
        for (tool, fields) in session.seen {
            seen.entry(tool).or_insert_with(BTreeSet::new).extend(fields);
        }
    }
    let mut unseen = Vec::new();
    for (tool, schema) in &*promised::SCHEMAS {
        let fields = promised::fields(schema);
        let missing =
            fields.into_iter().filter(|field| !seen.get(tool).is_some_and(|seen| seen.contains(field)));
        unseen.extend(missing.map(|field| (tool.clone(), field)));
    }
    let excused = UNSEEN.map(|(tool, field, _reason)| (tool.to_owned(), field.to_owned()));
    assert_eq!(unseen, excused);
}

/// Two commits, of which the second does all that can be done to a file.
fn two_commits() -> Scene {
    let scene = Scene::new();
    let lines = |word: &str, count: usize| format!("{word} and more of the line\n").repeat(count);
    scene.write("README.md", "# Web\n");
    scene.write("old.txt", lines("moved", 20));
    scene.write("run.sh", "true\n");
    scene.write("image.bin", [0, 1, 2]);
    scene.write("large.txt", lines("large", 120_000));
    scene.write("z.txt", lines("first", 20_000));
    symlink("README.md", scene.root().join("link")).unwrap();
    scene.commit("begin");
    scene.git(&["mv", "old.txt", "new.txt"]);
    scene.write("new.txt", lines("moved", 20) + "new\n");
    scene.write("run.sh", "false\n");
    scene.git(&["update-index", "--chmod=+x", "run.sh"]);
    scene.git(&["config", "core.fileMode", "true"]);
    std::fs::set_permissions(
        scene.root().join("run.sh"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    scene.write("image.bin", [0, 1, 2, 3]);
    scene.write("large.txt", lines("larger", 120_000));
    scene.write("z.txt", lines("second", 20_000));
    scene.write("one-line.txt", "x".repeat(300 * 1024));
    scene.commit(&"a long message\n".repeat(2_000));
    scene
}

/// What is read of commits, files and differences.
fn history() -> Session {
    let scene = two_commits();
    scene.git(&["tag", "--annotate", "--message", &"a long word\n".repeat(2_000), "v1"]);
    scene.git(&["remote", "add", "origin", "https://git.example.org/acme/web.git"]);
    let mut session = Session::new(scene.writing_stage());
    session.call_without_repository("repo_list", json!({}));
    session.call("repo_info", json!({}));
    session.call("repo_tree", json!({"ref": "HEAD"}));
    session.call("repo_search_files", json!({"glob": "*.txt"}));
    session.call("repo_read_file", json!({"path": "z.txt", "ref": "HEAD"}));
    session.call("repo_read_file", json!({"path": "one-line.txt"}));
    session.call("repo_read_files", json!({"paths": ["README.md", "image.bin", "absent", "z.txt"]}));
    session.call("git_log", json!({"max_count": 1}));
    session.call("git_show", json!({"revision": "HEAD", "detail": "full_patch"}));
    session.call("git_diff", json!({"base": "HEAD~1", "target": "HEAD"}));
    session.call("git_blame", json!({"path": "new.txt"}));
    session.call("git_grep", json!({"pattern": "moved", "max_matches": 1}));
    session.call("git_branch", json!({}));
    session.call("git_tags", json!({}));
    scene.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    session.call("git_diff_staged", json!({}));
    session.call("git_status", json!({}));
    scene.git(&["reset", "--quiet"]);
    session.call("git_diff_unstaged", json!({}));
    session
}

/// Lists of which a result holds no more than a part.
fn long_lists() -> Session {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    let commit = scene.commit("begin");
    let blob = scene.git(&["rev-parse", "HEAD:README.md"]);
    let mut tree = String::new();
    for number in 0..5_100 {
        writeln!(tree, "100644 blob {blob}\tfile-{number}").unwrap();
    }
    let object = scene.outside("tree");
    std::fs::write(&object, tree).unwrap();
    let mktree = format!("git mktree < {}", object.display());
    scene.git(&["-c", &format!("alias.mktree-of=!{mktree}"), "mktree-of"]);
    scene.git(&["-c", &format!("alias.read=!git read-tree $({mktree})"), "read"]);
    let references = ["tags/t", "heads/b"].map(|kind| {
        let line = |number: u32| format!("{commit} refs/{kind}{number:04}\n");
        (0..2_100).map(line).collect::<String>()
    });
    scene.write(".git/packed-refs", references.concat());
    let mut session = Session::new(scene.stage());
    for (tool, arguments) in [
        ("repo_tree", json!({})),
        ("repo_search_files", json!({"glob": "file-*"})),
        ("git_status", json!({})),
        ("git_branch", json!({})),
        ("git_tags", json!({})),
    ] {
        session.call(tool, arguments);
    }
    session
}

/// What is told of writes, and of worktrees.
fn writes() -> Session {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.commit("begin");
    scene.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../remote.git"]);
    scene.git(&["push", "--quiet", "../remote.git", "main"]);
    let target = PushTarget {
        url: PushUrl::parse(&format!("file://{}", scene.outside("remote.git").display())).unwrap(),
        prefix: "agent/".into(),
        protected: Vec::new(),
        username: "x-access-token".into(),
        token: None,
    };
    let mut session = Session::new(Stage::pushing(&[scene.config()], WRITING_POLICY, true, Some(target)));
    for _ in 0..2 {
        session.call("repo_write_file", json!({"path": "new.txt", "content": "new\n"}));
    }
    let edits = json!([{"old_text": "new", "new_text": "newer"}]);
    for dry_run in [true, false] {
        session.call("repo_edit_file", json!({"path": "new.txt", "edits": edits, "dry_run": dry_run}));
    }
    let nothing = json!([{"old_text": "newer", "new_text": "newer"}]);
    session.call("repo_edit_file", json!({"path": "new.txt", "edits": nothing}));
    let patch = "--- a/new.txt\n+++ b/new.txt\n@@ -1 +1 @@\n-newer\n+newest\n";
    session.call("repo_apply_patch", json!({"patch": patch, "dry_run": true}));
    let more = "--- /dev/null\n+++ b/more.txt\n@@ -0,0 +1 @@\n+more\n";
    session.call("repo_apply_patch", json!({"patch": format!("{patch}{more}")}));
    session.call("repo_delete_file", json!({"path": "more.txt"}));

    session.call("git_create_branch", json!({"branch": "agent/x"}));
    let files = json!([{"path": "src/main.rs"}, {"path": "src/lib.rs", "content": "// nothing\n"}]);
    session.call("git_commit_files", json!({"branch": "agent/x", "message": "Move", "files": files}));
    session.call("git_push_branch", json!({"branch": "agent/x"}));
    session.call("git_push_branch", json!({"branch": "agent/x"}));

    session.call("worktree_create", json!({"branch": "agent/y"}));
    session
        .call("repo_write_file", json!({"worktree": "agent/y", "path": "README.md", "content": "# Net\n"}));
    let tree = crate::door::trees(session.stage.state());
    let tree = tree.iter().find_map(|place| find(place, "README.md")).unwrap();
    symlink("README.md", tree.join("link")).unwrap();
    std::fs::write(tree.join("large.txt"), vec![b'x'; 9 * 1024 * 1024]).unwrap();
    session.call("worktree_diff", json!({"worktree": "agent/y"}));
    session.call("worktree_list", json!({}));
    std::fs::remove_file(tree.join("link")).unwrap();
    std::fs::remove_file(tree.join("large.txt")).unwrap();
    session.call("worktree_commit", json!({"worktree": "agent/y", "message": "Rename"}));
    session.call("worktree_remove", json!({"worktree": "agent/y"}));
    session
}

/// The directory in `place`, or beneath it, that has a file `name`.
fn find(place: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    if place.join(name).is_file() {
        return Some(place.to_owned());
    }
    let beneath = std::fs::read_dir(place).ok()?.flatten().map(|entry| entry.path());
    beneath.filter(|path| path.is_dir()).find_map(|path| find(&path, name))
}
