//! What stands in a commit's tree where files are to change. The directories on the way to the last path stay open, so that the files
//! of one directory, in the order of paths, share one look at it.

use std::collections::HashMap;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::object::tree::EntryKind;
use gix::objs::TreeRefIter;

use super::alias::{Marks, alias, same};
use super::judge::{Made, refused};
use crate::object::{TreeEntry, unavailable};
use crate::view::View;

/// The tree of a commit.
pub(crate) struct Standing<'v> {
    view: &'v View<'v>,
    engine: &'v gix::Repository,
    id: ObjectId,
    root: Directory,
    /// Beneath the root, from above, with their names.
    way: Vec<(String, Directory)>,
}

/// A directory of the tree.
struct Directory {
    tree: Vec<u8>,
    /// What makes it a repository.
    marks: Marks,
    /// Once several names were looked for: what stands under each form of a name.
    index: Option<HashMap<String, Named>>,
    asked: bool,
}

/// What stands under one form of a name.
enum Named {
    One { name: Vec<u8>, entry: TreeEntry },
    Several,
}

/// What a directory says of a name.
enum Found {
    There(Stands),
    /// The very name twice.
    Twice,
    /// It holds what no git puts into a tree.
    Malformed,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stands {
    pub(crate) entry: Option<TreeEntry>,
    /// Whether beside it, or beside a directory on the way, stands a name that some file systems take for the same one.
    pub(crate) twin: bool,
}

impl<'v> Standing<'v> {
    /// The tree of `tip`, read by `engine`: where that is the one that makes the new tree, it has read each directory by then.
    pub(crate) fn new(
        view: &'v View<'v>,
        engine: &'v gix::Repository,
        tip: ObjectId,
    ) -> Result<Self, ToolError> {
        let commit = engine.find_commit(tip).map_err(unavailable("object"))?;
        let tree = commit.tree_id().map_err(unavailable("object"))?.detach();
        Self::of_tree(view, engine, tree)
    }

    /// The tree `id`.
    pub(crate) fn of_tree(
        view: &'v View<'v>,
        engine: &'v gix::Repository,
        id: ObjectId,
    ) -> Result<Self, ToolError> {
        let tree = engine.find_tree(id).map_err(unavailable("object"))?.detach();
        Ok(Self { view, engine, id, root: Directory::new(tree.data), way: Vec::new() })
    }

    /// The id of the whole tree.
    pub(crate) fn id(&self) -> ObjectId {
        self.id
    }

    /// What stands at `path`, if a commit may change it. `made` is what the commit makes beside it; nothing if it takes the file away.
    /// Whether a twin of it is one too many is for who knows what the commit takes away.
    ///
    /// # Errors
    /// [`ToolError::ChangeRefused`] where it would replace a link, a submodule or a directory, go through one of them, or stand in a
    /// directory that git would take for a repository.
    pub(crate) fn at(&mut self, path: &RelPath, made: Option<&Made>) -> Result<Stands, ToolError> {
        let view = self.view;
        let refuse = |rule| Err(refused(view, rule, path));
        let mut start = 0;
        let (mut missing, mut twin) = (false, false);
        let mut components = path.components().enumerate().peekable();
        while let Some((depth, name)) = components.next() {
            let is_last = components.peek().is_none();
            let inner = path.as_str().get(..start.max(1) - 1).unwrap_or_default();
            start += name.len() + 1;
            let added = made.map(|made| made.marks(inner)).unwrap_or_default();
            if missing {
                // Nothing is beneath what is not there; what the commit makes there counts.
                if added.is_repository() {
                    return refuse("change:repository");
                }
                continue;
            }
            let directory = match depth.checked_sub(1) {
                None => &mut self.root,
                Some(at) => match self.way.get_mut(at) {
                    Some((_, directory)) => directory,
                    None => {
                        return Err(ToolError::unavailable(
                            "repository",
                            "a directory on the way is not held",
                        ));
                    }
                },
            };
            let found = directory.find(name)?;
            if made.is_some() && directory.marks.with(added).is_repository() {
                return refuse("change:repository");
            }
            let entry = match found {
                Found::There(stands) => {
                    twin |= stands.twin;
                    stands.entry
                }
                Found::Twice => return refuse("change:same-name"),
                Found::Malformed => return refuse("change:malformed-tree"),
            };
            match (entry.map(|entry| entry.kind), is_last) {
                (Some(EntryKind::Link), _) => return refuse("change:symbolic-link"),
                (Some(EntryKind::Commit), _) => return refuse("change:submodule"),
                (Some(EntryKind::Tree), true) => return refuse("change:directory"),
                (Some(EntryKind::Blob | EntryKind::BlobExecutable), false) => {
                    return refuse("change:file-as-directory");
                }
                (_, true) => return Ok(Stands { entry, twin }),
                (_, false) => match entry {
                    Some(inner) => self.enter(depth, name, inner.id)?,
                    None => missing = true,
                },
            }
        }
        Ok(Stands { entry: None, twin })
    }

