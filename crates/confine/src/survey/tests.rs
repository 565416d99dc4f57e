//! What is found of a work tree, and that nothing leads out of it, by both ways of opening.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::Surveyed;
use crate::root::{Kind, OpenError, RepoRoot};

fn all_denied(_path: &str, _mode: crate::root::Mode) -> Option<&'static str> {
    Some("denylist:everything")
}

fn both(path: &Path) -> [RepoRoot; 2] {
    [RepoRoot::open(path, all_denied).unwrap(), RepoRoot::open_portable(path, all_denied).unwrap()]
}

#[expect(clippy::disallowed_methods, reason = "files of the test")]
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("a/b/file"), "inside").unwrap();
    std::fs::set_permissions(root.join("a/b/file"), std::fs::Permissions::from_mode(0o744)).unwrap();
    std::fs::create_dir(root.join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    std::fs::write(root.join(".env"), "secret").unwrap();
    std::fs::write(place.path().join("outside"), "outside").unwrap();
    symlink("../outside", root.join("leaf")).unwrap();
    symlink("..", root.join("out")).unwrap();
    symlink("a", root.join("within")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    place
}

fn names(place: &Surveyed) -> Vec<(Vec<u8>, Kind)> {
    let mut names: Vec<_> = place
        .list(100)
        .unwrap()
        .into_iter()
        .map(|found| (found.name.as_bytes().to_vec(), found.kind))
        .collect();
    names.sort();
    names
}

#[test]
fn names_and_looks_are_those_of_the_system() {
    let place = place();
    for root in both(&place.path().join("root")) {
        let top = root.survey(b"").unwrap();
        let shown = names(&top);
        let shown: Vec<_> = shown.iter().map(|(name, kind)| (name.as_slice(), *kind)).collect();
        assert_eq!(
            shown,
            [
                (b".env".as_slice(), Kind::File),
                (b"a", Kind::Directory),
                (b"caf\xe9", Kind::Directory),
                (b"leaf", Kind::Link),
                (b"out", Kind::Link),
                (b"pipe", Kind::Other),
                (b"within", Kind::Link),
            ]
        );
        assert_eq!(names(&root.survey(b"caf\xe9").unwrap()), []);
        assert_eq!(top.list(2).unwrap().len(), 3);
        let inner = root.survey(b"a/b").unwrap();
        let looked = inner.look(b"file").unwrap().unwrap();
        assert_eq!((looked.kind, looked.size, looked.executable), (Kind::File, 6, true));
        assert_eq!(top.look(b"leaf").unwrap().unwrap().kind, Kind::Link);
        assert_eq!(top.link_text(b"leaf").unwrap(), b"../outside");
        assert_eq!(top.look(b"missing").unwrap(), None);
        let (mut file, size) = inner.open_file(b"file").unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), size), ("inside", 6));
    }
}

#[test]
fn nothing_leads_out_and_no_link_is_followed() {
    let place = place();
    for root in both(&place.path().join("root")) {
        for path in ["..", "a/..", "a/../..", "/", "/etc", "a//b", "a/./b", "a/b/", "."] {
            let refusal = root.survey(path.as_bytes()).unwrap_err();
            assert!(matches!(refusal, OpenError::NotFound), "{path}: {refusal:?}");
        }
        for path in ["out", "within", "within/b", "leaf"] {
            let refusal = root.survey(path.as_bytes()).unwrap_err();
            assert!(matches!(refusal, OpenError::LinkRefused), "{path}: {refusal:?}");
        }
        assert!(matches!(root.survey(b"a/b/file").unwrap_err(), OpenError::NotADirectory));
        let top = root.survey(b"").unwrap();
        for name in ["..", ".", "", "a/b", "../outside", "/etc/passwd"] {
            let name = name.as_bytes();
            assert_eq!(top.look(name).unwrap(), None);
            assert!(matches!(top.open_file(name).unwrap_err(), OpenError::NotFound));
            assert!(matches!(top.link_text(name).unwrap_err(), OpenError::NotFound));
        }
        assert!(matches!(top.open_file(b"leaf").unwrap_err(), OpenError::LinkRefused));
        for name in [b"pipe".as_slice(), b"a"] {
            assert!(matches!(top.open_file(name).unwrap_err(), OpenError::NotAFile));
        }
    }
}

#[test]
fn a_directory_that_was_opened_stays_the_same_one() {
    let place = place();
    for root in both(&place.path().join("root")) {
        let inner = root.survey(b"a/b").unwrap();
        std::fs::rename(root.path().join("a"), root.path().join("moved")).unwrap();
        symlink("..", root.path().join("a")).unwrap();
        assert_eq!(inner.look(b"file").unwrap().unwrap().size, 6);
        std::fs::rename(root.path().join("moved"), root.path().join("b")).unwrap();
        #[expect(clippy::disallowed_methods, reason = "files of the test")]
        std::fs::remove_file(root.path().join("a")).unwrap();
        std::fs::rename(root.path().join("b"), root.path().join("a")).unwrap();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "files of the test")]
fn repositories_are_told_by_what_git_looks_for() {
    let place = place();
    let root = place.path().join("root");
    let id = "0123456789012345678901234567890123456789\n";
    for (name, head, rest, is_one) in [
        ("branch", Some("ref: refs/heads/main\n"), ["objects", "refs"].as_slice(), true),
        ("detached", Some(id), &["objects", "refs"], true),
        ("elsewhere", Some("ref: ../../refs\n"), &["objects", "refs"], false),
        ("nonsense", Some("nonsense\n"), &["objects", "refs"], false),
        ("headless", None, &["objects", "refs"], false),
        ("bare-of-objects", Some(id), &["refs"], false),
        ("linked", Some(id), &["commondir"], true),
        ("empty", None, &[], false),
    ] {
        let git = root.join(name).join(".git");
        std::fs::create_dir_all(&git).unwrap();
        for part in rest {
            std::fs::create_dir(git.join(part)).unwrap();
        }
        if let Some(head) = head {
            std::fs::write(git.join("HEAD"), head).unwrap();
        }
        for root in both(&root) {
            assert_eq!(root.survey(b"").unwrap().is_repository(name.as_bytes()).unwrap(), is_one, "{name}");
        }
    }
    for (name, text, is_one) in [
        ("pointer", "gitdir: ../branch/.git\n", true),
        ("dangling", "gitdir: ../missing/.git\n", false),
        ("no-pointer", "../branch/.git\n", false),
    ] {
        std::fs::create_dir(root.join(name)).unwrap();
        std::fs::write(root.join(name).join(".git"), text).unwrap();
        for root in both(&root) {
            assert_eq!(root.survey(b"").unwrap().is_repository(name.as_bytes()).unwrap(), is_one, "{name}");
        }
    }
    // A pipe where git has a file is not opened.
    std::fs::create_dir_all(root.join("trap/.git/objects")).unwrap();
    std::fs::create_dir(root.join("trap/.git/refs")).unwrap();
    std::fs::rename(root.join("pipe"), root.join("trap/.git/HEAD")).unwrap();
    for root in both(&root) {
        assert!(!root.survey(b"").unwrap().is_repository(b"trap").unwrap());
        assert!(!root.survey(b"").unwrap().is_repository(b"a").unwrap());
        assert!(!root.survey(b"").unwrap().is_repository(b"missing").unwrap());
    }
}
