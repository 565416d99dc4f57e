//! What policy knows a reference by: the short name, whichever way the caller spelled it. Nothing is looked up; where a spelling
//! may mean two references, both names are stated, and each is judged.

use std::sync::Arc;

use gitoma_confine::{Base, Revision};

/// Where branches, tags and remote branches are, whose names are short without it.
const FOLDERS: [&str; 3] = ["heads/", "tags/", "remotes/"];

/// The names of the reference that `revision` starts from: `HEAD`, the digits of an id, or one or two short names.
pub(super) fn names(revision: &Revision) -> impl Iterator<Item = Arc<str>> {
    let (name, other) = match revision.base() {
        Base::Head => ("HEAD", None),
        Base::Id(id) => (id.as_str(), None),
        Base::Name(name) => short(name.as_str()),
    };
    [Some(name), other].into_iter().flatten().map(Arc::from)
}

fn short(name: &str) -> (&str, Option<&str>) {
    let of_work_tree = name.strip_prefix("main-worktree/").or_else(|| {
        name.strip_prefix("worktrees/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest)
    });
    if let Some(inner) = of_work_tree {
        let full = inner.strip_prefix("refs/").unwrap_or(inner);
        return (in_folder(full).unwrap_or(inner), Some(name));
    }
    match name.strip_prefix("refs/") {
        // In full, and nothing else by that spelling.
        Some(rest) => match in_folder(rest) {
            Some(short) => (short, None),
            None => (rest, Some(name)),
        },
        // Git looks for `refs/heads/x` first, and for a branch `heads/x` if there is none.
        None => match in_folder(name) {
            Some(short) => (short, Some(name)),
            None => (name, None),
        },
    }
}

fn in_folder(name: &str) -> Option<&str> {
    FOLDERS.iter().find_map(|folder| name.strip_prefix(folder))
}
