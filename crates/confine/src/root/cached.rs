//! Reading a small file only if nothing has to be waited for.
//!
//! A caller on a thread that many calls share must not wait for a disk, and handing a read to another thread and back takes longer
//! than reading a file that the kernel has in memory. So such a file is asked for in a way that the kernel answers at once or not at
//! all: openat2 with `RESOLVE_CACHED` (Linux 5.12) and preadv2 with `RWF_NOWAIT` (Linux 4.14), which io_uring uses for the same end.
//! Opening and closing take no such flag, so this is done on file systems alone whose files are open without a word to anybody else:
//! a daemon (FUSE) or a server (NFS, CIFS) may never answer.

#[cfg(test)]
mod tests;

use std::os::fd::BorrowedFd;

#[cfg(target_os = "linux")]
use rustix::fs::FileType;

use super::{FileContent, RepoRoot};
use crate::path::RelPath;

/// The most bytes that are read this way: beyond, what is done with them takes longer than the way to another thread.
#[cfg(target_os = "linux")]
const MAX_BYTES: usize = 64 * 1024;

/// File systems of this machine's own disks and memory, by their numbers in `linux/magic.h` and, for XFS, `statfs(2)`.
#[cfg(target_os = "linux")]
const LOCAL: [u32; 5] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x0102_1994];

/// Whether files beneath `directory` are opened without waiting for anybody outside the kernel.
#[cfg(target_os = "linux")]
pub(super) fn is_local(directory: BorrowedFd<'_>) -> bool {
    rustix::fs::fstatfs(directory)
        .is_ok_and(|found| u32::try_from(found.f_type).is_ok_and(|number| LOCAL.contains(&number)))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_local(_directory: BorrowedFd<'_>) -> bool {
    false
}

impl RepoRoot {
    /// Reads a regular file of at most `cap` bytes (64 KiB at most) if its name and all its bytes are in the kernel's memory.
    ///
    /// Nothing otherwise, whatever the reason: [`RepoRoot::read`] waits, and says what stood in the way. Guard and confinement
    /// are the same as there.
    #[must_use]
    pub fn read_cached(&self, path: &RelPath, cap: usize) -> Option<FileContent> {
        #[cfg(target_os = "linux")]
        return self.read_at_once(path, cap);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (path, cap);
            None
        }
    }

    #[cfg(target_os = "linux")]
    fn read_at_once(&self, path: &RelPath, cap: usize) -> Option<FileContent> {
        use std::io::IoSliceMut;

        use rustix::io::{ReadWriteFlags, preadv2};

        if !self.local || self.permit(path, super::Mode::Read).is_err() {
            return None;
        }
        let opened = self.directory.open_cached(path)?;
        let stat = rustix::fs::fstat(&opened).ok()?;
        let size = usize::try_from(stat.st_size).ok()?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || size > cap.min(MAX_BYTES) {
            return None;
        }
        // One byte more, which is found if the file has grown since.
        let mut bytes = vec![0; size + 1];
        let found = preadv2(&opened, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
        // Less may be a page that is not in memory, or a file that was cut.
        if found != size {
            return None;
        }
        bytes.truncate(size);
        Some(FileContent { bytes, size: u64::try_from(size).ok()?, truncated: false })
    }
}
