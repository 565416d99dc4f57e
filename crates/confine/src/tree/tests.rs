//! What a tree shows and what it refuses, by both ways of opening.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::FileTree;
use crate::root::{Kind, OpenError, RootError};

fn both(path: &Path) -> [FileTree; 2] {
    [FileTree::open(path).unwrap(), FileTree::open(path).unwrap().portable()]
}

#[expect(clippy::disallowed_methods, reason = "files of the test")]
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("a/b/file: one"), "inside").unwrap();
    std::fs::write(root.join(OsStr::from_bytes(b"caf\xe9")), "latin").unwrap();
    std::fs::write(root.join(".env"), "denied to agents, not to people").unwrap();
    std::fs::write(place.path().join("outside"), "outside").unwrap();
    symlink("../outside", root.join("leaf")).unwrap();
    symlink("..", root.join("out")).unwrap();
    symlink("a", root.join("within")).unwrap();
    place
}

#[test]
fn names_are_those_of_the_system() {
    let place = place();
    for tree in both(&place.path().join("root")) {
        let names: Vec<_> = tree.list(Path::new("")).unwrap().into_iter().collect();
        let shown: Vec<_> = names.iter().map(|found| (found.name.as_bytes(), found.kind)).collect();
        assert_eq!(
            shown,
            [
                (b".env".as_slice(), Kind::File),
                (b"a", Kind::Directory),
                (b"caf\xe9", Kind::File),
                (b"leaf", Kind::Link),
                (b"out", Kind::Link),
                (b"within", Kind::Link),
            ]
        );
        for (path, content) in [("a/b/file: one".as_bytes(), "inside"), (b"caf\xe9", "latin")] {
            let mut text = String::new();
            let (mut file, size) = tree.open_file(Path::new(OsStr::from_bytes(path))).unwrap();
            file.read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), size), (content, content.len() as u64));
        }
    }
}

#[test]
fn nothing_leads_out_and_no_link_is_followed() {
    let place = place();
    for tree in both(&place.path().join("root")) {
        let refused = |path: &str| tree.open_file(Path::new(path)).unwrap_err().code();
        for link in ["leaf", "out/outside", "within/b/file: one"] {
            assert_eq!(refused(link), "link_refused", "{link}");
        }
        for elsewhere in ["../outside", "a/../../outside", "/etc/hostname"] {
            assert_eq!(refused(elsewhere), "not_found", "{elsewhere}");
        }
        assert_eq!(refused("a"), "not_a_file");
        assert!(matches!(tree.list(Path::new("out")), Err(OpenError::LinkRefused)));
        assert!(matches!(tree.list(Path::new("..")), Err(OpenError::NotFound)));
    }
}

#[test]
fn a_file_is_opened_by_way_of_its_directory() {
    let place = place();
    let (tree, name) = FileTree::open_beside(&place.path().join("root/leaf")).unwrap();
    assert_eq!((tree.path(), name.as_path()), (place.path(), Path::new("outside")));
    assert!(tree.open_file(&name).is_ok());
    assert!(matches!(FileTree::open_beside(&place.path().join("none")), Err(RootError::NotFound)));
    assert!(matches!(FileTree::open(&place.path().join("outside")), Err(RootError::NotADirectory)));
}
