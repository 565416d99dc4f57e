use std::fs;

use super::PinnedDirectory;

#[test]
fn a_replaced_directory_is_noticed() {
    let world = tempfile::TempDir::new().unwrap();
    let at = |name: &str| world.path().join(name);
    fs::create_dir(at("root")).unwrap();
    let pinned = PinnedDirectory::open(&at("root")).unwrap();
    assert!(pinned.is_at(&at("root")).unwrap());
    fs::rename(at("root"), at("moved")).unwrap();
    fs::create_dir(at("root")).unwrap();
    assert!(!pinned.is_at(&at("root")).unwrap());
    assert!(pinned.is_at(&at("moved")).unwrap());
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_does_the_work_where_it_can() {
    use super::Opener;
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let has_openat2 = openat2(CWD, ".", OFlags::PATH, Mode::empty(), ResolveFlags::BENEATH).is_ok();
    let world = tempfile::TempDir::new().unwrap();
    let pinned = PinnedDirectory::open(world.path()).unwrap();
    assert_eq!(pinned.opener == Opener::Kernel, has_openat2);
    assert_eq!(pinned.portable().opener, Opener::Walk);
}
