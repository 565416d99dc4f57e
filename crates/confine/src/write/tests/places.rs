//! Directories that are made for a file or removed after it, and file systems that refuse.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{World, code, guard, path, remove, write};
use crate::root::RepoRoot;

/// Where the child of a test finds the file systems mounted for it.
const PLACE: &str = "GITOMA_TEST_MOUNTS";

#[test]
fn directories_are_made_and_taken_back_if_the_change_is_not_published() {
    let world = World::new();
    world.put("root/there/file", "");
    for (opener, root) in world.both() {
        let before = world.everything();
        let staged = root.target(&path("there/a/b/c/file")).unwrap().stage(b"new", None).unwrap();
        assert!(world.at("root/there/a/b/c").is_dir(), "{opener}");
        drop(staged);
        assert_eq!(world.everything(), before, "{opener}");

        // What somebody put into one of them meanwhile stays, and so does the way to it.
        let staged = root.target(&path("there/a/b/c/file")).unwrap().stage(b"new", None).unwrap();
        world.put("root/there/a/theirs", "theirs");
        drop(staged);
        assert!(world.at("root/there/a/theirs").exists(), "{opener}");
        assert!(!world.at("root/there/a/b").exists(), "{opener}");
        fs::remove_dir_all(world.at("root/there/a")).unwrap();

        // One that somebody else made is theirs, empty or not.
        let target = root.target(&path("there/a/b/file")).unwrap();
        fs::create_dir(world.at("root/there/a")).unwrap();
        drop(target.stage(b"new", None).unwrap());
        assert!(world.at("root/there/a").is_dir() && !world.at("root/there/a/b").exists(), "{opener}");
        fs::remove_dir(world.at("root/there/a")).unwrap();

        // A link that appears in the place of one is not followed.
        let target = root.target(&path("there/a/b/file")).unwrap();
        std::os::unix::fs::symlink("../../outside", world.at("root/there/a")).unwrap();
        assert_eq!(code(target.stage(b"new", None)), Some("link_refused"), "{opener}");
        fs::remove_file(world.at("root/there/a")).unwrap();
        assert_eq!(world.everything(), before, "{opener}");
    }
}

#[test]
fn two_changes_may_share_the_directories_that_were_missing() {
    let world = World::new();
    for (opener, root) in world.both() {
        let stage = |at| root.target(&path(at)).unwrap().stage(at.as_bytes(), None).unwrap();
        let (one, two) = (root.target(&path("a/b/one")).unwrap(), root.target(&path("a/b/two")).unwrap());
        let (one, two) = (one.stage(b"one", None).unwrap(), two.stage(b"two", None).unwrap());
        drop(one);
        two.publish().unwrap();
        assert_eq!(fs::read_dir(world.at("root/a/b")).unwrap().count(), 1, "{opener}");
        let (one, three) = (stage("a/b/one"), stage("a/c/three"));
        one.publish().unwrap();
        three.publish().unwrap();
        assert_eq!(fs::read(world.at("root/a/c/three")).unwrap(), b"a/c/three", "{opener}");
        fs::remove_dir_all(world.at("root/a")).unwrap();
    }
}

#[test]
fn a_removal_takes_empty_directories_along_if_it_was_asked_to() {
    let world = World::new();
    for (opener, root) in world.both() {
        let remove_and_prune =
            |at| root.target(&path(at)).unwrap().removal().unwrap().prune().publish().unwrap();
        world.put("root/a/b/c/file", "");
        world.put("root/a/kept", "");
        remove_and_prune("a/b/c/file");
        assert!(world.at("root/a/kept").exists() && !world.at("root/a/b").exists(), "{opener}");
        remove_and_prune("a/kept");
        assert!(world.at("root").exists() && !world.at("root/a").exists(), "{opener}");
        world.put("root/file", "");
        remove_and_prune("file");
        assert!(world.at("root").exists(), "{opener}");
        world.put("root/a/b/file", "");
        remove(&root, "a/b/file").unwrap();
        assert!(world.at("root/a/b").is_dir(), "{opener}");
        // A change that is not published prunes nothing either.
        world.put("root/a/b/file", "");
        drop(root.target(&path("a/b/file")).unwrap().removal().unwrap().prune());
        assert!(world.at("root/a/b/file").exists(), "{opener}");
        fs::remove_dir_all(world.at("root/a")).unwrap();
    }
}

