#![expect(
    clippy::disallowed_methods,
    reason = "these tests look at files of their own temporary directories"
)]

use std::os::unix::fs::PermissionsExt as _;

use super::FreshTree;
use crate::path::RelPath;

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

#[test]
fn files_and_their_directories_are_made() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("tree");
    let fresh = FreshTree::create(&root).unwrap();
    let mut tree = fresh.filler();
    for (name, executable) in [("a/b/one", false), ("a/b/two", true), ("a/c", false), ("d", false)] {
        let file = tree.file(&path(name), name.as_bytes(), executable).unwrap();
        assert_eq!(file.metadata().unwrap().len(), name.len() as u64);
        let made = root.join(name);
        assert_eq!(std::fs::read_to_string(&made).unwrap(), name);
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o100 != 0, executable);
    }
    assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn nothing_is_replaced_or_followed() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("tree");
    let fresh = FreshTree::create(&root).unwrap();
    let mut tree = fresh.filler();
    assert!(FreshTree::create(&root).is_err(), "the directory is not new");
    tree.file(&path("a"), b"1", false).unwrap();
    assert!(tree.file(&path("a"), b"2", false).is_err());
    assert!(tree.file(&path("a/b"), b"2", false).is_err());
    std::os::unix::fs::symlink(outside.path(), root.join("link")).unwrap();
    assert!(tree.file(&path("link/escaped"), b"2", false).is_err());
    std::os::unix::fs::symlink(outside.path().join("escaped"), root.join("file")).unwrap();
    assert!(tree.file(&path("file"), b"2", false).is_err());
    assert!(!outside.path().join("escaped").exists());
    assert_eq!(std::fs::read(root.join("a")).unwrap(), b"1");
}

/// After a file that could not be made the next one goes where it belongs.
#[test]
fn a_failure_on_the_way_misleads_nobody() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("tree");
    let fresh = FreshTree::create(&root).unwrap();
    let mut tree = fresh.filler();
    tree.file(&path("a/b/one"), b"1", false).unwrap();
    tree.file(&path("a/file"), b"1", false).unwrap();
    assert!(tree.file(&path("a/file/below"), b"2", false).is_err());
    assert!(tree.file(&path("a/file/below"), b"2", false).is_err());
    tree.file(&path("top"), b"3", false).unwrap();
    tree.file(&path("a/b/two"), b"4", false).unwrap();
    for (name, content) in [("a/file", "1"), ("top", "3"), ("a/b/two", "4")] {
        assert_eq!(std::fs::read_to_string(root.join(name)).unwrap(), content);
    }
}

/// Several who fill one tree make each directory once and each file exactly once.
#[test]
fn several_fill_one_tree() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("tree");
    let fresh = FreshTree::create(&root).unwrap();
    let made: usize = std::thread::scope(|threads| {
        let fill = |_| {
            threads.spawn(|| {
                let mut tree = fresh.filler();
                let names = (0..400).map(|number| path(&format!("d{}/e{}/{number}", number % 7, number % 3)));
                names.filter(|name| tree.file(name, name.as_str().as_bytes(), false).is_ok()).count()
            })
        };
        let started: Vec<_> = (0..3).map(fill).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(made, 400);
    for number in 0..400 {
        let name = format!("d{}/e{}/{number}", number % 7, number % 3);
        assert_eq!(std::fs::read_to_string(root.join(&name)).unwrap(), name);
    }
}
