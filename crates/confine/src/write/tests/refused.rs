//! What stands in the way of a write, each by its own code, and that nothing is changed by trying.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::{World, code, guard, path, remove, write};
use crate::root::RepoRoot;
use crate::write::temporary::create;

fn hostile() -> World {
    let world = World::new();
    for name in ["root/file", "root/dir/deep/file", "root/.env", "root/dir/.env/x"] {
        world.put(name, name);
    }
    for (target, name) in [
        ("file", "link_to_file"),
        ("dir", "link_to_dir"),
        ("../outside/secret", "link_out"),
        ("../outside/new", "link_out_dangling"),
        ("../outside", "link_dir_out"),
        ("nowhere", "link_dangling"),
        ("link_loop", "link_loop"),
        ("../.env", "dir/innocent.txt"),
        ("../../outside", "dir/link_dir_out"),
        ("../../../outside", "dir/deep/link_dir_out"),
    ] {
        symlink(target, world.at("root").join(name)).unwrap();
    }
    symlink(world.at("outside/secret"), world.at("root/link_absolute")).unwrap();
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, Mode, mkfifoat};
        mkfifoat(CWD, world.at("root/pipe"), Mode::RUSR | Mode::WUSR).unwrap();
    }
    #[cfg(not(target_os = "linux"))]
    drop(UnixListener::bind(world.at("root/pipe")).unwrap());
    drop(UnixListener::bind(world.at("root/socket")).unwrap());
    world
}

#[test]
fn each_shape_on_disk_gets_its_own_answer_and_stays() {
    let world = hostile();
    let before = world.everything();
    for (opener, root) in world.both() {
        for (text, expected) in [
            ("dir", "not_a_file"),
            ("dir/deep", "not_a_file"),
            ("pipe", "not_a_file"),
            ("socket", "not_a_file"),
            ("file/inside", "not_a_directory"),
            ("file/inside/deep", "not_a_directory"),
            ("pipe/inside", "not_a_directory"),
            ("link_to_file", "link_refused"),
            ("link_to_dir", "link_refused"),
            ("link_to_dir/new", "link_refused"),
            ("link_to_dir/deep/file", "link_refused"),
            ("link_out", "link_refused"),
            ("link_out_dangling", "link_refused"),
            ("link_dir_out/secret", "link_refused"),
            ("link_dir_out/new", "link_refused"),
            ("link_dir_out/new/deep/file", "link_refused"),
            ("link_absolute", "link_refused"),
            ("link_dangling", "link_refused"),
            ("link_dangling/new", "link_refused"),
            ("link_dangling/new/deep", "link_refused"),
            ("link_loop", "link_refused"),
            ("dir/innocent.txt", "link_refused"),
            ("dir/link_dir_out/new", "link_refused"),
            ("dir/deep/link_dir_out/new", "link_refused"),
            (".env", "path_denied"),
            ("dir/.env/x", "path_denied"),
            ("missing/.env/x", "path_denied"),
        ] {
            assert_eq!(code(write(&root, text, b"new")), Some(expected), "{opener}: {text}");
            assert_eq!(code(remove(&root, text)), Some(expected), "{opener}: {text}");
        }
        assert_eq!(code(remove(&root, "missing")), Some("not_found"), "{opener}");
        assert_eq!(code(remove(&root, "missing/deep")), Some("not_found"), "{opener}");
        assert_eq!(world.everything(), before, "{opener}");
    }
}

#[test]
fn devices_and_other_mounts_are_refused() {
    use std::os::unix::fs::MetadataExt;
    for root in [RepoRoot::open(Path::new("/dev"), guard), RepoRoot::open_portable(Path::new("/dev"), guard)]
    {
        let root = root.unwrap();
        for device in ["null", "zero"] {
            assert_eq!(code(root.target(&path(device))), Some("not_a_file"), "{device}");
        }
        let device = |path: &str| fs::symlink_metadata(path).ok().map(|found| found.dev());
        if device("/dev/pts").is_some_and(|found| Some(found) != device("/dev")) {
            assert_eq!(code(root.target(&path("pts/new"))), Some("mount_refused"));
            assert_eq!(code(root.target(&path("pts/new/deep"))), Some("mount_refused"));
        }
    }
}

/// As root, to whom permission bits say nothing, the directory is made immutable instead, where the file system can.
#[test]
fn a_directory_that_may_not_be_written_is_left_alone() {
    let world = World::new();
    world.put("root/dir/file", "old");
    world.set_mode("root/dir", 0o555);
    let before = world.everything();
    let root_user = rustix::process::geteuid().is_root();
    if root_user && !immutable(&world.at("root/dir"), true) {
        println!("skipped: the file system knows no immutable directories");
        return;
    }
    for (opener, root) in world.both() {
        for at in ["dir/file", "dir/new", "dir/deep/new"] {
            assert_eq!(code(write(&root, at, b"new")), Some("read_only"), "{opener}: {at}");
        }
        assert_eq!(code(remove(&root, "dir/file")), Some("read_only"), "{opener}");
    }
    if root_user {
        assert!(immutable(&world.at("root/dir"), false));
    }
    assert_eq!(world.everything(), before);
    world.set_mode("root/dir", 0o755);
}

#[cfg(target_os = "linux")]
fn immutable(directory: &Path, immutable: bool) -> bool {
    use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
    let directory = fs::File::open(directory).unwrap();
    ioctl_getflags(&directory).is_ok_and(|mut flags| {
        flags.set(IFlags::IMMUTABLE, immutable);
        ioctl_setflags(&directory, flags).is_ok()
    })
}

#[cfg(not(target_os = "linux"))]
fn immutable(_: &Path, _: bool) -> bool {
    false
}

/// Its name is random, so nobody can put anything there before; and if somebody could, it would not be written to.
#[test]
fn a_temporary_file_is_always_a_new_one() {
    let world = hostile();
    let before = world.everything();
    let directory = OwnedFd::from(fs::File::open(world.at("root")).unwrap());
    for name in ["file", "dir", "pipe", "link_to_file", "link_out", "link_out_dangling", "link_dangling"] {
        let made = create(&directory, name, rustix::fs::Mode::RUSR).map(drop);
        assert_eq!(made, Err(rustix::io::Errno::EXIST), "{name}");
    }
    assert_eq!(world.everything(), before);
}
