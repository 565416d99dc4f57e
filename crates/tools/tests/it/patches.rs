//! Property: `repo_apply_patch` makes of a patch what `git apply` makes of it. Whole patches give the same bytes; damaged ones are
//! refused, or give what git gives, or, where git refuses, exactly the lines that the patch keeps and adds.
//!
//! `GITOMA_PROOF_CASES` sets another number of patches.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::scene::{Scene, Stage, WRITING_POLICY};

const FILES: [&str; 4] = ["one.txt", "src/two.rs", "a name.txt", "\u{fc}.md"];

/// What is done to a patch, or to what it is applied to.
#[derive(Debug, Clone)]
enum Damage {
    None,
    /// A line of the patch goes.
    Drop(Index),
    /// A line of the patch comes twice.
    Double(Index),
    /// A line gets another first character.
    Sign(Index, char),
    /// A character within a line is another.
    Letter(Index, Index),
    /// The patch ends early.
    Cut(Index),
    /// The numbers of a head are others.
    Number(Index, i64),
    /// Lines come before those of the first file: the hunks stand further down.
    Before(u8),
    /// A line of the first file is gone.
    Lost(Index),
}

fn texts() -> impl Strategy<Value = (bool, String, String)> {
    let few = || select(vec!["", "a", "b", "}", "\tx", "- y", "+z", "--", "++ x", "@@ -1 +1 @@", " "]);
    let old = prop::collection::vec((few(), 0..1_000_u32), 0..24);
    let edit = (any::<Index>(), 0..3_usize, prop::collection::vec((few(), 1_000..2_000_u32), 0..3));
    let edits = prop::collection::vec(edit, 0..4);
    (
        any::<bool>(),
        old,
        edits,
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(unique, old, edits, open_old, open_new, windows)| {
            let line = |number: usize, (text, salt): &(&str, u32)| {
                let end = if windows { "\r\n" } else { "\n" };
                if unique { format!("{text} {number}.{salt}{end}") } else { format!("{text}{end}") }
            };
            let old: Vec<String> = old.iter().enumerate().map(|(at, pair)| line(at, pair)).collect();
            let mut new = old.clone();
            for (at, gone, added) in edits {
                let at = if new.is_empty() { 0 } else { at.index(new.len() + 1) };
                let end = (at + gone).min(new.len());
                new.splice(at..end, added.iter().enumerate().map(|(number, pair)| line(number, pair)));
            }
            let text = |lines: Vec<String>, open: bool| {
                let text = lines.concat();
                if open { text.trim_end_matches('\n').to_owned() } else { text }
            };
            (unique, text(old, open_old), text(new, open_new))
        })
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        3 => Just(Damage::None),
        1 => index().prop_map(Damage::Drop),
        1 => index().prop_map(Damage::Double),
        1 => (index(), select(vec!['+', '-', ' ', '@', '\\', 'x'])).prop_map(|(at, sign)| Damage::Sign(at, sign)),
        1 => (index(), index()).prop_map(|(line, at)| Damage::Letter(line, at)),
        1 => index().prop_map(Damage::Cut),
        1 => (index(), -3..4_i64).prop_map(|(at, by)| Damage::Number(at, by)),
        2 => (1..8_u8).prop_map(Damage::Before),
        1 => index().prop_map(Damage::Lost),
    ]
}

type Files = BTreeMap<&'static str, String>;

