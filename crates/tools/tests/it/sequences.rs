//! Property: whatever sequence of write tools is called, good calls and bad ones mixed, each changes what it names and nothing else,
//! a refused one changes nothing at all, and git finds the repository sound. Real git is the oracle of every commit.
//!
//! `GITOMA_PROOF_CASES` sets another number of sequences.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY, column};
use crate::snapshot::Snapshot;

const SECRET: &str = "kX9vT2qLmP4sRw7z";
/// The branch of the worktree that most sequences work in.
const WORKTREE: &str = "agent/one";
/// The branch that most sequences commit onto.
const BRANCH: &str = "agent/two";

/// Which version of a file or branch a call says that it expects.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Unsaid,
    Current,
    Absent,
    Stale,
}

/// One step of a sequence: a call, or something that the user does meanwhile.
#[derive(Debug, Clone)]
enum Step {
    Write {
        tree: Option<&'static str>,
        path: &'static str,
        text: String,
        expected: Expected,
    },
    Edit {
        tree: Option<&'static str>,
        path: &'static str,
        old: &'static str,
        new: &'static str,
    },
    Delete {
        tree: Option<&'static str>,
        path: &'static str,
        expected: Expected,
    },
    Patch {
        tree: Option<&'static str>,
        files: Vec<(&'static str, String)>,
        right: bool,
        dry: bool,
    },
    Branch {
        branch: &'static str,
        from: Option<&'static str>,
    },
    Commit {
        branch: &'static str,
        files: Vec<(&'static str, Option<String>)>,
        expected: Expected,
        locked: bool,
    },
    Create {
        branch: &'static str,
    },
    Diff {
        branch: &'static str,
    },
    Settle {
        branch: &'static str,
        expected: Expected,
    },
    Remove {
        branch: &'static str,
        discard: bool,
    },
    UserPacks,
    UserCommits,
}

fn path() -> impl Strategy<Value = &'static str> {
    let good = [
        "README.md",
        "src/main.rs",
        "src/lib.rs",
        "docs/a.md",
        "docs/deep/b.txt",
        "run.sh",
        "a name.txt",
        "\u{fc}n\u{ef}.txt",
    ];
    let odd = [
        "app.yaml",
        "src",
        "alias",
        "README.md/x",
        "readme.md",
        ".git/config",
        ".git/hooks/post-commit",
        ".env",
        "../out",
        "target/out",
    ];
    prop_oneof![4 => select(good.to_vec()), 1 => select(odd.to_vec())]
}

fn text() -> impl Strategy<Value = String> {
    let line = select(vec!["a", "b", "c", "", "fn main() {}", "# Web", "Hello.", "long and particular"]);
    let lines = prop::collection::vec(line, 0..9);
    let plain = (lines, any::<bool>()).prop_map(|(lines, open)| {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        if open { text.trim_end_matches('\n').to_owned() } else { text }
    });
    let bad = vec!["a\0b".to_owned(), format!("a: 1\npassword: {SECRET}q\n")];
    prop_oneof![12 => plain, 1 => select(bad)]
}

/// Most often the one that most sequences begin with.
fn branch(usual: &'static str) -> impl Strategy<Value = &'static str> {
    let odd = vec!["agent/one", "agent/two", "agent/one/more", "main", "side", "absent", "HEAD", "a..b"];
    prop_oneof![8 => Just(usual), 1 => select(odd)]
}

fn tree() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![2 => Just(None), 3 => branch(WORKTREE).prop_map(Some)]
}

fn expected() -> impl Strategy<Value = Expected> {
    prop_oneof![
        5 => Just(Expected::Unsaid),
        3 => Just(Expected::Current),
        1 => Just(Expected::Absent),
        1 => Just(Expected::Stale)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let old = select(vec!["a", "b\nc", "fn main() {}", "Hello.", "# Web"]);
    let new = select(vec!["x", "y\nz", ""]);
    let files = prop::collection::vec((path(), prop::option::weighted(0.8, text())), 1..4);
    let from = prop::option::weighted(0.4, select(vec!["main", "side", "HEAD", "main~1", "absent"]));
    prop_oneof![
        6 => (tree(), path(), text(), expected())
            .prop_map(|(tree, path, text, expected)| Step::Write { tree, path, text, expected }),
        2 => (tree(), path(), old, new).prop_map(|(tree, path, old, new)| Step::Edit { tree, path, old, new }),
        2 => (tree(), path(), expected())
            .prop_map(|(tree, path, expected)| Step::Delete { tree, path, expected }),
        4 => (tree(), prop::collection::vec((path(), text()), 1..3), prop::bool::weighted(0.8), prop::bool::weighted(0.2))
            .prop_map(|(tree, files, right, dry)| Step::Patch { tree, files, right, dry }),
        2 => (branch(BRANCH), from).prop_map(|(branch, from)| Step::Branch { branch, from }),
        6 => (branch(BRANCH), files, expected(), prop::bool::weighted(0.1))
            .prop_map(|(branch, files, expected, locked)| Step::Commit { branch, files, expected, locked }),
        1 => branch(WORKTREE).prop_map(|branch| Step::Create { branch }),
        1 => branch(WORKTREE).prop_map(|branch| Step::Diff { branch }),
        4 => (branch(WORKTREE), expected()).prop_map(|(branch, expected)| Step::Settle { branch, expected }),
        1 => (branch(WORKTREE), any::<bool>()).prop_map(|(branch, discard)| Step::Remove { branch, discard }),
        1 => Just(Step::UserPacks),
        1 => Just(Step::UserCommits),
    ]
}

/// A repository in the middle of somebody's work: something staged, something changed, something new, a hook and a setting.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n\nHello.\n");
    scene.commit("begin");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\nport: 80\n"));
    scene.write(".gitignore", "target/\n");
    std::os::unix::fs::symlink("README.md", scene.root().join("alias")).unwrap();
    scene.commit("more");
    scene.git(&["branch", "side", "main~1"]);
    scene.write("src/main.rs", "fn main() {}\n// staged\n");
    scene.git(&["add", "src/main.rs"]);
    scene.write("README.md", "# Web\n\nHello.\n\nNot staged.\n");
    scene.write("notes.txt", "untracked\n");
    scene.git(&["config", "user.name", "Ada"]);
    scene.write(".git/hooks/post-commit", "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n");
    let hook = scene.root().join(".git/hooks/post-commit");
    std::fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    scene
}

/// What a call may change, of the repository and of the worktrees.
#[derive(Default)]
struct Frame {
    /// Beneath the directory of the repository.
    repository: Vec<String>,
    /// Whether new objects may come.
    objects: bool,
    /// Beneath the directory of worktrees; a path that ends in a slash stands for all beneath it.
    worktrees: Vec<String>,
    /// Whether another worktree may come.
    new_worktree: bool,
    /// Whether objects may be left that nothing refers to, though the call is refused: its last step is to fail.
    fails_late: bool,
}

impl Frame {
    fn branch(mut self, branch: &str) -> Self {
        self.repository.push(format!(".git/refs/heads/{branch}"));
        self.repository.push(format!(".git/logs/refs/heads/{branch}"));
        self
    }

