//! Property: whatever was done to a work tree and its index, `git_status` and `git_diff_unstaged` find what real git finds: changes,
//! untracked files and what is ignored of them, line ends, links, modes, submodules, and entries with flags of all kinds.
//!
//! `GITOMA_PROOF_CASES` sets another number of cases.

use std::fs::{File, Permissions};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::scene::{Scene, column};

/// Files and directories; some are one in one case and the other in the next.
const PATHS: &[&str] = &[
    "a.txt",
    "a",
    "a/b.txt",
    "a/b",
    "a/b/c.txt",
    "a/b/keep.log",
    "a-b",
    "a-b/x.log",
    "a.d/y.txt",
    "out/x",
    "out/y/z.txt",
    "out/keep.log",
    "deep/er/still/d.txt",
    "deep/er/d.log",
    "deep/caf\u{e9}",
    "with space.txt",
    ".hidden",
    ".env",
    "a/.env",
];

const CONTENTS: &[&str] = &[
    "",
    "one\n",
    "two\n",
    "one\r\n",
    "two\r\n",
    "one\r\ntwo\n",
    "$Id$\n",
    "$Id: 1 $\n",
    "\0\r\n",
    "a longer text\n",
];

const IGNORED: &[&str] = &[
    "*.log",
    "!keep.log",
    "/out/",
    "out",
    "!out/",
    "out/*",
    "!out/y/",
    "a/",
    "!a/",
    "b",
    "/b",
    "a/b",
    "**/d.txt",
    "deep/**",
    "!deep/er/",
    "er/",
    "*.txt",
    "/a.txt",
    ".*",
    "!.gitignore",
    "# no pattern",
    "with\\ space.txt",
    "*",
];

const ATTRIBUTES: &[&str] = &[
    "*.txt text",
    "*.txt eol=crlf",
    "*.txt eol=lf",
    "* text=auto",
    "*.log -text",
    "a.txt ident",
    "*.txt ident",
    "*.txt -ident",
    "/a/** text",
    "* filter=missing",
    "c.txt binary",
];

const CONFIGURATIONS: &[Option<(&str, &str)>] = &[
    None,
    None,
    Some(("core.autocrlf", "true")),
    Some(("core.autocrlf", "input")),
    Some(("core.eol", "crlf")),
    Some(("core.fileMode", "false")),
    Some(("core.symlinks", "false")),
    Some(("core.trustctime", "false")),
    Some(("core.checkStat", "minimal")),
    Some(("core.excludesFile", "ignored-by-the-user")),
    Some(("status.showUntrackedFiles", "no")),
];

/// Commands that take a path.
const COMMANDS: &[&[&str]] = &[
    &["add", "--all"],
    &["add", "--force"],
    &["add", "--intent-to-add"],
    &["rm", "--quiet", "--cached"],
    &["update-index", "--skip-worktree"],
    &["update-index", "--assume-unchanged"],
    &["reset", "--quiet"],
];