fn put(root: &Path, files: &Files) {
    for name in FILES {
        let path = root.join(name);
        match files.get(name) {
            Some(text) => {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            None => drop(std::fs::remove_file(path)),
        }
    }
}

fn read(root: &Path) -> Files {
    let text = |name: &'static str| std::fs::read_to_string(root.join(name)).ok().map(|text| (name, text));
    FILES.into_iter().filter_map(text).collect()
}

/// The patch, and the files it meets, once `damage` is done.
fn damaged(patch: &str, files: &Files, damage: &Damage) -> (String, Files) {
    let mut lines: Vec<String> = patch.split_inclusive('\n').map(str::to_owned).collect();
    let mut files = files.clone();
    let place = |index: &Index| index.index(lines.len());
    match damage {
        Damage::None => {}
        Damage::Drop(at) => {
            let at = place(at);
            lines.remove(at);
        }
        Damage::Double(at) => {
            let at = place(at);
            lines.insert(at, lines[at].clone());
        }
        Damage::Sign(at, sign) => {
            let at = place(at);
            lines[at] =
                lines[at].chars().skip(1).fold(sign.to_string(), |line, next| line + &next.to_string());
        }
        Damage::Letter(line, at) => {
            let line = place(line);
            let mut letters: Vec<char> = lines[line].chars().collect();
            let at = at.index(letters.len());
            // Under another name, what came of it would not be found.
            let named = ["--- ", "+++ ", "diff "].iter().any(|head| lines[line].starts_with(head));
            if letters[at] != '\n' && !named {
                letters[at] = 'Q';
            }
            lines[line] = letters.into_iter().collect();
        }
        Damage::Cut(at) => lines.truncate(place(at)),
        Damage::Number(at, by) => {
            let heads: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("@@ -")).collect();
            if !heads.is_empty() {
                let head = &mut lines[heads[at.index(heads.len())]];
                let (number, rest) = head[4..].split_at(head[4..].find([',', ' ']).unwrap());
                let number = (number.parse::<i64>().unwrap() + by).max(0);
                *head = format!("@@ -{number}{rest}");
            }
        }
        Damage::Before(count) => {
            for text in files.values_mut().take(1) {
                let more: String = (0..*count).map(|number| format!("before {number}\n")).collect();
                *text = more + text;
            }
        }
        Damage::Lost(at) => {
            for text in files.values_mut().take(1) {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                if !lines.is_empty() {
                    lines.remove(at.index(lines.len()));
                }
                *text = lines.concat();
            }
        }
    }
    (lines.concat(), files)
}

/// How often what came of it.
#[derive(Debug, Default)]
struct Seen {
    same: usize,
    both_refused: usize,
    only_git: usize,
    only_tool: usize,
    elsewhere: usize,
}

/// The files as they are once line ends are alike: where a file's all are CR LF, the tool gives a line that lost its CR one again.
fn plain(files: &Files) -> Files {
    files.iter().map(|(name, text)| (*name, text.replace("\r\n", "\n"))).collect()
}

/// The lines of a text without their ends, in order of the alphabet.
fn sorted<'t>(texts: impl IntoIterator<Item = &'t String>) -> Vec<&'t str> {
    let mut lines: Vec<&str> =
        texts.into_iter().flat_map(|text| text.lines()).map(|line| line.trim_end_matches('\r')).collect();
    lines.sort_unstable();
    lines
}

/// The lines that the hunks of `patch` take away and add.
fn hunk_lines(patch: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut gone, mut added) = (Vec::new(), Vec::new());
    let mut owed = (0_usize, 0_usize);
    for line in patch.split('\n') {
        if owed != (0, 0) {
            let text = line.get(1..).unwrap_or("").trim_end_matches('\r');
            match line.chars().next() {
                Some('-') => {
                    owed.0 -= 1;
                    gone.push(text);
                }
                Some('+') => {
                    owed.1 -= 1;
                    added.push(text);
                }
                Some('\\') => {}
                _ => owed = (owed.0 - 1, owed.1 - 1),
            }
        } else if let Some(head) = line.strip_prefix("@@ -") {
            let count = |range: &str| range.split_once(',').map_or(1, |(_, count)| count.parse().unwrap());
            let (old, new) = head.split_once(" @@").unwrap().0.split_once(" +").unwrap();
            owed = (count(old), count(new));
        }
    }
    (gone, added)
}

