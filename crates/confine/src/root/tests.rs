#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::CWD;
use tempfile::TempDir;

use super::{Kind, Mode, OpenError, RepoRoot, RootError};
use crate::path::RelPath;

fn guard(path: &str, mode: Mode) -> Option<&'static str> {
    let denied = path.split('/').any(|part| part == ".env");
    let protected = mode == Mode::Write && path == "protected";
    if denied { Some("test:environment") } else { protected.then_some("test:protected") }
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// The same directory through both openers; every table below runs on each.
fn both(directory: &Path) -> [(&'static str, RepoRoot); 2] {
    [
        ("detected", RepoRoot::open(directory, guard).unwrap()),
        ("portable", RepoRoot::open_portable(directory, guard).unwrap()),
    ]
}

/// Makes a named pipe, or a socket where rustix cannot make one.
fn make_pipe(path: &Path) {
    #[cfg(target_os = "linux")]
    rustix::fs::mkfifoat(CWD, path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    #[cfg(not(target_os = "linux"))]
    drop(UnixListener::bind(path).unwrap());
}

/// A work tree with every shape of entry, beside a directory that must stay unreachable.
fn world() -> TempDir {
    let world = TempDir::new().unwrap();
    let at = |name: &str| world.path().join(name);
    for directory in ["outside", "root", "root/dir", "root/dir/deep", "root/.git"] {
        fs::create_dir(at(directory)).unwrap();
    }
    for file in [
        "outside/secret",
        "root/file",
        "root/dir/deep/file",
        "root/.env",
        "root/.git/config",
        "root/protected",
    ] {
        fs::write(at(file), format!("content of {file}")).unwrap();
    }
    symlink("file", at("root/link_to_file")).unwrap();
    symlink("dir", at("root/link_to_dir")).unwrap();
    symlink("../outside/secret", at("root/link_out")).unwrap();
    symlink("../outside", at("root/link_dir_out")).unwrap();
    symlink(at("outside/secret"), at("root/link_absolute")).unwrap();
    symlink("nowhere", at("root/link_dangling")).unwrap();
    symlink("link_loop", at("root/link_loop")).unwrap();
    symlink("../.env", at("root/dir/innocent.txt")).unwrap();
    make_pipe(&at("root/pipe"));
    drop(UnixListener::bind(at("root/socket")).unwrap());
    world
}

#[test]
fn each_shape_on_disk_gets_its_own_answer() {
    let world = world();
    for (opener, root) in both(&world.path().join("root")) {
        let table = [
            ("file", None),
            ("dir/deep/file", None),
            ("missing", Some("not_found")),
            ("missing/file", Some("not_found")),
            ("dir", Some("not_a_file")),
            ("pipe", Some("not_a_file")),
            ("socket", Some("not_a_file")),
            ("file/inside", Some("not_a_directory")),
            ("pipe/inside", Some("not_a_directory")),
            ("link_to_file", Some("link_refused")),
            ("link_to_dir", Some("link_refused")),
            ("link_to_dir/deep/file", Some("link_refused")),
            ("link_out", Some("link_refused")),
            ("link_dir_out", Some("link_refused")),
            ("link_dir_out/secret", Some("link_refused")),
            ("link_absolute", Some("link_refused")),
            ("link_dangling", Some("link_refused")),
            ("link_dangling/x", Some("link_refused")),
            ("link_loop", Some("link_refused")),
            ("dir/innocent.txt", Some("link_refused")),
            (".env", Some("path_denied")),
            ("dir/.env/x", Some("path_denied")),
        ];
        for (text, expected) in table {
            let code = root.read(&path(text), 1000).err().map(|error| error.code());
            assert_eq!(code, expected, "{opener}: {text}");
            assert!(expected.is_none() || root.read_cached(&path(text), 1000).is_none(), "{opener}: {text}");
        }
    }
}

#[test]
fn reading_stops_at_the_cap_and_says_so() {
    let world = world();
    let file = world.path().join("root/file");
    fs::write(&file, "0123456789").unwrap();
    for (opener, root) in both(&world.path().join("root")) {
        for (cap, bytes, truncated) in [
            (0, "", true),
            (9, "012345678", true),
            (10, "0123456789", false),
            (u64::MAX, "0123456789", false),
        ] {
            let content = root.read(&path("file"), cap).unwrap();
            assert_eq!(content.bytes, bytes.as_bytes(), "{opener}: {cap}");
            assert_eq!((content.size, content.truncated), (10, truncated), "{opener}: {cap}");
        }
    }
    fs::write(&file, "").unwrap();
    let empty = both(&world.path().join("root")).map(|(_, root)| root.read(&path("file"), 0).unwrap());
    assert!(empty.iter().all(|content| content.bytes.is_empty() && !content.truncated));
}

#[test]
fn metadata_reports_a_link_and_never_follows_it() {
    let world = world();
    let executable = world.path().join("root/dir/run");
    fs::write(&executable, "#!").unwrap();
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 5);
    fs::File::options().write(true).open(&executable).unwrap().set_modified(modified).unwrap();
    for (opener, root) in both(&world.path().join("root")) {
        let table = [
            ("file", Ok(Kind::File)),
            ("dir", Ok(Kind::Directory)),
            ("dir/deep", Ok(Kind::Directory)),
            ("pipe", Ok(Kind::Other)),
            ("socket", Ok(Kind::Other)),
            ("link_to_dir", Ok(Kind::Link)),
            ("link_dangling", Ok(Kind::Link)),
            ("link_absolute", Ok(Kind::Link)),
            ("link_to_dir/deep", Err("link_refused")),
            ("link_dir_out/secret", Err("link_refused")),
            ("file/x", Err("not_a_directory")),
            ("missing", Err("not_found")),
            (".env", Err("path_denied")),
        ];
        for (text, expected) in table {
            let found = root.metadata(&path(text));
            assert_eq!(
                found.map(|found| found.kind).map_err(|error| error.code()),
                expected,
                "{opener}: {text}"
            );
        }
        let found = root.metadata(&path("dir/run")).unwrap();
        assert_eq!((found.size, found.executable, found.modified), (2, true, Some(modified)));
        assert!(!root.metadata(&path("file")).unwrap().executable);
        assert!(!root.metadata(&path("dir")).unwrap().executable);
    }
}

#[test]
fn listing_is_sorted_capped_and_leaves_out_what_is_not_to_be_named() {
    let world = world();
    let directory = world.path().join("root/dir");
    for name in ["b", "a", "B", "con", "tail.", "two\nlines", ".env", "x\u{202e}y"] {
        fs::write(directory.join(name), "").unwrap();
    }
    for (opener, root) in both(&world.path().join("root")) {
        let listing = root.list(Some(&path("dir")), 100).unwrap();
        let names: Vec<(&str, Kind)> =
            listing.entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
        let expected = [
            ("B", Kind::File),
            ("a", Kind::File),
            ("b", Kind::File),
            ("deep", Kind::Directory),
            ("innocent.txt", Kind::Link),
        ];
        assert_eq!(names, expected, "{opener}");
        assert_eq!((listing.skipped, listing.truncated), (5, false), "{opener}");

        let listing = root.list(Some(&path("dir")), 2).unwrap();
        assert_eq!(listing.entries.len(), 2, "{opener}");
        assert_eq!(listing.entries[1].name, "a", "{opener}");
        assert!(listing.truncated, "{opener}");

        let top = root.list(None, 100).unwrap();
        assert!(top.entries.iter().all(|entry| entry.name != ".git" && entry.name != ".env"), "{opener}");
        assert!(
            top.entries.iter().any(|entry| entry.name == "pipe" && entry.kind == Kind::Other),
            "{opener}"
        );
        assert_eq!(top.skipped, 2, "{opener}");

        for (text, expected) in [
            ("file", "not_a_directory"),
            ("pipe", "not_a_directory"),
            ("link_to_dir", "link_refused"),
            ("link_dir_out", "link_refused"),
            ("link_to_dir/deep", "link_refused"),
            ("missing", "not_found"),
            (".env", "path_denied"),
        ] {
            let code = root.list(Some(&path(text)), 10).map_err(|error| error.code());
            assert_eq!(code.err(), Some(expected), "{opener}: {text}");
        }
    }
}

#[test]
fn devices_and_other_mounts_are_refused() {
    // /dev has device nodes that an unprivileged test cannot make, and usually another file system at /dev/pts.
    use std::os::unix::fs::MetadataExt;
    for (opener, root) in both(Path::new("/dev")) {
        for device in ["null", "zero"] {
            let code = root.read(&path(device), 10).map_err(|error| error.code()).err();
            assert_eq!(code, Some("not_a_file"), "{opener}: {device}");
            assert_eq!(root.metadata(&path(device)).unwrap().kind, Kind::Other, "{opener}: {device}");
        }
        let device = |path: &str| fs::symlink_metadata(path).ok().map(|found| found.dev());
        if device("/dev/pts").is_some_and(|found| Some(found) != device("/dev")) {
            let code = root.list(Some(&path("pts")), 10).map_err(|error| error.code()).err();
            assert_eq!(code, Some("mount_refused"), "{opener}");
            let code = root.metadata(&path("pts")).map_err(|error| error.code()).err();
            assert_eq!(code, Some("mount_refused"), "{opener}");
        }
    }
}

#[test]
fn the_pinned_root_survives_its_replacement() {
    let world = world();
    let at = |name: &str| world.path().join(name);
    for (opener, root) in both(&at("root")) {
        fs::rename(at("root"), at("moved")).unwrap();
        symlink("outside", at("root")).unwrap();
        let content = root.read(&path("file"), 100).unwrap();
        assert_eq!(content.bytes, b"content of root/file", "{opener}");
        assert_eq!(root.read(&path("secret"), 100).unwrap_err().code(), "not_found", "{opener}");
        fs::remove_file(at("root")).unwrap();
        fs::rename(at("moved"), at("root")).unwrap();
    }
}

#[test]
fn swapping_a_parent_for_a_link_never_shows_the_outside() {
    const READS: usize = 2000;
    let world = TempDir::new().unwrap();
    let at = |name: &str| world.path().join(name);
    for directory in ["outside", "root", "root/dir"] {
        fs::create_dir(at(directory)).unwrap();
    }
    fs::write(at("outside/file"), "outside").unwrap();
    fs::write(at("root/dir/file"), "inside").unwrap();
    symlink("../outside", at("root/link")).unwrap();
    let roots = both(&at("root"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            use rustix::fs::{RenameFlags, renameat_with};
            while !done.load(Ordering::Relaxed) {
                // One call, so that `dir` is always there: now the directory, now the link.
                renameat_with(CWD, at("root/dir"), CWD, at("root/link"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        let mut inside = 0_usize;
        let mut refused = 0_usize;
        let mut reads = 0_usize;
        let mut leaked = Vec::new();
        // Goes on past the count until both states were met, so that the race was really run.
        while reads < READS || (inside == 0 || refused == 0) && reads < 100 * READS {
            reads += 1;
            for (opener, root) in &roots {
                match root.read(&path("dir/file"), 100) {
                    Ok(content) if content.bytes == b"inside" => inside += 1,
                    Ok(_) => leaked.push(*opener),
                    Err(OpenError::LinkRefused | OpenError::NotADirectory) => refused += 1,
                    Err(error) => leaked.push(error.code()),
                }
                if root.read_cached(&path("dir/file"), 100).is_some_and(|content| content.bytes != b"inside")
                {
                    leaked.push(*opener);
                }
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(leaked.is_empty(), "{leaked:?}");
        assert!(inside > 0 && refused > 0, "the race was not run: {inside} inside, {refused} refused");
    });
}

#[test]
fn a_root_must_be_a_directory_that_confines() {
    let world = world();
    let at = |name: &str| world.path().join(name);
    assert!(matches!(RepoRoot::open(&at("missing"), guard), Err(RootError::NotFound)));
    assert!(matches!(RepoRoot::open(&at("root/file"), guard), Err(RootError::NotADirectory)));
    assert!(matches!(RepoRoot::open(Path::new("/"), guard), Err(RootError::FileSystemRoot)));
    // What the operator writes may go through links; the canonical path does not.
    let root = RepoRoot::open(&at("root/link_to_dir"), guard).unwrap();
    assert_eq!(root.path(), at("root/dir").canonicalize().unwrap());
}

#[test]
fn a_refusal_never_echoes_the_path() {
    let world = world();
    let root = RepoRoot::open(&world.path().join("root"), guard).unwrap();
    for text in ["missing", "dir", "link_out", "file/x", ".env"] {
        let error = root.read(&path(text), 10).unwrap_err();
        let name = world.path().file_name().unwrap().to_str().unwrap();
        assert!(!error.to_string().contains(name) && !error.to_string().contains("link_out"));
    }
    let denied = root.read(&path(".env"), 10).unwrap_err();
    assert_eq!(denied.to_string(), "path is denied by rule test:environment");
    assert!(root.read(&path("protected"), 10).is_ok(), "what may not be written may be read");
}
