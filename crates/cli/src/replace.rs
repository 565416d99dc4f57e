//! Replacing a file that the user names by another content, all of it or nothing.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

/// As [`replace`], but the file need not exist yet.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    match replace(path, content) {
        // A link that leads nowhere is not replaced: what it names was meant.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            written(path, content, None)
        }
        done => done,
    }
}

/// Writes `content` to a new file beside `path`, makes it durable, and gives it the name of `path`. A link is followed, so that
/// what it names is replaced and not the link; permissions are kept.
#[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = std::fs::metadata(&path)?.permissions();
    written(&path, content, Some(permissions))
}

#[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
fn written(path: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create_new(&beside).and_then(|mut file| {
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        // What is left would only be in the way; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&beside);
    }
    written
}
