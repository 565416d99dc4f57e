//! One configuration file: opened without following links, read, and written anew beside its place with a copy of what it was.
//!
//! The paths go through confinement like those of a repository, since the root of a project is one: whoever wrote it may have put links
//! where the files should be.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{Current, OpenError, RelPath, RepoRoot, RootError, WriteError};

use super::together::Prepared;
use crate::failure::Failure;
use crate::gitoma::client::document::{Document, Fault};
use crate::gitoma::client::place::{Surroundings, is_same_file};
use crate::gitoma::client::{Client, Scope};

/// The largest file that is read and written, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// What the name of the copy ends with.
const BACKUP: &str = ".gitoma-backup";

/// A file of a client.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) client: Client,
    pub(super) scope: Scope,
    pub(super) file: PathBuf,
}

/// The root of the project: a directory that is named by its real path, and no home.
///
/// A link anywhere in it is refused, since a project that somebody else wrote may lead elsewhere by one.
pub(super) fn project(named: Option<&Path>, around: &Surroundings) -> Result<PathBuf, Failure> {
    let unusable = |source| Failure::Input { what: "the project's directory".to_owned(), source };
    let current = std::env::current_dir().map_err(unusable)?;
    // What the shell says it is in, if it is; by itself the system tells the real path alone.
    let shell = around
        .environment()
        .named
        .path("PWD")
        .filter(|shell| shell.is_absolute() && is_same_file(shell, &current));
    let path = match named {
        Some(path) if path.is_absolute() => path.to_owned(),
        Some(path) => shell.unwrap_or(current).join(path),
        None => shell.unwrap_or(current),
    };
    let path = path.components().collect::<PathBuf>();
    #[expect(
        clippy::disallowed_methods,
        reason = "finds out whether there is a link in a path that the user names"
    )]
    let real = path.canonicalize().map_err(unusable)?;
    if real != path {
        return Err(Failure::Usage(
            "the project's directory is, or lies behind, a symbolic link or `..`; name its real path with --project (pwd -P tells it)".to_owned(),
        ));
    }
    if !real.is_dir() {
        return Err(Failure::Usage("the project must be a directory".to_owned()));
    }
    if is_same_file(&real, around.home()) {
        return Err(Failure::Usage("your home directory is no project; use --scope user".to_owned()));
    }
    Ok(real)
}

impl Site {
    /// Pins the directory that is nearest to the file: for a project its root, so that nothing in it leads elsewhere; for a user the
    /// folder of the file, which may well lie behind a link of the user's own.
    pub(super) fn open(&self) -> Result<Opened, Failure> {
        let root = match (self.scope, self.client.project_file()) {
            (Scope::Project, Some(within)) => {
                let depth = Path::new(within).components().count();
                self.file.ancestors().nth(depth)
            }
            _ => self.file.ancestors().skip(1).find(|folder| folder.is_dir()),
        };
        let root = root.ok_or_else(|| self.refused("has no directory to be in"))?;
        let within = self.file.strip_prefix(root).ok().and_then(Path::to_str);
        let path = within.and_then(|within| RelPath::parse(within).ok());
        let path = path.ok_or_else(|| self.refused("has a name that cannot be written to"))?;
        if self.scope == Scope::User && !is_own(root) {
            return Err(self.refused("lies in a directory of another user, who could exchange it"));
        }
        let root = RepoRoot::open(root, |_, _| None).map_err(|error| match error {
            RootError::Unavailable(source) => self.unwritable(source),
            _ => self.refused("lies in a directory that cannot be opened"),
        })?;
        Ok(Opened { site: Self { file: self.file.clone(), ..*self }, root, path })
    }

