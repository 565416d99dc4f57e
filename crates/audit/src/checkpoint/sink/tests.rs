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
