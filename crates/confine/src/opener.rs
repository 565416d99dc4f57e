//! A pinned directory and the two ways to open a name beneath it without following a symbolic link.
//!
//! Holds the system calls: openat2 where the kernel has it, else a walk one component at a time. It knows neither guard
//! nor file kinds, and takes only paths that are a [`RelPath`], or that were read
//! from a directory and are made of plain names.

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::fs::ResolveFlags;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::path::RelPath;
use crate::root::OpenError;

/// How often an openat2 that raced with a rename is tried again.
#[cfg(target_os = "linux")]
const RETRIES: usize = 8;

/// Opens a directory for resolving names beneath it; Linux needs no read permission for that.
#[cfg(target_os = "linux")]
pub(crate) const PIN: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
pub(crate) const PIN: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK);

/// The way a name beneath a pinned directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opener {
    /// One openat2: the kernel refuses links, escapes and mounts for the whole path at once.
    #[cfg(target_os = "linux")]
    Kernel,
    /// One openat with `O_NOFOLLOW` a component. Other devices are refused; a bind mount of the same device is not seen.
    Walk,
}

/// Whether a walk goes into other file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mounts {
    Crossed,
    Refused,
}

/// A directory held open, so that renaming or replacing its path afterwards changes nothing.
#[derive(Debug)]
pub(crate) struct PinnedDirectory {
    directory: OwnedFd,
    stat: Stat,
    opener: Opener,
}

impl PinnedDirectory {
    /// Pins a directory by its path; links on the way are followed, since the operator wrote it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = PIN | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Self::of(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
    }

    /// Takes a directory that is open already.
    pub(crate) fn of(directory: OwnedFd) -> io::Result<Self> {
        let stat = rustix::fs::fstat(&directory)?;
        let opener = detect(directory.as_fd());
        Ok(Self { directory, stat, opener })
    }

    /// Switches to the walk, whatever the kernel can do.
    pub(crate) fn portable(mut self) -> Self {
        self.opener = Opener::Walk;
        self
    }

    /// Tells whether `path` still leads to the pinned directory.
    pub(crate) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let stat = rustix::fs::stat(path)?;
        Ok(stat.st_dev == self.stat.st_dev && stat.st_ino == self.stat.st_ino)
    }

    /// Opens `path` for reading, or the pinned directory itself; never blocks and never follows a link.
    pub(crate) fn open_to_read(&self, path: Option<&RelPath>, kind: OFlags) -> Result<OwnedFd, OpenError> {
        self.open_with(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | kind)
    }

    /// Opens `path` for reading as [`PinnedDirectory::open_to_read`] does, if the kernel has every name on the way in memory.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_cached(&self, path: &RelPath) -> Option<OwnedFd> {
        if self.opener != Opener::Kernel {
            return None;
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let at_once = CONFINED | ResolveFlags::NO_XDEV | ResolveFlags::CACHED;
        rustix::fs::openat2(&self.directory, path.as_str(), flags, Mode::empty(), at_once).ok()
    }

    /// Pins the directory that `path` leads to now, or the root itself, for resolving names in it alone.
    pub(crate) fn pin(&self, path: Option<&RelPath>) -> Result<OwnedFd, OpenError> {
        self.open_with(path, PIN | OFlags::DIRECTORY)
    }

    /// Opens a single name in a directory that was opened beneath this one, for reading; never blocks and never follows a link.
    pub(crate) fn open_in(
        &self,
        directory: BorrowedFd<'_>,
        name: &str,
        kind: OFlags,
    ) -> Result<OwnedFd, OpenError> {
        self.open_one(directory, name, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | kind)
    }

    /// Pins the directory `name` in one that was opened beneath this one, for resolving names in it alone.
    pub(crate) fn pin_in(&self, directory: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, OpenError> {
        self.open_one(directory, name, PIN | OFlags::DIRECTORY)
    }

    fn open_one(&self, directory: BorrowedFd<'_>, name: &str, flags: OFlags) -> Result<OwnedFd, OpenError> {
        match self.opener {
            #[cfg(target_os = "linux")]
            Opener::Kernel => open_kernel(directory, Path::new(name), flags).map_err(OpenError::from),
            Opener::Walk => {
                let opened = open_component(directory, name, flags)?;
                self.same_device(&rustix::fs::fstat(&opened)?)?;
                Ok(opened)
            }
        }
    }

    /// Looks up what a name is, without opening it; a link is reported as a link.
    pub(crate) fn stat(&self, path: &RelPath) -> Result<Stat, OpenError> {
        let parent = self.pin(path.parent().as_ref())?;
        let stat = stat_entry(parent.as_fd(), path.file_name())?;
        self.same_device(&stat)?;
        Ok(stat)
    }

    /// Looks up a single name in the pinned directory itself, for names that are no [`RelPath`] such as `.git`.
    pub(crate) fn stat_name(&self, name: &str) -> Result<Stat, OpenError> {
        stat_entry(self.directory.as_fd(), name)
    }

    /// Opens a name that is no [`RelPath`] for reading, as [`PinnedDirectory::open_to_read`] does. The caller has seen that it
    /// is made of plain names.
    pub(crate) fn open_found(&self, path: &Path, kind: OFlags) -> Result<OwnedFd, OpenError> {
        self.open_path(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | kind)
    }

    /// Pins the directory at `path`, which is made of plain names, even where another file system is mounted on the way.
    pub(crate) fn pin_across(&self, path: &Path) -> Result<OwnedFd, OpenError> {
        let flags = PIN | OFlags::DIRECTORY;
        match self.opener {
            #[cfg(target_os = "linux")]
            Opener::Kernel => {
                let opened = resolve(self.directory.as_fd(), path, flags, CONFINED);
                opened.map_err(OpenError::from)
            }
            Opener::Walk => self.walk(path, flags, Mounts::Crossed),
        }
    }

    fn open_with(&self, path: Option<&RelPath>, flags: OFlags) -> Result<OwnedFd, OpenError> {
        self.open_path(Path::new(path.map_or(".", RelPath::as_str)), flags)
    }

    fn open_path(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, OpenError> {
        match self.opener {
            #[cfg(target_os = "linux")]
            Opener::Kernel => {
                let opened = open_kernel(self.directory.as_fd(), path, flags);
                opened.map_err(OpenError::from)
            }
            Opener::Walk => self.walk(path, flags, Mounts::Refused),
        }
    }

    fn walk(&self, path: &Path, flags: OFlags, mounts: Mounts) -> Result<OwnedFd, OpenError> {
        let mut holder: Option<OwnedFd> = None;
        let mut parts = path.iter().peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return self.step(holder.as_ref(), part, flags, mounts);
            }
            holder = Some(self.step(holder.as_ref(), part, PIN | OFlags::DIRECTORY, mounts)?);
        }
        Err(OpenError::NotFound)
    }

    fn step(
        &self,
        holder: Option<&OwnedFd>,
        name: &OsStr,
        flags: OFlags,
        mounts: Mounts,
    ) -> Result<OwnedFd, OpenError> {
        let directory = holder.map_or(self.directory.as_fd(), AsFd::as_fd);
        let opened = open_component(directory, name, flags)?;
        if mounts == Mounts::Refused {
            self.same_device(&rustix::fs::fstat(&opened)?)?;
        }
        Ok(opened)
    }

    fn same_device(&self, stat: &Stat) -> Result<(), OpenError> {
        if stat.st_dev == self.stat.st_dev { Ok(()) } else { Err(OpenError::MountRefused) }
    }
}