/// Runs a test once more as a child that has small and hostile file systems of its own, where user namespaces may mount them.
/// In the child it returns where they are.
fn on_mounts(test: &str) -> Option<PathBuf> {
    if let Some(place) = env::var_os(PLACE) {
        return Some(place.into());
    }
    let world = World::new();
    let script = r#"cd "$0" && mkdir small readonly root root/bound root/elsewhere && echo old >root/file &&
        echo bound >bound && mount -t tmpfs -o size=1m,mode=700 small small &&
        mount -t tmpfs -o size=1m,mode=700 small readonly && mkdir readonly/root && echo old >readonly/root/file &&
        mount -o remount,ro readonly && mkdir outside/bound && mount --bind outside/bound root/bound &&
        mount --bind bound root/file && mount -t tmpfs small root/elsewhere && cd / && exec "$@""#;
    fs::remove_dir(world.at("root")).unwrap();
    let inside = |command: &mut Command| {
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .arg(world.directory.path());
    };
    let mut trial = Command::new("unshare");
    inside(&mut trial);
    if !trial.arg("true").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: nothing can be mounted here");
        return None;
    }
    for name in ["small", "readonly", "root/bound", "root/elsewhere", "outside/bound"] {
        fs::remove_dir(world.at(name)).unwrap();
    }
    fs::remove_dir_all(world.at("root")).unwrap();
    let mut run = Command::new("unshare");
    inside(&mut run);
    run.arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let output = run.env(PLACE, world.directory.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_dir(world.at("outside/bound")).unwrap().count(), 0);
    None
}

#[test]
fn full_read_only_and_foreign_file_systems_refuse_and_lose_nothing() {
    let test = "write::tests::places::full_read_only_and_foreign_file_systems_refuse_and_lose_nothing";
    let Some(place) = on_mounts(test) else { return };
    let names = |directory: &str| fs::read_dir(place.join(directory)).unwrap().count();
    for open in [RepoRoot::open, RepoRoot::open_portable] {
        let root = open(&place.join("small"), guard).unwrap();
        write(&root, "file", b"old").unwrap();
        let large = vec![b'x'; 2 << 20];
        for at in ["file", "new", "a/b/new"] {
            assert_eq!(code(write(&root, at, &large)), Some("no_space"), "{at}");
        }
        assert_eq!((fs::read(place.join("small/file")).unwrap(), names("small")), (b"old".to_vec(), 1));

        let root = open(&place.join("readonly/root"), guard).unwrap();
        for at in ["file", "new", "a/b/new"] {
            assert_eq!(code(write(&root, at, b"new")), Some("read_only"), "{at}");
        }
        assert_eq!(code(remove(&root, "file")), Some("read_only"));

        let root = open(&place.join("root"), guard).unwrap();
        for at in ["elsewhere/new", "elsewhere/a/b/new", "elsewhere"] {
            assert_eq!(code(write(&root, at, b"new")), Some("mount_refused"), "{at}");
        }
        assert_eq!(code(write(&root, "file", b"new")), Some("mount_refused"));
        assert_eq!(code(remove(&root, "file")), Some("mount_refused"));
        assert_eq!((names("root"), names("root/elsewhere")), (3, 0));
        assert_eq!(fs::read(place.join("bound")).unwrap(), b"bound\n");
    }
    // The walk does not see that the directory is bound there from the same device; the kernel does.
    #[cfg(target_os = "linux")]
    if crate::opener::has_openat2() {
        let root = RepoRoot::open(&place.join("root"), guard).unwrap();
        assert_eq!(code(write(&root, "bound/new", b"new")), Some("mount_refused"));
    }
}
