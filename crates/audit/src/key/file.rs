//! Key files: the private half in a file (0600) that is created once and never replaced, the public half beside it as `<name>.pub`.
//! A private key that others can read, that another user owns or that is reached through a link is refused.

use std::{
    ffi::OsString,
    fs::{File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::SigningKey;
use crate::{
    files,
    note::key::{KeyError, VerifierKey},
};

/// Longest key file in bytes; a key with the longest name has 205.
pub(super) const FILE_BYTES: usize = 512;

/// Why a key file is not written or not read. Neither the path nor the content stands in a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The system refused something.
    #[error("cannot {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The file is there already; a key is never overwritten.
    #[error(
        "the key file exists already; a key is never overwritten, so move the file away or choose another name"
    )]
    Exists,
    /// Group or others have rights on the file.
    #[error(
        "others than its owner can read the key file; take that right away (chmod 600), and make a new key if somebody may have read it"
    )]
    Exposed,
    /// The file belongs to another user.
    #[error("the key file belongs to another user; it must belong to the one who signs")]
    NotOurs,
    /// The file is longer than any key.
    #[error("the key file is longer than 512 bytes, so it holds no key")]
    TooLong,
    /// The file holds no key.
    #[error("the key file holds no key that can be used")]
    Key(#[from] KeyError),
}

impl SigningKey {
    /// Writes the key to a new file (0600), and the public half to `<path>.pub` beside it. Both are durable when this returns.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`] if one of the files is there, in which case neither is touched, and [`KeyFileError::Io`].
    pub fn create(&self, path: &Path) -> Result<(), KeyFileError> {
        let public = public_path(path);
        create(&public, 0o644, format!("{}\n", self.verifier()).as_bytes(), "write the public key file")?;
        let written = create(path, 0o600, self.secret_text().as_bytes(), "write the key file");
        if written.is_err() {
            // it is ours of this moment, and nobody may trust a key that is not kept
            remove(&public);
        }
        written?;
        let directory =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        files::sync_directory(directory).map_err(failed("make the key file durable"))
    }

    /// Reads a private key from its file.
    ///
    /// # Errors
    /// [`KeyFileError`] if the file is a link or no file, if it belongs to somebody else or others can read it, or holds no key.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let file = files::read(path).map_err(failed("open the key file"))?;
        // of what was opened, not of what bears the name by now
        let metadata = file.metadata().map_err(failed("look at the key file"))?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(KeyFileError::NotOurs);
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(KeyFileError::Exposed);
        }
        Ok(content(file)?.parse()?)
    }
}

impl VerifierKey {
    /// Reads a public key from its file, which anybody may read.
    ///
    /// # Errors
    /// [`KeyFileError`] if the file is a link or no file, is too long or holds no key.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let file = files::read(path).map_err(failed("open the public key file"))?;
        Ok(content(file)?.parse()?)
    }
}

/// The one line of a file; its last LF may be missing.
fn content(file: File) -> Result<Zeroizing<String>, KeyFileError> {
    // one byte more than a key may have, so that the buffer never grows and leaves no copy
    let mut bytes = Zeroizing::new(vec![0; FILE_BYTES + 1]);
    let mut length = 0;
    let mut file = file.take(FILE_BYTES as u64 + 1);
    while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(read) => length = length.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read the key file")(error)),
        }
    }
    let bytes = bytes.get(..length).filter(|bytes| bytes.len() <= FILE_BYTES).ok_or(KeyFileError::TooLong)?;
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::Form)?;
    Ok(Zeroizing::new(text.strip_suffix('\n').unwrap_or(text).to_owned()))
}

fn public_path(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// Creates a file, or leaves none.
fn create(path: &Path, mode: u32, bytes: &[u8], action: &'static str) -> Result<(), KeyFileError> {
    let mut file = files::create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists,
        _ => failed(action)(error),
    })?;
    // nobody else can read it before it has its rights; a umask may have taken too many away
    let written = file.set_permissions(Permissions::from_mode(mode)).and_then(|()| file.write_all(bytes));
    written.and_then(|()| file.sync_all()).map_err(|error| {
        remove(path);
        failed(action)(error)
    })
}

/// Takes away a file that was just created and is of no use.
fn remove(path: &Path) {
    // the reason why it is of no use is told already
    drop(files::remove(path));
}

fn failed(action: &'static str) -> impl FnOnce(io::Error) -> KeyFileError {
    move |source| KeyFileError::Io { action, source }
}

#[cfg(test)]
mod tests;
