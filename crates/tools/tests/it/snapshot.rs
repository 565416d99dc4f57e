//! Everything beneath a directory, byte for byte: what a call must leave alone is told from what it may change.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Directory,
    /// Its permissions and content.
    File(u32, Vec<u8>),
    /// Where it leads.
    Link(std::path::PathBuf),
}

/// Everything beneath a directory, by path from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, Item>);

impl Snapshot {
    pub(crate) fn of(root: &Path) -> Self {
        let mut snapshot = Self::default();
        snapshot.take(root, "");
        snapshot
    }

    fn take(&mut self, directory: &Path, prefix: &str) {
        let Ok(entries) = std::fs::read_dir(directory) else { return };
        for entry in entries {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let metadata = entry.path().symlink_metadata().unwrap();
            let item = if metadata.is_symlink() {
                Item::Link(std::fs::read_link(entry.path()).unwrap())
            } else if metadata.is_dir() {
                self.take(&entry.path(), &format!("{name}/"));
                Item::Directory
            } else {
                Item::File(metadata.permissions().mode(), std::fs::read(entry.path()).unwrap())
            };
            self.0.insert(name, item);
        }
    }

    /// The files, links and directories that are not in both as they are in one; a directory counts only where it came or went.
    pub(crate) fn changed<'s>(&'s self, after: &'s Self) -> Vec<&'s str> {
        let gone_or_other = self.0.iter().filter(|(name, item)| after.0.get(*name) != Some(item));
        let new = after.0.keys().filter(|name| !self.0.contains_key(*name));
        gone_or_other.map(|(name, _)| name).chain(new).map(String::as_str).collect()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    pub(crate) fn is_directory(&self, path: &str) -> bool {
        self.0.get(path) == Some(&Item::Directory)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
