//! Disks with no room left, in blocks or in names: wherever a write stops, its refusal says so and nothing has changed. The test starts
//! itself anew in namespaces of its own, in which it may mount a file system that is full after a few megabytes.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gitoma_core::config::{PushTarget, PushUrl, WriteSettings};
use gitoma_core::{Gateway, LimitsConfig, PrincipalConfig, Rate, Refusal, Reply, Role, WriteMode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door::on;
use crate::promised;
use crate::scene::{Scene, WRITING_POLICY, raw};
use crate::snapshot::Snapshot;

/// Where the small disk is, for the process that has it.
const SMALL_DISK: &str = "GITOMA_TEST_SMALL_DISK";
const BLOCK: u64 = 4096;
/// As many calls as one likes.
const PLENTY: Rate = Rate::new(1_000_000, 1_000_000);
/// Each call is made with so little left, from nothing up to this many blocks, then names.
const MOST_LEFT: u64 = 7;

/// A disk that can be filled.
struct Disk(PathBuf);

#[derive(Debug, Clone, Copy)]
enum Left {
    Blocks(u64),
    Names(u64),
}

impl Disk {
    fn fill(&self, left: Left) {
        self.empty();
        match left {
            Left::Blocks(blocks) => {
                let mut file = File::create(self.0.join("filler")).unwrap();
                while file.write_all(&[0; BLOCK as usize]).is_ok() {}
                let full = file.metadata().unwrap().len() / BLOCK;
                file.set_len((full - blocks) * BLOCK).unwrap();
            }
            Left::Names(names) => {
                let name = |number: u64| self.0.join("names").join(number.to_string());
                std::fs::create_dir(self.0.join("names")).unwrap();
                let full = (0..).find(|number| File::create(name(*number)).is_err()).unwrap();
                assert!(full > names);
                (full - names..full).for_each(|number| std::fs::remove_file(name(number)).unwrap());
            }
        }
    }

    fn empty(&self) {
        let _ = std::fs::remove_file(self.0.join("filler"));
        let _ = std::fs::remove_dir_all(self.0.join("names"));
    }
}

/// What lies on the small disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Small {
    Repository,
    Worktrees,
    Approvals,
    Log,
}

/// A repository, a gateway that may do everything, and the small disk.
struct House {
    scene: Scene,
    /// Where worktrees and repositories to push from are.
    made: TempDir,
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
    disk: Disk,
    _state: [TempDir; 2],
}

impl House {
    fn new(disk: &Path, small: Small) -> Self {
        let place = |what| if small == what { TempDir::new_in(disk) } else { TempDir::new() }.unwrap();
        let scene = Scene::within(place(Small::Repository));
        scene.write("README.md", "# Web\n");
        scene.write("gone.md", "goes\n");
        scene.write("src/main.rs", "fn main() {}\n".repeat(400));
        scene.commit("begin");
        let remote = TempDir::new().unwrap();
        scene.git(&["clone", "--quiet", "--bare", ".", &remote.path().display().to_string()]);
        let url = PushUrl::parse(&format!("file://{}", remote.keep().display())).unwrap();
        let target = PushTarget {
            url,
            prefix: "agent/".into(),
            protected: vec!["main".into()],
            username: "x-access-token".into(),
            token: None,
        };
        let (made, approvals, log) = (place(Small::Worktrees), place(Small::Approvals), place(Small::Log));
        let writes = WriteSettings {
            worktrees: made.path().join("worktrees"),
            push: made.path().join("push"),
            targets: [("web".to_owned(), target)].into(),
            direct: true,
            per_principal: 10_000,
            ..WriteSettings::default()
        };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let guard = runtime.enter();
        let gateway = Gateway::builder()
            .audit_directory(log.path().join("audit"))
            .approvals_directory(approvals.path().join("approvals"))
            .replies_directory(approvals.path().join("replies"))
            .principal(PrincipalConfig::local("agent", &[Role::Agent]))
            .policy("test.yaml", WRITING_POLICY.to_owned())
            .tools(gitoma_tools::with_writes(&[scene.config()], &writes).unwrap())
            .write_mode(WriteMode::On)
            .limits(LimitsConfig { principal: PLENTY, writes: PLENTY, ..LimitsConfig::default() })
            .build()
            .unwrap();
        drop(guard);
        Self { scene, made, gateway, runtime, disk: Disk(disk.to_owned()), _state: [approvals, log] }
    }

