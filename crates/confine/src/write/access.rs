//! The access list of a file, where it has one.
//!
//! Holds the reading and giving of it as one piece that is not looked into. With such a list the group's bits of the mode
//! are the most that anybody named in it may do, so keeping the mode alone would give them to the group.

use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::io::Errno;

/// The list as the system writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccessList(Vec<u8>);

#[cfg(target_os = "linux")]
const NAME: &str = "system.posix_acl_access";
/// Room for more people than most lists name.
#[cfg(target_os = "linux")]
const USUAL: usize = 512;
/// The most bytes that the kernel takes for an attribute.
#[cfg(target_os = "linux")]
const MOST: usize = 64 * 1024;

impl AccessList {
    /// Reads that of an open file; nothing if it has none, or the file system knows none.
    #[cfg(target_os = "linux")]
    pub(super) fn of(file: &OwnedFd) -> Result<Option<Self>, Errno> {
        let mut list = [0; USUAL];
        match rustix::fs::fgetxattr(file, NAME, list.as_mut_slice()) {
            Ok(length) => Ok(Some(Self(list.iter().copied().take(length).collect()))),
            Err(Errno::RANGE) => {
                let mut list = vec![0; MOST];
                let length = rustix::fs::fgetxattr(file, NAME, list.as_mut_slice())?;
                list.truncate(length);
                Ok(Some(Self(list)))
            }
            Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Gives it to another file.
    #[cfg(target_os = "linux")]
    pub(super) fn give(&self, file: &File) -> Result<(), Errno> {
        rustix::fs::fsetxattr(file, NAME, &self.0, rustix::fs::XattrFlags::empty())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_: &OwnedFd) -> Result<Option<Self>, Errno> {
        Ok(None)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn give(&self, _: &File) -> Result<(), Errno> {
        Err(Errno::NOTSUP)
    }
}
