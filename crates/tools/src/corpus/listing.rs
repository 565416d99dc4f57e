//! The files of a directory: all, or what git would take of them. Directories are listed by confinement, level by level; of git
//! come the index and the rules on what is ignored.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{FileTree, Found, Kind, OpenError, RootError, check_rules};
use gix::AttributeStack;
use gix::bstr::ByteSlice as _;
use gix::index::entry::Mode;
use gix::worktree::stack::state::ignore::Source;

use crate::repositories::OpenFault;

use super::{Corpus, CorpusError, CorpusText, Place, Skipped, Unread, repository, said};

/// The largest file of rules on what is ignored; the engine reads it whole.
const LARGEST_RULES: u64 = 8 * 1024 * 1024;

/// What has been found.
struct Walk<'t> {
    tree: &'t FileTree,
    files: BTreeSet<Vec<u8>>,
    skipped: Skipped,
    unread: BTreeSet<Unread>,
}

/// Every file at or beneath `path`.
pub(super) fn everything(path: &Path) -> Result<Corpus, CorpusError> {
    let path = repository::canonical(path)?;
    // From the top of the work tree, so that a finding has the same fingerprint however it was come by.
    let top = repository::top_of(&path).filter(|top| top.join(".git").symlink_metadata().is_ok());
    gather(&path, top, None)
}

/// What git tracks at or beneath `path`, and what it neither tracks nor ignores.
pub(super) fn tracked(path: &Path) -> Result<Corpus, CorpusError> {
    let path = repository::canonical(path)?;
    let Some(top) = repository::top_of(&path).filter(|top| top.join(".git").symlink_metadata().is_ok())
    else {
        return gather(&path, None, None);
    };
    let engine = repository::open(top)?.to_thread_local();
    gather(&path, Some(top), Some(&engine))
}

fn gather(path: &Path, top: Option<&Path>, engine: Option<&gix::Repository>) -> Result<Corpus, CorpusError> {
    let (tree, beneath) = match top {
        Some(top) => (FileTree::open(top)?, path.strip_prefix(top).unwrap_or(path).to_owned()),
        None => match FileTree::open(path) {
            Ok(tree) => (tree, PathBuf::new()),
            Err(RootError::NotADirectory) => FileTree::open_beside(path)?,
            Err(error) => return Err(error.into()),
        },
    };
    let mut walk =
        Walk { tree: &tree, files: BTreeSet::new(), skipped: Skipped::default(), unread: BTreeSet::new() };
    match tree.list(&beneath) {
        Err(OpenError::NotADirectory) => {
            walk.files.insert(beneath.as_os_str().as_bytes().to_owned());
        }
        Err(error) => return Err(CorpusError::Unreadable(error)),
        Ok(_) => match engine {
            Some(engine) => walk.as_git(engine, &beneath)?,
            None => walk.beneath(beneath, None),
        },
    }
    let Walk { files, skipped, unread, .. } = walk;
    let texts = files.into_iter().map(|path| CorpusText { path, place: Place::File }).collect();
    let root = tree.path().to_owned();
    Ok(Corpus { root, tree: Some(tree), engine: None, texts, skipped, unread: unread.into_iter().collect() })
}

impl Walk<'_> {
    /// Takes what is tracked from the index and what is not from the directory.
    fn as_git(&mut self, engine: &gix::Repository, beneath: &Path) -> Result<(), CorpusError> {
        let index = engine.index_or_empty().map_err(CorpusError::engine)?;
        for entry in index.entries() {
            let path = entry.path(&index);
            let within = Path::new(OsStr::from_bytes(path)).starts_with(beneath);
            // Links are counted where they are met, and a submodule is a directory.
            if within && matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
                self.files.insert(path.to_vec());
            }
        }
        check_rules(engine.common_dir(), LARGEST_RULES)
            .map_err(|error| CorpusError::Repository(OpenFault::GitDir(error.into())))?;
        let mut rules = engine
            .excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped)
            .map_err(CorpusError::engine)?;
        // Rules above the directory hold in it too, and must be such that reading them comes to an end.
        let safe = beneath.ancestors().skip(1).all(|above| self.may_read_rules(above, &[]));
        if !safe {
            return Ok(());
        }
        // Who names an ignored directory means it.
        let ignored = !beneath.as_os_str().is_empty()
            && is_ignored(&mut rules, beneath, Mode::DIR).is_ok_and(|ignored| ignored);
        self.beneath(beneath.to_owned(), (!ignored).then_some(&mut rules));
        Ok(())
    }

    /// Takes every file beneath a directory, but for what `rules` ignore.
    fn beneath(&mut self, directory: PathBuf, mut rules: Option<&mut AttributeStack<'_>>) {
        let mut waiting = vec![directory];
        while let Some(directory) = waiting.pop() {
            let entries = match self.tree.list(&directory) {
                Ok(entries) => entries,
                Err(OpenError::NotFound) => continue,
                Err(error) => {
                    self.give_up(&directory, said(&error));
                    continue;
                }
            };
            if rules.is_some() && !self.may_read_rules(&directory, &entries) {
                continue;
            }
            for Found { name, kind } in entries {
                if name == ".git" {
                    continue;
                }
                let path = directory.join(&name);
                let mode = if kind == Kind::Directory { Mode::DIR } else { Mode::FILE };
                match rules.as_mut().map_or(Ok(false), |rules| is_ignored(rules, &path, mode)) {
                    Ok(false) => {}
                    Ok(true) => continue,
                    Err(()) => {
                        self.give_up(&path, "git cannot say whether it is ignored".to_owned());
                        continue;
                    }
                }
                match kind {
                    Kind::File => {
                        self.files.insert(path.as_os_str().as_bytes().to_owned());
                    }
                    Kind::Directory => waiting.push(path),
                    Kind::Link => self.skipped.links += 1,
                    Kind::Other => self.skipped.special += 1,
                }
            }
        }
    }

    /// Whether the rules of a directory, if there are some, are a file of bounded size: the engine opens them by name, and a pipe
    /// would hold it for ever.
    fn may_read_rules(&mut self, directory: &Path, entries: &[Found]) -> bool {
        let path = directory.join(".gitignore");
        if !entries.is_empty() && !entries.iter().any(|entry| entry.name == ".gitignore") {
            return true;
        }
        let why = match self.tree.open_file(&path) {
            Ok((_, size)) if size > LARGEST_RULES => {
                format!("its rules are larger than {LARGEST_RULES} bytes")
            }
            // The engine follows no link.
            Ok(_) | Err(OpenError::NotFound | OpenError::LinkRefused) => return true,
            Err(error) => said(&error),
        };
        self.give_up(&path, why);
        false
    }

    fn give_up(&mut self, path: &Path, why: String) {
        self.unread.insert(Unread { path: path.as_os_str().as_bytes().to_owned(), why });
    }
}

fn is_ignored(rules: &mut AttributeStack<'_>, path: &Path, mode: Mode) -> Result<bool, ()> {
    let path = path.as_os_str().as_bytes().as_bstr();
    rules.at_entry(path, Some(mode)).map(|found| found.is_excluded()).map_err(|_| ())
}