    /// Opens the directory `name`, which is so deep, unless it is open already.
    fn enter(&mut self, depth: usize, name: &str, id: ObjectId) -> Result<(), ToolError> {
        if self.way.get(depth).is_some_and(|(open, _)| open == name) {
            return Ok(());
        }
        self.way.truncate(depth);
        let tree = self.engine.find_tree(id).map_err(unavailable("object"))?;
        self.way.push((name.to_owned(), Directory::new(tree.detach().data)));
        Ok(())
    }
}

impl Directory {
    fn new(tree: Vec<u8>) -> Self {
        Self { tree, marks: Marks::default(), index: None, asked: false }
    }

    fn find(&mut self, name: &str) -> Result<Found, ToolError> {
        if !self.asked {
            self.asked = true;
            return self.look(name);
        }
        let index = match &mut self.index {
            Some(index) => index,
            index => index.insert(indexed(&self.tree)?),
        };
        match index.get(&alias(name)) {
            None => Ok(Found::There(Stands::default())),
            Some(Named::One { name: other, entry }) => {
                let is_this = other == name.as_bytes();
                Ok(Found::There(Stands { entry: is_this.then_some(*entry), twin: !is_this }))
            }
            Some(Named::Several) => self.look(name),
        }
    }

    /// Looks for one name, without making anything of the others.
    fn look(&mut self, name: &str) -> Result<Found, ToolError> {
        let mut found = Stands::default();
        for entry in TreeRefIter::from_bytes(&self.tree, gix::hash::Kind::Sha1) {
            let entry = entry.map_err(unavailable("object"))?;
            if is_malformed(entry.filename) {
                return Ok(Found::Malformed);
            }
            // What is no text is no name that a tool takes, and none that reads like one.
            let Ok(other) = std::str::from_utf8(entry.filename) else { continue };
            self.marks.note(other);
            if !same(name, other) {
                continue;
            }
            if other != name {
                found.twin = true;
            } else if found.entry.is_some() {
                return Ok(Found::Twice);
            } else {
                found.entry = Some(TreeEntry { kind: entry.mode.kind(), id: entry.oid.to_owned() });
            }
        }
        Ok(Found::There(found))
    }
}

fn indexed(tree: &[u8]) -> Result<HashMap<String, Named>, ToolError> {
    let mut index = HashMap::new();
    for entry in TreeRefIter::from_bytes(tree, gix::hash::Kind::Sha1) {
        let entry = entry.map_err(unavailable("object"))?;
        let Ok(name) = std::str::from_utf8(entry.filename) else { continue };
        let one = Named::One {
            name: name.as_bytes().to_vec(),
            entry: TreeEntry { kind: entry.mode.kind(), id: entry.oid.to_owned() },
        };
        index.entry(alias(name)).and_modify(|named| *named = Named::Several).or_insert(one);
    }
    Ok(index)
}

/// Whether `name` is none that git puts into a tree, and refuses to write out again.
fn is_malformed(name: &[u8]) -> bool {
    matches!(name, b"" | b"." | b"..") || name.contains(&b'/') || name.eq_ignore_ascii_case(b".git")
}
