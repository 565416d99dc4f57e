//! Opens the log's own files, which lie in the state directory and never in a repository.
//! Every call here refuses a link in the last place of the path; what is in the files is not its business.
#![expect(
    clippy::disallowed_methods,
    reason = "the log's own files in the state directory; no repository path comes here"
)]

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    time::SystemTime,
};

use rustix::fs::OFlags;

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    // the flags are small and positive on every platform that rustix knows
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    options
}

/// Opens an existing file to read it.
pub(crate) fn read(path: &Path) -> io::Result<File> {
    regular(options().read(true).open(path)?)
}

/// Opens an existing file to read it and to append to it.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    regular(options().read(true).append(true).open(path)?)
}

/// Opens an existing file to change bytes in place.
pub(crate) fn modify(path: &Path) -> io::Result<File> {
    regular(options().read(true).write(true).open(path)?)
}

/// Creates a file that must not exist (0600) to append to it.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    options().read(true).append(true).create_new(true).open(path)
}

/// Opens a file to read it and to append to it, creating it (0600) where it is missing.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    regular(options().read(true).append(true).create(true).open(path)?)
}

/// As [`open_or_create`], but for others to read (0644) as far as the umask lets them.
pub(crate) fn open_or_share(path: &Path) -> io::Result<File> {
    regular(options().mode(0o644).read(true).append(true).create(true).open(path)?)
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::from(io::ErrorKind::InvalidInput)) }
}

/// Creates a directory (0700), and those above it, where they are missing.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates a directory that others may list (0755) as far as the umask lets them, in one that is there.
pub(crate) fn shared_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(path)
}

/// When a file was last written.
pub(crate) fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::symlink_metadata(path)?.modified()
}

/// Whether an open file is the one that a path names; not if there is none, or a link.
pub(crate) fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether somebody else than the owner may change what is in a directory.
pub(crate) fn others_may_write(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.permissions().mode() & 0o022 != 0)
}

/// Whether a directory is another one or lies in it, whatever links lead there.
pub(crate) fn is_within(path: &Path, directory: &Path) -> io::Result<bool> {
    Ok(path.canonicalize()?.starts_with(directory.canonicalize()?))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    OpenOptions::new().read(true).open(path)?.sync_all()
}

/// Removes a file of the log's own.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Gives the owner the right to write to a file back (0600).
pub(crate) fn make_writable(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Takes the right to write to a file away, and from everybody else the right to read it (0400).
pub(crate) fn make_read_only(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o400))
}

/// The names in a directory, as they come; nobody holds all of them, since there may be any number.
pub(crate) fn names(path: &Path) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
    Ok(fs::read_dir(path)?.map(|item| item.map(|item| item.file_name())))
}
