//! Where the files of one reference lie.

use std::fs;

use super::{LayoutError, Part, World};
use crate::git_dir::GitDir;
use crate::layout::check_ref_place;
use crate::layout::place::check_by;
use crate::opener::PinnedDirectory;
use crate::reference::RefName;

fn standard(world: &World) -> GitDir {
    GitDir::Standard { path: world.at("root/.git"), root: world.at("root") }
}

fn check(git_dir: &GitDir, name: &str) -> Result<(), (&'static str, String)> {
    let name = RefName::parse(name).unwrap();
    let said = |result: Result<(), LayoutError>| {
        result.map_err(|error| {
            assert!(!error.to_string().contains("feature"), "{error}");
            (error.code(), error.to_string())
        })
    };
    let detected = said(check_ref_place(git_dir, &name));
    assert_eq!(detected, said(check_by(git_dir, &name, PinnedDirectory::portable)), "the openers disagree");
    detected
}

#[test]
fn what_is_there_and_what_is_not_there_yet_passes() {
    let world = World::new();
    world.write("root/.git/refs/heads/main.lock", "");
    world.write("root/.git/logs/refs/heads/main", "");
    // An empty directory of a branch that is gone, which git replaces.
    fs::create_dir_all(world.at("root/.git/refs/heads/agent")).unwrap();
    for name in
        ["refs/heads/main", "refs/heads/new", "refs/heads/a/b/c", "refs/heads/agent", "refs/new/x", "HEAD"]
    {
        assert_eq!(check(&standard(&world), name), Ok(()), "{name}");
    }
    world.remove("root/.git/logs");
    assert_eq!(check(&standard(&world), "refs/heads/main"), Ok(()));
    // Links that this reference has no part in are the survey's.
    world.link("root/.git/refs/tags", "/tmp");
    assert_eq!(check(&standard(&world), "refs/heads/main"), Ok(()));
}

#[test]
fn a_link_at_any_component_is_refused_wherever_it_leads() {
    let name = "refs/heads/feature/deep/x";
    for (place, part) in [
        ("refs", Part::References),
        ("refs/heads", Part::References),
        ("refs/heads/feature", Part::References),
        ("refs/heads/feature/deep", Part::References),
        ("refs/heads/feature/deep/x", Part::References),
        ("refs/heads/feature/deep/x.lock", Part::References),
        ("logs", Part::ReferenceLogs),
        ("logs/refs", Part::ReferenceLogs),
        ("logs/refs/heads", Part::ReferenceLogs),
        ("logs/refs/heads/feature", Part::ReferenceLogs),
        ("logs/refs/heads/feature/deep", Part::ReferenceLogs),
        ("logs/refs/heads/feature/deep/x", Part::ReferenceLogs),
        ("logs/refs/heads/feature/deep/x.lock", Part::ReferenceLogs),
    ] {
        // Out, in, nowhere, and to the very place it stands for.
        for target in ["/tmp", "../refs", "nowhere", "elsewhere"] {
            let world = World::new();
            world.link(&format!("root/.git/{place}"), target);
            if target == "elsewhere" {
                let holder = world.at("root/.git").join(place).parent().unwrap().to_owned();
                fs::create_dir_all(holder.join("elsewhere/heads/feature/deep")).unwrap();
            }
            let refused = ("git_dir_link", LayoutError::Link { part }.to_string());
            assert_eq!(check(&standard(&world), name), Err(refused), "{place} to {target}");
        }
    }
}

#[test]
fn what_is_neither_file_nor_directory_is_refused() {
    let name = "refs/heads/feature/x";
    let world = World::new();
    world.write("root/.git/refs/heads/feature", "a shorter branch");
    assert_eq!(check(&standard(&world), name).unwrap_err().0, "git_dir_special_file");
    #[cfg(target_os = "linux")]
    for place in
        ["refs/heads/feature/x", "refs/heads/feature/x.lock", "logs/refs/heads/feature/x", "logs/refs"]
    {
        let world = World::new();
        world.remove(&format!("root/.git/{place}"));
        fs::create_dir_all(world.at("root/.git").join(place).parent().unwrap()).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, world.at("root/.git").join(place), mode).unwrap();
        assert_eq!(check(&standard(&world), name).unwrap_err().0, "git_dir_special_file", "{place}");
    }
}

#[test]
fn a_linked_worktree_is_looked_at_in_both_its_directories() {
    let paths = |world: &World| GitDir::Explicit {
        path: world.at("root/.git/worktrees/x"),
        common: world.at("root/.git"),
    };
    for place in ["worktrees/x/refs", "worktrees/x/logs", "refs/heads", "logs/refs"] {
        let world = World::new();
        world.write("root/.git/worktrees/x/HEAD", "ref: refs/heads/x\n");
        assert_eq!(check(&paths(&world), "refs/heads/x"), Ok(()), "{place}");
        world.link(&format!("root/.git/{place}"), "/tmp");
        assert_eq!(check(&paths(&world), "refs/heads/x").unwrap_err().0, "git_dir_link", "{place}");
    }
}

#[test]
fn the_git_directory_itself_is_no_link() {
    let world = World::new();
    world.link("root/.git", "../foreign/.git");
    assert_eq!(check(&standard(&world), "refs/heads/main").unwrap_err().0, "git_dir_link");
    world.remove("root/.git");
    assert_eq!(check(&standard(&world), "refs/heads/main").unwrap_err().0, "git_dir_incomplete");
}
