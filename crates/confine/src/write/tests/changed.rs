//! What somebody else does between the look and the publishing: nothing of theirs is lost, nothing of ours appears.

use std::fs;
use std::os::unix::fs::symlink;

use super::{World, code, path, write};
use crate::write::staged::{link_new, rename_new};

/// What somebody does to `dir/file`, or to the directories above it.
type Meddling = fn(&World);

fn replace(world: &World, with: impl FnOnce()) {
    fs::remove_file(world.at("root/dir/file")).unwrap();
    with();
}

/// Moves `dir` away and leaves its place to whatever `with` puts there.
fn move_away(world: &World, with: impl FnOnce()) {
    fs::rename(world.at("root/dir"), world.at("root/moved")).unwrap();
    with();
}

const MEDDLING: &[(&str, Meddling)] = &[
    ("same size in place", |world| fs::write(world.at("root/dir/file"), "OLD").unwrap()),
    ("other size in place", |world| fs::write(world.at("root/dir/file"), "longer").unwrap()),
    ("same content again", |world| {
        world.put("root/dir/other", "old");
        fs::rename(world.at("root/dir/other"), world.at("root/dir/file")).unwrap();
    }),
    ("mode", |world| world.set_mode("root/dir/file", 0o600)),
    ("removed", |world| replace(world, || {})),
    ("now a link out", |world| {
        replace(world, || symlink("../../outside/secret", world.at("root/dir/file")).unwrap());
    }),
    ("now a link to the same", |world| {
        fs::rename(world.at("root/dir/file"), world.at("root/dir/moved")).unwrap();
        symlink("moved", world.at("root/dir/file")).unwrap();
    }),
    ("now a directory", |world| replace(world, || fs::create_dir(world.at("root/dir/file")).unwrap())),
    ("directory moved", |world| move_away(world, || {})),
    ("directory moved out", |world| {
        fs::rename(world.at("root/dir"), world.at("outside/moved")).unwrap();
    }),
    ("directory now a link out", |world| {
        move_away(world, || symlink("../outside", world.at("root/dir")).unwrap());
    }),
    ("directory now a link to itself", |world| {
        move_away(world, || symlink("moved", world.at("root/dir")).unwrap());
    }),
    ("directory now another", |world| move_away(world, || world.put("root/dir/file", "old"))),
    ("directory now a file", |world| move_away(world, || world.put("root/dir", "file"))),
    ("grown beyond the limit", |world| {
        let file = fs::File::options().write(true).open(world.at("root/dir/file")).unwrap();
        file.set_len(1 << 22).unwrap();
    }),
];

#[test]
fn what_changed_since_the_look_is_left_alone() {
    for opener in 0..2 {
        for (name, meddle) in MEDDLING {
            for removal in [false, true] {
                let world = World::new();
                world.put("root/dir/file", "old");
                let (opener, root) = &world.both()[opener];
                let target = root.target(&path("dir/file")).unwrap();
                let staged = if removal { target.removal() } else { target.stage(b"new", None) }.unwrap();
                meddle(&world);
                let mut before = world.everything();
                before.retain(|name, _| name.extension().is_none_or(|extension| extension != "tmp"));
                assert_eq!(code(staged.publish()), Some("conflict"), "{opener}: {name}, removal: {removal}");
                assert_eq!(world.everything(), before, "{opener}: {name}, removal: {removal}");
            }
        }
    }
}

#[test]
fn what_appeared_since_the_look_is_left_alone() {
    let appearing: [(&str, Meddling); 5] = [
        ("a file", |world| world.put("root/dir/file", "theirs")),
        ("an empty file", |world| world.put("root/dir/file", "")),
        ("a directory", |world| fs::create_dir_all(world.at("root/dir/file")).unwrap()),
        ("a dangling link", |world| {
            symlink("../../outside/new", world.at("root/dir/file")).unwrap();
        }),
        ("a link to a file", |world| {
            symlink("../../outside/secret", world.at("root/dir/file")).unwrap();
        }),
    ];
    for opener in 0..2 {
        for (name, appear) in appearing {
            // Both between look and staging and between staging and publishing; with the directory and without it.
            for (there, early) in [(true, true), (true, false), (false, true), (false, false)] {
                let world = World::new();
                if there {
                    fs::create_dir(world.at("root/dir")).unwrap();
                }
                let (opener, root) = &world.both()[opener];
                let target = root.target(&path("dir/file")).unwrap();
                if early {
                    fs::create_dir_all(world.at("root/dir")).unwrap();
                    appear(&world);
                }
                let staged = target.stage(b"new", None).unwrap();
                if !early {
                    appear(&world);
                }
                let mut before = world.everything();
                before.retain(|name, _| name.extension().is_none_or(|extension| extension != "tmp"));
                assert_eq!(code(staged.publish()), Some("conflict"), "{opener}: {name}, {there}, {early}");
                assert_eq!(world.everything(), before, "{opener}: {name}, {there}, {early}");
            }
        }
    }
}

