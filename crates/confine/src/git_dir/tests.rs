#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{GitDir, GitDirError};
use crate::root::RepoRoot;

fn repository(path: &Path) {
    for directory in ["objects", "refs"] {
        fs::create_dir_all(path.join(directory)).unwrap();
    }
    fs::write(path.join("HEAD"), "ref: refs/heads/main\n").unwrap();
}

fn world() -> (TempDir, PathBuf) {
    let world = TempDir::new().unwrap();
    let path = world.path().canonicalize().unwrap();
    fs::create_dir(path.join("root")).unwrap();
    (world, path)
}

fn root(path: &Path) -> RepoRoot {
    RepoRoot::open(&path.join("root"), |_, _| None).unwrap()
}

#[test]
fn a_directory_named_git_is_the_standard() {
    let (_world, path) = world();
    // A bare layout around it changes nothing.
    repository(&path.join("root"));
    repository(&path.join("root/.git"));
    let found = root(&path).git_dir().unwrap();
    assert_eq!(found.path(), path.join("root/.git"));
    assert_eq!(found.boundary(), path.join("root"));
    assert!(!found.is_bare());
}

#[test]
fn a_bare_repository_is_found_in_the_root_alone() {
    let (_world, path) = world();
    repository(&path.join("root"));
    let found = root(&path).git_dir().unwrap();
    assert_eq!(found, GitDir::Bare { path: path.join("root") });
    assert_eq!(
        (found.path(), found.boundary(), found.is_bare()),
        (&*path.join("root"), &*path.join("root"), true)
    );
}

#[test]
fn parents_are_not_searched() {
    let (_world, path) = world();
    repository(&path.join(".git"));
    repository(&path.join("root/nested/.git"));
    assert!(matches!(root(&path).git_dir(), Err(GitDirError::NotARepository)));
}

#[test]
fn a_gitfile_names_the_way_to_allow_it() {
    let (_world, path) = world();
    repository(&path.join("zebra"));
    fs::write(path.join("root/.git"), "gitdir: ../zebra\n").unwrap();
    let error = root(&path).git_dir().unwrap_err();
    assert_eq!(error.code(), "linked_worktree");
    assert!(error.to_string().contains("`--git-dir`") && !error.to_string().contains("zebra"));
}

#[test]
fn links_and_redirections_are_refused() {
    let (_world, path) = world();
    repository(&path.join("elsewhere"));
    symlink("../elsewhere", path.join("root/.git")).unwrap();
    assert!(matches!(root(&path).git_dir(), Err(GitDirError::LinkRefused)));
    fs::remove_file(path.join("root/.git")).unwrap();
    repository(&path.join("root/.git"));
    fs::write(path.join("root/.git/commondir"), "../../elsewhere\n").unwrap();
    assert_eq!(root(&path).git_dir().unwrap_err().code(), "git_dir_redirected");
}

#[test]
fn an_explicit_directory_may_lie_elsewhere_but_leads_no_further() {
    let (_world, path) = world();
    let module = path.join("super/.git/modules/sub");
    repository(&module);
    let root = root(&path);
    let found = root.open_git_dir(&module).unwrap();
    assert_eq!(found, GitDir::Explicit { path: module.clone(), common: module.clone() });
    assert_eq!(found.boundary(), module);

    fs::create_dir_all(module.join("objects/info")).unwrap();
    fs::write(module.join("objects/info/alternates"), "../../..\n").unwrap();
    assert_eq!(root.open_git_dir(&module).unwrap_err().code(), "git_dir_outside");
    assert_eq!(root.open_git_dir(&path.join("missing")).unwrap_err().code(), "not_a_repository");
}

#[test]
fn the_git_directory_of_a_linked_worktree_must_be_this_ones() {
    let (_world, path) = world();
    let main = path.join("main/.git");
    repository(&main);
    let linked = main.join("worktrees/x");
    fs::create_dir_all(&linked).unwrap();
    fs::write(linked.join("HEAD"), "ref: refs/heads/x\n").unwrap();
    fs::write(linked.join("commondir"), "../..\n").unwrap();
    fs::write(path.join("root/.git"), "gitdir: …\n").unwrap();
    let root = root(&path);
    assert_eq!(root.open_git_dir(&linked).unwrap_err().code(), "foreign_worktree", "no pointer back");

    fs::create_dir(path.join("other")).unwrap();
    fs::write(path.join("other/.git"), "").unwrap();
    fs::write(linked.join("gitdir"), path.join("other/.git").to_str().unwrap()).unwrap();
    assert_eq!(root.open_git_dir(&linked).unwrap_err().code(), "foreign_worktree");

    fs::write(linked.join("gitdir"), format!("{}\n", path.join("root/.git").display())).unwrap();
    let found = root.open_git_dir(&linked).unwrap();
    assert_eq!(found, GitDir::Explicit { path: linked.clone(), common: main.clone() });
    assert_eq!((found.path(), found.boundary()), (&*linked, &*main));
}

#[test]
fn a_folder_called_worktrees_is_no_repository() {
    let (_world, path) = world();
    let bare = path.join("worktrees/project");
    repository(&bare);
    assert_eq!(root(&path).open_git_dir(&bare).unwrap().boundary(), bare);
}
