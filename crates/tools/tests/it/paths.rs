//! Hostile names against every write tool that takes one: files on the disk, in trees and in patches, and branches. Git's own check of
//! its index and of references is the oracle: what git refuses is refused here, and nothing is written under a refused name.
//!
//! `GITOMA_PROOF_CASES` sets another number of names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY};
use crate::snapshot::Snapshot;

/// A source of numbers that gives the same ones every time.
struct Numbers(u64);

impl Numbers {
    /// One below `end` (SplitMix64).
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const STEMS: &[&str] = &[
    ".git",
    ".github",
    ".gitmodules",
    ".gitattributes",
    ".gitignore",
    ".env",
    ".envrc",
    ".ssh",
    "git~1",
    "GIT~1",
    "gi7eba~1",
    "GITMOD~1",
    "gitmod~2",
    "config",
    "hooks",
    "CON",
    "nul",
    "com1",
    "LPT9",
    "aux.txt",
    "conin$",
    "README.md",
    "src",
    "name",
    "..",
    ".",
    "...",
    "a b",
    "\u{e4}\u{df}",
    "-x",
    "@",
    "HEAD",
    "refs",
    "agent",
    "x.lock",
    "~",
    "C:",
    "id_rsa",
];

const IGNORABLE: &[char] = &[
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{202a}',
    '\u{202e}',
    '\u{206a}',
    '\u{206f}',
    '\u{feff}',
    '\u{ad}',
    '\u{34f}',
    '\u{2066}',
    '\u{2069}',
    '\u{180e}',
    '\u{fe0f}',
    '\u{e0001}',
];

const TAILS: &[&str] = &[
    ".",
    " ",
    "..",
    ". ",
    " .",
    "::$INDEX_ALLOCATION",
    "::$DATA",
    ":stream",
    ":",
    "\\x",
    "\\",
    "/",
    "/.",
    "~1",
    ".git",
    ".lock",
    "\n",
    "\t",
    "\r",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "?",
    "*",
    "<",
    "|",
    "\"",
    "^",
    "@{1}",
    "[",
    "%",
    "'",
    "$(x)",
    "\u{0}",
];

/// Turns `name` into one that some system takes for the same, or that no system should take.
fn twist(name: &str, numbers: &mut Numbers) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = numbers.below(letters.len().max(1));
    let insert = |with: &str| {
        let (left, right) = letters.split_at(at.min(letters.len()));
        let side = |part: &[char]| part.iter().collect::<String>();
        format!("{}{with}{}", side(left), side(right))
    };
    match numbers.below(14) {
        0 => name.to_uppercase(),
        1 => letters
            .iter()
            .map(|letter| if numbers.below(2) == 0 { letter.to_ascii_uppercase() } else { *letter })
            .collect(),
        // LATIN SMALL LETTER LONG S, KELVIN SIGN, DOTLESS I and I WITH DOT ABOVE fold into ASCII in one way or another.
        2 => name.replace(['s', 'S'], "\u{17f}"),
        3 => name.replace(['k', 'K'], "\u{212a}"),
        4 => name.replace(['i', 'I'], numbers.of(&["\u{131}", "\u{130}", "\u{ff49}"])),
        5 | 6 => insert(&numbers.of(IGNORABLE).to_string()),
        7..=9 => format!("{name}{}", numbers.of(TAILS)),
        10 => format!(
            "{}{name}",
            numbers.of(&[
                "/", "./", "../", "//", "\\", " ", ".", "-", "~", "~root/", "\\\\?\\", "C:", "C:/",
                "\u{feff}"
            ])
        ),
        11 => insert(numbers.of(&["/", "\\", "//", "/./", "/../", "\u{301}", "\u{0}", "\n"])),
        12 => format!("{name}{}", "x".repeat(numbers.of(&[200, 255, 300, 5_000]))),
        _ => name.to_owned(),
    }
}

/// `count` names, each once.
fn names(count: usize) -> Vec<String> {
    let mut numbers = Numbers(20_261_121);
    let mut names = BTreeSet::new();
    while names.len() < count {
        let parts: Vec<String> = (0..=numbers.below(3))
            .map(|_| {
                let mut part = numbers.of(STEMS).to_owned();
                for _ in 0..numbers.below(3) {
                    part = twist(&part, &mut numbers);
                }
                part
            })
            .collect();
        names.insert(parts.join(numbers.of(&["/", "/", "/", "\\", "//"])));
    }
    names.into_iter().collect()
}