#[test]
fn of_two_changes_the_first_counts() {
    for opener in 0..2 {
        let world = World::new();
        let (opener, root) = &world.both()[opener];
        for at in ["file", "a/b/file"] {
            // First of a file that is not there, then of one that is.
            for _ in 0..2 {
                let stage = |bytes| root.target(&path(at)).unwrap().stage(bytes, None).unwrap();
                let (first, second) = (stage(b"first"), stage(b"other"));
                first.publish().unwrap();
                assert_eq!(code(second.publish()), Some("conflict"), "{opener}: {at}");
                assert_eq!(fs::read(world.at("root").join(at)).unwrap(), b"first", "{opener}: {at}");
            }
        }
    }
}

#[test]
fn a_temporary_file_that_was_exchanged_is_not_put_in_place() {
    let world = World::new();
    world.put("root/file", "old");
    for (opener, root) in world.both() {
        for link in [true, false] {
            let staged = root.target(&path("file")).unwrap().stage(b"new", None).unwrap();
            let temporary = fs::read_dir(world.at("root"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .find(|path| path.extension().is_some())
                .unwrap();
            // Held, so that its number is not given to the next file.
            let _held = fs::File::open(&temporary).unwrap();
            fs::remove_file(&temporary).unwrap();
            if link {
                symlink("../outside/secret", &temporary).unwrap();
            } else {
                fs::write(&temporary, "theirs").unwrap();
            }
            assert_eq!(code(staged.publish()), Some("conflict"), "{opener}");
            assert_eq!(fs::read(world.at("root/file")).unwrap(), b"old", "{opener}");
            assert_eq!(fs::read(world.at("outside/secret")).unwrap(), b"outside", "{opener}");
        }
    }
}

/// The last look and the renaming are two system calls; whoever comes in between finds that nothing of theirs is replaced.
#[test]
fn neither_way_of_naming_a_new_file_replaces_anything() {
    let world = World::new();
    let directory = std::os::fd::OwnedFd::from(fs::File::open(world.at("root")).unwrap());
    for name in [rename_new, link_new] {
        world.put("root/from", "ours");
        for linked in [false, true] {
            if linked {
                symlink("nowhere", world.at("root/to")).unwrap();
            } else {
                world.put("root/to", "theirs");
            }
            let before = world.everything();
            assert_eq!(name(&directory, "from", "to"), Err(rustix::io::Errno::EXIST));
            assert_eq!(world.everything(), before);
            fs::remove_file(world.at("root/to")).unwrap();
        }
        name(&directory, "from", "to").unwrap();
        assert!(!world.at("root/from").exists());
        assert_eq!(fs::read(world.at("root/to")).unwrap(), b"ours");
        fs::remove_file(world.at("root/to")).unwrap();
    }
}

#[test]
fn a_root_that_is_gone_is_a_conflict() {
    for opener in 0..2 {
        let world = World::new();
        let (opener, root) = &world.both()[opener];
        let staged = root.target(&path("file")).unwrap().stage(b"new", None).unwrap();
        fs::remove_dir_all(world.at("root")).unwrap();
        fs::create_dir(world.at("root")).unwrap();
        assert_eq!(code(staged.publish()), Some("conflict"), "{opener}");
        assert_eq!(code(write(root, "file", b"new")), Some("conflict"), "{opener}");
        assert_eq!(code(write(root, "a/b", b"new")), Some("conflict"), "{opener}");
        assert_eq!(fs::read_dir(world.at("root")).unwrap().count(), 0, "{opener}");
    }
}
