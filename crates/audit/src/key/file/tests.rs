#![expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
};

use tempfile::{TempDir, tempdir};

use super::*;

fn created() -> (TempDir, PathBuf, SigningKey) {
    let directory = tempdir().unwrap();
    let path = directory.path().join("checkpoint.key");
    let key = SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    key.create(&path).unwrap();
    (directory, path, key)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_key_is_kept_in_two_files() {
    let (_directory, path, key) = created();
    let public = path.with_file_name("checkpoint.key.pub");
    assert_eq!((mode(&path), mode(&public)), (0o600, 0o644));
    assert_eq!(fs::read_to_string(&public).unwrap(), format!("{}\n", key.verifier()));
    assert!(fs::read_to_string(&path).unwrap().starts_with("PRIVATE+KEY+example.com/gitoma+"));
    let read = SigningKey::read(&path).unwrap();
    assert_eq!((read.verifier(), read.sign("text")), (key.verifier(), key.sign("text")));
    assert_eq!(VerifierKey::read(&public).unwrap(), *key.verifier());
    // the public half is no private key, nor the other way round
    assert!(matches!(VerifierKey::read(&path), Err(KeyFileError::Key(KeyError::Form))));
    fs::set_permissions(&public, Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(SigningKey::read(&public), Err(KeyFileError::Key(KeyError::Form))));
}

#[test]
fn a_key_is_never_overwritten() {
    let (directory, path, key) = created();
    let (secret, public) = (fs::read(&path).unwrap(), path.with_file_name("checkpoint.key.pub"));
    let other = SigningKey::generate("other".parse().unwrap()).unwrap();
    assert!(matches!(other.create(&path), Err(KeyFileError::Exists)));
    fs::remove_file(&public).unwrap();
    assert!(matches!(other.create(&path), Err(KeyFileError::Exists)));
    assert_eq!(fs::read(&path).unwrap(), secret);
    // and no public key stays behind that belongs to none
    assert!(!public.exists());
    let link = directory.path().join("link");
    symlink(directory.path().join("elsewhere"), &link).unwrap();
    assert!(matches!(key.create(&link), Err(KeyFileError::Exists)));
    assert!(!directory.path().join("elsewhere").exists());
    assert!(matches!(
        key.create(&directory.path().join("missing/key")),
        Err(KeyFileError::Io { action: "write the public key file", .. })
    ));
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (_directory, path, _) = created();
    for mode in [0o640, 0o604, 0o610, 0o601, 0o620, 0o602, 0o644, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(matches!(SigningKey::read(&path), Err(KeyFileError::Exposed)), "{mode:o}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    SigningKey::read(&path).unwrap();
}

#[test]
fn a_key_of_another_user_is_refused() {
    let (_directory, path, _) = created();
    // who is not root cannot give a file away, but finds one that is root's
    let foreign = match std::os::unix::fs::chown(&path, Some(54_321), None) {
        Ok(()) => path,
        Err(_) => PathBuf::from("/etc/passwd"),
    };
    assert!(matches!(SigningKey::read(&foreign), Err(KeyFileError::NotOurs)));
}

#[test]
fn what_is_no_key_file_is_refused() {
    let (directory, path, _) = created();
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(SigningKey::read(&link), Err(KeyFileError::Io { .. })));
    assert!(matches!(SigningKey::read(directory.path()), Err(KeyFileError::Io { .. })));
    assert!(matches!(SigningKey::read(&directory.path().join("none")), Err(KeyFileError::Io { .. })));
    let pipe = directory.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    assert!(matches!(SigningKey::read(&pipe), Err(KeyFileError::Io { .. })));
    let secret = fs::read_to_string(&path).unwrap();
    for (content, whole) in [
        (secret.trim_end().to_owned(), true),
        (String::new(), false),
        (format!("{secret}\n"), false),
        (format!("{secret}{secret}"), false),
        (format!(" {secret}"), false),
        (secret.replace('\n', "\r\n"), false),
        (secret.get(..60).unwrap().to_owned(), false),
    ] {
        fs::write(&path, &content).unwrap();
        assert_eq!(SigningKey::read(&path).is_ok(), whole, "{content:?}");
    }
    fs::write(&path, [0xff; 40]).unwrap();
    assert!(matches!(SigningKey::read(&path), Err(KeyFileError::Key(KeyError::Form))));
    fs::write(&path, vec![b'x'; FILE_BYTES + 1]).unwrap();
    assert!(matches!(SigningKey::read(&path), Err(KeyFileError::TooLong)));
    assert!(matches!(VerifierKey::read(&path), Err(KeyFileError::TooLong)));
    fs::write(&path, vec![b'x'; FILE_BYTES]).unwrap();
    assert!(matches!(SigningKey::read(&path), Err(KeyFileError::Key(_))));
}