    fn call(&self, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
        let answer = self.runtime.block_on(self.gateway.handle(raw("agent", tool, arguments)));
        answer.inspect(|reply| promised::require(tool, reply.result.as_value()))
    }

    fn good(&self, tool: &str, arguments: Value) {
        let given = arguments.to_string();
        if let Err(refusal) = self.call(tool, arguments) {
            panic!("{tool} {given}: {refusal:?}");
        }
    }

    /// All that a refused write must leave as it was.
    fn facts(&self) -> [Snapshot; 2] {
        [Snapshot::of(&self.scene.root()), Snapshot::of(self.made.path())]
    }

    /// What is not as it was, but for objects that nothing refers to, and for what the next call of its kind takes up.
    fn changed(&self, before: &[Snapshot; 2]) -> Vec<String> {
        let after = self.facts();
        let both = before.iter().zip(&after);
        let changed = both.flat_map(|(before, after)| before.changed(after));
        changed.filter(|name| !is_object(name) && !is_taken_up(name)).map(str::to_owned).collect()
    }

    /// Makes the call with so little left. A refusal must say why and change nothing, and the call succeed once there is room: what is
    /// not so is added to `wrong`. Returns whether it was refused.
    fn attempt(
        &self,
        call: &Call,
        number: u64,
        left: Left,
        refused_as: &str,
        wrong: &mut Vec<String>,
    ) -> bool {
        (call.prepare)(self, number);
        let arguments = (call.arguments)(number);
        let before = self.facts();
        self.disk.fill(left);
        let answer = self.call(call.tool, arguments.clone());
        self.disk.empty();
        let Err(refusal) = answer else { return false };
        let what = format!("{} with {left:?} left", call.tool);
        // The code is that of other limits too, so the words count.
        let says = refused_as != "no_room" || refusal.to_string().contains("disk is full");
        if refusal.code() != refused_as || refusal.executed() || !says {
            wrong.push(format!("{what}: {refusal:?}"));
        }
        let changed = self.changed(&before);
        if !changed.is_empty() {
            wrong.push(format!("{what}: {refusal} and yet changed: {changed:?}"));
        }
        if let Err(refusal) = self.call(call.tool, arguments) {
            wrong.push(format!("{what}, and then room: {refusal:?}"));
        }
        true
    }
}

/// Whether the name is that of an object of a repository, or a folder of objects.
fn is_object(name: &str) -> bool {
    let Some((_, inside)) = name.rsplit_once("objects/") else { return false };
    inside.bytes().all(|byte| byte == b'/' || byte.is_ascii_hexdigit())
}

/// Whether the name is that of a record of what was begun: of a branch that was not made, as git itself leaves it, of a commit, or of the
/// repository that branches are pushed from.
fn is_taken_up(name: &str) -> bool {
    let record = name.starts_with(".git/logs/refs/heads/agent") || name.ends_with("/git/GITOMA_COMMIT");
    record || name == "push" || name.starts_with("push/")
}

/// A write, and what must be there for it.
struct Call {
    tool: &'static str,
    prepare: fn(&House, u64),
    arguments: fn(u64) -> Value,
    /// Where it cannot do without room.
    needs: &'static [Small],
}

const fn call(
    needs: &'static [Small],
    tool: &'static str,
    prepare: fn(&House, u64),
    arguments: fn(u64) -> Value,
) -> Call {
    Call { tool, prepare, arguments, needs }
}

fn lines(number: u64) -> String {
    format!("line {number}\n").repeat(900)
}

