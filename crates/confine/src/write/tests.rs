#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

mod changed;
mod laws;
mod mode;
mod other;
mod places;
mod race;
mod refused;
mod taken_back;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{MAX_WRITE_BYTES, WriteError};
use crate::path::RelPath;
use crate::root::{Mode, RepoRoot};

/// Asked for writing it refuses `.env`; asked for reading it refuses everything, since a write must not ask that.
fn guard(path: &str, mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Read => Some("test:read"),
        Mode::Write => path.split('/').any(|part| part == ".env").then_some("test:environment"),
    }
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// A repository root, beside a directory that must stay as it is.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        Self::within(TempDir::new().unwrap())
    }

    /// The same in memory where there is such a place, for tests that write thousands of times.
    fn in_memory() -> Self {
        Self::within(TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap())
    }

    fn within(directory: TempDir) -> Self {
        let world = Self { directory };
        world.put("outside/secret", "outside");
        fs::create_dir(world.at("root")).unwrap();
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, name: &str, content: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), content).unwrap();
    }

    fn mode(&self, name: &str) -> u32 {
        fs::symlink_metadata(self.at(name)).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The same root through both openers; every rule is asked of each.
    fn both(&self) -> [(&'static str, RepoRoot); 2] {
        [
            ("detected", RepoRoot::open(&self.at("root"), guard).unwrap()),
            ("portable", RepoRoot::open_portable(&self.at("root"), guard).unwrap()),
        ]
    }

    /// Everything there is, inside and outside: mode, and content or what a link says.
    fn everything(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        survey(self.directory.path(), &mut found);
        found
    }
}

fn survey(directory: &Path, found: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_dir() {
            survey(&path, found);
            Vec::new()
        } else if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if metadata.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        found.insert(path, (metadata.permissions().mode(), content));
    }
}

fn write(root: &RepoRoot, at: &str, bytes: &[u8]) -> Result<(), WriteError> {
    root.target(&path(at))?.stage(bytes, None)?.publish().map(drop)
}

fn remove(root: &RepoRoot, at: &str) -> Result<(), WriteError> {
    root.target(&path(at))?.removal()?.publish().map(drop)
}

/// The code of what went wrong, or nothing.
fn code<T>(result: Result<T, WriteError>) -> Option<&'static str> {
    result.err().map(|error| error.code())
}

#[test]
fn a_file_is_made_replaced_and_removed() {
    let world = World::new();
    for (opener, root) in world.both() {
        assert!(root.target(&path("a/b/file")).unwrap().current().is_none(), "{opener}");
        for content in ["one", "", "two, and longer"] {
            write(&root, "a/b/file", content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(world.at("root/a/b/file")).unwrap(), content, "{opener}");
            let target = root.target(&path("a/b/file")).unwrap();
            assert_eq!(target.current().unwrap().bytes, content.as_bytes(), "{opener}");
        }
        remove(&root, "a/b/file").unwrap();
        assert_eq!(fs::read_dir(world.at("root/a/b")).unwrap().count(), 0, "{opener}");
        assert_eq!(code(remove(&root, "a/b/file")), Some("not_found"), "{opener}");
        fs::remove_dir_all(world.at("root/a")).unwrap();
        // In the root itself.
        write(&root, "file", b"one").unwrap();
        remove(&root, "file").unwrap();
        assert_eq!(fs::read_dir(world.at("root")).unwrap().count(), 0, "{opener}");
    }
}

#[test]
fn nothing_is_visible_until_it_is_published() {
    let world = World::new();
    world.put("root/file", "old");
    let shape = regex::Regex::new(r"\A\.gitoma-[0-9a-f]{16}\.tmp\z").unwrap();
    for (opener, root) in world.both() {
        let before = world.everything();
        for at in ["file", "new", "a/b/new"] {
            let staged = root.target(&path(at)).unwrap().stage(b"staged", None).unwrap();
            let beside = world.at("root").join(at).parent().unwrap().to_owned();
            let names: Vec<String> = fs::read_dir(&beside)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name != "file")
                .collect();
            assert!(matches!(names.as_slice(), [name] if shape.is_match(name)), "{opener}: {at}: {names:?}");
            drop(staged);
            assert_eq!(world.everything(), before, "{opener}: {at}");
        }
        // Nor is a file gone before its removal is published.
        drop(root.target(&path("file")).unwrap().removal().unwrap());
        assert_eq!(world.everything(), before, "{opener}");
    }
}

#[test]
fn the_limit_is_inclusive_for_old_content_and_new() {
    let world = World::new();
    let limit = usize::try_from(MAX_WRITE_BYTES).unwrap();
    let (most, more) = (vec![b'x'; limit], vec![b'x'; limit + 1]);
    for (opener, root) in world.both() {
        let before = world.everything();
        assert_eq!(
            code(root.target(&path("a/b")).unwrap().stage(&more, None)),
            Some("too_large"),
            "{opener}"
        );
        assert_eq!(world.everything(), before, "{opener}");
        write(&root, "large", &most).unwrap();
        assert_eq!(fs::read(world.at("root/large")).unwrap(), most, "{opener}");
        write(&root, "large", b"small").unwrap();
        fs::write(world.at("root/large"), &more).unwrap();
        assert_eq!(code(root.target(&path("large"))), Some("too_large"), "{opener}");
        fs::remove_file(world.at("root/large")).unwrap();
    }
}

#[test]
fn a_change_can_wait_in_another_thread() {
    fn owned<T: Send + 'static>(value: T) -> T {
        value
    }
    let world = World::new();
    let staged = {
        let root = RepoRoot::open(&world.at("root"), guard).unwrap();
        owned(root.target(&path("file")).unwrap().stage(b"content", None).unwrap())
    };
    std::thread::spawn(|| staged.publish()).join().unwrap().unwrap();
    assert_eq!(fs::read(world.at("root/file")).unwrap(), b"content");
}

#[test]
fn nothing_printed_holds_content_or_a_path() {
    let world = World::new();
    world.put("root/dir/file", "hidden content");
    let (_, root) = &world.both()[0];
    let target = root.target(&path("dir/file")).unwrap();
    let current = format!("{:?}", target.current().unwrap());
    assert_eq!(current, "Current { bytes: 14, executable: false }");
    assert!(!format!("{target:?}").contains("hidden"));
    let staged = target.stage(b"hidden again", None).unwrap();
    assert!(!format!("{staged:?}").contains("hidden"));
    world.put("root/dir/file", "changed");
    for (error, text) in [
        (
            staged.publish().map(drop),
            "path changed after it was looked at; read it again and repeat the change",
        ),
        (write(root, "dir", b""), "path is not a regular file"),
        (write(root, ".env", b""), "path is denied by rule test:environment"),
        (remove(root, "dir/missing"), "path does not exist"),
    ] {
        assert_eq!(error.unwrap_err().to_string(), text);
    }
}
