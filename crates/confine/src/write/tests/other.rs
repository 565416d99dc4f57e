//! What belongs to another repository is left alone, and none is made.

use std::fs;

use super::{World, code, path, remove, write};
use crate::write::WriteError;

#[test]
fn a_repository_within_the_root_is_left_alone() {
    for marker in ["root/inner/.git/HEAD", "root/inner/.git"] {
        let world = World::new();
        world.put(marker, "");
        world.put("root/inner/file", "theirs");
        // The root's own is no other.
        world.put("root/.git/HEAD", "");
        let before = world.everything();
        for (opener, root) in world.both() {
            for at in ["inner/file", "inner/new", "inner/deep/er/new"] {
                assert_eq!(code(write(&root, at, b"ours")), Some("other_repository"), "{opener} {at}");
            }
            assert_eq!(code(remove(&root, "inner/file")), Some("other_repository"), "{opener}");
        }
        assert_eq!(world.everything(), before);
        for (_, root) in world.both() {
            write(&root, "beside/file", b"ours").unwrap();
        }
    }
}

#[test]
fn what_git_would_take_for_a_repository_is_not_completed() {
    let whole: [&[&str]; 2] = [&["HEAD", "objects/x", "refs/x"], &["HEAD", "commondir"]];
    for parts in whole {
        for above in ["", "some/where/"] {
            for last in 0..parts.len() {
                let world = World::new();
                let (last, rest) = (parts[last], parts.iter().enumerate().filter(|(at, _)| *at != last));
                for (_, name) in rest {
                    world.put(&format!("root/{above}{name}"), "");
                }
                for (opener, root) in world.both() {
                    let at = format!("{above}{last}");
                    assert_eq!(code(write(&root, &at, b"x")), Some("other_repository"), "{opener} {at}");
                    // On some file systems it is the same name.
                    let at = format!("{above}{}", last.to_lowercase());
                    assert_eq!(code(write(&root, &at, b"x")), Some("other_repository"), "{opener} {at}");
                    write(&root, &format!("{above}config"), b"x").unwrap();
                }
            }
        }
    }
}

#[test]
fn nothing_is_put_into_what_has_become_a_repository_meanwhile() {
    for made in ["root/dir/.git", "root/dir/HEAD"] {
        let world = World::new();
        world.put("root/dir/objects/x", "");
        fs::create_dir(world.at("root/dir/refs")).unwrap();
        for (opener, root) in world.both() {
            let staged = root.target(&path("dir/sub/file")).unwrap().stage(b"x", None).unwrap();
            world.put(made, "");
            assert!(matches!(staged.publish(), Err(WriteError::OtherRepository)), "{opener} {made}");
            assert!(!world.at("root/dir/sub").exists(), "{opener}: what was made for it is gone");
            fs::remove_file(world.at(made)).unwrap();
        }
    }
}

/// Through a directory that may be entered and not listed a write still goes.
#[test]
fn a_directory_that_cannot_be_listed_may_be_gone_through() {
    let world = World::new();
    world.put("root/closed/open/file", "old");
    world.set_mode("root/closed", 0o311);
    for (_, root) in world.both() {
        write(&root, "closed/open/file", b"new").unwrap();
        write(&root, "closed/open/more/file", b"new").unwrap();
    }
    world.set_mode("root/closed", 0o755);
}
