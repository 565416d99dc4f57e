//! The `.gitignore` and `.gitattributes` files of a work tree, looked at before the git engine opens them by name: a pipe of
//! such a name would hold its threads for ever, past any deadline, and a file without end would fill the memory. Nothing is
//! opened or read here. What confinement does not list (a denied name, a path it cannot express) is not looked at.

use gitoma_confine::{DirectoryEntry, Kind, Listing, OpenError, RelPath};
use gitoma_core::ToolError;
use gix::bstr::ByteSlice;
use gix::index::entry::Mode;
use gix::worktree::stack::state::ignore::Source;

use crate::object::{FILE_BYTES, unavailable};
use crate::view::View;

/// How many entries of a work tree are looked at.
const MAX_ENTRIES: usize = 500_000;
/// What the engine reads in each directory it comes to.
const NAMES: [&str; 2] = [".gitignore", ".gitattributes"];

/// Where the engine is about to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// To the directories of tracked files.
    Tracked,
    /// To every directory that is not ignored as well.
    Everything,
}

/// Looks at the rule files in all directories of `scope`.
///
/// A directory is left before those beneath it are entered, so the engine is asked what is ignored only where its files have
/// been looked at.
///
/// # Errors
/// [`ToolError::Confined`] by `path:special-file` for a pipe, socket or device, [`ToolError::TooLarge`] beyond 8 MiB, and
/// [`ToolError::Unsuitable`] for a work tree of more than 500,000 entries.
pub(crate) fn check(view: &View<'_>, scope: Scope) -> Result<(), ToolError> {
    let root = view.repository().work_tree()?;
    let engine = view.engine();
    let index = engine.index_or_empty().map_err(unavailable("index"))?;
    let ignores_case = engine.filesystem_options().map_err(unavailable("repository"))?.ignore_case;
    let lookup = ignores_case.then(|| index.prepare_icase_backing());
    // A submodule is an entry of its own and is not entered.
    let is_tracked = |path: &RelPath| {
        let bytes = path.as_str().into();
        match &lookup {
            Some(lookup) => index.path_is_directory_icase(bytes, true, lookup),
            None => index.path_is_directory(bytes) && index.entry_by_path(bytes).is_none(),
        }
    };
    let mut excludes = match scope {
        Scope::Everything => Some(
            engine
                .excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped)
                .map_err(unavailable("work tree"))?,
        ),
        Scope::Tracked => None,
    };
    let mut left = MAX_ENTRIES;
    let mut waiting: Vec<Option<RelPath>> = vec![None];
    while let Some(directory) = waiting.pop() {
        view.checkpoint()?;
        let Some(listing) = listed(root.list(directory.as_ref(), left))? else {
            continue;
        };
        if listing.truncated {
            return Err(too_many_entries());
        }
        left = left.saturating_sub(listing.entries.len());
        for entry in &listing.entries {
            if NAMES.contains(&entry.name.as_str()) {
                check_file(view, &beneath(directory.as_ref(), entry)?, entry.kind)?;
            }
        }
        for entry in listing.entries.iter().filter(|entry| entry.kind == Kind::Directory) {
            let path = beneath(directory.as_ref(), entry)?;
            let entered = is_tracked(&path)
                || excludes.as_mut().is_some_and(|excludes| {
                    let found = excludes.at_entry(path.as_str().as_bytes().as_bstr(), Some(Mode::DIR));
                    !found.is_ok_and(|found| found.is_excluded())
                });
            if entered {
                waiting.push(Some(path));
            }
        }
    }
    Ok(())
}

/// The listing, or nothing for a directory that is gone or that confinement does not enter.
fn listed(outcome: Result<Listing, OpenError>) -> Result<Option<Listing>, ToolError> {
    match outcome {
        Ok(listing) => Ok(Some(listing)),
        Err(OpenError::Unavailable(source)) if source.kind() != std::io::ErrorKind::PermissionDenied => {
            Err(ToolError::unavailable("work tree", source))
        }
        Err(_) => Ok(None),
    }
}

fn check_file(view: &View<'_>, path: &RelPath, kind: Kind) -> Result<(), ToolError> {
    match kind {
        Kind::Other => Err(ToolError::Confined { rule: "path:special-file".into() }),
        // The engine follows no link and reads no directory.
        Kind::Link | Kind::Directory => Ok(()),
        Kind::File => match view.repository().work_tree()?.metadata(path) {
            Ok(found) if found.size > FILE_BYTES => {
                Err(ToolError::TooLarge { what: "an ignore or attributes file", limit: FILE_BYTES })
            }
            _ => Ok(()),
        },
    }
}

fn beneath(directory: Option<&RelPath>, entry: &DirectoryEntry) -> Result<RelPath, ToolError> {
    directory
        .map_or_else(|| RelPath::parse(&entry.name), |directory| directory.join(&entry.name))
        .map_err(unavailable("work tree"))
}

fn too_many_entries() -> ToolError {
    ToolError::Unsuitable {
        reason: "the work tree has more than 500,000 entries; see git_status without untracked files".into(),
    }
}
