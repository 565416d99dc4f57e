//! What a commit may do to a path: the same judgement for whoever sends contents and for what was left in a worktree.

use std::collections::HashMap;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gitoma_core::policy::denylist::fold;
use gix::ObjectId;
use gix::object::tree::EntryKind;

use super::{NewFile, Proposed};
use crate::masked::is_binary;
use crate::object::{TreeEntry, root_tree, unavailable};
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

/// What stands at `path` in the tree of `tip`, if a commit may change it.
///
/// # Errors
/// [`ToolError::ChangeRefused`] where it would replace a link, a submodule or a directory, go through one of them, or stand beside
/// a name that some file systems take for the same one (CVE-2021-21300, CVE-2024-32002).
pub(crate) fn place(view: &View<'_>, tip: ObjectId, path: &RelPath) -> Result<Option<TreeEntry>, ToolError> {
    let mut tree = root_tree(view, tip)?;
    let mut components = path.components().peekable();
    while let Some(name) = components.next() {
        let last = components.peek().is_none();
        let folded = fold(name);
        let mut found = None;
        for entry in tree.iter() {
            let entry = entry.map_err(unavailable("object"))?;
            let (kind, id) = (entry.mode().kind(), entry.object_id());
            if entry.filename() == name {
                found = Some(TreeEntry { kind, id });
            } else if std::str::from_utf8(entry.filename()).is_ok_and(|other| fold(other) == folded) {
                return Err(refused(view, "change:same-name", path));
            }
        }
        match (found, last) {
            (Some(TreeEntry { kind: EntryKind::Link, .. }), _) => {
                return Err(refused(view, "change:symbolic-link", path));
            }
            (Some(TreeEntry { kind: EntryKind::Commit, .. }), _) => {
                return Err(refused(view, "change:submodule", path));
            }
            (Some(TreeEntry { kind: EntryKind::Tree, .. }), true) => {
                return Err(refused(view, "change:directory", path));
            }
            (Some(TreeEntry { kind: EntryKind::Blob | EntryKind::BlobExecutable, .. }), false) => {
                return Err(refused(view, "change:file-as-directory", path));
            }
            (found, true) => return Ok(found),
            (None, false) => return Ok(None),
            (Some(inner), false) => {
                tree = view.engine().find_tree(inner.id).map_err(unavailable("object"))?
            }
        }
    }
    Ok(None)
}

/// Judges the files of a commit among themselves: no two of them may be one file to some file systems, and none a directory of another.
pub(super) fn among(view: &View<'_>, files: &[Proposed]) -> Result<(), ToolError> {
    let mut known: HashMap<String, (&str, bool)> = HashMap::new();
    for file in files.iter().filter(|file| file.new.is_some()) {
        let path = file.path.as_str();
        let ends = path.match_indices('/').map(|(end, _)| (end, false)).chain([(path.len(), true)]);
        for (end, is_file) in ends {
            let Some(prefix) = path.get(..end) else { continue };
            let folded: Vec<String> = prefix.split('/').map(fold).collect();
            match known.insert(folded.join("/"), (prefix, is_file)) {
                Some((other, _)) if other != prefix => {
                    return Err(refused(view, "change:same-name", &file.path));
                }
                Some((_, was_file)) if was_file != is_file => {
                    return Err(refused(view, "change:file-as-directory", &file.path));
                }
                _ => {}
            }
        }
    }
    Ok(())
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
