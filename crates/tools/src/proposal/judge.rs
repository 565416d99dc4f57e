//! What a commit may do to a path: the same judgement for whoever sends contents and for what was left in a worktree.

use std::collections::HashMap;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;

use super::NewFile;
use super::alias::{Marks, alias};
use super::standing::Standing;
use crate::masked::is_binary;
use crate::object::TreeEntry;
use crate::rewrite::{self, Ranges};
use crate::view::View;

/// Who wrote the contents of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The caller sent them: a secret in them, even one that the file has already, is the caller's guess.
    Caller,
    /// They lie in a worktree: what a file had before is no news.
    Worktree,
}

/// The largest file of a commit.
const FILE_BYTES: u64 = gitoma_confine::MAX_WRITE_BYTES;

/// The most directories on the way to a new file, and itself. Each of them is an object of its own in a commit.
const MAX_DEPTH: usize = 64;

/// What stands at `path` in the tree of `tip`, if a commit may change it, as [`Standing::at`] says, and nothing stands beside it that some
/// file systems take for the same name.
pub(crate) fn place(view: &View<'_>, tip: ObjectId, path: &RelPath) -> Result<Option<TreeEntry>, ToolError> {
    let stands = Standing::new(view, view.engine(), tip)?.at(path, Some(&Made::default()))?;
    if stands.twin { Err(refused(view, "change:same-name", path)) } else { Ok(stands.entry) }
}

/// What the files that are made together make of their directories.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// By directory, what git would take for a part of a repository.
    marks: HashMap<String, Marks>,
}

impl Made {
    pub(super) fn marks(&self, directory: &str) -> Marks {
        self.marks.get(directory).copied().unwrap_or_default()
    }

    /// Refuses what would make a repository of a directory together with what `is_there` already.
    pub(crate) fn require_no_repository(
        &self,
        view: &View<'_>,
        is_there: impl Fn(&RelPath) -> bool,
    ) -> Result<(), ToolError> {
        for (directory, marks) in &self.marks {
            let mut marks = *marks;
            for name in Marks::NAMES {
                let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
                // Of what is no path nothing is there.
                if RelPath::parse(&path).is_ok_and(|path| is_there(&path)) {
                    marks.note(name);
                }
            }
            if marks.is_repository() {
                let path = if directory.is_empty() { "." } else { directory };
                let path = view.context().redactor().redact_line(path).into_owned();
                return Err(ToolError::ChangeRefused { rule: "change:repository".into(), path });
            }
        }
        Ok(())
    }
}

/// Judges new files among themselves: no two of them may be one file to some file systems, none a directory of another, and none too
/// deep.
pub(crate) fn among<'p>(
    view: &View<'_>,
    paths: impl Iterator<Item = &'p RelPath>,
) -> Result<Made, ToolError> {
    let mut known: HashMap<String, (&str, bool)> = HashMap::new();
    let mut made = Made::default();
    for path in paths {
        let text = path.as_str();
        let (mut start, mut form) = (0, String::new());
        for (depth, name) in path.components().enumerate() {
            if depth >= MAX_DEPTH {
                return Err(refused(view, "change:depth", path));
            }
            let directory = text.get(..start.max(1) - 1).unwrap_or_default();
            let end = start + name.len();
            let (prefix, is_file) = (text.get(..end).unwrap_or(text), end == text.len());
            start = end + 1;
            let mut marks = Marks::default();
            marks.note(name);
            if !marks.is_empty() {
                let there = made.marks.entry(directory.to_owned()).or_default();
                *there = there.with(marks);
            }
            form.push('/');
            form.push_str(&alias(name));
            match known.insert(form.clone(), (prefix, is_file)) {
                Some((other, _)) if other != prefix => return Err(refused(view, "change:same-name", path)),
                Some((_, was_file)) if was_file != is_file => {
                    return Err(refused(view, "change:file-as-directory", path));
                }
                _ => {}
            }
        }
    }
    Ok(made)
}

/// Judges the content that a file becomes.
pub(crate) fn content(
    view: &View<'_>,
    path: &RelPath,
    before: Option<&[u8]>,
    new: &NewFile,
    origin: Origin,
) -> Result<(), ToolError> {
    if new.bytes.len() as u64 > FILE_BYTES {
        return Err(ToolError::TooLarge { what: "a file of the commit", limit: FILE_BYTES });
    }
    if is_binary(&new.bytes) {
        return Err(refused(view, "change:binary", path));
    }
    let after = String::from_utf8_lossy(&new.bytes);
    let before = before.map(String::from_utf8_lossy);
    let whole = 0..after.len();
    let added = match origin {
        Origin::Caller => std::slice::from_ref(&whole),
        Origin::Worktree => &[],
    };
    rewrite::judge(view, path, before.as_deref(), &after, Ranges { added, secrets: &[] })
}

/// A refusal that names the rule and the path, which may be a stranger's text.
pub(crate) fn refused(view: &View<'_>, rule: &'static str, path: &RelPath) -> ToolError {
    let path = view.context().redactor().redact_line(path.as_str()).into_owned();
    ToolError::ChangeRefused { rule: rule.into(), path }
}
