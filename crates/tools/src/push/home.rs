//! The repository of the gateway's own that branches are pushed from. It has a configuration that the gateway wrote, no hook, no
//! reference and no object; the objects are the user's, by git's alternates. The engine looks at what is to be pushed through it as
//! well, so that replaced objects, grafts and commit graphs of the user's repository show nothing else than what git sends.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use gitoma_core::ToolError;

use crate::object::unavailable;
use crate::repositories::Repository;

/// What git is told of the repository; nothing of it comes from the user's.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\tlogAllRefUpdates = false\n\
                      \tcommitGraph = false\n\tmultiPackIndex = false\n\tuseReplaceRefs = false\n\thooksPath = /dev/null\n";
/// The directories of a repository without anything in it.
const FOLDERS: [&str; 6] = ["git", "git/objects/info", "git/objects/pack", "git/refs/heads", "home", "bin"];

/// A repository to push from.
pub(crate) struct Home {
    path: PathBuf,
    /// Where objects come from.
    objects: Vec<PathBuf>,
}

impl Home {
    /// Makes the repository beneath `root`, under the hash of the alias, which no name can leave.
    pub(super) fn open(root: &Path, repository: &Repository) -> Result<Self, ToolError> {
        let alias = repository.alias().as_bytes();
        let hash = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, alias);
        let path = root.join(hash.map_err(unavailable("state directory"))?.to_string());
        for folder in FOLDERS {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path.join(folder))
                .map_err(unavailable("state directory"))?;
        }
        let home = Self { path, objects: repository.object_directories()? };
        let mut alternates = Vec::new();
        for directory in &home.objects {
            let directory = directory.as_os_str().as_bytes();
            if directory.contains(&b'\n') {
                let reason =
                    "the repository lies in a folder with a line feed in its name, and cannot be pushed from";
                return Err(ToolError::Unsuitable { reason: reason.into() });
            }
            alternates.extend_from_slice(directory);
            alternates.push(b'\n');
        }
        let git = home.git_dir();
        put(&git.join("objects/info"), "alternates", &alternates)?;
        put(&git, "config", CONFIG.as_bytes())?;
        put(&git, "HEAD", b"ref: refs/heads/none\n")?;
        Ok(home)
    }

    /// The git directory.
    pub(super) fn git_dir(&self) -> PathBuf {
        self.path.join("git")
    }

    /// An empty directory.
    pub(super) fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// The directory of the program that answers git's questions.
    pub(super) fn programs(&self) -> PathBuf {
        self.path.join("bin")
    }

    /// A handle on the git engine over exactly what git will send from.
    ///
    /// # Errors
    /// [`ToolError::Confined`] if objects would come from elsewhere than from the repository as it was judged.
    pub(crate) fn engine(&self) -> Result<gix::Repository, ToolError> {
        let options = gix::open::Options::isolated().with(gix::sec::Trust::Reduced).open_path_as_is(true);
        let engine = options.open(self.git_dir()).map_err(unavailable("repository"))?.to_thread_local();
        self.check(&engine)?;
        Ok(engine)
    }

    /// Checks that objects come from where they did when the repository was judged.
    pub(crate) fn check(&self, engine: &gix::Repository) -> Result<(), ToolError> {
        let now = engine.objects.store_ref().alternate_db_paths().map_err(unavailable("repository"))?;
        if now.iter().all(|path| self.objects.contains(path)) {
            return Ok(());
        }
        Err(ToolError::Confined { rule: "repo:redirected".into() })
    }
}

/// Writes a file, whole or not at all, unless it says so already.
fn put(directory: &Path, name: &str, content: &[u8]) -> Result<(), ToolError> {
    let place = directory.join(name);
    if std::fs::read(&place).is_ok_and(|found| found == content) {
        return Ok(());
    }
    let temporary = directory.join(format!(".{name}.{}", gitoma_core::CallId::mint()));
    let written = (|| {
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        std::fs::rename(&temporary, &place)
    })();
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        unavailable("state directory")(error)
    })
}