    /// What holds the commits of worktrees; once git has packed references, their file is where they go.
    fn anchors(mut self) -> Self {
        self.repository.extend([".git/refs/gitoma/".to_owned(), ".git/packed-refs".to_owned()]);
        self
    }
}

/// How many calls were carried out, and how many were refused.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    changed: usize,
    unchanged: usize,
    refused: usize,
}

struct Walk {
    scene: Scene,
    stage: Stage,
    tally: Tally,
}

/// Whether `path` is among `allowed`, or is a directory on the way to one of them.
fn covers(allowed: &[String], path: &str, directory: bool) -> bool {
    let beneath = format!("{path}/");
    allowed.iter().any(|allowed| {
        path == allowed
            || (allowed.ends_with('/') && path.starts_with(allowed.as_str()))
            || (directory && allowed.starts_with(&beneath))
    })
}

impl Walk {
    fn new(direct: bool) -> Self {
        let scene = scene();
        let stage = Stage::writing(&[scene.config()], WRITING_POLICY, direct);
        Self { scene, stage, tally: Tally::default() }
    }

    fn repository(&self) -> Snapshot {
        Snapshot::of(&self.scene.root())
    }

    fn worktrees(&self) -> Snapshot {
        Snapshot::of(&self.stage.state().join("worktrees"))
    }

