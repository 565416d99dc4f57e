//! Whether a directory of a work tree is a repository of its own, which git does not look into.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use super::Surveyed;
use crate::opener::PIN;
use crate::root::{Kind, OpenError};

/// The most bytes read of a file that says where a repository is, or what it stands on.
const MAX_POINTER_BYTES: u64 = 4096;

impl Surveyed {
    /// Whether the directory `name` in this one is the root of another repository's work tree.
    ///
    /// Nothing is opened but plain files and directories beneath it; where a `.git` file leads is not opened, only looked for.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way.
    pub fn is_repository(&self, name: &[u8]) -> Result<bool, OpenError> {
        let Some(directory) = self.enter(name)? else { return Ok(false) };
        match directory.look(b".git")?.map(|looked| looked.kind) {
            Some(Kind::Directory) => match directory.enter(b".git")? {
                Some(git) => git.is_git_directory(),
                None => Ok(false),
            },
            Some(Kind::File) => directory.leads_to_repository(),
            Some(Kind::Link | Kind::Other) | None => Ok(false),
        }
    }

    /// The directory `name` in this one, if it is one.
    fn enter(&self, name: &[u8]) -> Result<Option<Self>, OpenError> {
        match self.open(name, PIN | OFlags::DIRECTORY) {
            Ok(directory) => Ok(Some(Self { directory })),
            Err(OpenError::NotFound | OpenError::NotADirectory | OpenError::LinkRefused) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether git would take this directory for its own, by the marks that it looks for.
    fn is_git_directory(&self) -> Result<bool, OpenError> {
        let head = match self.look(b"HEAD")?.map(|looked| looked.kind) {
            Some(Kind::File) => {
                let text = self.beginning(b"HEAD")?;
                let target = text.strip_prefix(b"ref:").map(<[u8]>::trim_ascii_start);
                target.map_or_else(|| is_id(&text), |target| target.starts_with(b"refs/"))
            }
            Some(Kind::Link) => self.link_text(b"HEAD")?.starts_with(b"refs/"),
            Some(Kind::Directory | Kind::Other) | None => false,
        };
        let holds = |name| self.look(name).map(|looked| looked.is_some());
        Ok(head && (holds(b"commondir")? || (holds(b"objects")? && holds(b"refs")?)))
    }

    /// Whether the file `.git` in this directory names one that git would take for its own.
    fn leads_to_repository(&self) -> Result<bool, OpenError> {
        let text = self.beginning(b".git")?;
        let Some(place) = text.strip_prefix(b"gitdir: ").map(<[u8]>::trim_ascii_end) else {
            return Ok(false);
        };
        let head = Path::new(OsStr::from_bytes(place)).join("HEAD");
        Ok(rustix::fs::statat(&self.directory, head, rustix::fs::AtFlags::empty()).is_ok())
    }

    fn beginning(&self, name: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (file, _) = match self.open_file(name) {
            // It went away, or became something else, since it was looked at.
            Err(OpenError::NotFound | OpenError::NotAFile | OpenError::LinkRefused) => return Ok(Vec::new()),
            opened => opened?,
        };
        let mut text = Vec::new();
        file.take(MAX_POINTER_BYTES).read_to_end(&mut text).map_err(OpenError::Unavailable)?;
        Ok(text)
    }
}

/// Whether a text begins with an object id.
fn is_id(text: &[u8]) -> bool {
    text.get(..40).is_some_and(|id| id.iter().all(u8::is_ascii_hexdigit))
}
