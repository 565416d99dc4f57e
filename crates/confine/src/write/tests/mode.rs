//! What a file keeps when it is replaced, and what it does not.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::{World, path, write};
use crate::write::temporary::Temporary;

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
    let old = rustix::fs::stat(world.at("root/file")).unwrap();
    let directory = Arc::new(OwnedFd::from(fs::File::open(world.at("root")).unwrap()));
    let temporary = Temporary::write(&directory, b"new", Some(&old), None).unwrap();
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
