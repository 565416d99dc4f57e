use super::*;

fn mode(path: &Path) -> u32 {
    metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_socket_is_bound_where_nobody_else_may_enter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gitoma.sock");
    let closed = closed_folder(&path).unwrap();
    assert_eq!((mode(&closed), closed.parent()), (0o700, Some(folder.path())));
    // As one that was killed leaves it.
    drop(std::os::unix::net::UnixListener::bind(closed.join("s")).unwrap());
    assert_eq!(closed_folder(&path).unwrap(), closed);
    assert!(!closed.join("s").exists());
    // One that others may enter is not believed to be ours.
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(closed_folder(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    std::fs::remove_dir(&closed).unwrap();
    std::os::unix::fs::symlink(folder.path(), &closed).unwrap();
    assert!(closed_folder(&path).is_err());
}

#[tokio::test]
async fn nothing_is_left_beside_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gitoma.sock");
    let listening = Socket::file(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    #[expect(clippy::disallowed_methods, reason = "the test's own folder")]
    let count = || std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(count(), 1);
    assert!(Socket::file(&path).is_err() && count() == 1, "somebody listens there");
    drop(listening);
    assert_eq!(count(), 0);
}
