//! Whether the rules in the `info` of a git directory are files that an engine can read to their end.
//!
//! Holds the look at what an engine reads anew for every comparison, long after the survey of the whole git directory.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, OFlags};
use rustix::io::Errno;

use super::{LayoutError, Part, unavailable};
use crate::opener::open_component;
use crate::root::OpenError;

/// What an engine reads there.
const RULES: [&str; 2] = ["exclude", "attributes"];

/// Refuses an `info/exclude` or `info/attributes` in `git_dir` that is no plain file or has more than `most` bytes. Neither needs to exist.
///
/// It judges what is on disk now, as [`check_layout`](crate::check_layout) does: whoever can write into the git directory
/// can change it afterwards.
///
/// # Errors
/// [`LayoutError::Link`], [`LayoutError::Special`] and [`LayoutError::TooLarge`] as said, and [`LayoutError::Unavailable`] if the system
/// refuses.
pub fn check_rules(git_dir: &Path, most: u64) -> Result<(), LayoutError> {
    let part = Part::Information;
    let directory = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::DIRECTORY;
    let opened = open_component(CWD, git_dir, directory)
        .and_then(|git_dir| open_component(git_dir.as_fd(), "info", directory));
    let info = match opened {
        Ok(info) => info,
        Err(OpenError::NotFound) => return Ok(()),
        Err(OpenError::LinkRefused) => return Err(LayoutError::Link { part }),
        Err(OpenError::Unavailable(source)) => return Err(unavailable(part, source)),
        Err(_) => return Err(LayoutError::Special { part }),
    };
    for name in RULES {
        match rustix::fs::statat(&info, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile if u64::try_from(stat.st_size).is_ok_and(|size| size <= most) => {}
                FileType::RegularFile => return Err(LayoutError::TooLarge { part }),
                FileType::Symlink => return Err(LayoutError::Link { part }),
                _ => return Err(LayoutError::Special { part }),
            },
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(unavailable(part, errno.into())),
        }
    }
    Ok(())
}
