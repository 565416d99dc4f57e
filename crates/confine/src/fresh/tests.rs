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
    let mut tree = FreshTree::create(&root).unwrap();
    for (name, executable) in [("a/b/one", false), ("a/b/two", true), ("a/c", false), ("d", false)] {
        tree.file(&path(name), name.as_bytes(), executable).unwrap();
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
    let mut tree = FreshTree::create(&root).unwrap();
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
