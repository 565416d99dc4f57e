//! How the files that settings name are found and read: ordinary files alone, up to what they may hold, and without waiting.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::ConfigError;

/// Reads a file that somebody names, of `most` bytes at most; the name that comes back is the file's own, without its folder.
pub(super) fn read_text(
    what: &'static str,
    path: &Path,
    most: usize,
) -> Result<(String, String), ConfigError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    match whole_text(path, most) {
        Ok(text) => Ok((name, text)),
        Err(source) => Err(ConfigError::Unreadable { what, name, source }),
    }
}

/// Opens an ordinary file for reading. Whoever looks at the settings of others may be led to a pipe, which must not hold the program, or to a
/// device that never ends.
pub(crate) fn open_ordinary(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    #[expect(clippy::disallowed_methods, reason = "a file that the operator names, not a repository path")]
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    Ok(file)
}

fn whole_text(path: &Path, most: usize) -> io::Result<String> {
    let file = open_ordinary(path)?;
    let mut bytes = Vec::new();
    let read =
        file.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    if read > most {
        let larger = format!("it is larger than {most} bytes, the most it may have");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, larger));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// Makes `path` absolute with `base` as the folder of relative ones.
pub(super) fn beside(base: &Path, path: PathBuf) -> PathBuf {
    if path.is_absolute() { path } else { base.join(path) }
}
