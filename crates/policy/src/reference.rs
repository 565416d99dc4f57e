//! By which names rules know a reference. Callers spell one in many ways; rules are compared with the short name, so that
//! `refs: [main]` means `main`, `refs/heads/main` and `main~2` alike. Nothing is looked up: where a spelling may mean two
//! references, both names are given, and each is judged.

mod pattern;

pub(crate) use self::pattern::fault;

/// Where branches, tags and remote branches are, whose names are short without it.
const FOLDERS: [&str; 3] = ["heads/", "tags/", "remotes/"];

/// What stands behind the name in a revision: ancestors, parents, entries of the log, paths (gitrevisions(7)).
const SUFFIXES: [char; 3] = ['~', '^', ':'];

/// The names by which rules know the reference that `revision` starts from; none for `HEAD`, whose branch only the
/// repository knows, so that a call that names it is judged as one that names no reference.
///
/// `HEAD` and the folders of references count in any case: where file names have none, git reads `head` as `HEAD` and
/// `Refs/Heads/main` as `refs/heads/main`.
#[must_use]
pub fn names(revision: &str) -> [Option<&str>; 2] {
    let name = before_suffix(revision);
    if is_head(name) || name.is_empty() {
        return [None, None];
    }
    short(name)
}

/// The revision without its steps.
fn before_suffix(revision: &str) -> &str {
    let end = revision.find(SUFFIXES).into_iter().chain(revision.find("@{")).min().unwrap_or(revision.len());
    revision.split_at_checked(end).map_or(revision, |(name, _)| name)
}

/// Whether the name stands for whatever is checked out.
fn is_head(name: &str) -> bool {
    name == "@" || name.eq_ignore_ascii_case("HEAD")
}

fn short(name: &str) -> [Option<&str>; 2] {
    let of_work_tree = without(name, "main-worktree/")
        .or_else(|| without(name, "worktrees/").and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest));
    if let Some(inner) = of_work_tree {
        let full = without(inner, "refs/").unwrap_or(inner);
        return [Some(in_folder(full).unwrap_or(inner)), Some(name)];
    }
    match without(name, "refs/") {
        // In full, and nothing else by that spelling.
        Some(rest) => match in_folder(rest) {
            // Where file names have a case, another spelling is another reference.
            Some(short) => [Some(short), Some(name).filter(|name| !name.starts_with("refs/"))],
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

/// What follows `prefix`, in whatever case that is written.
fn without<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests;
