use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_fresh_directory_is_private_and_so_are_its_tokens() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b/state");
    let state = StateDirectory::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    let token = state.token("runtime_token").unwrap();
    assert_eq!(mode(&path.join("runtime_token")), 0o600);
    assert_eq!(token.expose().len(), "gitoma_".len() + 64);
    assert_eq!(state.token("runtime_token").unwrap().expose(), token.expose(), "the token stays");
    assert_ne!(state.token("operator_token").unwrap().expose(), token.expose());
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn an_open_directory_is_closed_and_a_foreign_one_refused() {
    let root = tempfile::tempdir().unwrap();
    let open = root.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    StateDirectory::open(&open).unwrap();
    assert_eq!(mode(&open), 0o700);
    let home = root.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join("letter.txt"), "dear").unwrap();
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(StateDirectory::open(&home), Err(StateError::Shared)));
    assert_eq!(mode(&home), 0o755, "and is left as it was");
    let link = root.path().join("link");
    std::os::unix::fs::symlink(&open, &link).unwrap();
    assert!(matches!(StateDirectory::open(&link), Err(StateError::Foreign)));
}

#[test]
fn a_token_that_others_can_read_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let state = StateDirectory::open(root.path()).unwrap();
    state.token("runtime_token").unwrap();
    let path = root.path().join("runtime_token");
    for exposed in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(exposed)).unwrap();
        let error = state.token("runtime_token").unwrap_err();
        assert!(matches!(error, StateError::TokenExposed { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"));
    }
}

#[test]
fn what_is_not_a_token_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let state = StateDirectory::open(root.path()).unwrap();
    for (name, content) in [
        ("empty", ""),
        ("short", "abc"),
        ("two", "0123456789abcdef 0123456789abcdef"),
        ("bytes", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"),
    ] {
        let path = root.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(state.token(name), Err(StateError::TokenMalformed { .. })), "{name}");
    }
    std::os::unix::fs::symlink("two", root.path().join("linked")).unwrap();
    assert!(state.token("linked").is_err(), "links are not followed");
}