#[derive(Debug, Clone)]
enum Step {
    Write(&'static str, &'static str),
    /// The same content, of another time.
    Touch(&'static str),
    Remove(&'static str),
    Link(&'static str, &'static str),
    Mode(&'static str, u32),
    Pipe(&'static str),
    Directory(&'static str),
    Repository(&'static str),
    Rules(&'static str, &'static str, Vec<&'static str>),
    Git(&'static [&'static str], &'static str),
    /// A submodule that nobody has checked out.
    Submodule(&'static str),
    /// Files as old as the index are compared by content; afterwards none is.
    Age,
    Commit,
}

fn steps() -> impl Strategy<Value = Step> {
    let path = || select(PATHS);
    // What the two see differently would only be counted of a name that nobody may see.
    let plain = || path().prop_filter("a name that may be seen", |path| !path.ends_with(".env"));
    let place = || select(&["", "a/", "a/b/", "out/", "out/y/", "deep/", "deep/er/"][..]);
    prop_oneof![
        12 => (path(), select(CONTENTS)).prop_map(|(path, text)| Step::Write(path, text)),
        3 => path().prop_map(Step::Touch),
        5 => path().prop_map(Step::Remove),
        3 => (plain(), select(&["deep", "nowhere", "out"][..])).prop_map(|(path, to)| Step::Link(path, to)),
        2 => (path(), select(&[0o644, 0o755, 0o655][..])).prop_map(|(path, mode)| Step::Mode(path, mode)),
        1 => path().prop_map(Step::Pipe),
        1 => path().prop_map(Step::Directory),
        2 => plain().prop_map(Step::Repository),
        4 => (place(), subsequence(IGNORED.to_vec(), 0..5).prop_shuffle())
            .prop_map(|(place, lines)| Step::Rules(place, ".gitignore", lines)),
        2 => (place(), subsequence(ATTRIBUTES.to_vec(), 0..4).prop_shuffle())
            .prop_map(|(place, lines)| Step::Rules(place, ".gitattributes", lines)),
        6 => (
            select(COMMANDS),
            path()
        )
            .prop_map(|(command, path)| Step::Git(command, path)),
        1 => plain().prop_map(Step::Submodule),
        2 => Just(Step::Age),
        3 => Just(Step::Commit),
    ]
}

/// Makes room for something new at `path`.
fn clear(path: &Path) {
    let mut holder = path.parent().unwrap();
    while !holder.exists() || !holder.symlink_metadata().unwrap().is_dir() {
        let _ = std::fs::remove_file(holder);
        holder = holder.parent().unwrap();
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if std::fs::remove_file(path).is_err() {
        let _ = std::fs::remove_dir_all(path);
    }
}

fn age(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() && !path.ends_with(".git") {
            age(&path);
        } else if kind.is_file() {
            let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
            let _ = File::open(&path).unwrap().set_modified(before);
        }
    }
}

fn apply(scene: &Scene, step: &Step) {
    let at = |path: &str| scene.root().join(path);
    let git = |arguments: &[&str]| scene.git_succeeds_in(&scene.root(), arguments);
    match step {
        Step::Write(path, text) => {
            if !at(path).symlink_metadata().is_ok_and(|found| found.is_file()) {
                clear(&at(path));
            }
            // No file is another one renamed where only one of the two may be seen.
            let own = if path.ends_with(".env") { path } else { "" };
            std::fs::write(at(path), format!("{text}{own}")).unwrap();
        }
        Step::Touch(path) => {
            if at(path).symlink_metadata().is_ok_and(|found| found.is_file()) {
                let text = std::fs::read(at(path)).unwrap();
                std::fs::write(at(path), text).unwrap();
            }
        }
        Step::Remove(path) => {
            if std::fs::remove_file(at(path)).is_err() {
                let _ = std::fs::remove_dir_all(at(path));
            }
        }
        Step::Link(path, target) => {
            clear(&at(path));
            symlink(target, at(path)).unwrap();
        }
        Step::Mode(path, mode) => {
            if at(path).symlink_metadata().is_ok_and(|found| found.is_file()) {
                std::fs::set_permissions(at(path), Permissions::from_mode(*mode)).unwrap();
            }
        }
        Step::Pipe(path) => {
            clear(&at(path));
            assert!(Command::new("mkfifo").arg(at(path)).status().unwrap().success());
        }
        Step::Directory(path) => {
            clear(&at(path));
            std::fs::create_dir(at(path)).unwrap();
        }
        Step::Repository(path) => {
            clear(&at(path));
            std::fs::create_dir(at(path)).unwrap();
            std::fs::write(at(path).join("own.txt"), "own\n").unwrap();
            scene.git_in(&at(path), &["init", "--quiet"]);
        }
        Step::Rules(place, name, lines) => {
            let path = at(place).join(name);
            if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
                clear(&path);
            }
            std::fs::write(path, lines.join("\n") + "\n").unwrap();
        }
        Step::Git(command, path) => {
            git(&[*command, &["--", *path]].concat());
        }
        Step::Submodule(path) => {
            let id = "0123456789012345678901234567890123456789";
            git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},{path}")]);
        }
        Step::Age => {
            age(&scene.root());
            git(&["update-index", "-q", "--refresh"]);
        }
        Step::Commit => {
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "--allow-empty", "--message", "more"]);
        }
    }
}

/// Where, what, and which path.
type Seen = (&'static str, &'static str, String);

/// What git says, as far as it may be shown, and how much of it may not.
fn expected(scene: &Scene) -> (Vec<Seen>, u64) {
    let printed = scene.git(&[
        "--no-optional-locks",
        "-c",
        "status.renames=false",
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
    ]);
    let mut seen = Vec::new();
    for record in printed.split('\0').filter(|record| !record.is_empty()) {
        let (kind, rest) = record.split_at(2);
        if kind == "? " {
            seen.push(("untracked", "untracked", rest.trim_end_matches('/').to_owned()));
            continue;
        }
        let fields = if kind == "u " { 9 } else { 7 };
        let path = rest.splitn(fields + 1, ' ').last().unwrap().to_owned();
        if kind == "u " {
            seen.push(("unstaged", "conflicted", path));
            continue;
        }
        let (staged, unstaged) = rest[..2].split_at(1);
        let word = |letter, typed| match letter {
            "A" => Some("added"),
            "D" => Some("deleted"),
            "M" => Some("modified"),
            "T" => Some(typed),
            _ => None,
        };
        seen.extend(word(staged, "modified").map(|word| ("staged", word, path.clone())));
        // A submodule that stands on another commit is not looked into.
        let is_submodule = rest.split(' ').nth(1).unwrap().starts_with('S') && unstaged == "M";
        if !is_submodule {
            // To git a pipe in a file's place is a file that changed; to us it is no file.
            let is_pipe =
                scene.root().join(&path).symlink_metadata().is_ok_and(|found| found.file_type().is_fifo());
            let letter = if is_pipe && unstaged == "M" { "T" } else { unstaged };
            seen.extend(word(letter, "type_changed").map(|word| ("unstaged", word, path.clone())));
        }
    }
    // The engine takes a file that is to be added again for one that was never removed.
    let known = seen.clone();
    seen.retain(|(area, status, path)| {
        (*area, *status) != ("staged", "deleted") || !known.contains(&("unstaged", "added", path.clone()))
    });
    let all = seen.len();
    seen.retain(|(_, _, path)| path.rsplit('/').all(|part| part != ".env"));
    seen.sort();
    let left_out = all - seen.len();
    (seen, left_out as u64)
}

/// What the tool says, with each rename made into the file that went and the one that came.
fn found(scene: &Scene, status: &Value) -> Vec<Seen> {
    let mut seen = Vec::new();
    for entry in status["entries"].as_array().unwrap() {
        let text = |field: &str| entry[field].as_str().unwrap().to_owned();
        let known = |word: &str| {
            ["staged", "unstaged", "untracked", "added", "deleted", "modified", "type_changed", "conflicted"]
                .into_iter()
                .find(|known| *known == word)
                .unwrap()
        };
        let area = known(&text("area"));
        if text("status") == "renamed" {
            seen.push((area, "added", text("path")));
            seen.push((area, "deleted", text("old_path")));
        } else {
            seen.push((area, known(&text("status")), text("path")));
        }
    }
    // Git does not say what has taken a tracked file's place where that is another repository.
    let index = scene.git(&["ls-files", "-z"]);
    seen.retain(|(area, _, path)| *area != "untracked" || !index.split('\0').any(|tracked| tracked == path));
    seen.sort();
    seen
}

fn check(configuration: Option<(&str, &str)>, steps: &[Step]) {
    let scene = Scene::new();
    scene.write("a/b.txt", "one\n");
    scene.write("deep/er/d.log", "one\n");
    scene.write("out/y/z.txt", "one\r\n");
    scene.commit("begin");
    scene.write(".git/info/exclude", "excluded\n");
    if let Some((key, value)) = configuration {
        scene.git(&["config", key, value]);
    }
    for step in steps {
        apply(&scene, step);
    }
    let stage = scene.stage();
    let status = stage.call("git_status", json!({"repo": "web"}));
    let tracked = stage.call("git_status", json!({"repo": "web", "include_untracked": false}));
    let diff = stage.call("git_diff_unstaged", json!({"repo": "web"}));
    let (expected, left_out) = expected(&scene);
    assert_eq!(found(&scene, &status), expected);
    assert_eq!(status["omitted"], left_out);
    let nothing = expected.is_empty() && status["omitted"] == 0;
    assert_eq!(status["clean"], nothing, "what may not be seen is a change too");
    let of_tracked: Vec<Seen> = expected.into_iter().filter(|(area, _, _)| *area != "untracked").collect();
    assert_eq!(found(&scene, &tracked), of_tracked);
    let mut unstaged: Vec<&str> = of_tracked
        .iter()
        .filter(|(area, status, _)| (*area, *status) != ("unstaged", "added") && *area == "unstaged")
        .map(|(_, _, path)| path.as_str())
        .collect();
    unstaged.sort_unstable();
    let shown: Vec<&str> =
        diff["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(shown, unstaged);
}

#[test]
fn status_is_what_git_says() {
    let cases = std::env::var("GITOMA_PROOF_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let strategy = (select(CONFIGURATIONS), prop::collection::vec(steps(), 1..24));
    runner
        .run(&strategy, |(configuration, steps)| {
            check(configuration, &steps);
            Ok(())
        })
        .unwrap();
}

/// Where file systems fold names the engine compares; it errs in corners where our own walk does not.
#[test]
fn what_the_engine_compares_is_what_git_says() {
    let steps = [
        Step::Write("a.d/y.txt", "one\n"),
        Step::Write("deep/er/still/d.txt", "one\n"),
        Step::Commit,
        Step::Write("a/b.txt", "one\r\n"),
        Step::Write("a.d/y.txt", "two\n"),
        Step::Remove("deep/er/still"),
        Step::Link("deep/er/d.log", "nowhere"),
        Step::Rules("", ".gitignore", vec!["*.log", "!keep.log"]),
        Step::Write("a-b/x.log", "one\n"),
        Step::Write("out/keep.log", "one\n"),
        Step::Repository("out/x"),
        Step::Git(&["add", "--intent-to-add"], "out/keep.log"),
    ];
    for key in ["core.ignoreCase", "core.precomposeUnicode", "core.fileMode"] {
        check(Some((key, "true")), &steps);
    }
}

/// What chance seldom brings about.
#[test]
fn rare_states_are_what_git_says() {
    let write = |path| Step::Write(path, "one\n");
    let cases: [&[Step]; 5] = [
        // Files that may be executed, and what is none.
        &[
            write("a.d/y.txt"),
            write("out/x"),
            Step::Mode("a.d/y.txt", 0o755),
            Step::Mode("out/x", 0o755),
            Step::Commit,
            Step::Link("a.d/y.txt", "deep"),
            Step::Pipe("out/x"),
        ],
        // Directories that come in another order by name than by the paths of their files.
        &[write("a-b/x.log"), write("a.d/y.txt"), write("a/b/c.txt"), Step::Commit, write("a.d/z.txt")],
        // An entry that is not looked for, in a directory that is gone.
        &[
            write("deep/er/still/d.txt"),
            Step::Commit,
            Step::Git(&["update-index", "--skip-worktree"], "deep/er/still/d.txt"),
            Step::Remove("deep"),
        ],
        // Git marks an entry that changed in the moment it was added, by a size of 0; then the file is as it was.
        &[
            write("a.d/y.txt"),
            Step::Git(&["add", "--all"], "a.d"),
            Step::Write("a.d/y.txt", "two\n"),
            write("out/x"),
            Step::Git(&["add", "--all"], "out"),
            write("a.d/y.txt"),
        ],
        // Nothing has changed but what may not be seen.
        &[write("a/.env")],
    ];
    for steps in cases {
        check(None, steps);
    }
}

#[test]
fn a_merge_in_conflict_is_what_git_says() {
    let scene = Scene::new();
    for (path, text) in [("both.txt", "one\n"), ("gone/theirs.txt", "one\n"), ("gone/ours.txt", "one\n")] {
        scene.write(path, text);
    }
    scene.commit("begin");
    scene.git(&["checkout", "--quiet", "-b", "other"]);
    scene.write("both.txt", "theirs\n");
    scene.write("gone/ours.txt", "theirs\n");
    std::fs::remove_file(scene.root().join("gone/theirs.txt")).unwrap();
    scene.write("new.txt", "theirs\n");
    scene.commit("theirs");
    scene.git(&["checkout", "--quiet", "main"]);
    scene.write("both.txt", "ours\n");
    scene.write("gone/theirs.txt", "ours\n");
    std::fs::remove_file(scene.root().join("gone/ours.txt")).unwrap();
    scene.write("new.txt", "ours\n");
    scene.commit("ours");
    assert!(!scene.git_succeeds_in(&scene.root(), &["merge", "--quiet", "other"]));
    for directory_is_there in [true, false] {
        if !directory_is_there {
            std::fs::remove_dir_all(scene.root().join("gone")).unwrap();
        }
        let status = scene.stage().call("git_status", json!({"repo": "web"}));
        let unstaged: Vec<Seen> =
            found(&scene, &status).into_iter().filter(|(area, _, _)| *area == "unstaged").collect();
        assert_eq!(unstaged, expected(&scene).0);
        assert_eq!(unstaged.len(), 4);
    }
}

#[test]
fn a_change_right_after_a_worktree_was_made_is_seen() {
    let scene = Scene::new();
    scene.write("a.txt", "one\n");
    scene.write("b.txt", "one\n");
    scene.commit("begin");
    let stage = scene.writing_stage();
    for round in 0..20 {
        let branch = format!("agent/{round}");
        stage.call("worktree_create", json!({"repo": "web", "branch": branch}));
        let place =
            std::fs::read_dir(stage.state().join("worktrees")).unwrap().next().unwrap().unwrap().path();
        // The same size, and mostly the same second.
        std::fs::write(place.join("tree/a.txt"), "two\n").unwrap();
        let diff = stage.call("worktree_diff", json!({"repo": "web", "worktree": branch}));
        assert_eq!(column(&diff, "files", "path"), ["a.txt"], "round {round}");
        stage.call("worktree_remove", json!({"repo": "web", "worktree": branch, "discard": true}));
    }
}
