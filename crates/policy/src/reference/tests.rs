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
        ("", &[]),
        ("head", &[]),
        ("Head^", &[]),
        ("Refs/Heads/main", &["main", "Refs/Heads/main"]),
        ("refs/Heads/Main", &["Main"]),
        ("Heads/main", &["main", "Heads/main"]),
        ("refs/é/x", &["é/x", "refs/é/x"]),
        ("@{upstream}", &[]),
    ];
    for (revision, expected) in table {
        let found: Vec<&str> = names(revision).into_iter().flatten().collect();
        assert_eq!(found, *expected, "{revision}");
    }
}

/// Each row: a pattern of `refs`, and what the fix says to write instead; nothing where some reference could match.
#[test]
fn a_pattern_that_no_reference_matches_is_a_fault_with_its_correction() {
    let table: &[(&str, Option<&str>)] = &[
        ("main", None),
        ("**", None),
        ("release/*", None),
        ("v1.?", None),
        ("a@b", None),
        ("refs/notes/x", None),
        ("refs/pull/1/head", None),
        ("refs/*", None),
        ("refs/*/main", None),
        ("refs/**", None),
        ("**/main", None),
        ("heads/main", None),
        ("origin/main", None),
        ("HEAD/x", None),
        ("locked", None),
        ("refs/heads/main", Some("write `main`")),
        ("refs/heads/release/*", Some("write `release/*`")),
        ("refs/heads/**", Some("write `**`")),
        ("Refs/Heads/main", Some("write `main`")),
        ("refs/tags/v1", Some("write `v1`")),
        ("refs/remotes/origin/main", Some("write `origin/main`")),
        ("main~2", Some("write `main`")),
        ("main^", Some("write `main`")),
        ("refs/heads/main^{commit}", Some("write `main`")),
        ("main:src", Some("write `main`")),
        ("main@{1}", Some("write `main`")),
        ("HEAD~1", Some("write the short name")),
        ("^main", Some("write the short name")),
        ("HEAD", Some("name the branches")),
        ("head", Some("name the branches")),
        ("@", Some("name the branches")),
        ("my branch", Some("write the short name")),
        ("main..x", Some("write the short name")),
        (".hidden", Some("write the short name")),
        ("x/.y", Some("write the short name")),
        ("main.", Some("write the short name")),
        ("*.lock", Some("write the short name")),
        ("x.lock/y", Some("write the short name")),
    ];
    for (pattern, expected) in table {
        let fix = fault(pattern).map(|(_, fix)| fix);
        match (fix, expected) {
            (None, None) => {}
            (Some(fix), Some(begin)) => assert!(fix.starts_with(begin), "{pattern}: {fix}"),
            (found, _) => panic!("{pattern}: {found:?}"),
        }
    }
}
