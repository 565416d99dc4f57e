use std::path::PathBuf;

use gitoma_confine::RelPath;
use gitoma_core::config::RepositoryConfig;
use gitoma_core::policy::denylist;

use super::{OpenFault, Repositories};

fn refused(alias: &str, path: PathBuf) -> super::OpenError {
    let config = RepositoryConfig { alias: alias.to_owned(), path, git_dir: None };
    Repositories::open(&[config], None).map(|_| ()).unwrap_err()
}

#[test]
fn a_directory_without_a_repository_is_refused_and_its_parents_are_not_searched() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    gix::init(outer.path()).unwrap();
    std::fs::create_dir(&inner).unwrap();
    let error = refused("inner", inner);
    assert!(matches!(error.fault(), OpenFault::GitDir(_)));
    assert_eq!(
        error.to_string(),
        "repository `inner` is refused: directory is not the root of a git repository"
    );
    let missing = refused("missing", outer.path().join("missing"));
    assert!(matches!(missing.fault(), OpenFault::Root(_)), "{missing}");
}

#[test]
fn aliases_are_names_and_unique() {
    let directory = tempfile::tempdir().unwrap();
    gix::init(directory.path()).unwrap();
    assert!(matches!(refused("../x", directory.path().into()).fault(), OpenFault::Alias));
    assert!(!refused("../x", directory.path().into()).to_string().contains("../x"));
    let config = RepositoryConfig { alias: "a/b".into(), path: directory.path().into(), git_dir: None };
    let twice = Repositories::open(&[config.clone(), config.clone()], None).map(|_| ()).unwrap_err();
    assert!(matches!(twice.fault(), OpenFault::Duplicate));
    let one = Repositories::open(&[config], None).unwrap();
    assert!(one.find("a/b").is_ok() && one.find("b").is_err());
}

/// The denylist ignores invisible characters, and confinement refuses a path that has one: neither leaves a gap to the other.
#[test]
fn what_the_denylist_ignores_confinement_refuses() {
    for c in '\u{80}'..=char::MAX {
        if denylist::fold(&format!("a{c}b")) == "ab" {
            assert!(RelPath::parse(&format!("a{c}b")).is_err(), "{c:?}");
        }
    }
}
