#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{fs, io::ErrorKind, os::unix::fs::PermissionsExt as _};

use tempfile::tempdir;

use super::{CheckpointSink as _, FileSink, FileSinkError};
use crate::specimen::id;

#[test]
fn a_directory_keeps_notes_by_chain_and_size() {
    let place = tempdir().unwrap();
    let sink = FileSink::open(place.path()).unwrap();
    assert_eq!(sink.newest(id(1)).unwrap(), None);
    for (chain, size) in [(1, 9), (1, 100), (2, 7)] {
        sink.keep(id(chain), size, &format!("{chain} {size}")).unwrap();
    }
    assert_eq!(sink.newest(id(1)).unwrap().as_deref(), Some(&b"1 100"[..]));
    assert_eq!(sink.newest(id(2)).unwrap().as_deref(), Some(&b"2 7"[..]));
    let file = place.path().join(id(1).to_string()).join("00000000000000000100.note");
    assert_eq!(fs::read(file).unwrap(), b"1 100");
    assert_eq!(sink.keep(id(1), 100, "other").unwrap_err().kind(), ErrorKind::AlreadyExists);
    sink.keep(id(1), 100, "1 100").unwrap();
    sink.forget(id(1), 100).unwrap();
    assert_eq!(sink.newest(id(1)).unwrap().as_deref(), Some(&b"1 9"[..]));
}

#[test]
fn the_folder_is_listed_when_it_has_changed_and_only_then() {
    let place = tempdir().unwrap();
    let sink = FileSink::open(place.path()).unwrap();
    let folder = place.path().join(id(1).to_string());
    let known = || sink.known(id(1), &sink.folder(id(1)).unwrap()).map(|seen| seen.newest);
    let file = |size: u64| folder.join(format!("{size:020}.note"));
    sink.keep(id(1), 3, "three").unwrap();
    assert_eq!(sink.newest(id(1)).unwrap().as_deref(), Some(&b"three"[..]));
    assert_eq!(known(), Some(Some(3)), "a file system of this test that tells times in whole seconds");
    for size in 4..20 {
        sink.keep(id(1), size, &format!("{size}")).unwrap();
        sink.forget(id(1), size - 1).unwrap();
        assert_eq!(known(), Some(Some(size)));
        assert_eq!(sink.newest(id(1)).unwrap(), Some(size.to_string().into_bytes()));
    }
    // a clone knows the same
    assert_eq!(sink.clone().known(id(1), &sink.folder(id(1)).unwrap()).unwrap().newest, Some(19));
    type Change = fn(&dyn Fn(u64) -> std::path::PathBuf);
    let changes: [(Change, Option<&[u8]>); 3] = [
        (|file| fs::write(file(30), "by somebody else").unwrap(), Some(b"by somebody else")),
        (|file| fs::remove_file(file(30)).unwrap(), Some(b"19")),
        (|file| fs::remove_dir_all(file(30).parent().unwrap()).unwrap(), None),
    ];
    for (change, expected) in changes {
        change(&file);
        assert_eq!(known(), None);
        assert_eq!(sink.newest(id(1)).unwrap().as_deref(), expected);
    }
    // what changed meanwhile is not taken for what it has written itself
    sink.keep(id(1), 5, "five").unwrap();
    sink.newest(id(1)).unwrap();
    fs::write(file(40), "forty").unwrap();
    sink.keep(id(1), 6, "six").unwrap();
    assert_eq!(sink.newest(id(1)).unwrap().as_deref(), Some(&b"forty"[..]));
    sink.forget(id(1), 40).unwrap();
    assert_eq!(sink.newest(id(1)).unwrap().as_deref(), Some(&b"six"[..]));
}

/// Whoever compares a log with the copies is another than who writes them.
#[test]
fn others_may_read_what_is_kept() {
    let place = tempdir().unwrap();
    let sink = FileSink::open(place.path()).unwrap();
    sink.keep(id(1), 3, "three").unwrap();
    let folder = place.path().join(id(1).to_string());
    let probe = place.path().join("probe");
    fs::create_dir(&probe).unwrap();
    // whatever the umask is here, it leaves a directory's modes as this
    let umask = fs::metadata(&probe).unwrap().permissions().mode() & 0o777;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o755 & umask);
    assert_eq!(mode(&folder.join("00000000000000000003.note")), 0o644 & umask);
}

#[test]
fn only_a_directory_of_its_owner_is_a_sink() {
    let place = tempdir().unwrap();
    let path = place.path().join("copies");
    assert!(matches!(FileSink::open(&path), Err(FileSinkError::Io(_))));
    fs::write(&path, "").unwrap();
    assert!(matches!(FileSink::open(&path), Err(FileSinkError::NoDirectory)));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    std::os::unix::fs::symlink(&path, place.path().join("link")).unwrap();
    assert!(matches!(FileSink::open(place.path().join("link")), Err(FileSinkError::NoDirectory)));
    for mode in [0o770, 0o707] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(FileSink::open(&path), Err(FileSinkError::Exposed)), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let sink = FileSink::open(&path).unwrap();
    // a disk that is taken away is not replaced by a folder in its place
    fs::remove_dir(&path).unwrap();
    assert!(sink.newest(id(1)).is_err());
    assert!(sink.keep(id(1), 1, "note").is_err());
    assert!(!path.exists());
}
