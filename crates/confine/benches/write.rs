//! Measures an atomic replacement of a 4 KiB file three folders deep, by both openers, beside the floor: the five bare
//! system calls that no such replacement can do without, in a directory that is open already.
//!
//! Once where the system keeps temporary files, which is a disk more often than not, and once in memory, where syncing costs
//! nothing and the price of the checks shows. Pairs of one place are measured in turn, so that the disk's moods meet both.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use divan::Bencher;
use gitoma_confine::{RelPath, RepoRoot, Staged};
use rustix::fs::{CWD, Mode, OFlags};
use tempfile::TempDir;

const PLACES: &[&str] = &["disk", "memory"];
const DIRECTORY: &str = "a/b/c";
const ROUNDS: u32 = 400;

fn main() {
    divan::main();
    // Not when the benches are only listed or tried.
    if std::env::args().any(|argument| argument == "--bench") {
        PLACES.iter().for_each(|place| report(place));
    }
}

struct Tree {
    directory: TempDir,
    content: Vec<u8>,
}

impl Tree {
    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "a bench that cannot write its file stops"
    )]
    fn new(place: &str) -> Self {
        let directory = match place {
            "memory" => TempDir::new_in("/dev/shm"),
            _ => TempDir::new(),
        };
        let directory = directory.expect("temporary directory");
        std::fs::create_dir_all(directory.path().join(DIRECTORY)).expect("directories");
        let content = vec![b'x'; 4096];
        for name in ["file", "floor"] {
            std::fs::write(directory.path().join(DIRECTORY).join(name), &content).expect("file");
        }
        Self { directory, content }
    }

    #[expect(clippy::expect_used, reason = "a bench that cannot open its tree stops")]
    fn root(&self, portable: bool) -> RepoRoot {
        let open = if portable { RepoRoot::open_portable } else { RepoRoot::open };
        open(self.directory.path(), |_, _| None).expect("root")
    }

    #[expect(clippy::expect_used, reason = "a bench that cannot open its tree stops")]
    fn pinned(&self) -> OwnedFd {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, self.directory.path().join(DIRECTORY), flags, Mode::empty())
            .expect("directory")
    }
}

#[expect(clippy::expect_used, reason = "a bench that cannot replace its file stops")]
fn confined(root: &RepoRoot, path: &RelPath, content: &[u8]) {
    root.target(path)
        .and_then(|target| target.stage(content, None))
        .and_then(Staged::publish)
        .map(drop)
        .expect("replaced");
}

#[expect(clippy::expect_used, reason = "a bench that cannot replace its file stops")]
fn bare(directory: &OwnedFd, content: &[u8]) {
    let name = Path::new(".gitoma-0123456789abcdef.tmp");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o644)).expect("opened");
    let mut file = File::from(opened);
    file.write_all(content).expect("written");
    rustix::fs::fsync(&file).expect("synced");
    rustix::fs::renameat(directory, name, directory, "floor").expect("renamed");
    rustix::fs::fsync(directory).expect("synced");
}

#[expect(clippy::expect_used, reason = "the path is a constant")]
fn path() -> RelPath {
    RelPath::parse("a/b/c/file").expect("path")
}

#[divan::bench(args = PLACES, sample_count = 200, sample_size = 1)]
fn floor_bare_calls(bencher: Bencher<'_, '_>, place: &str) {
    let tree = Tree::new(place);
    let directory = tree.pinned();
    bencher.bench_local(|| bare(&directory, &tree.content));
}

#[divan::bench(args = PLACES, consts = [false, true], sample_count = 200, sample_size = 1)]
fn confined_replace<const PORTABLE: bool>(bencher: Bencher<'_, '_>, place: &str) {
    let tree = Tree::new(place);
    let (root, path) = (tree.root(PORTABLE), path());
    bencher.bench_local(|| confined(&root, &path, &tree.content));
}

/// Replaces by the one and the other in turn, and prints the two medians and what one is to the other.
#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn report(place: &str) {
    let tree = Tree::new(place);
    let (root, directory, path) = (tree.root(false), tree.pinned(), path());
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        bare(&directory, &tree.content);
        floor.push(begun.elapsed());
        let begun = Instant::now();
        confined(&root, &path, &tree.content);
        ours.push(begun.elapsed());
    }
    let (floor, ours) = (median(floor), median(ours));
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("{place}: {ours:.1?} confined, {floor:.1?} bare, {ratio:.2} x");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
