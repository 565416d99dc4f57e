//! Rules that no lint knows: file lengths, absent processes, ignored tests, paths of one machine.

use std::path::{Path, PathBuf};

use super::root;

/// A file of one concept fits this many lines; tests aside.
const LONGEST: usize = 450;

/// Every Rust file below `folder`, in order.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join(folder), &mut files);
    files.sort();
    files
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| ["tests", "benches"].contains(&part.as_os_str().to_str().unwrap()))
        || path.ends_with("tests.rs")
}

#[test]
fn files_are_one_concept_long() {
    for file in rust_files("crates").into_iter().filter(|file| !is_test(file)) {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", file.display());
    }
}

/// Invariants 6 and 7: outside tests a process is spawned by confine's process module alone, and no shell is named there either. Git is
/// what calls of tools reach; the other program is one that a person at the terminal has looked at, so nothing but the command line
/// may name it.
#[test]
fn one_module_spawns_processes() {
    let spawning = root().join("crates/confine/src/process");
    let mut spawned = 0;
    for file in rust_files("crates").into_iter().filter(|file| !is_test(file)) {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in ["Command::new", "process::Command"] {
            assert!(!text.contains(name) || file.starts_with(&spawning), "{} names {name}", file.display());
        }
        for name in ["/bin/sh", "\"sh\"", "\"bash\"", "libc::exec", "CommandExt::exec"] {
            assert!(!text.contains(name), "{} names {name}", file.display());
        }
        spawned += text.matches("Command::new").count();
    }
    assert_eq!(spawned, 2, "one place makes commands of git, one those that a person has looked at");
    for file in rust_files("crates").into_iter().filter(|file| !is_test(file) && !file.starts_with(&spawning))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        let uses = text.split("gitoma_confine::").skip(1).map(|rest| rest.split(';').next().unwrap());
        let names = uses.into_iter().any(|names| names.contains("Program") || names.contains("Conversation"));
        let folders = ["crates/cli/src/gitoma/install", "crates/cli/src/gitoma/doctor"];
        let may = folders.iter().any(|folder| file.starts_with(root().join(folder)));
        assert!(!names || may, "{} starts programs", file.display());
    }
}

/// A program that can push is started by git under another name, and looks at that before anything else.
#[test]
fn programs_answer_git_first() {
    for file in [
        "crates/cli/src/bin/gitoma.rs",
        "crates/transport-http/src/main.rs",
        "crates/transport-mcp/src/main.rs",
    ] {
        let text = super::text(file);
        let (_, body) = text.split_once("fn main() -> ExitCode {\n").unwrap();
        let first = "if let Some(answered) = gitoma_tools::askpass() {";
        assert!(body.trim_start().starts_with(first), "{file}");
    }
}

#[test]
fn ignored_tests_say_why() {
    for file in rust_files("crates").into_iter().chain(rust_files("tests/it")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let bare = ["#[ign", "ore]"].concat();
        assert!(!text.contains(&bare), "{} ignores a test without a reason", file.display());
    }
}

#[test]
fn every_rust_file_opens_by_saying_what_it_holds() {
    for file in rust_files("crates") {
        let text = std::fs::read_to_string(&file).unwrap();
        let opens = text.starts_with("//!") || text.starts_with("#![doc") || is_test(&file);
        assert!(opens, "{} has no head", file.display());
    }
}

/// Invariant 12: what tests and programs name as an address is this machine, or documentation's (RFC 5737, RFC 3849) that no
/// socket is opened to.
#[test]
fn no_test_reaches_beyond_this_machine() {
    for file in rust_files("crates").into_iter().chain(rust_files("tests/it")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("connect(") || line.contains("bind(")) {
            let elsewhere = [
                "\"0.0.0.0",
                "\"10.",
                "\"192.168.",
                "\"172.",
                "\"203.0.113",
                "\"192.0.2",
                "example.com",
                "[::]",
            ];
            assert!(!elsewhere.iter().any(|host| line.contains(host)), "{}: {line}", file.display());
        }
        for client in ["reqwest", "ureq::", "hyper_util::client", "curl::"] {
            assert!(
                !text.contains(client) || file.ends_with("sources.rs"),
                "{} uses {client}",
                file.display()
            );
        }
    }
}

/// A page that names a file of ours names one that exists.
#[test]
fn documents_name_files_that_exist() {
    for page in ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/threat-model.md"] {
        let text = super::text(page);
        for word in text.split(['`', '(', ')', ' ', ',', ';', '\n', '|']) {
            let ours = ["crates/", "tests/", "docs/", "policies/", ".ci/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            let path = word.trim_end_matches(['.', ':']);
            if ours && !path.contains('*') {
                assert!(root().join(path).exists(), "{page} names {path}");
            }
        }
    }
}