    /// The directory of the worktree for `branch`, beneath that of all worktrees.
    fn place(&self, branch: &str) -> Option<String> {
        let entries = std::fs::read_dir(self.stage.state().join("worktrees")).ok()?;
        entries.flatten().find_map(|entry| {
            let record = std::fs::read_to_string(entry.path().join("record.json")).ok()?;
            let record: Value = serde_json::from_str(&record).unwrap();
            (record["branch"] == branch).then(|| entry.file_name().to_str().unwrap().to_owned())
        })
    }

    /// The directory in which a call without or with a worktree changes files.
    fn root(&self, tree: Option<&str>) -> Option<PathBuf> {
        match tree {
            None => Some(self.scene.root()),
            Some(branch) => {
                let place = self.place(branch)?;
                Some(self.stage.state().join("worktrees").join(place).join("tree"))
            }
        }
    }

    fn content(&self, tree: Option<&str>, path: &str) -> Option<Vec<u8>> {
        let path = self.root(tree)?.join(path);
        if path.symlink_metadata().ok()?.is_file() { std::fs::read(path).ok() } else { None }
    }

    fn tip(&self, branch: &str) -> Option<String> {
        let found =
            self.scene.git(&["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{branch}")]);
        found.lines().next().map(str::to_owned)
    }

    fn sha(&self, tree: Option<&str>, path: &str, expected: Expected) -> Option<String> {
        match expected {
            Expected::Unsaid => None,
            Expected::Absent => Some("0".repeat(40)),
            Expected::Stale => Some("1".repeat(40)),
            Expected::Current => {
                self.content(tree, path)?;
                let file = self.root(tree)?.join(path);
                Some(self.scene.git(&["hash-object", "--no-filters", file.to_str().unwrap()]))
            }
        }
    }

    fn head(&self, branch: &str, expected: Expected) -> Option<String> {
        match expected {
            Expected::Current => self.tip(branch),
            Expected::Unsaid => None,
            Expected::Absent => Some("0".repeat(40)),
            Expected::Stale => Some(self.scene.git(&["rev-parse", "main~1"])),
        }
    }

    /// Makes the call, and sees that it changes nothing beyond `frame`; nothing at all if it is refused or says so.
    fn call(&mut self, tool: &str, mut arguments: Value, frame: &Frame) -> Option<Value> {
        arguments.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let told = format!("{tool} {arguments}");
        let before = (self.repository(), self.worktrees());
        let outcome = self.stage.try_call(tool, arguments);
        let after = (self.repository(), self.worktrees());
        let (result, nothing) = match outcome {
            Ok(reply) => {
                let result = reply.result.into_value();
                let nothing = result["changed"] != true || result["dry_run"] == true;
                (Some(result), nothing)
            }
            Err(refusal) => {
                assert!(!refusal.executed() || tool == "worktree_diff", "{told}: {refusal}");
                assert!(!matches!(refusal.code(), "unavailable" | "internal"), "{told}: {refusal:?}");
                (None, true)
            }
        };
        match (&result, nothing) {
            (None, _) => self.tally.refused += 1,
            (Some(_), true) => self.tally.unchanged += 1,
            (Some(_), false) => self.tally.changed += 1,
        }
        for path in before.0.changed(&after.0) {
            let object = path.starts_with(".git/objects/") && !before.0.has(path);
            let directory = before.0.is_directory(path) || after.0.is_directory(path);
            let named = !nothing && covers(&frame.repository, path, directory);
            let may = named || object && if nothing { frame.fails_late } else { frame.objects };
            assert!(may, "{told} changed {path}; {result:?}");
        }
        for path in before.1.changed(&after.1) {
            let directory = before.1.is_directory(path) || after.1.is_directory(path);
            let new = frame.new_worktree && !before.1.has(path);
            assert!(
                !nothing && (new || covers(&frame.worktrees, path, directory)),
                "{told} changed {path} of the worktrees; {result:?}"
            );
        }
        result
    }

    /// A call that changes the files `paths` of one tree.
    fn change_files(
        &mut self,
        tool: &str,
        tree: Option<&str>,
        paths: &[&str],
        arguments: Value,
    ) -> Option<Value> {
        let mut frame = Frame::default();
        match tree {
            None => frame.repository = paths.iter().map(|path| (*path).to_owned()).collect(),
            Some(branch) => {
                if let Some(place) = self.place(branch) {
                    frame.worktrees = paths.iter().map(|path| format!("{place}/tree/{path}")).collect();
                    frame.worktrees.push(format!("{place}/record.json"));
                }
            }
        }
        self.call(tool, arguments, &frame)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write { tree, path, text, expected } => {
                let sha = self.sha(tree, path, expected);
                let arguments = json!({"repo": "web", "worktree": tree, "path": path, "content": text, "expected_sha": sha});
                let before = self.content(tree, path);
                if let Some(result) = self.change_files("repo_write_file", tree, &[path], arguments) {
                    assert_eq!(self.content(tree, path).unwrap(), text.as_bytes());
                    balances(&result, before.as_deref(), text.as_bytes());
                }
            }
            Step::Edit { tree, path, old, new } => {
                let edits = json!([{"old_text": old, "new_text": new}]);
                let arguments = json!({"repo": "web", "worktree": tree, "path": path, "edits": edits});
                let before = self.content(tree, path);
                if self.change_files("repo_edit_file", tree, &[path], arguments).is_some() {
                    let before = String::from_utf8(before.unwrap()).unwrap();
                    assert_eq!(before.matches(old).count(), 1);
                    assert_eq!(self.content(tree, path).unwrap(), before.replace(old, new).as_bytes());
                }
            }
            Step::Delete { tree, path, expected } => {
                let sha = self.sha(tree, path, expected);
                let arguments = json!({"repo": "web", "worktree": tree, "path": path, "expected_sha": sha});
                if self.change_files("repo_delete_file", tree, &[path], arguments).is_some() {
                    assert_eq!(self.content(tree, path), None);
                }
            }
            Step::Patch { tree, files, right, dry } => self.patch(tree, &files, right, dry),
            Step::Branch { branch, from } => {
                let arguments = json!({"repo": "web", "branch": branch, "from": from});
                let before = self.tip(branch);
                let frame = Frame::default().branch(branch);
                if let Some(result) = self.call("git_create_branch", arguments, &frame) {
                    assert_eq!(self.tip(branch).unwrap(), result["commit"].as_str().unwrap());
                    assert_eq!(result["changed"], before.is_none());
                    let start = self.scene.git(&["rev-parse", from.unwrap_or("HEAD")]);
                    assert_eq!(self.tip(branch), Some(start));
                }
            }
            Step::Commit { branch, files, expected, locked } => self.commit(branch, &files, expected, locked),
            Step::Create { branch } => {
                let arguments = json!({"repo": "web", "branch": branch});
                let taken = self.place(branch);
                let frame = Frame { new_worktree: true, ..Frame::default() }.anchors();
                if self.call("worktree_create", arguments, &frame).is_some() {
                    assert!(taken.is_none() && self.place(branch).is_some());
                }
            }
            Step::Diff { branch } => {
                let arguments = json!({"repo": "web", "worktree": branch});
                self.call("worktree_diff", arguments, &Frame::default());
            }
            Step::Settle { branch, expected } => self.settle(branch, expected),
            Step::Remove { branch, discard } => {
                let place = self.place(branch);
                let frame = Frame {
                    worktrees: place.iter().flat_map(|place| [place.clone(), format!("{place}/")]).collect(),
                    ..Frame::default()
                }
                .anchors();
                let arguments = json!({"repo": "web", "worktree": branch, "discard": discard});
                if self.call("worktree_remove", arguments, &frame).is_some() {
                    assert_eq!(self.place(branch), None);
                }
            }
            Step::UserPacks => {
                self.scene.git(&["repack", "-adq"]);
                self.scene.git(&["pack-refs", "--all", "--prune"]);
            }
            Step::UserCommits => {
                self.scene.tick();
                self.scene.git(&[
                    "-c",
                    "core.hooksPath=/nonexistent",
                    "commit",
                    "--quiet",
                    "--allow-empty",
                    "--message",
                    "by hand",
                ]);
            }
        }
    }

    fn patch(
        &mut self,
        tree: Option<&'static str>,
        files: &[(&'static str, String)],
        right: bool,
        dry: bool,
    ) {
        let old = |path: &str| self.content(tree, path);
        let mut patch = String::new();
        for (path, new) in files {
            let old = old(path).map(|old| String::from_utf8_lossy(&old).into_owned());
            patch.push_str(&whole(path, old.as_deref(), new, right));
        }
        let arguments = json!({"repo": "web", "worktree": tree, "patch": patch, "dry_run": dry});
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        if let Some(result) = self.change_files("repo_apply_patch", tree, &paths, arguments)
            && result["dry_run"] != true
        {
            assert!(right, "a patch of other lines was applied: {patch}");
            for (path, new) in files {
                let now = self.content(tree, path).unwrap_or_default();
                assert_eq!(now, new.as_bytes(), "{path}");
            }
        }
    }

    fn commit(
        &mut self,
        branch: &'static str,
        files: &[(&'static str, Option<String>)],
        expected: Expected,
        locked: bool,
    ) {
        let head = self.head(branch, expected);
        let list: Vec<Value> =
            files.iter().map(|(path, content)| json!({"path": path, "content": content})).collect();
        let list: Vec<Value> = list.into_iter().map(without_nulls).collect();
        let arguments = json!({"repo": "web", "branch": branch, "message": "Change", "files": list, "expected_head": head});
        let before = self.tip(branch);
        let lock = self.scene.root().join(format!(".git/refs/heads/{branch}.lock"));
        let locked = locked && before.is_some() && lock.parent().unwrap().exists();
        if locked {
            std::fs::write(&lock, "").unwrap();
        }
        let frame = Frame { objects: true, fails_late: locked, ..Frame::default() }.branch(branch);
        let result = self.call("git_commit_files", arguments, &frame);
        if locked {
            std::fs::remove_file(&lock).unwrap();
        }
        let Some(result) = result else {
            assert_eq!(self.tip(branch), before);
            return;
        };
        assert!(!locked || result["changed"] == false, "a locked branch was moved");
        self.is_commit(branch, before.as_deref(), &result);
        let commit = result["commit"].as_str().unwrap();
        for (path, content) in files {
            match content {
                Some(content) => {
                    let there = self.scene.git_bytes(&["cat-file", "blob", &format!("{commit}:{path}")]);
                    assert_eq!(there, content.as_bytes(), "{path}");
                }
                None => assert_eq!(self.scene.git(&["ls-tree", "-r", commit, path]), ""),
            }
        }
    }

    fn settle(&mut self, branch: &'static str, expected: Expected) {
        let head = self.head(branch, expected);
        let before = self.tip(branch);
        let arguments =
            json!({"repo": "web", "worktree": branch, "message": "Settle", "expected_head": head});
        let mut frame = Frame { objects: true, ..Frame::default() }.branch(branch).anchors();
        let mut tree = None;
        if let Some(place) = self.place(branch) {
            tree = Some(self.tree_as_git_sees_it(&place));
            let changing = ["git/HEAD", "git/index", "record.json"];
            frame.worktrees = changing.iter().map(|name| format!("{place}/{name}")).collect();
        }
        let Some(result) = self.call("worktree_commit", arguments, &frame) else {
            assert_eq!(self.tip(branch), before);
            return;
        };
        let tip = before.or_else(|| result["parent"].as_str().map(str::to_owned));
        if result["changed"] == true {
            self.is_commit(branch, tip.as_deref(), &result);
        }
        let commit = result["commit"].as_str().unwrap();
        assert_eq!(Some(self.scene.git(&["rev-parse", &format!("{commit}^{{tree}}")])), tree);
        let diff = self.stage.call("worktree_diff", json!({"repo": "web", "worktree": branch}));
        assert_eq!(diff["files_changed"], 0, "{diff}");
    }

    /// The tree that git would commit of a worktree, the link that is left out there aside.
    fn tree_as_git_sees_it(&self, place: &str) -> String {
        let place = self.stage.state().join("worktrees").join(place);
        let head = std::fs::read_to_string(place.join("git/HEAD")).unwrap();
        let scratch = tempfile::TempDir::new().unwrap();
        let (git, objects) = (self.scene.root().join(".git"), scratch.path().join("objects"));
        std::fs::create_dir(&objects).unwrap();
        let environment = [
            ("GIT_DIR", git.clone()),
            ("GIT_WORK_TREE", place.join("tree")),
            ("GIT_INDEX_FILE", scratch.path().join("index")),
            ("GIT_OBJECT_DIRECTORY", objects),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", git.join("objects")),
        ];
        let git = |arguments: &[&str]| self.scene.git_with(&environment, &place.join("tree"), arguments);
        git(&["read-tree", head.trim()]);
        git(&["add", "--all", "--", ".", ":!alias"]);
        git(&["write-tree"])
    }

    /// What the tool says of its commit is what git says.
    fn is_commit(&self, branch: &str, before: Option<&str>, result: &Value) {
        let git = |arguments: &[&str]| self.scene.git(arguments);
        let commit = result["commit"].as_str().unwrap();
        assert_eq!(self.tip(branch).as_deref(), Some(commit));
        assert_eq!(result["parent"].as_str(), before);
        let parent = before.unwrap();
        if result["changed"] == false {
            assert_eq!(commit, parent);
            return;
        }
        assert_eq!(git(&["rev-list", "--parents", "-1", commit]), format!("{commit} {parent}"));
        let compare = |format: &str| {
            git(&["-c", "core.quotePath=false", "diff-tree", "-r", "--no-renames", format, parent, commit])
        };
        let counted: Vec<String> = result["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| {
                format!("{}\t{}\t{}", file["insertions"], file["deletions"], file["path"].as_str().unwrap())
            })
            .collect();
        assert_eq!(counted.join("\n"), compare("--numstat"), "{result}");
        let named: Vec<String> = column(result, "files", "status")
            .iter()
            .zip(column(result, "files", "path"))
            .map(|(status, path)| format!("{}\t{path}", status[..1].to_uppercase()))
            .collect();
        assert_eq!(named.join("\n"), compare("--name-status"), "{result}");
    }

    /// What must hold once all is done.
    fn end(&self) {
        assert_eq!(self.scene.git(&["fsck", "--strict", "--no-dangling"]), "");
        for snapshot in [self.repository(), self.worktrees()] {
            let left = |name: &&str| {
                let file = name.rsplit('/').next().unwrap();
                file.ends_with(".lock")
                    || file.contains(".tmp")
                    || [".gitoma", ".unsettled", "tmp_"].iter().any(|prefix| file.starts_with(prefix))
            };
            assert_eq!(snapshot.names().filter(left).collect::<Vec<_>>(), [] as [&str; 0]);
        }
        let report = gitoma_audit::verify(&self.stage.state().join("audit")).unwrap();
        assert_eq!(report.verdict, gitoma_audit::Verdict::Intact, "{report:?}");
    }
}

fn without_nulls(mut value: Value) -> Value {
    value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    value
}

/// What a tool says of one file's lines fits what came of it.
fn balances(result: &Value, before: Option<&[u8]>, after: &[u8]) {
    if result["changed"] == false {
        assert_eq!(before, Some(after), "{result}");
        return;
    }
    let lines = |text: &[u8]| i64::try_from(text.split_inclusive(|byte| *byte == b'\n').count()).unwrap();
    let count = |field: &str| result[field].as_i64().unwrap();
    let grown = lines(after) - before.map_or(0, lines);
    assert_eq!(count("insertions") - count("deletions"), grown, "{result}");
    assert_eq!(result["status"], if before.is_some() { "modified" } else { "added" });
}

/// A patch that takes all lines of a file away and puts others there; it is no patch of this file unless it is to be `right`.
fn whole(path: &str, old: Option<&str>, new: &str, right: bool) -> String {
    let lines = |text: &str| text.split_inclusive('\n').count();
    let side = |sign: char, text: &str| -> String {
        let line = |line: &str| match line.strip_suffix('\n') {
            Some(_) => format!("{sign}{line}"),
            None => format!("{sign}{line}\n\\ No newline at end of file\n"),
        };
        text.split_inclusive('\n').map(line).collect()
    };
    let wrong = |old: &str| if right { old.to_owned() } else { format!("not there\n{old}") };
    let (from, old) = match old {
        Some(old) => (format!("a/{path}"), wrong(old)),
        None if right => ("/dev/null".to_owned(), String::new()),
        None => (format!("a/{path}"), "not there\n".to_owned()),
    };
    let to = if new.is_empty() { "/dev/null".to_owned() } else { format!("b/{path}") };
    let range = |text: &str| format!("{},{}", usize::from(!text.is_empty()), lines(text));
    let head = format!("--- {from}\n+++ {to}\n@@ -{} +{} @@\n", range(&old), range(new));
    head + &side('-', &old) + &side('+', new)
}

#[test]
fn no_sequence_of_writes_hurts() {
    let cases = std::env::var("GITOMA_PROOF_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(30);
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let total = std::cell::Cell::new(Tally::default());
    let usually = || prop::bool::weighted(0.8);
    let sequences = (any::<bool>(), usually(), usually(), prop::collection::vec(step(), 8..14));
    let walked = TestRunner::new(config).run(&sequences, |(direct, worktree, branch, steps)| {
        let mut walk = Walk::new(direct);
        let worktree = worktree.then_some(Step::Create { branch: WORKTREE });
        let branch = branch.then_some(Step::Branch { branch: BRANCH, from: None });
        for step in worktree.into_iter().chain(branch).chain(steps) {
            walk.take(step);
        }
        walk.end();
        let (sum, more) = (total.get(), walk.tally);
        total.set(Tally {
            changed: sum.changed + more.changed,
            unchanged: sum.unchanged + more.unchanged,
            refused: sum.refused + more.refused,
        });
        Ok(())
    });
    if let Err(failure) = walked {
        panic!("{failure}");
    }
    let total = total.get();
    println!("{total:?}");
    // Else nothing was tried.
    let cases = usize::try_from(cases).unwrap();
    assert!(total.changed > cases * 3 && total.refused > cases && total.unchanged > 0, "{total:?}");
}