/// Every tool that writes.
fn calls() -> Vec<Call> {
    use Small::{Approvals, Repository, Worktrees};
    let nothing = |_: &House, _: u64| ();
    vec![
        call(
            &[Repository],
            "repo_write_file",
            nothing,
            |number| json!({"repo": "web", "path": format!("docs/{number}/deep/new.md"), "content": lines(number)}),
        ),
        call(
            &[Repository, Approvals],
            "repo_write_file",
            nothing,
            |number| json!({"repo": "web", "path": "README.md", "content": lines(number), "idempotency_key": format!("key-{number:016}")}),
        ),
        call(
            &[Repository],
            "repo_edit_file",
            |house, _| house.scene.write("edited.txt", format!("first\n{}", lines(0))),
            |number| {
                let edits = json!([{"old_text": "first\n", "new_text": format!("second {number}\n")}]);
                json!({"repo": "web", "path": "edited.txt", "edits": edits})
            },
        ),
        call(&[Repository], "repo_apply_patch", nothing, |number| {
            let file = |name: &str| {
                format!(
                    "--- /dev/null\n+++ b/patched/{number}/{name}.md\n@@ -0,0 +1,100 @@\n{}",
                    "+a line of a file that is new\n".repeat(100)
                )
            };
            json!({"repo": "web", "patch": format!("{}{}", file("one"), file("two"))})
        }),
        call(
            &[],
            "repo_delete_file",
            |house, _| house.scene.write("gone.md", "goes\n"),
            |_| json!({"repo": "web", "path": "gone.md"}),
        ),
        call(
            &[Repository],
            "git_create_branch",
            nothing,
            |number| json!({"repo": "web", "branch": format!("agent/b{number}")}),
        ),
        call(&[Repository], "git_commit_files", nothing, |number| {
            let files = json!([{"path": format!("a/{number}.md"), "content": lines(number)}, {"path": "README.md", "content": "x\n"}]);
            json!({"repo": "web", "branch": "agent/x", "message": "Change things", "files": files})
        }),
        call(
            &[Repository, Worktrees],
            "worktree_create",
            nothing,
            |number| json!({"repo": "web", "branch": format!("agent/t{number}")}),
        ),
        call(&[Worktrees], "repo_write_file", nothing, |number| {
            on("agent/w", &json!({"path": format!("docs/{number}.md"), "content": lines(number)}))
        }),
        call(
            &[Repository, Worktrees],
            "worktree_commit",
            |house, number| {
                let content = lines(number);
                house.good(
                    "repo_write_file",
                    on("agent/w", &json!({"path": "committed.md", "content": content})),
                );
            },
            |_| on("agent/w", &json!({"message": "Change things"})),
        ),
        call(
            &[],
            "worktree_remove",
            |house, number| {
                house.good("worktree_create", json!({"repo": "web", "branch": format!("agent/r{number}")}));
            },
            |number| on(&format!("agent/r{number}"), &json!({"discard": true})),
        ),
        call(
            &[Worktrees],
            "git_push_branch",
            |house, number| {
                let files = json!([{"path": format!("pushed/{number}.md"), "content": lines(number)}]);
                let commit = json!({"repo": "web", "branch": "agent/x", "message": "More", "files": files});
                house.good("git_commit_files", commit);
            },
            |_| json!({"repo": "web", "branch": "agent/x"}),
        ),
    ]
}

