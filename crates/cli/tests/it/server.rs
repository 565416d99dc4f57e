//! Programs that are called `gitoma-mcp`: scripts that behave in one way, and the real one.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Place, program};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Place {
    /// A program `NAME/gitoma-mcp` that tells the right version, and otherwise does what `script` says.
    pub(crate) fn server(&self, name: &str, script: &str) -> String {
        self.script(
            name,
            &format!("[ \"$1\" = --version ] && {{ echo gitoma-mcp {VERSION}; exit; }}\n{script}"),
        )
    }

    /// A program `NAME/gitoma-mcp` that does what `script` says.
    pub(crate) fn script(&self, name: &str, script: &str) -> String {
        std::fs::create_dir_all(self.path(name)).unwrap();
        let file = self.file(&format!("{name}/gitoma-mcp"), &format!("#!/bin/sh\n{script}\n"));
        self.mode(&format!("{name}/gitoma-mcp"), 0o755);
        file
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(mode)).unwrap();
    }

    /// A folder, with those above it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        std::fs::create_dir_all(self.path(name)).unwrap();
        self.path(name)
    }

    /// A git repository that is nothing else.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        let folder = self.folder(name);
        let made = program("git", &self.path("")).args(["init", "-q"]).current_dir(&folder).status().unwrap();
        assert!(made.success());
        folder
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(&self.path(name))).unwrap()
    }

    /// Every file in the place but those of git and of the state, with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        self.walk(&self.path(""), &mut found);
        found.sort();
        found
    }

    #[expect(clippy::disallowed_methods, reason = "looks at the files of the test")]
    fn walk(&self, folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && entry.file_name() != ".git" {
                found.push((entry.path(), Vec::new()));
                self.walk(&entry.path(), found);
            } else if kind.is_file() {
                found.push((entry.path(), self.read(&entry.path())));
            }
        }
    }
}

/// The real `gitoma-mcp`.
pub(crate) fn real() -> PathBuf {
    built("gitoma-mcp")
}

/// A real program, beside the one under test. A run of the whole workspace has built it; else it is built here.
pub(crate) fn built(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_gitoma")).with_file_name(name);
    let said = path
        .exists()
        .then(|| program(path.to_str().unwrap(), Path::new("/")).arg("--version").output().unwrap());
    if said.is_none_or(|said| said.stdout != format!("{name} {VERSION}\n").as_bytes()) {
        #[expect(clippy::disallowed_methods, reason = "a test has the program built that it needs")]
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--quiet", "-p", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().unwrap().success());
    }
    path
}
