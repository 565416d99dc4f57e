//! What a file keeps when it is replaced, and what it does not.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::{World, path, write};
use crate::opener::PinnedDirectory;
use crate::write::seen::Seen;
use crate::write::temporary::{Temporary, Terms};

#[test]
fn permission_bits_are_kept_and_the_special_ones_dropped() {
    let world = World::new();
    for (opener, root) in world.both() {
        for (old, executable, new) in [
            (0o644, None, 0o644),
            (0o600, None, 0o600),
            (0o444, None, 0o444),
            (0o666, None, 0o666),
            (0o755, None, 0o755),
            (0o711, None, 0o711),
            (0o4755, None, 0o755),
            (0o2755, None, 0o755),
            (0o6711, Some(true), 0o711),
            (0o1644, None, 0o644),
            (0o644, Some(true), 0o755),
            (0o640, Some(true), 0o750),
            (0o600, Some(true), 0o700),
            (0o755, Some(true), 0o755),
            (0o755, Some(false), 0o644),
            (0o4750, Some(false), 0o640),
            (0o644, Some(false), 0o644),
        ] {
            world.put("root/file", "old");
            world.set_mode("root/file", old);
            let target = root.target(&path("file")).unwrap();
            assert_eq!(target.current().unwrap().executable, old & 0o111 != 0, "{opener}: {old:o}");
            target.stage(b"new", executable).unwrap().publish().unwrap();
            assert_eq!(world.mode("root/file"), new, "{opener}: {old:o} {executable:?}");
            fs::remove_file(world.at("root/file")).unwrap();
        }
    }
}

#[test]
fn a_new_file_is_what_the_umask_makes_of_it() {
    let world = World::new();
    world.put("root/ordinary", "");
    fs::create_dir(world.at("root/ordinary_directory")).unwrap();
    let ordinary = world.mode("root/ordinary");
    for (opener, root) in world.both() {
        for (executable, mode) in [
            (None, ordinary),
            (Some(false), ordinary & !0o111),
            (Some(true), ordinary | ((ordinary & 0o444) >> 2)),
        ] {
            root.target(&path("dir/file")).unwrap().stage(b"", executable).unwrap().publish().unwrap();
            assert_eq!(world.mode("root/dir/file"), mode, "{opener}: {executable:?}");
            assert_eq!(world.mode("root/dir"), world.mode("root/ordinary_directory"), "{opener}");
            fs::remove_dir_all(world.at("root/dir")).unwrap();
        }
    }
}

#[test]
fn what_replaces_a_private_file_is_private_from_its_first_byte() {
    let world = World::new();
    world.put("root/file", "old");
    world.set_mode("root/file", 0o600);
    let directory = Arc::new(OwnedFd::from(fs::File::open(world.at("root")).unwrap()));
    let pinned = PinnedDirectory::open(&world.at("root")).unwrap();
    let old = Seen::look(&pinned, &directory, "file", 64).unwrap().unwrap();
    let temporary = Temporary::write(&directory, b"new", Some(&old), Terms::default()).unwrap();
    assert_eq!(temporary.stat.st_mode & 0o7777, 0o600, "before the content was written");
    assert_eq!(world.mode(&format!("root/{}", temporary.name())), 0o600, "and after");
}

#[test]
fn other_names_of_the_file_keep_the_old_content() {
    let world = World::new();
    for (opener, root) in world.both() {
        world.put("root/file", "old");
        fs::hard_link(world.at("root/file"), world.at("outside/file")).unwrap();
        write(&root, "file", b"new").unwrap();
        assert_eq!(fs::read(world.at("outside/file")).unwrap(), b"old", "{opener}");
        assert_eq!(fs::read(world.at("root/file")).unwrap(), b"new", "{opener}");
        assert_eq!(fs::metadata(world.at("root/file")).unwrap().nlink(), 1, "{opener}");
        fs::remove_file(world.at("outside/file")).unwrap();
    }
}

