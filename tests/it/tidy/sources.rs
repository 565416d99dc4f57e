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

/// Invariants 6 and 7: in this version no process is spawned outside tests, and no shell is named.
#[test]
fn nothing_spawns_a_process() {
    for file in rust_files("crates").into_iter().filter(|file| !is_test(file)) {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in ["Command::new", "process::Command", "/bin/sh", "libc::exec"] {
            assert!(!text.contains(name), "{} names {name}", file.display());
        }
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
