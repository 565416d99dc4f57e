#![expect(clippy::disallowed_methods, reason = "tests lay out trees of their own, hostile ones too")]

mod place;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{LayoutError, Part, check_layout};

/// A git directory of plain files beneath `root`, and a foreign one beside it.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { directory: TempDir::new().unwrap() };
        world.repository("root/.git");
        world.repository("foreign/.git");
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn repository(&self, name: &str) {
        for directory in [
            "objects/info",
            "objects/pack",
            "objects/ab",
            "refs/heads",
            "refs/tags",
            "logs/refs",
            "info",
            "hooks",
        ] {
            fs::create_dir_all(self.at(name).join(directory)).unwrap();
        }
        self.write(&format!("{name}/HEAD"), "ref: refs/heads/main\n");
        self.write(&format!("{name}/config"), "[core]\n\tbare = false\n");
        self.write(&format!("{name}/refs/heads/main"), "0123456789012345678901234567890123456789\n");
        self.write(&format!("{name}/objects/ab/cd"), "loose");
        self.write(&format!("{name}/objects/pack/pack-1.pack"), "pack");
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), content).unwrap();
    }

    /// Replaces whatever is at `name` by a link to `target`.
    fn link(&self, name: &str, target: &str) {
        self.remove(name);
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        symlink(target, self.at(name)).unwrap();
    }

    fn remove(&self, name: &str) {
        let path = self.at(name);
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path).unwrap(),
            Ok(_) => fs::remove_file(path).unwrap(),
            Err(_) => {}
        }
    }

    fn check(&self) -> Result<(), LayoutError> {
        check_layout(&self.at("root/.git"), &self.at("root"))
    }

    #[track_caller]
    fn refused(&self, code: &str, part: Part) {
        let error = self.check().unwrap_err();
        assert_eq!(error.code(), code);
        let text = error.to_string();
        assert!(text.contains(&part.to_string()), "{text}");
        assert!(
            !text.contains("foreign") && !text.contains(self.directory.path().to_str().unwrap()),
            "{text}"
        );
    }
}

#[test]
fn an_honest_layout_passes() {
    let world = World::new();
    world.link("root/.git/hooks/pre-commit", "../../scripts/hook");
    world.link("root/.git/modules", "/anywhere");
    world.check().unwrap();
    // Alternates within the root are how a forge or `git clone --reference` may lay it out.
    world.repository("root/vendor/.git");
    world.write("root/.git/objects/info/alternates", "# comment\n\n../../vendor/.git/objects\n");
    world.check().unwrap();
}