impl House {
    /// Begins what the calls go on with.
    fn prepared(disk: &Path, small: Small) -> Self {
        let house = Self::new(disk, small);
        house.good("git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
        house.good("worktree_create", json!({"repo": "web", "branch": "agent/w"}));
        house
    }
}

/// Makes the calls that need room there with ever more of it. Each must be refused where nothing is left.
fn try_calls(disk: &Path, small: Small, refused_as: &str) {
    let house = House::prepared(disk, small);
    let lefts = (0..=MOST_LEFT).flat_map(|left| [Left::Blocks(left), Left::Names(left)]);
    let (mut number, mut wrong) = (0, Vec::new());
    for left in lefts {
        for call in calls().into_iter().filter(|call| call.needs.contains(&small)) {
            number += 1;
            let refused = house.attempt(&call, number, left, refused_as, &mut wrong);
            if !refused && matches!(left, Left::Blocks(0)) {
                wrong.push(format!("{} succeeded with nothing left", call.tool));
            }
        }
    }
    house.scene.git(&["fsck", "--strict", "--no-dangling"]);
    assert!(wrong.is_empty(), "{small:?}: {wrong:#?}");
}

/// Uses up what the log has put by for a full disk; from then on no write begins.
fn try_calls_unrecorded(disk: &Path) {
    let house = House::prepared(disk, Small::Log);
    for (number, call) in (0..).zip(calls()) {
        (call.prepare)(&house, number);
    }
    let before = house.facts();
    house.disk.fill(Left::Blocks(0));
    let list = || house.call("repo_list", json!({}));
    let refused = (0..20_000).find_map(|_| list().err()).map(|refusal| refusal.code().to_owned());
    assert_eq!(refused.as_deref(), Some("audit_unavailable"));
    for (number, call) in (0..).zip(calls()) {
        let refusal = house.call(call.tool, (call.arguments)(number)).unwrap_err();
        assert_eq!((refusal.code(), refusal.executed()), ("audit_unavailable", false), "{}", call.tool);
    }
    assert_eq!(house.changed(&before), [] as [String; 0]);
    house.disk.empty();
    for (number, call) in (0..).zip(calls()) {
        house.good(call.tool, (call.arguments)(number));
    }
}

/// Runs this test again where a small disk can be mounted. `None` where that is not allowed; never in CI.
fn in_namespaces(test: &str) -> Option<()> {
    let script = "mount -t tmpfs -o size=6m,nr_inodes=4000,mode=0700 none \"$0\" && exec \"$@\"";
    let place = TempDir::new().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(place.path());
    let possible = command.arg("true").output().is_ok_and(|tried| tried.status.success());
    if !possible {
        assert!(std::env::var_os("CI").is_none(), "no namespaces, so no small disk");
        println!("skipped: no namespaces may be made here, so there is no small disk");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(place.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let run = command.env(SMALL_DISK, place.path()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    println!("{said}");
    Some(())
}

#[test]
fn a_write_that_finds_no_room_says_so_and_changes_nothing() {
    let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) else {
        in_namespaces("full_disk::a_write_that_finds_no_room_says_so_and_changes_nothing");
        return;
    };
    try_calls(&disk, Small::Repository, "no_room");
}

#[test]
fn worktrees_and_pushes_that_find_no_room_say_so_and_change_nothing() {
    let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) else {
        in_namespaces("full_disk::worktrees_and_pushes_that_find_no_room_say_so_and_change_nothing");
        return;
    };
    try_calls(&disk, Small::Worktrees, "no_room");
    try_calls(&disk, Small::Approvals, "unavailable");
}

#[test]
fn a_worktree_that_cannot_take_up_its_commit_says_so_and_does_once_there_is_room() {
    let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) else {
        in_namespaces(
            "full_disk::a_worktree_that_cannot_take_up_its_commit_says_so_and_does_once_there_is_room",
        );
        return;
    };
    let house = House::prepared(&disk, Small::Worktrees);
    let commit = || house.call("worktree_commit", on("agent/w", &json!({"message": "Change things"})));
    let mut behind = 0;
    for left in 0..=MOST_LEFT {
        let content = lines(left);
        house.good("repo_write_file", on("agent/w", &json!({"path": "committed.md", "content": content})));
        house.disk.fill(Left::Blocks(left));
        if commit().is_ok()
            && let Err(refusal) = commit()
        {
            assert_eq!(refusal.code(), "conflict", "{refusal:?}");
            assert!(refusal.to_string().contains("not taken up its last commit"), "{refusal}");
            behind += 1;
        }
        house.disk.empty();
        assert!(commit().is_ok(), "{left} blocks");
        let status = house.call("worktree_diff", on("agent/w", &json!({}))).unwrap().result.into_value();
        assert_eq!(status["files"], json!([]), "{left} blocks: {status}");
    }
    assert!(behind > 0, "no worktree ever stayed behind");
}

#[test]
fn nothing_is_written_whose_record_finds_no_room() {
    let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) else {
        in_namespaces("full_disk::nothing_is_written_whose_record_finds_no_room");
        return;
    };
    try_calls_unrecorded(&disk);
}
