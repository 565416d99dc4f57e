//! A work tree as it is compared with git's index: names as the system has them, and what it says of each.
//!
//! No guard is asked, since what is denied is compared too, and names need be no [`RelPath`](crate::RelPath): whoever shows what
//! was found judges it. What is the same as everywhere: no symbolic link is followed, nothing that is no file or directory is
//! opened. Mount points are crossed, as git does.

mod nested;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::opener::open_component;
use crate::root::{Kind, OpenError, RepoRoot, kind_of};
use crate::tree::Found;

/// The ways to open a name for reading that never block.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// One directory of a work tree, held open.
#[derive(Debug)]
pub struct Surveyed {
    directory: OwnedFd,
}

/// What the system says of a name, without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What it is; a link is reported as a link.
    pub kind: Kind,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// The size in bytes.
    pub size: u64,
    /// When its content last changed: seconds since 1970, and nanoseconds.
    pub modified: (i64, u32),
    /// When anything of it last changed.
    pub changed: (i64, u32),
    /// Its number in the file system.
    pub inode: u64,
    /// The user it belongs to.
    pub owner: u32,
    /// The group it belongs to.
    pub group: u32,
}

impl Looked {
    fn of(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode).into(),
            executable: stat.st_mode & 0o100 != 0,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or(0)),
            changed: (stat.st_ctime, u32::try_from(stat.st_ctime_nsec).unwrap_or(0)),
            inode: stat.st_ino,
            owner: stat.st_uid,
            group: stat.st_gid,
        }
    }
}

impl RepoRoot {
    /// Opens the directory at `path`, in the bytes that git or the system has for it; an empty one is the root.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way; a path that is not made of plain names is [`OpenError::NotFound`].
    pub fn survey(&self, path: &[u8]) -> Result<Surveyed, OpenError> {
        let path = match path {
            b"" => b".",
            path if path.split(|byte| *byte == b'/').all(is_plain) => path,
            _ => return Err(OpenError::NotFound),
        };
        let directory = self.directory().pin_across(Path::new(OsStr::from_bytes(path)))?;
        Ok(Surveyed { directory })
    }
}

impl Surveyed {
    /// Lists what is in the directory, in no order; more than `limit` entries are not listed, only found to be more.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way.
    pub fn list(&self, limit: usize) -> Result<Vec<Found>, OpenError> {
        let mut found = Vec::new();
        let opened = rustix::fs::openat(
            &self.directory,
            ".",
            READ | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        for entry in Dir::new(opened)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if let Some(kind) = kind_of(&self.directory, &entry) {
                found.push(Found { name: OsString::from_vec(name.to_owned()), kind });
            }
            if found.len() > limit {
                break;
            }
        }
        Ok(found)
    }

    /// Looks at a name in the directory; nothing if nothing is there.
    ///
    /// # Errors
    /// [`OpenError::Unavailable`] if the system refuses.
    pub fn look(&self, name: &[u8]) -> Result<Option<Looked>, OpenError> {
        if !is_plain(name) {
            return Ok(None);
        }
        match rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Looked::of(&stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens a regular file in the directory, to compare its content; its size, as the system states it, comes with it.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way. A pipe, socket or device is refused without blocking.
    pub fn open_file(&self, name: &[u8]) -> Result<(File, u64), OpenError> {
        let opened = self.open(name, READ)?;
        let stat = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenError::NotAFile);
        }
        Ok((File::from(opened), u64::try_from(stat.st_size).unwrap_or(0)))
    }

    /// The text of a symbolic link in the directory.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way.
    pub fn link_text(&self, name: &[u8]) -> Result<Vec<u8>, OpenError> {
        if !is_plain(name) {
            return Err(OpenError::NotFound);
        }
        Ok(rustix::fs::readlinkat(&self.directory, name, Vec::new())?.into_bytes())
    }

    /// Opens a single name in the directory without following it.
    fn open(&self, name: &[u8], flags: OFlags) -> Result<OwnedFd, OpenError> {
        if !is_plain(name) {
            return Err(OpenError::NotFound);
        }
        open_component(self.directory.as_fd(), OsStr::from_bytes(name), flags)
    }
}

/// Whether this names an entry of a directory, and neither the directory itself nor anything elsewhere.
fn is_plain(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/')
}
