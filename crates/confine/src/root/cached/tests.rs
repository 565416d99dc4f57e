#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own")]

use std::fs::{self, File};
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise};
use tempfile::TempDir;

use super::MAX_BYTES;
use crate::path::RelPath;
use crate::root::RepoRoot;

/// The file systems that may answer `RWF_NOWAIT` with "not supported", by their numbers: `tmpfs` until Linux 6.6.
const UNSURE: [u32; 1] = [0x0102_1994];

/// A root, and whether a file in memory must be read at once there.
fn world() -> (TempDir, RepoRoot, bool) {
    let world = TempDir::new().unwrap();
    let root = RepoRoot::open(world.path(), |path, _| path.contains(".env").then_some("test")).unwrap();
    let number = rustix::fs::statfs(world.path()).unwrap().f_type;
    let sure = root.local && !UNSURE.iter().any(|unsure| u32::try_from(number) == Ok(*unsure));
    (world, root, sure && crate::has_openat2())
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

#[test]
fn a_file_in_memory_is_read_as_one_that_is_waited_for() {
    let (world, root, sure) = world();
    for size in [0, 1, 1024, 4095, 4096, 4097, 8 * 1024, MAX_BYTES] {
        let content: Vec<u8> = (0..size).map(|number| u8::try_from(number % 251).unwrap()).collect();
        fs::write(world.path().join("file"), &content).unwrap();
        let waited = root.read(&path("file"), 1 << 20).unwrap();
        let at_once = root.read_cached(&path("file"), size);
        assert!(at_once.is_some() || !sure, "{size}");
        assert!(at_once.is_none_or(|at_once| at_once == waited), "{size}");
        let too_long = size.checked_sub(1).and_then(|cap| root.read_cached(&path("file"), cap));
        assert_eq!(too_long, None, "{size}");
    }
    fs::write(world.path().join("file"), vec![b'x'; MAX_BYTES + 1]).unwrap();
    assert_eq!(root.read_cached(&path("file"), usize::MAX), None, "longer than what is ever read at once");
}

#[test]
fn what_is_on_the_disk_alone_is_not_waited_for() {
    let (world, root, sure) = world();
    // To the kernel it is advice; of a busy machine it may be late in taking it.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut forgotten = false;
    let mut tries = 0;
    while !forgotten && Instant::now() < deadline {
        tries += 1;
        let name = format!("file-{tries}");
        fs::write(world.path().join(&name), vec![b'x'; 8 * 1024]).unwrap();
        let file = File::open(world.path().join(&name)).unwrap();
        file.sync_all().unwrap();
        assert!(root.read_cached(&path(&name), 8 * 1024).is_some() || !sure);
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        forgotten = root.read_cached(&path(&name), 8 * 1024).is_none();
        assert_eq!(root.read(&path(&name), 8 * 1024).unwrap().bytes.len(), 8 * 1024);
        assert!(root.read_cached(&path(&name), 8 * 1024).is_some() || !sure, "in memory again");
    }
    assert!(forgotten || !sure, "read from the disk");
}

#[test]
fn the_guard_and_the_kernel_refuse_as_ever() {
    let (world, root, _) = world();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("file"), "outside").unwrap();
    fs::write(world.path().join(".env"), "secret").unwrap();
    fs::create_dir(world.path().join("directory")).unwrap();
    std::os::unix::fs::symlink(outside.path(), world.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("file"), world.path().join("direct")).unwrap();
    for text in [".env", "directory", "link/file", "direct", "missing"] {
        assert_eq!(root.read_cached(&path(text), 100), None, "{text}");
    }
}

#[test]
fn a_file_system_that_asks_somebody_else_is_never_read_at_once() {
    // No FUSE or NFS where the tests run; `/proc` is one that is on no list.
    let root = RepoRoot::open(std::path::Path::new("/proc/self"), |_, _| None).unwrap();
    assert!(!root.local);
    assert_eq!(root.read_cached(&path("comm"), 100), None);
}
