//! Directories as they were.

#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A copy of everything in a directory, as somebody might put it back later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Vec<u8>>);

impl Snapshot {
    pub(crate) fn of(directory: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut left = vec![directory.to_owned()];
        while let Some(place) = left.pop() {
            for item in fs::read_dir(place).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    files.insert(path.strip_prefix(directory).unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        Self(files)
    }

    pub(crate) fn into_files(self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.0
    }

    /// The content of one file.
    pub(crate) fn file(&self, name: &Path) -> &[u8] {
        &self.0[name]
    }

    /// Makes the directory what it was.
    pub(crate) fn put(&self, directory: &Path) {
        if directory.exists() {
            fs::remove_dir_all(directory).unwrap();
        }
        for (name, content) in &self.0 {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
}