#[test]
fn a_patch_makes_what_git_makes_of_it() {
    let cases = std::env::var("GITOMA_PROOF_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150);
    let config = Config { cases, max_shrink_iters: 500, failure_persistence: None, ..Config::default() };
    let scene = Scene::new();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, true);
    let peer = scene.outside("peer");
    std::fs::create_dir(&peer).unwrap();
    let seen = RefCell::new(Seen::default());
    let file =
        || prop::option::weighted(0.6, (texts(), prop::bool::weighted(0.1), prop::bool::weighted(0.1)));
    let cases = (prop::collection::vec(file(), FILES.len()), 0..5_u8, damage());
    let tried = TestRunner::new(config).run(&cases, |(contents, context, damage)| {
        let (mut old, mut new, mut all_unique) = (Files::new(), Files::new(), true);
        for (name, content) in FILES.into_iter().zip(contents) {
            let Some(((unique, before, after), made, removed)) = content else { continue };
            all_unique &= unique;
            if !made {
                old.insert(name, before);
            }
            if !removed {
                new.insert(name, after);
            }
        }
        let root = scene.root();
        scene.git(&["read-tree", "--empty"]);
        put(&root, &old);
        scene.git(&["add", "--all"]);
        let tree = scene.git(&["write-tree"]);
        put(&root, &new);
        scene.git(&["add", "--all"]);
        let patch = scene.git_bytes(&["diff", "--cached", "--no-renames", &format!("-U{context}"), &tree]);
        let patch = String::from_utf8(patch).unwrap();
        prop_assume!(!patch.is_empty());
        let (patch, met) = damaged(&patch, &old, &damage);
        put(&root, &met);
        put(&peer, &met);
        std::fs::write(scene.outside("patch"), &patch).unwrap();
        let mut arguments = vec!["apply", "--whitespace=nowarn", "../patch"];
        if context == 0 {
            arguments.insert(1, "--unidiff-zero");
        }
        let git = scene.git_succeeds_in(&peer, &arguments);
        let tool = stage.try_call("repo_apply_patch", json!({"repo": "web", "patch": patch}));
        let (by_git, by_tool) = (read(&peer), read(&root));
        let told =
            || format!("{damage:?}\n{patch}\n{met:#?}\ngit {git}: {by_git:#?}\n{tool:?}: {by_tool:#?}");
        let mut seen = seen.borrow_mut();
        match (git, tool.is_ok()) {
            _ if matches!(damage, Damage::None) => {
                prop_assert!(git && tool.is_ok(), "{}", told());
                prop_assert_eq!(&by_tool, &new, "{}", told());
                seen.same += 1;
            }
            (false, false) => {
                prop_assert_eq!(&by_tool, &met, "{}", told());
                seen.both_refused += 1;
            }
            (true, false) => {
                prop_assert_eq!(&by_tool, &met, "{}", told());
                seen.only_git += 1;
            }
            (true, true) if plain(&by_git) == plain(&by_tool) => seen.same += 1,
            (agreed, true) => {
                // Where lines come more than once a hunk may fit in two places, and one without context stands where a head says that
                // may not agree with itself; never may a hunk do anything else.
                prop_assert!(!(agreed && all_unique && context > 0), "{}", told());
                let (gone, added) = hunk_lines(&patch);
                let mut expected = sorted(met.values());
                for line in gone {
                    let at = expected.binary_search(&line);
                    prop_assert!(at.is_ok(), "{}", told());
                    expected.remove(at.unwrap());
                }
                expected.extend(added);
                expected.sort_unstable();
                prop_assert_eq!(sorted(by_tool.values()), expected, "{}", told());
                if agreed { seen.elsewhere += 1 } else { seen.only_tool += 1 }
            }
        }
        Ok(())
    });
    if let Err(failure) = tried {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    println!("{seen:?}");
    assert!(seen.same > 10 && seen.both_refused > 5, "{seen:?}");
}
