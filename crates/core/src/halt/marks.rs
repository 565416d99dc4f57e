//! The files that set parts of the kill switch by being there, whatever they hold. The first line says why.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::HaltSource;

/// The longest reason, in bytes.
pub(crate) const LONGEST_REASON: usize = 500;

/// Where the files are.
#[derive(Debug, Clone)]
pub struct HaltMarks {
    /// The operator's.
    file: PathBuf,
    /// That of administrators.
    admin: PathBuf,
}

/// Whether there is something at `path`. Where nobody can tell, there is: calls are refused.
fn is_there(path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A folder that is gone has no file that somebody could have put there to stop everything.
            !path.parent().is_none_or(|folder| std::fs::metadata(folder).is_ok_and(|found| found.is_dir()))
        }
        Err(_) => true,
    }
}

/// For how long a folder must have been left alone, so that the next change of it leaves another time: as coarse as file systems get.
const RESTING: Duration = Duration::from_secs(3);

/// A folder as it is: it changes as files come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Folder {
    place: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Folder {
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        Some(Self {
            place: (found.dev(), found.ino()),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    fn is_resting(&self, now: i64) -> bool {
        let newest = self.modified.0.max(self.changed.0);
        // A time to come is no time to count from.
        now.checked_sub(newest).is_some_and(|age| age > i64::try_from(RESTING.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The folders of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folders {
    file: Folder,
    /// If it is another.
    admin: Option<Folder>,
}

impl Folders {
    /// Whether the next change will show.
    pub(super) fn are_resting(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let now = i64::try_from(now).unwrap_or(0);
        self.file.is_resting(now) && self.admin.is_none_or(|folder| folder.is_resting(now))
    }
}

impl HaltMarks {
    /// The folders of the files, if they can be looked at.
    pub(super) fn folders(&self) -> Option<Folders> {
        let (file, admin) = (self.file.parent()?, self.admin.parent()?);
        let other = if file == admin { None } else { Some(Folder::of(admin)?) };
        Some(Folders { file: Folder::of(file)?, admin: other })
    }

    /// The files of a state directory; `file`, if it is given, is the operator's instead.
    #[must_use]
    pub fn of(state: &Path, file: Option<PathBuf>) -> Self {
        let file = file.unwrap_or_else(|| state.join("halt"));
        // A name alone has no folder that could be looked at.
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        Self { file: absolute(file), admin: absolute(state.join("halt.admin")) }
    }

    fn path(&self, source: HaltSource) -> Option<&Path> {
        match source {
            HaltSource::File => Some(&self.file),
            HaltSource::Admin => Some(&self.admin),
            HaltSource::Signal => None,
        }
    }

    /// The parts that are set.
    pub(super) fn look(&self) -> u8 {
        let bit = |source: HaltSource| {
            if self.path(source).is_some_and(is_there) { source.bit() } else { 0 }
        };
        bit(HaltSource::File) | bit(HaltSource::Admin)
    }

    /// Whether the part that a file sets is set.
    #[must_use]
    pub fn is_set(&self, source: HaltSource) -> bool {
        self.look() & source.bit() != 0
    }

    /// The first line of the file, as far as it can be read and is text.
    pub(super) fn reason(&self, source: HaltSource) -> Option<String> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        #[expect(clippy::disallowed_methods, reason = "a file beside the state, not a repository path")]
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
            .open(self.path(source)?)
            .ok()?;
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(u64::try_from(LONGEST_REASON).ok()?).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        text.lines().next().map(|line| line.trim().to_owned())
    }

    /// Sets the part by its file, which others cannot read. One that is there stays as it is.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be made.
    pub fn set(&self, source: HaltSource, reason: &str) -> io::Result<()> {
        let Some(path) = self.path(source) else { return Ok(()) };
        #[expect(clippy::disallowed_methods, reason = "a file beside the state, not a repository path")]
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match made {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => return Err(error),
        };
        // It counts from the moment it is there; what it says is for people.
        let line: String = reason.lines().next().unwrap_or_default().chars().take(LONGEST_REASON).collect();
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    }

    /// Clears the part; nothing if it is not set.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be taken away.
    pub fn clear(&self, source: HaltSource) -> io::Result<()> {
        let Some(path) = self.path(source) else { return Ok(()) };
        #[expect(clippy::disallowed_methods, reason = "a file beside the state, not a repository path")]
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_folder(path),
        }
    }
}

/// Makes what was done to a file of the folder outlast a loss of power.
fn sync_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    #[expect(clippy::disallowed_methods, reason = "the folder of a file beside the state")]
    std::fs::File::open(folder)?.sync_all()
}
