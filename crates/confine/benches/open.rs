//! Measures a confined read of a 4 KiB file five components down, by both openers, beside the floor: the plain read of
//! the standard library, which resolves the same path and checks nothing.

use std::path::PathBuf;

use divan::{Bencher, black_box};
use gitoma_confine::{RelPath, RepoRoot};
use tempfile::TempDir;

const FILE: &str = "a/b/c/d/file";

fn main() {
    divan::main();
}

struct Tree {
    directory: TempDir,
}

impl Tree {
    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "a bench that cannot write its file stops"
    )]
    fn new() -> Self {
        let directory = TempDir::new().expect("temporary directory");
        let file = directory.path().join(FILE);
        std::fs::create_dir_all(directory.path().join("a/b/c/d")).expect("directories");
        std::fs::write(file, vec![b'x'; 4096]).expect("file");
        Self { directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join(FILE)
    }

    #[expect(clippy::expect_used, reason = "a bench that cannot open its tree stops")]
    fn root(&self, portable: bool) -> RepoRoot {
        let open = if portable { RepoRoot::open_portable } else { RepoRoot::open };
        open(self.directory.path(), |_, _| None).expect("root")
    }
}

#[divan::bench]
#[expect(clippy::disallowed_methods, reason = "the floor that the confined read is compared with")]
fn floor_plain_read(bencher: Bencher<'_, '_>) {
    let tree = Tree::new();
    let file = tree.file();
    bencher.bench_local(|| std::fs::read(black_box(&file)));
}

#[divan::bench(args = [false, true])]
fn confined_read(bencher: Bencher<'_, '_>, portable: bool) {
    let tree = Tree::new();
    let root = tree.root(portable);
    bencher.bench_local(|| {
        let path = RelPath::parse(black_box(FILE)).map_err(|error| error.rule());
        path.map(|path| root.read(&path, 1 << 20))
    });
}

#[divan::bench]
fn parse_path(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RelPath::parse(black_box(FILE)));
}
