//! A change that is taken back leaves the place as it was.

use std::fs;

use super::{World, code, path};
use crate::write::WriteError;

#[test]
fn what_stood_there_stands_there_again() {
    let world = World::new();
    for mode in [0o600, 0o640, 0o744, 0o755] {
        for (opener, root) in world.both() {
            world.put("root/dir/file", "old");
            world.set_mode("root/dir/file", mode);
            let before = world.everything();
            let target = root.target(&path("dir/file")).unwrap();
            let published = target.stage(b"new", Some(mode & 0o111 == 0)).unwrap().publish().unwrap();
            assert_ne!(world.everything(), before);
            published.take_back().unwrap();
            assert_eq!(world.everything(), before, "{opener} {mode:o} replaced");
            let removed = root.target(&path("dir/file")).unwrap().removal().unwrap().prune();
            let published = removed.publish().unwrap();
            assert!(!world.at("root/dir/file").exists());
            published.take_back().unwrap();
            assert_eq!(world.everything(), before, "{opener} {mode:o} removed");
        }
    }
}

#[test]
fn what_was_made_is_gone() {
    let world = World::new();
    world.put("root/there/file", "");
    for (opener, root) in world.both() {
        let before = world.everything();
        let one = root.target(&path("there/new/deep/one")).unwrap().stage(b"1", None).unwrap();
        let two = root.target(&path("there/new/two")).unwrap().stage(b"2", None).unwrap();
        let (one, two) = (one.publish().unwrap(), two.publish().unwrap());
        two.take_back().unwrap();
        one.take_back().unwrap();
        assert_eq!(world.everything(), before, "{opener}");
    }
}

#[test]
fn directories_go_only_once_the_removal_stays() {
    let world = World::new();
    for (opener, root) in world.both() {
        world.put("root/a/b/file", "");
        let removed = root.target(&path("a/b/file")).unwrap().removal().unwrap().prune();
        let published = removed.publish().unwrap();
        assert!(world.at("root/a/b").exists(), "{opener}");
        drop(published);
        assert!(!world.at("root/a").exists(), "{opener}");
    }
}

#[test]
fn what_somebody_else_has_put_there_is_left_alone() {
    let world = World::new();
    world.put("root/file", "old");
    for (opener, root) in world.both() {
        let published = root.target(&path("file")).unwrap().stage(b"ours", None).unwrap().publish().unwrap();
        world.put("root/other", "theirs");
        fs::rename(world.at("root/other"), world.at("root/file")).unwrap();
        assert_eq!(code(published.take_back()), Some("conflict"), "{opener}");
        let removed = root.target(&path("file")).unwrap().removal().unwrap().publish().unwrap();
        world.put("root/file", "theirs");
        assert!(matches!(removed.take_back(), Err(WriteError::Changed)), "{opener}");
        assert_eq!(fs::read(world.at("root/file")).unwrap(), b"theirs");
    }
}