    /// Reads what the file holds.
    pub(super) fn document<'a>(&self, bytes: &'a [u8]) -> Result<Document<'a>, Failure> {
        Document::read(self.client, bytes).map_err(|fault| self.faulty(fault))
    }

    /// The file for people: client, scope and place.
    pub(super) fn told(&self) -> String {
        format!("{} ({} scope), {}", self.client.name(), self.scope.name(), self.file.display())
    }

    pub(super) fn faulty(&self, fault: Fault) -> Failure {
        self.refused(&fault.to_string())
    }

    pub(super) fn foreign(&self, name: &str) -> Failure {
        self.refused(&format!(
            "has a server `{name}` that is not Gitoma's; choose another name with --name, or change it with --force"
        ))
    }

    fn refused(&self, why: &str) -> Failure {
        Failure::Usage(format!("{} {why}", self.told()))
    }

    fn unwritable(&self, source: std::io::Error) -> Failure {
        Failure::Unwritten { what: self.told(), source }
    }

    /// Why the copy of what stood in the file could not be made.
    pub(super) fn uncopied(&self, error: WriteError) -> Failure {
        let mut name = self.file.clone().into_os_string();
        name.push(BACKUP);
        let copy = Self { file: name.into(), ..*self };
        match error {
            WriteError::Open(OpenError::LinkRefused) => copy.refused(
                "is a symbolic link, or lies behind one, where the copy of what is changed goes; move it away",
            ),
            // Nothing but the copy is in doubt.
            WriteError::InDoubt => copy.refused("may be what it was, or the copy of what stands in the file, for the disk failed"),
            error => copy.failed(error),
        }
    }

    /// Why the file could not be looked at or written.
    pub(super) fn failed(&self, error: WriteError) -> Failure {
        match error {
            WriteError::Open(OpenError::LinkRefused) => self.refused(
                "is a symbolic link, or lies behind one, and none is followed; write what --print shows into the file that is meant",
            ),
            WriteError::Open(OpenError::NotAFile) => self.refused("is no ordinary file"),
            WriteError::Open(OpenError::NotADirectory) => self.refused("lies in something that is no directory"),
            WriteError::Open(OpenError::MountRefused) => self.refused("is a mount of its own, or lies behind one"),
            WriteError::TooLarge => self.refused(&format!("is larger than {LARGEST} bytes, the most that is changed")),
            WriteError::Changed => {
                self.refused("was changed by somebody else meanwhile and is left as it is; run the command again")
            }
            WriteError::OtherRepository => self.refused("lies in another repository than the project"),
            WriteError::ReadOnly => self.refused("may not be written by you"),
            WriteError::NoSpace => self.refused("has no room on its file system"),
            WriteError::InDoubt => Failure::Unfinished {
                text: format!(
                    "{} may hold the old text or the new, for the disk failed; the old one, if there was one, is beside it in *{BACKUP}",
                    self.told()
                ),
            },
            WriteError::Unavailable(source) => self.unwritable(source),
            WriteError::Open(_) | WriteError::NotFound => self.refused("cannot be opened"),
        }
    }
}

fn is_own(directory: &Path) -> bool {
    std::fs::metadata(directory).is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw())
}

/// A file whose directory is held open.
#[derive(Debug)]
pub(super) struct Opened {
    site: Site,
    root: RepoRoot,
    path: RelPath,
}

/// What stood in a file when it was looked at.
#[derive(Debug)]
pub(super) struct Target<'a>(gitoma_confine::Target<'a>, Vec<u8>);

impl Target<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.1
    }
}

impl Opened {
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Looks at the file; there need not be one.
    pub(super) fn look(&self) -> Result<Target<'_>, Failure> {
        let target = self.root.target_up_to(&self.path, LARGEST).map_err(|error| self.site.failed(error))?;
        let is_foreign = |current: &Current| current.owner != rustix::process::geteuid().as_raw();
        if target.current().is_some_and(is_foreign) {
            return Err(self.site.refused("belongs to another user"));
        }
        let bytes = target.current().map(|current| current.bytes.clone()).unwrap_or_default();
        // What a client keeps for its user may hold secrets; what a project shares is for all who have it.
        let target = if self.site.scope == Scope::User { target.private() } else { target };
        Ok(Target(target, bytes))
    }

    /// Writes `text` beside what was looked at, to take its place, and a copy of that.
    pub(super) fn prepare(&self, target: Target<'_>, text: &str) -> Result<Prepared<'_>, Failure> {
        let copy = match target.0.current() {
            None => None,
            Some(_) => {
                let path = RelPath::parse(&format!("{}{BACKUP}", self.path.as_str()))
                    .map_err(|_| self.site.refused("has a name that no copy can have"))?;
                let copy =
                    self.root.target_up_to(&path, LARGEST).and_then(|copy| copy.stage_copy_of(&target.0));
                Some(copy.map_err(|error| self.site.uncopied(error))?)
            }
        };
        let file = target.0.stage(text.as_bytes(), None).map_err(|error| self.site.failed(error))?;
        Ok(Prepared { site: &self.site, file, copy })
    }
}
