use super::*;

#[test]
fn every_spelling_has_its_short_names() {
    let table: &[(&str, &[&str])] = &[
        ("main", &["main"]),
        ("refs/heads/main", &["main"]),
        ("refs/tags/v1", &["v1"]),
        ("heads/main", &["main", "heads/main"]),
        ("remotes/origin/main", &["origin/main", "remotes/origin/main"]),
        ("refs/notes/x", &["notes/x", "refs/notes/x"]),
        ("main~2", &["main"]),
        ("main^{commit}", &["main"]),
        ("main@{yesterday}", &["main"]),
        ("main:src/a", &["main"]),
        ("a@b", &["a@b"]),
        ("feature/heads/x", &["feature/heads/x"]),
        ("refs/heads/heads/x", &["heads/x"]),
        ("main-worktree/refs/heads/x", &["x", "main-worktree/refs/heads/x"]),
        ("worktrees/w/refs/heads/main", &["main", "worktrees/w/refs/heads/main"]),
        ("0123456789abcdef0123456789abcdef01234567", &["0123456789abcdef0123456789abcdef01234567"]),
        ("HEAD", &[]),
        ("HEAD~3", &[]),
        ("@", &[]),
        ("@{upstream}", &[]),
    ];
    for (revision, expected) in table {
        let found: Vec<&str> = names(revision).into_iter().flatten().collect();
        assert_eq!(found, *expected, "{revision}");
    }
}