impl AsFd for PinnedDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

/// Opens one component of a directory without following it.
pub(crate) fn open_component(
    directory: BorrowedFd<'_>,
    name: impl AsRef<OsStr>,
    flags: OFlags,
) -> Result<OwnedFd, OpenError> {
    let name = name.as_ref();
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(directory, name, flags, Mode::empty()).map_err(|errno| {
        // With O_DIRECTORY a link is reported as "not a directory"; look again to name it. The open has failed
        // already, so a race here can only change the words of the refusal.
        let is_link = errno == Errno::NOTDIR
            && stat_entry(directory, name)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
        if is_link { OpenError::LinkRefused } else { errno.into() }
    })
}

fn stat_entry(directory: BorrowedFd<'_>, name: impl rustix::path::Arg) -> Result<Stat, OpenError> {
    rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(OpenError::from)
}

/// Asks the kernel once for openat2. It is missing before Linux 5.6 (`ENOSYS`), and seccomp profiles of container
/// runtimes answer `EPERM`; whatever the reason, the walk needs only what every system has.
#[cfg(target_os = "linux")]
fn detect(directory: BorrowedFd<'_>) -> Opener {
    match open_kernel(directory, ".", PIN | OFlags::DIRECTORY) {
        Ok(_) => Opener::Kernel,
        Err(_) => Opener::Walk,
    }
}

/// Tells whether names are resolved by openat2 here, and not by the walk that every system can do.
#[must_use]
pub fn has_openat2() -> bool {
    #[cfg(target_os = "linux")]
    return PinnedDirectory::open(Path::new("/")).is_ok_and(|root| root.opener == Opener::Kernel);
    #[cfg(not(target_os = "linux"))]
    return false;
}

#[cfg(not(target_os = "linux"))]
fn detect(_directory: BorrowedFd<'_>) -> Opener {
    Opener::Walk
}

/// What the kernel refuses on every path.
// Not O_NOFOLLOW: NO_SYMLINKS covers the last component too, and alone it answers ELOOP for a link there.
#[cfg(target_os = "linux")]
const CONFINED: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

#[cfg(target_os = "linux")]
fn open_kernel(
    directory: BorrowedFd<'_>,
    path: impl rustix::path::Arg + Copy,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    resolve(directory, path, flags, CONFINED | ResolveFlags::NO_XDEV)
}

#[cfg(target_os = "linux")]
fn resolve(
    directory: BorrowedFd<'_>,
    path: impl rustix::path::Arg + Copy,
    flags: OFlags,
    resolve: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let mut tries = 0;
    loop {
        match rustix::fs::openat2(directory, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            // The kernel saw a rename while it walked and could not tell whether the path stayed beneath.
            Err(Errno::AGAIN | Errno::INTR) if tries < RETRIES => tries += 1,
            result => return result,
        }
    }
}