#[test]
fn owner_and_group_are_kept_where_the_process_may() {
    let world = World::new();
    for (opener, root) in world.both() {
        world.put("root/file", "old");
        if std::os::unix::fs::chown(world.at("root/file"), Some(4_321), Some(4_322)).is_err() {
            println!("skipped: only root gives files away");
            return;
        }
        world.set_mode("root/file", 0o6640);
        write(&root, "file", b"new").unwrap();
        let new = fs::metadata(world.at("root/file")).unwrap();
        assert_eq!((new.uid(), new.gid()), (4_321, 4_322), "{opener}");
        assert_eq!(world.mode("root/file"), 0o640, "{opener}");
        fs::remove_file(world.at("root/file")).unwrap();
    }
}

/// With a list the group's bits of the mode are its mask: without it, here, the group could write.
#[cfg(target_os = "linux")]
#[test]
fn an_access_list_is_kept() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    const NAME: &str = "system.posix_acl_access";
    // Version 2; tag, permissions and id of: owner rw, each named user rw, group r, mask rw, others r.
    let entry = |tag: u16, permissions: u16, id: u32| {
        [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let list = |users: u32| {
        let mut list = vec![2, 0, 0, 0];
        list.extend(entry(1, 6, u32::MAX));
        list.extend((0..users).flat_map(|user| entry(2, 6, 4_321 + user)));
        list.extend([entry(4, 4, u32::MAX), entry(16, 6, u32::MAX), entry(32, 4, u32::MAX)].concat());
        list
    };
    let world = World::new();
    world.put("root/file", "old");
    if setxattr(world.at("root/file"), NAME, &list(1), XattrFlags::empty()).is_err() {
        println!("skipped: the file system knows no access lists");
        return;
    }
    for (opener, root) in world.both() {
        for list in [list(1), list(100)] {
            setxattr(world.at("root/file"), NAME, &list, XattrFlags::empty()).unwrap();
            write(&root, "file", b"new").unwrap();
            let mut kept = [0; 4096];
            let length = getxattr(world.at("root/file"), NAME, &mut kept).unwrap();
            assert_eq!((&kept[..length], world.mode("root/file")), (&list[..], 0o664), "{opener}");
        }
    }
}

#[test]
fn a_private_file_is_new_and_closed_and_one_that_stands_there_is_as_it_was() {
    let world = World::new();
    for (opener, root) in world.both() {
        let target = root.target(&path("file")).unwrap().private();
        target.stage(b"new", None).unwrap().publish().unwrap();
        assert_eq!(world.mode("root/file"), 0o600, "{opener}");
        world.set_mode("root/file", 0o640);
        let target = root.target(&path("file")).unwrap().private();
        target.stage(b"newer", None).unwrap().publish().unwrap();
        assert_eq!(world.mode("root/file"), 0o640, "{opener}");
        fs::remove_file(world.at("root/file")).unwrap();
    }
}

#[test]
fn a_copy_has_the_permissions_of_its_original_whatever_stood_there() {
    let world = World::new();
    for (opener, root) in world.both() {
        world.put("root/file", "secret");
        world.set_mode("root/file", 0o600);
        world.put("root/copy", "older");
        world.set_mode("root/copy", 0o666);
        let original = root.target(&path("file")).unwrap();
        let copy = root.target(&path("copy")).unwrap().stage_copy_of(&original).unwrap();
        copy.publish().unwrap();
        assert_eq!(
            (fs::read(world.at("root/copy")).unwrap(), world.mode("root/copy")),
            (b"secret".to_vec(), 0o600),
            "{opener}"
        );
        let nothing = root.target(&path("nothing")).unwrap();
        let refused = root.target(&path("copy")).unwrap().stage_copy_of(&nothing);
        assert!(matches!(refused, Err(crate::WriteError::NotFound)), "{opener}");
    }
}

#[test]
fn a_larger_file_is_taken_where_that_is_asked_for() {
    let world = World::new();
    for (opener, root) in world.both() {
        let bytes = vec![b'x'; 3 << 20];
        world.put("root/file", std::str::from_utf8(&bytes).unwrap());
        assert!(matches!(root.target(&path("file")), Err(crate::WriteError::TooLarge)), "{opener}");
        let target = root.target_up_to(&path("file"), 3 << 20).unwrap();
        assert!(
            matches!(target.stage(&[b'x'; (3 << 20) + 1], None), Err(crate::WriteError::TooLarge)),
            "{opener}"
        );
        let target = root.target_up_to(&path("file"), 3 << 20).unwrap();
        target.stage(&bytes, None).unwrap().publish().unwrap();
    }
}
