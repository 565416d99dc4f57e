#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

use std::fs;
use std::os::unix::fs::symlink;

use super::{BeneathError, beneath};

#[test]
fn only_what_resolves_to_the_root_or_beneath_is_accepted() {
    let world = tempfile::TempDir::new().unwrap();
    let at = |name: &str| world.path().join(name);
    for directory in ["root", "root/a", "root_sibling", "outside"] {
        fs::create_dir(at(directory)).unwrap();
    }
    symlink("../outside", at("root/out")).unwrap();
    symlink("a", at("root/in")).unwrap();
    symlink("root", at("entrance")).unwrap();
    let root = at("root");
    for (candidate, resolved) in [
        ("root", "root"),
        ("root/a", "root/a"),
        ("root/in", "root/a"),
        ("entrance/a", "root/a"),
        ("root/a/..", "root"),
    ] {
        assert_eq!(
            beneath(&root, &at(candidate)).unwrap(),
            at(resolved).canonicalize().unwrap(),
            "{candidate}"
        );
    }
    for candidate in ["root_sibling", "outside", "root/out", "root/..", "entrance/out", "."] {
        assert!(
            matches!(beneath(&root, &at(candidate)), Err(error @ BeneathError::Outside) if error.code() == "outside_root"),
            "{candidate}"
        );
    }
    assert!(matches!(beneath(&root, &at("root/missing")), Err(BeneathError::Unavailable(_))));
}