fn count() -> usize {
    std::env::var("GITOMA_PROOF_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_500)
}

/// Names of files that must pass everywhere.
const ORDINARY: &[&str] = &[
    ".gitignore",
    ".github/dependabot.yml",
    ".editorconfig",
    "docs/.keep",
    "a b.txt",
    "a.b.c",
    "x..y",
    "\u{e4}\u{f6}\u{fc}/stra\u{df}e.md",
    "\u{65e5}\u{672c}\u{8a9e}.txt",
    "e\u{301}t\u{e9}.txt",
    "\u{395}\u{3bb}.md",
    "console.log",
    "auxiliary.c",
    "com10",
    "lpt",
    "gitmodules",
    "git/config",
    ".gitx/y",
    "environment.env.md",
    "a-b_c+d@e.txt",
    "(x)/[y].tsx",
    "src/$id.ts",
    "100%.md",
    "it's.txt",
    "#1.md",
    "a~b.txt",
    "\u{1f980}.rs",
];

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("base.txt", "base\n");
    scene.commit("begin");
    // What a hostile name would like to be another name of, and may not be reached by it.
    for path in [".env", ".gitmodules", ".github/workflows/ci.yml", ".ssh/config"] {
        scene.write(path, "keep\n");
    }
    scene
}

fn stage(scene: &Scene) -> Stage {
    Stage::writing(&[scene.config()], WRITING_POLICY, true)
}

/// Whether git would have `name` in an index, on any system.
fn git_takes(scene: &Scene, blob: &str, name: &str) -> bool {
    if name.contains('\0') {
        return false;
    }
    let info = format!("100644,{blob},{name}");
    let protect = ["-c", "core.protectHFS=true", "-c", "core.protectNTFS=true"];
    let index = [("GIT_INDEX_FILE", scene.outside("oracle.index"))];
    let arguments: Vec<&str> =
        protect.into_iter().chain(["update-index", "--add", "--replace", "--cacheinfo", &info]).collect();
    scene.git_succeeds_with(&index, &scene.root(), &arguments)
}

/// The path that a caller's name stands for: blank components and dots left out.
fn normal(name: &str) -> String {
    name.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// A patch that makes `name`, quoted as git quotes.
fn patch(name: &str) -> String {
    let quoted: String = format!("b/{name}")
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            0x20..=0x7e => char::from(byte).to_string(),
            _ => format!("\\{byte:03o}"),
        })
        .collect();
    format!("--- /dev/null\n+++ \"{quoted}\"\n@@ -0,0 +1 @@\n+x\n")
}

