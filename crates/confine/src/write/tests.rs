#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Staged, WriteError};
use crate::path::RelPath;
use crate::root::{Mode, RepoRoot};

fn guard(path: &str, mode: Mode) -> Option<&'static str> {
    let denied = path.split('/').any(|part| part == ".env");
    (denied && mode == Mode::Write).then_some("test:environment")
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// The same directory through both openers; every rule below is asked of each.
fn both(directory: &Path) -> [(&'static str, RepoRoot); 2] {
    [
        ("detected", RepoRoot::open(directory, guard).unwrap()),
        ("portable", RepoRoot::open_portable(directory, guard).unwrap()),
    ]
}

fn write(root: &RepoRoot, at: &str, bytes: &[u8]) -> Result<(), WriteError> {
    root.target(&path(at))?.stage(bytes, None).and_then(Staged::publish)
}

#[test]
fn a_file_is_made_replaced_and_removed() {
    let world = TempDir::new().unwrap();
    for (opener, root) in both(world.path()) {
        write(&root, "a/b/file", b"one").unwrap();
        assert_eq!(fs::read(world.path().join("a/b/file")).unwrap(), b"one", "{opener}");
        write(&root, "a/b/file", b"two").unwrap();
        let target = root.target(&path("a/b/file")).unwrap();
        assert_eq!(target.current().unwrap().bytes, b"two", "{opener}");
        target.removal().unwrap().prune().publish().unwrap();
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 0, "{opener}");
    }
}