#[test]
fn a_link_anywhere_an_engine_reads_is_refused() {
    let table = [
        ("HEAD", "../../foreign/.git/HEAD", Part::Head),
        ("ORIG_HEAD", "/etc/hostname", Part::Head),
        ("MY_REFERENCE", "/etc/hostname", Part::Head),
        ("config", "/etc/gitconfig", Part::Config),
        ("config.worktree", "/etc/gitconfig", Part::Config),
        ("index", "/etc/hostname", Part::Index),
        ("sharedindex.1", "/etc/hostname", Part::Index),
        ("packed-refs", "/etc/hostname", Part::References),
        ("refs", "../../foreign/.git/refs", Part::References),
        ("refs/heads", "../../../foreign/.git/refs/heads", Part::References),
        ("refs/heads/main", "/etc/hostname", Part::References),
        ("refs/heads/a/b/c", "nowhere", Part::References),
        ("logs", "/tmp", Part::ReferenceLogs),
        ("logs/HEAD", "/etc/hostname", Part::ReferenceLogs),
        ("objects", "../../foreign/.git/objects", Part::Objects),
        ("objects/ab", "../../../foreign/.git/objects/ab", Part::Objects),
        ("objects/ab/cd", "/etc/hostname", Part::Objects),
        ("objects/pack", "../../../foreign/.git/objects/pack", Part::Objects),
        ("objects/pack/pack-1.pack", "../../../../foreign/.git/objects/pack/pack-1.pack", Part::Objects),
        ("objects/info", "/tmp", Part::Objects),
        ("objects/info/alternates", "/etc/hostname", Part::Objects),
        ("shallow", "/etc/hostname", Part::Objects),
        ("info", "/tmp", Part::Information),
        ("info/attributes", "/etc/hostname", Part::Information),
        ("worktrees/x/HEAD", "/etc/hostname", Part::Worktrees),
        ("commondir", "/etc/hostname", Part::CommonDirectory),
        // Names that a file system which folds case would take for the above.
        ("Objects", "../../foreign/.git/objects", Part::Objects),
        ("pac\u{212a}ed-refs", "/etc/hostname", Part::References),
        ("object\u{17f}", "../../foreign/.git/objects", Part::Objects),
        ("ob\u{200d}jects", "../../foreign/.git/objects", Part::Objects),
    ];
    for (name, target, part) in table {
        let world = World::new();
        world.link(&format!("root/.git/{name}"), target);
        world.refused("git_dir_link", part);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_refused_before_it_blocks_the_engine() {
    for (name, part) in [
        ("HEAD", Part::Head),
        ("config", Part::Config),
        ("packed-refs", Part::References),
        ("refs/heads/main", Part::References),
        ("objects/info/alternates", Part::Objects),
        ("commondir", Part::CommonDirectory),
    ] {
        let world = World::new();
        let name = format!("root/.git/{name}");
        world.remove(&name);
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, world.at(&name), mode).unwrap();
        world.refused("git_dir_special_file", part);
    }
}

#[test]
fn alternates_must_stay_beneath_the_root() {
    let world = World::new();
    let foreign = world.at("foreign/.git/objects");
    world.link("root/inside", "../foreign/.git/objects");
    for (content, code) in [
        (foreign.to_str().unwrap().to_owned(), "git_dir_outside"),
        ("../../../foreign/.git/objects\n".to_owned(), "git_dir_outside"),
        ("../../inside\n".to_owned(), "git_dir_outside"),
        ("# x\n\npack\n../../../foreign/.git/objects".to_owned(), "git_dir_outside"),
        ("/nowhere/at/all\n".to_owned(), "git_dir_unavailable"),
        ("\"pack\"\n".to_owned(), "git_dir_malformed"),
        ("pack\r\n".to_owned(), "git_dir_malformed"),
        ("pack\0\n".to_owned(), "git_dir_malformed"),
        ("#".repeat(70_000), "git_dir_malformed"),
    ] {
        world.write("root/.git/objects/info/alternates", &content);
        world.refused(code, Part::Alternates);
    }
}

#[test]
fn alternates_are_followed_to_the_end() {
    let world = World::new();
    world.repository("root/second/.git");
    world.write("root/.git/objects/info/alternates", "../../second/.git/objects\n");
    world.check().unwrap();

    // A circle ends.
    world.write("root/second/.git/objects/info/alternates", "../../../.git/objects\n");
    world.check().unwrap();

    world.write("root/second/.git/objects/info/alternates", "../../../../foreign/.git/objects\n");
    world.refused("git_dir_outside", Part::Alternates);
    world.remove("root/second/.git/objects/info/alternates");

    world.link("root/second/.git/objects/ab/cd", "/etc/hostname");
    world.refused("git_dir_link", Part::Alternates);
    world.remove("root/second/.git/objects/ab/cd");

    let many: String = (0..20).map(|number| format!("../../many/{number}\n")).collect();
    for number in 0..20 {
        fs::create_dir_all(world.at(&format!("root/many/{number}"))).unwrap();
    }
    world.write("root/.git/objects/info/alternates", &many);
    world.refused("git_dir_too_large", Part::Alternates);
}

#[test]
fn a_common_directory_is_accepted_only_where_git_puts_it() {
    for content in ["../../foreign/.git\n", "/etc\n", "../elsewhere\n", ".\n", "..\n", "\n", "missing\n"] {
        let world = World::new();
        world.repository("root/elsewhere");
        world.write("root/.git/commondir", content);
        world.refused("git_dir_redirected", Part::CommonDirectory);
    }
    let world = World::new();
    world.write("root/.git/gitdir", "/etc/.git\n");
    world.refused("git_dir_redirected", Part::WorkTreePointer);

    let world = World::new();
    let (common, linked) = (world.at("root/.git"), world.at("root/.git/worktrees/x"));
    world.write("root/.git/worktrees/x/HEAD", "ref: refs/heads/x\n");
    let check = || check_layout(&linked, &common).map_err(|error| error.code()).err();
    assert_eq!(check(), Some("git_dir_incomplete"));
    for (content, code) in [
        ("../..\n", None),
        (common.to_str().unwrap(), None),
        ("../../../../foreign/.git\n", Some("git_dir_outside")),
        ("..\n", Some("git_dir_redirected")),
        ("../../objects\n", Some("git_dir_redirected")),
        ("\n", Some("git_dir_malformed")),
        ("a\nb", Some("git_dir_malformed")),
        ("missing", Some("git_dir_unavailable")),
    ] {
        world.write("root/.git/worktrees/x/commondir", content);
        assert_eq!(check(), code, "{content:?}");
    }
    // The shared repository is judged as well.
    world.write("root/.git/worktrees/x/commondir", "../..\n");
    world.write("root/.git/commondir", "../../foreign/.git\n");
    assert_eq!(check(), Some("git_dir_redirected"));
    world.remove("root/.git/commondir");
    assert_eq!(check(), None);
    world.link("root/.git/objects/ab/cd", "/etc/hostname");
    assert_eq!(check(), Some("git_dir_link"));
}

#[test]
fn the_git_directory_itself_must_be_a_whole_one_beneath_the_root() {
    let world = World::new();
    let code = |git_dir: &Path, root: &Path| check_layout(git_dir, root).map_err(|error| error.code()).err();
    let root = world.at("root");
    assert_eq!(code(&world.at("foreign/.git"), &root), Some("git_dir_outside"));
    assert_eq!(code(&world.at("missing"), &root), Some("git_dir_incomplete"));
    world.write("root/sub/.git", "gitdir: ../../foreign/.git\n");
    assert_eq!(code(&world.at("root/sub/.git"), &root), Some("git_file"));
    world.link("root/linked", "../foreign/.git");
    assert_eq!(code(&world.at("root/linked"), &root), Some("git_dir_link"));
    for (name, part) in [("HEAD", Part::Head), ("objects", Part::Objects), ("refs", Part::References)] {
        let world = World::new();
        world.remove(&format!("root/.git/{name}"));
        world.refused("git_dir_incomplete", part);
    }
}

#[test]
fn depth_is_bounded() {
    let world = World::new();
    let deep = format!("root/.git/refs/heads/{}", vec!["a"; 70].join("/"));
    fs::create_dir_all(world.at(&deep)).unwrap();
    world.refused("git_dir_too_large", Part::References);
}
