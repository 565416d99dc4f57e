//! By which names rules know a reference. Callers spell one in many ways; rules are compared with the short name, so that
//! `refs: [main]` means `main`, `refs/heads/main` and `main~2` alike. Nothing is looked up: where a spelling may mean two
//! references, both names are given, and each is judged.

mod pattern;

pub(crate) use self::pattern::fault;
use crate::fold;

/// Where branches, tags and remote branches are, whose names are short without it.
const FOLDERS: [&str; 3] = ["heads/", "tags/", "remotes/"];

/// What stands behind the name in a revision: ancestors, parents, entries of the log, paths (gitrevisions(7)).
const SUFFIXES: [char; 3] = ['~', '^', ':'];

/// What git keeps beside `HEAD` for itself, in names that do not end in `_HEAD`.
const PSEUDO: [&str; 5] =
    ["auto_merge", "bisect_expected_rev", "merge_autostash", "notes_merge_partial", "notes_merge_ref"];

/// The names by which rules know the reference that `revision` starts from; none where the spelling stands for a reference
/// that only the repository knows, so that a call that names it is judged as one that names no reference: `HEAD`, that of a
/// remote or of a work tree (`origin/HEAD`, `worktrees/x/HEAD`), and what git keeps for itself, such as `FETCH_HEAD`.
///
/// Such names and the folders of references count in any case: where file names have none, git reads `head` as `HEAD`
/// and `Refs/Heads/main` as `refs/heads/main`.
#[must_use]
pub fn names(revision: &str) -> [Option<&str>; 2] {
    let name = before_suffix(revision);
    let inner = of_work_tree(name);
    if name.is_empty() || is_symbolic(inner.unwrap_or(name)) {
        return [None, None];
    }
    short(name, inner)
}

/// The revision without its steps.
fn before_suffix(revision: &str) -> &str {
    let end = revision.find(SUFFIXES).into_iter().chain(revision.find("@{")).min().unwrap_or(revision.len());
    revision.split_at_checked(end).map_or(revision, |(name, _)| name)
}

/// Whether the name stands for whatever is checked out.
fn is_head(name: &str) -> bool {
    name == "@" || without(name, "head") == Some("")
}

/// Whether only the repository knows for which reference the name stands.
fn is_symbolic(name: &str) -> bool {
    // In full and in a folder of its own it is one like any other: `refs/pull/1/head`.
    let is_own = without(name, "refs/").is_some_and(|rest| in_folder(rest).is_none());
    let ends_in_head = name.rsplit_once('/').is_some_and(|(_, last)| without(last, "head") == Some(""));
    is_head(name) || (ends_in_head && !is_own) || is_pseudo(name)
}

/// Whether git keeps the name for itself beside `HEAD`. In full (`refs/heads/my_head`) it is one like any other.
fn is_pseudo(name: &str) -> bool {
    let ends = |end: &str| name.len().checked_sub(end.len()).and_then(|at| name.get(at..));
    let is_head = ends("_head").is_some_and(|end| end.eq_ignore_ascii_case("_head"));
    (is_head && name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-')))
        || PSEUDO.iter().any(|pseudo| without(name, pseudo) == Some(""))
}

/// The name that a work tree knows, if `name` is that of a work tree.
fn of_work_tree(name: &str) -> Option<&str> {
    without(name, "main-worktree/")
        .or_else(|| without(name, "worktrees/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest))
}

fn short<'a>(name: &'a str, of_work_tree: Option<&'a str>) -> [Option<&'a str>; 2] {
    if let Some(inner) = of_work_tree {
        let full = without(inner, "refs/").unwrap_or(inner);
        return [Some(in_folder(full).unwrap_or(inner)), Some(name)];
    }
    match without(name, "refs/") {
        Some(rest) => match in_folder(rest) {
            // In full, and nothing else by that spelling; but where file names have a case, another spelling is another
            // reference.
            Some(short) => [Some(short), Some(name).filter(|name| !is_exact(name))],
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
    FOLDERS.iter().find_map(|folder| without(name, folder))
}

/// Whether the folder is written as git writes it.
fn is_exact(name: &str) -> bool {
    let rest = name.strip_prefix("refs/");
    rest.is_some_and(|rest| FOLDERS.iter().any(|folder| rest.starts_with(folder)))
}

/// What follows `prefix`, which is folded, in whatever case that is written.
fn without<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (mut name, mut left) = (name.chars(), prefix);
    while !left.is_empty() {
        for folded in fold::char(name.next()?) {
            left = left.strip_prefix(folded)?;
        }
    }
    Some(name.as_str())
}

#[cfg(test)]
mod tests;
