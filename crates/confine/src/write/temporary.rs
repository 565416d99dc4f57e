//! The file beside the name, which holds the new content until it is put in place.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, RawMode, Stat, Uid};
use rustix::io::Errno;

use super::WriteError;
use super::seen::Seen;

/// A file under a random name. It is removed when this is dropped, unless it was renamed.
#[derive(Debug)]
pub(super) struct Temporary {
    directory: Arc<OwnedFd>,
    name: String,
    /// As it was made, before it took over a mode.
    pub(super) stat: Stat,
    renamed: bool,
}

/// What becomes of the permissions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    /// Takes the right to execute away, or gives it to whoever may read.
    pub(super) executable: Option<bool>,
    /// Closes a new file to others, whatever the umask.
    pub(super) private: bool,
}

impl Temporary {
    /// Writes `bytes` and waits until they are on the disk. The mode is that of `old`, if there is one.
    pub(super) fn write(
        directory: &Arc<OwnedFd>,
        bytes: &[u8],
        old: Option<&Seen>,
        terms: Terms,
    ) -> Result<Self, WriteError> {
        let name = random_name()?;
        // What replaces a private file is private from its first byte.
        let initial = Mode::from_raw_mode(if old.is_some() || terms.private { 0o600 } else { 0o666 });
        let opened = create(directory, &name, initial)?;
        let stat = rustix::fs::fstat(&opened);
        let mut file = File::from(opened);
        // From here on the file is removed if anything fails.
        let stat = match stat {
            Ok(stat) => stat,
            Err(errno) => {
                let _ = rustix::fs::unlinkat(&**directory, &name, AtFlags::empty());
                return Err(errno.into());
            }
        };
        let temporary = Self { directory: Arc::clone(directory), name, stat, renamed: false };
        file.write_all(bytes)?;
        let kept = old.map_or(stat.st_mode, |old| inherit(&file, &stat, old));
        rustix::fs::fchmod(&file, mode(kept, terms.executable))?;
        rustix::fs::fsync(file.as_fd())?;
        Ok(temporary)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Says that the file has another name now.
    pub(super) fn renamed(&mut self) {
        self.renamed = true;
    }

    /// Which file it is, whatever its name.
    pub(super) fn identity(&self) -> Identity {
        Identity { device: self.stat.st_dev, inode: self.stat.st_ino }
    }
}

/// Which file one is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: rustix::fs::Dev,
    inode: u64,
}

impl Identity {
    /// Tells whether `name` holds that very file.
    pub(super) fn is_at(&self, directory: &OwnedFd, name: &str) -> bool {
        rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| stat.st_dev == self.device && stat.st_ino == self.inode)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = rustix::fs::unlinkat(&*self.directory, &self.name, AtFlags::empty());
        }
    }
}

/// Makes a file that was not there; whatever holds the name already, a link too, is refused.
pub(super) fn create(directory: &OwnedFd, name: &str, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags, mode)
}

/// Gives the file the owner, group and access list of `old`, as far as the process may, and returns the mode it may take over.
///
/// Where group or list cannot be kept, the bits of the group would speak of other people: it gets those of everybody.
fn inherit(file: &File, new: &Stat, old: &Seen) -> RawMode {
    let stat = &old.stat;
    let mut kept = true;
    if (new.st_uid, new.st_gid) != (stat.st_uid, stat.st_gid) {
        let group = Some(Gid::from_raw(stat.st_gid));
        let given = rustix::fs::fchown(file, Some(Uid::from_raw(stat.st_uid)), group)
            .or_else(|_| rustix::fs::fchown(file, None, group));
        kept = given.is_ok() || new.st_gid == stat.st_gid;
    }
    kept &= old.access.as_ref().is_none_or(|list| list.give(file).is_ok());
    if kept { stat.st_mode } else { stat.st_mode & 0o707 | (stat.st_mode & 0o007) << 3 }
}

/// Keeps the permission bits of `old` and no others; whoever may read may execute, or nobody may, if that was asked.
fn mode(old: RawMode, executable: Option<bool>) -> Mode {
    let kept = old & 0o777;
    Mode::from_raw_mode(match executable {
        None => kept,
        Some(true) => kept | ((kept & 0o444) >> 2),
        Some(false) => kept & !0o111,
    })
}

fn random_name() -> Result<String, WriteError> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random)
        .map_err(|_| WriteError::Unavailable(std::io::Error::other("no random numbers")))?;
    Ok(format!(".gitoma-{:016x}.tmp", u64::from_ne_bytes(random)))
}