/// What is tried with one name.
type Call = fn(&str) -> (&'static str, Value);

const CALLS: [Call; 3] = [
    |name| ("repo_write_file", json!({"repo": "web", "path": name, "content": "x\n"})),
    |name| ("repo_apply_patch", json!({"repo": "web", "patch": patch(name)})),
    |name| {
        let files = json!([{"path": name, "content": "x\n"}]);
        ("git_commit_files", json!({"repo": "web", "branch": "agent/x", "message": "x", "files": files}))
    },
];

#[test]
fn no_tool_writes_under_a_name_that_git_refuses() {
    let names = names(count());
    let mut taken_by = Vec::new();
    for call in CALLS {
        let scene = scene();
        let stage = stage(&scene);
        let blob = scene.git(&["hash-object", "-w", "base.txt"]);
        scene.git(&["branch", "agent/x"]);
        let mut taken = BTreeSet::new();
        let before = Snapshot::of(&scene.outside("."));
        let mut left = before.clone();
        for name in &names {
            let (tool, arguments) = call(name);
            match stage.try_call(tool, arguments) {
                Err(refusal) => {
                    assert!(!refusal.executed(), "{tool} {name:?}: {refusal}");
                    assert!(
                        !matches!(refusal.code(), "unavailable" | "internal"),
                        "{tool} {name:?}: {refusal:?}"
                    );
                }
                Ok(_) => {
                    let path = normal(name);
                    assert!(git_takes(&scene, &blob, &path), "{tool} wrote {name:?}, which git refuses");
                    taken.insert(path);
                    left = Snapshot::of(&scene.outside("."));
                }
            }
        }
        // Nothing came with the refused ones since the last that passed, nor before: all that is there has a name that passed.
        let after = Snapshot::of(&scene.outside("."));
        assert_eq!(left.changed(&after).iter().filter(|path| !path.starts_with("oracle")).count(), 0);
        let (tool, _) = call("x");
        if tool == "git_commit_files" {
            let listed = scene.git_bytes(&["ls-tree", "-r", "-z", "--name-only", "agent/x"]);
            let listed: BTreeSet<String> =
                String::from_utf8(listed).unwrap().split_terminator('\0').map(str::to_owned).collect();
            assert_eq!(
                listed.difference(&["base.txt".to_owned()].into()).cloned().collect::<BTreeSet<_>>(),
                taken
            );
            scene.git(&[
                "-c",
                "core.protectHFS=true",
                "-c",
                "core.protectNTFS=true",
                "fsck",
                "--strict",
                "--no-dangling",
            ]);
            let index = [("GIT_INDEX_FILE", scene.outside("whole.index"))];
            scene.git_with(
                &index,
                &scene.root(),
                &["-c", "core.protectHFS=true", "-c", "core.protectNTFS=true", "read-tree", "agent/x"],
            );
        } else {
            let new = before
                .changed(&after)
                .into_iter()
                .filter(|path| !after.is_directory(path) && !path.starts_with("oracle"));
            let new: BTreeSet<String> =
                new.map(|path| path.strip_prefix("repo/").unwrap().to_owned()).collect();
            assert_eq!(new, taken, "{tool}");
        }
        taken_by.push((tool, taken.len()));
    }
    println!("{} names: {taken_by:?}", names.len());
    assert!(taken_by.iter().all(|(_, taken)| *taken > names.len() / 100), "{taken_by:?}");
    // The oracle has something to say: of some names, git refuses many.
    let scene = scene();
    let blob = scene.git(&["hash-object", "-w", "base.txt"]);
    let asked = names.iter().step_by(8);
    let refused = asked.clone().filter(|name| !git_takes(&scene, &blob, name)).count();
    println!("git refuses {refused} of {} asked", asked.len());
    assert!(refused * 4 > asked.len(), "git refuses {refused} of {}", asked.len());
}

/// A file that is there under a name that git refuses is not taken away by it.
#[test]
fn no_file_is_deleted_by_a_name_that_git_refuses() {
    let scene = scene();
    let stage = stage(&scene);
    let blob = scene.git(&["hash-object", "-w", "base.txt"]);
    let mut there = 0;
    for name in names(count()) {
        let place = scene.root().join(&name);
        let beneath =
            !name.starts_with('/') && !name.split('/').any(|part| part == "..") && !name.contains('\0');
        let git_directory = name.starts_with(".git/") || name == ".git";
        let made = beneath
            && !git_directory
            && std::fs::create_dir_all(place.parent().unwrap()).is_ok()
            && std::fs::OpenOptions::new().write(true).create_new(true).open(&place).is_ok();
        there += usize::from(made);
        let was_there = scene.root().join(normal(&name)).is_file();
        match stage.try_call("repo_delete_file", json!({"repo": "web", "path": name})) {
            Err(refusal) => {
                assert!(!refusal.executed(), "{name:?}: {refusal}");
                assert!(!made || place.exists(), "{name:?}");
            }
            Ok(_) => {
                assert!(was_there && !place.exists(), "{name:?}");
                assert!(git_takes(&scene, &blob, &normal(&name)), "{name:?} is gone, which git refuses");
            }
        }
    }
    assert!(there > 100, "{there}");
    println!("{there} files were there");
    for path in [".env", ".gitmodules", ".github/workflows/ci.yml", ".ssh/config", ".git/HEAD", "base.txt"] {
        assert!(scene.root().join(path).exists(), "{path}");
    }
}

#[test]
fn no_branch_is_made_under_a_name_that_git_refuses() {
    let scene = scene();
    let stage = stage(&scene);
    let before = Snapshot::of(&scene.root());
    let mut taken = BTreeSet::new();
    let mut refused = 0;
    let names = names(count());
    for (index, name) in names.iter().enumerate() {
        let git_takes = || {
            !name.contains('\0')
                && scene.git_succeeds_with(&[], &scene.root(), &["check-ref-format", "--branch", name])
        };
        match stage.try_call("git_create_branch", json!({"repo": "web", "branch": name})) {
            Err(refusal) => {
                assert!(!refusal.executed(), "{name:?}: {refusal}");
                assert!(!matches!(refusal.code(), "unavailable" | "internal"), "{name:?}: {refusal:?}");
                refused += usize::from(index.is_multiple_of(8) && !git_takes());
            }
            Ok(_) => {
                assert!(git_takes(), "a branch {name:?}, which git refuses");
                taken.insert(format!(".git/refs/heads/{name}"));
            }
        }
    }
    println!("{} names, {} branches, git refuses {refused} of each eighth", names.len(), taken.len());
    // Good names are few, and repeat themselves among many.
    assert!(taken.len() > (names.len() / 100).min(100) && refused > names.len() / 80);
    let after = Snapshot::of(&scene.root());
    let new: BTreeSet<String> = before
        .changed(&after)
        .into_iter()
        .filter(|path| !after.is_directory(path) && !path.starts_with(".git/logs/"))
        .map(str::to_owned)
        .collect();
    assert_eq!(new, taken);
    assert_eq!(scene.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn ordinary_names_pass() {
    let scene = scene();
    let stage = stage(&scene);
    scene.git(&["branch", "agent/x"]);
    for name in ORDINARY {
        for call in CALLS {
            let (tool, arguments) = call(name);
            stage.call(tool, arguments);
            if tool != "git_commit_files" {
                assert_eq!(std::fs::read_to_string(scene.root().join(name)).unwrap(), "x\n", "{name}");
                stage.call("repo_delete_file", json!({"repo": "web", "path": name}));
            }
        }
    }
    for branch in
        ["agent/fix-1", "feature/\u{fc}ber", "a.b/c_d", "x+y", "v1.2", "release/2026-11", "user@host"]
    {
        stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
    }
}
