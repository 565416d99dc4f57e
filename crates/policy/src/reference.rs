//! By which names rules know a reference. Callers spell one in many ways; rules are compared with the short name, so that
//! `refs: [main]` means `main`, `refs/heads/main` and `main~2` alike. Nothing is looked up: where a spelling may mean two
//! references, both names are given, and each is judged.

/// Where branches, tags and remote branches are, whose names are short without it.
const FOLDERS: [&str; 3] = ["heads/", "tags/", "remotes/"];

/// What stands behind the name in a revision: ancestors, parents, entries of the log, paths (gitrevisions(7)).
const SUFFIXES: [char; 3] = ['~', '^', ':'];

/// The names by which rules know the reference that `revision` starts from; none for `HEAD`, whose branch only the
/// repository knows, so that a call that names it is judged as one that names no reference.
#[must_use]
pub fn names(revision: &str) -> [Option<&str>; 2] {
    let end = revision.find(SUFFIXES).into_iter().chain(revision.find("@{")).min().unwrap_or(revision.len());
    let name = revision.split_at_checked(end).map_or(revision, |(name, _)| name);
    match name {
        "" | "@" | "HEAD" => [None, None],
        name => short(name),
    }
}

fn short(name: &str) -> [Option<&str>; 2] {
    let of_work_tree = name.strip_prefix("main-worktree/").or_else(|| {
        name.strip_prefix("worktrees/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest)
    });
    if let Some(inner) = of_work_tree {
        let full = inner.strip_prefix("refs/").unwrap_or(inner);
        return [Some(in_folder(full).unwrap_or(inner)), Some(name)];
    }
    match name.strip_prefix("refs/") {
        // In full, and nothing else by that spelling.
        Some(rest) => match in_folder(rest) {
            Some(short) => [Some(short), None],
            None => [Some(rest), Some(name)],
        },
        // Git looks for `refs/heads/x` first, and for a branch `heads/x` if there is none.
        None => match in_folder(name) {
            Some(short) => [Some(short), Some(name)],
            None => [Some(name), None],
        },
    }
}

fn in_folder(name: &str) -> Option<&str> {
    FOLDERS.iter().find_map(|folder| name.strip_prefix(folder))
}

#[cfg(test)]
mod tests;
