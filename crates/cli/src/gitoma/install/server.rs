//! The `gitoma-mcp` that clients start: where it is, that it is ours to trust, and that it is of this version.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gitoma_confine::{Ended, Program};

use super::own_directory;
use crate::failure::Failure;
use crate::gitoma::client::place::is_same_file;

/// What the program is called.
pub(in crate::gitoma) const PROGRAM: &str = "gitoma-mcp";
/// What it must say of its version.
const VERSION: &str = concat!("gitoma-mcp ", env!("CARGO_PKG_VERSION"));
/// How long it may take to say so.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of what it says is kept, in bytes.
const KEPT: usize = 4096;

/// Why a program is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::gitoma) enum Unfit {
    #[error("is not there")]
    Gone,
    #[error("is not an absolute path, and clients start servers in directories of their own")]
    Relative,
    #[error("is no program that you may run")]
    NoProgram,
    #[error("belongs to another user, who could exchange it")]
    Foreign,
    #[error("may be changed by every user of this machine; run chmod o-w on it")]
    Exposed,
    #[error("does not tell its version")]
    Mute,
    #[error("is of another version than this gitoma ({})", env!("CARGO_PKG_VERSION"))]
    Version,
}

/// A program that was looked at.
#[derive(Debug, Clone)]
pub(in crate::gitoma) struct Server {
    path: PathBuf,
}

impl Server {
    /// The program that `named` says, else the one beside this program.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, Failure> {
        let path = match named {
            Some(path) if path.file_name().is_some_and(|name| name == PROGRAM) => {
                std::path::absolute(path)
                    .map_err(|source| Failure::Input { what: "--server".to_owned(), source })?
            }
            Some(_) => {
                return Err(Failure::Usage(format!("--server must name a program that is called {PROGRAM}")));
            }
            None => Self::beside().ok_or_else(|| {
                Failure::Usage(
                    "it is not known where this program is; name the server with --server".to_owned(),
                )
            })?,
        };
        Self::at(&path).map_err(|unfit| match (unfit, named) {
            (Unfit::Gone, None) => {
                Failure::Usage(format!("{PROGRAM} is not beside this program; name it with --server FILE"))
            }
            (unfit, _) => Failure::Usage(format!("the server {} {unfit}", path.display())),
        })
    }

    /// Where the one beside this program should be.
    pub(in crate::gitoma) fn beside() -> Option<PathBuf> {
        own_directory().map(|directory| directory.join(PROGRAM))
    }

    /// Looks at the program at `path`, without running it.
    pub(in crate::gitoma) fn at(path: &Path) -> Result<Self, Unfit> {
        if !path.is_absolute() {
            return Err(Unfit::Relative);
        }
        let metadata = std::fs::metadata(path).map_err(|_| Unfit::Gone)?;
        if !metadata.is_file() || rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_err() {
            return Err(Unfit::NoProgram);
        }
        if metadata.uid() != 0 && metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(Unfit::Foreign);
        }
        if metadata.mode() & 0o002 != 0 { Err(Unfit::Exposed) } else { Ok(Self { path: path.to_owned() }) }
    }

    /// Where it is.
    pub(in crate::gitoma) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the very file at `other`, whatever the names.
    pub(in crate::gitoma) fn is(&self, other: &Path) -> bool {
        is_same_file(&self.path, other)
    }

    /// Runs it to see that it is of this version.
    pub(in crate::gitoma) fn version(&self) -> Result<(), Unfit> {
        let arguments = [OsString::from("--version")];
        let program =
            Program { path: &self.path, arguments: &arguments, environment: &[], directory: Path::new("/") };
        let finished = program.run(PATIENCE, KEPT).map_err(|_| Unfit::NoProgram)?;
        match (finished.ended, finished.stdout.trim_ascii_end()) {
            (Ended::Exited(0), said) if said == VERSION.as_bytes() => Ok(()),
            (Ended::Exited(0), said) if said.starts_with(PROGRAM.as_bytes()) => Err(Unfit::Version),
            _ => Err(Unfit::Mute),
        }
    }

    /// As [`Server::version`], for whoever would write it down.
    pub(super) fn require_version(&self) -> Result<(), Failure> {
        self.version().map_err(|unfit| Failure::Usage(format!("the server {} {unfit}", self.path.display())))
    }
}
