use gitoma_core::policy::Paths;

use super::{Alias, Place, optional_path, optional_revision, path, paths, paths_of, revision, within};

#[test]
fn aliases() {
    for text in ["web", "acme/web", "a.b_c-1/D2", &"x".repeat(100)] {
        assert!(Alias::parse(text).is_ok(), "{text}");
    }
    let long = "x".repeat(101);
    for text in
        ["", "/", "a/", "/a", "a/b/c", ".git", "a/.git", "-x", "a/-x", "..", "a b", "a\\b", "é", "a\0", &long]
    {
        assert!(Alias::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_place_states_every_reference_it_reads() {
    let (target, base) = (revision("target", "v1").unwrap(), revision("base", "main~2").unwrap());
    let place = Place::at("acme/web", [Some(&target), Some(&base), None]).unwrap();
    let accesses = place.accesses(&Paths::Named(vec!["src".into()]));
    let references: Vec<_> = accesses.iter().map(|access| access.reference.as_deref()).collect();
    assert_eq!(references, [Some("v1"), Some("main"), None]);
    assert!(accesses.iter().all(|access| access.repo.as_deref() == Some("acme/web")));
    assert!(accesses.iter().all(|access| matches!(&access.paths, Paths::Named(paths) if paths == &["src"])));
}

#[test]
fn a_reference_is_known_by_its_short_name() {
    for (spelled, names) in [
        ("hidden", &["hidden"][..]),
        ("refs/heads/hidden", &["hidden"]),
        ("refs/tags/hidden", &["hidden"]),
        ("refs/remotes/origin/hidden", &["origin/hidden"]),
        ("heads/hidden", &["hidden", "heads/hidden"]),
        ("tags/hidden", &["hidden", "tags/hidden"]),
        ("remotes/origin/hidden", &["origin/hidden", "remotes/origin/hidden"]),
        ("refs/heads/heads/hidden", &["heads/hidden"]),
        ("main-worktree/refs/heads/hidden", &["hidden", "main-worktree/refs/heads/hidden"]),
        ("worktrees/one/refs/heads/hidden", &["hidden", "worktrees/one/refs/heads/hidden"]),
        ("refs/notes/hidden", &["notes/hidden", "refs/notes/hidden"]),
        ("feature/heads/hidden", &["feature/heads/hidden"]),
        ("HEAD", &[]),
        ("0123456789ABCDEF", &["0123456789abcdef"]),
    ] {
        for steps in ["", "~0", "^0", "~2^2", "^"] {
            let named = revision("ref", &format!("{spelled}{steps}")).unwrap();
            let place = Place::at("web", [Some(&named)]).unwrap();
            let accesses = place.accesses(&Paths::Discovered);
            let found: Vec<_> = accesses.iter().filter_map(|access| access.reference.as_deref()).collect();
            assert_eq!(found, names, "{spelled}{steps}");
        }
    }
}

#[test]
fn refusals_name_the_rule_and_not_the_input() {
    let errors = [
        Place::new("../etc").map(|_| ()).unwrap_err(),
        path("path", "../etc/passwd").map(|_| ()).unwrap_err(),
        revision("ref", "HEAD:secret").map(|_| ()).unwrap_err(),
        optional_revision("ref", Some("--output=x")).map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert!(error.rule().is_some(), "{error}");
        for input in ["etc", "secret", "output"] {
            assert!(!error.to_string().contains(input), "{error}");
        }
    }
}

#[test]
fn the_root_has_no_name() {
    for text in [None, Some(""), Some("."), Some("./")] {
        assert_eq!(optional_path(text).unwrap(), None);
    }
    assert!(matches!(paths_of(None), Paths::Discovered));
    assert!(optional_path(Some("/")).is_err());
}

#[test]
fn ranges_are_enforced() {
    assert_eq!(within("max_count", 1, 1..=10).unwrap(), 1);
    assert_eq!(
        within("max_count", 11, 1..=10).unwrap_err().to_string(),
        "argument `max_count` is not valid: expected integer from 1 to 10"
    );
}

#[test]
fn a_path_of_a_list_is_named_by_its_place() {
    let texts = ["a.txt", "b/../../c", "/d"].map(str::to_owned);
    let error = paths("paths", &texts).unwrap_err();
    assert_eq!(error.to_string(), "argument `paths[1]` is refused by rule path:parent-component");
    assert_eq!(paths("paths", &texts[..1]).unwrap().len(), 1);
}
