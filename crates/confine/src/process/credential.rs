//! A credential on its way to git: it lies in a file that exists in memory alone, and only a descriptor of it is inherited. It stands in
//! no argument, no variable and no file that others could read.

use std::fmt;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd, write};

use super::error::ProcessError;

/// A name and a secret, and whom they are for.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    /// The remote that may be told: `https://HOST[:PORT]`.
    pub origin: &'a str,
    /// The name.
    pub username: &'a str,
    /// The secret.
    pub password: &'a str,
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(***)")
    }
}

/// A credential that can be handed to one process.
#[derive(Debug)]
pub(super) struct Passed(OwnedFd);

impl Passed {
    pub(super) fn new(credential: &Credential<'_>) -> Result<Self, ProcessError> {
        let Credential { origin, username, password } = credential;
        let failed = |errno: rustix::io::Errno| ProcessError::Start(errno.into());
        let file = memfd_create("gitoma", MemfdFlags::CLOEXEC).map_err(failed)?;
        for part in [origin, username, password] {
            if part.chars().any(char::is_control) {
                return Err(ProcessError::Credential);
            }
            for mut bytes in [part.as_bytes(), b"\n"] {
                while !bytes.is_empty() {
                    let written = write(&file, bytes).map_err(failed)?;
                    bytes = bytes.get(written..).unwrap_or_default();
                }
            }
        }
        Ok(Self(file))
    }

    /// The number under which whoever inherits it finds it.
    pub(super) fn number(&self) -> String {
        self.0.as_raw_fd().to_string()
    }

    /// Whether the next process that is started gets it.
    pub(super) fn inherit(&self, inherited: bool) -> std::io::Result<()> {
        let flags = if inherited { FdFlags::empty() } else { FdFlags::CLOEXEC };
        fcntl_setfd(self.0.as_fd(), flags).map_err(Into::into)
    }
}
