//! The state directory: owned by one user, closed to others, holding tokens, audit chains and approvals. These are Gitoma's own files, not a
//! repository's; still nothing is followed and nothing is left readable (FS-5).

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::principal::Secret;

/// Why the state directory or a token in it cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The directory cannot be made or looked at.
    #[error("the state directory cannot be used")]
    Directory(#[source] std::io::Error),
    /// The state path is a link, a file, or belongs to another user.
    #[error("the state directory must be a real directory that belongs to the user who runs the gateway")]
    Foreign,
    /// The directory holds other things and others can read it.
    #[error(
        "others can read the state directory, and it holds more than Gitoma's state; run chmod 700 on it, or name another"
    )]
    Shared,
    /// A token file cannot be read or written.
    #[error("the token file `{name}` cannot be used")]
    Token {
        /// The file's name within the state directory.
        name: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Others can read a token file.
    #[error("others can read the token file `{name}`; run chmod 600 on it, or remove it for a fresh token")]
    TokenExposed {
        /// The file's name.
        name: String,
    },
    /// A token file does not hold a token.
    #[error("the token file `{name}` must hold one token of 16 to 512 visible ASCII characters")]
    TokenMalformed {
        /// The file's name.
        name: String,
    },
}

/// A state directory that exists, belongs to this user, and is closed to others.
#[derive(Debug, Clone)]
pub struct StateDirectory {
    path: PathBuf,
}

impl StateDirectory {
    /// Opens `path`, making it (mode 0700) if it does not exist, and closing it to others if it was open.
    ///
    /// # Errors
    /// [`StateError`] if it is a link, a file, or belongs to somebody else, or if it is open to others and evidently not a state
    /// directory: a home directory named by mistake is not closed.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let path = std::path::absolute(path).map_err(StateError::Directory)?;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(StateError::Directory)?;
        let metadata = std::fs::symlink_metadata(&path).map_err(StateError::Directory)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(StateError::Foreign);
        }
        if metadata.mode() & 0o077 != 0 {
            if holds_foreign_files(&path).map_err(StateError::Directory)? {
                return Err(StateError::Shared);
            }
            let closed = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&path, closed).map_err(StateError::Directory)?;
        }
        Ok(Self { path })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the audit chains live.
    #[must_use]
    pub fn audit(&self) -> PathBuf {
        self.path.join("audit")
    }

    /// Where the answers to calls under an idempotency key live.
    #[must_use]
    pub fn replies(&self) -> PathBuf {
        self.path.join("replies")
    }

    /// Where the approvals live.
    #[must_use]
    pub fn approvals(&self) -> PathBuf {
        self.path.join("approvals")
    }

    /// Reads the token in the file `name`, or mints one (256 bits, mode 0600) if there is no such file.
    ///
    /// # Errors
    /// [`StateError`] if others can read the file, or it does not hold a token.
    pub fn token(&self, name: &str) -> Result<Secret, StateError> {
        let path = self.path.join(name);
        match read_token(&path) {
            Err(StateError::Token { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                mint_token(&self.path, &path, name)?;
                read_token(&path)
            }
            read => read,
        }
    }
}

/// What Gitoma puts into a state directory.
const KNOWN: [&str; 11] = [
    "audit",
    "approvals",
    "worktrees",
    "push",
    "replies",
    "halt",
    "halt.admin",
    "runtime_token",
    "operator_token",
    "tokens.json",
    "tokens.lock",
];

/// A token that nobody has: 256 random bits.
///
/// # Errors
/// [`std::io::Error`] if the system has no random bits.
pub(crate) fn fresh_token() -> std::io::Result<Secret> {
    let mut random = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut_slice()).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(Secret::new(format!("gitoma_{}", hex::encode(random.as_slice()))))
}

/// Whether there is anything in `path` that Gitoma did not put there.
fn holds_foreign_files(path: &Path) -> std::io::Result<bool> {
    #[expect(clippy::disallowed_methods, reason = "the state directory, not a repository path")]
    let mut entries = std::fs::read_dir(path)?;
    entries.try_fold(false, |foreign, entry| {
        let name = entry?.file_name();
        Ok(foreign || !KNOWN.iter().any(|known| name == *known))
    })
}

/// Reads a token file that only its owner can read.
///
/// # Errors
/// [`StateError`] if others can read the file, or it does not hold a token.
pub fn read_token(path: &Path) -> Result<Secret, StateError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |source| StateError::Token { name: name.clone(), source };
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    #[expect(clippy::disallowed_methods, reason = "a token file of the operator, not a repository path")]
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(StateError::TokenMalformed { name });
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(StateError::TokenExposed { name });
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    if file.take(1024).read_to_string(&mut text).is_err() {
        return Err(StateError::TokenMalformed { name });
    }
    let token = text.trim_ascii();
    if !(16..=512).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(StateError::TokenMalformed { name });
    }
    Ok(Secret::new(token.to_owned()))
}

/// Writes a fresh token to a private file and links it into place, so that two first starts agree on one token and nobody ever
/// reads half of one.
fn mint_token(directory: &Path, path: &Path, name: &str) -> Result<(), StateError> {
    let failed = |source| StateError::Token { name: name.to_owned(), source };
    let token = fresh_token().map_err(failed)?;
    let temporary = directory.join(format!(".{name}.{}", uuid::Uuid::now_v7().simple()));
    #[expect(clippy::disallowed_methods, reason = "a file of the state directory, not a repository path")]
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    let written = file
        .write_all(token.expose().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    #[expect(clippy::disallowed_methods, reason = "a file of the state directory, not a repository path")]
    let removed = std::fs::remove_file(&temporary);
    linked.and(removed).map_err(failed)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;
