//! The `.gitignore` and `.gitattributes` files of a work tree, looked at before the git engine opens them by name: a pipe of
//! such a name would hold its threads for ever, past any deadline, and a file without end would fill the memory. Nothing is
//! opened or read here. Where the engine itself walks, what confinement does not list (a denied name, a path it cannot express)
//! is not looked at.

use gitoma_confine::{DirectoryEntry, Kind, LayoutError, Listing, Looked, OpenError, RelPath, check_rules};
use gitoma_core::ToolError;
use gix::bstr::ByteSlice;
use gix::index::State;
use gix::index::entry::Mode;
use gix::worktree::stack::state::ignore::Source;

use crate::object::{FILE_BYTES, unavailable};
use crate::unstaged::{MAX_ENTRIES, Scope};
use crate::view::View;

/// What the engine reads in each directory it comes to.
pub(crate) const NAMES: [&str; 2] = [".gitignore", ".gitattributes"];

/// Looks at the rule files in all directories of `scope`, before the engine itself walks through them.
///
/// A directory is left before those beneath it are entered, so the engine is asked what is ignored only where its files have
/// been looked at.
///
/// # Errors
/// [`ToolError::Confined`] by `path:special-file` for a pipe, socket or device, [`ToolError::TooLarge`] beyond 8 MiB, and
/// [`ToolError::Unsuitable`] for a work tree of more than 500,000 entries.
pub(crate) fn check(view: &View<'_>, index: &State, scope: Scope) -> Result<(), ToolError> {
    let root = view.repository().work_tree()?;
    let engine = view.engine();
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
                .excludes(index, None, Source::WorktreeThenIdMappingIfNotSkipped)
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
                check_found(view, &beneath(directory.as_ref(), entry)?, entry.kind)?;
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

fn check_found(view: &View<'_>, path: &RelPath, kind: Kind) -> Result<(), ToolError> {
    let size = match kind {
        Kind::File => view.repository().work_tree()?.metadata(path).map_or(0, |found| found.size),
        Kind::Link | Kind::Directory | Kind::Other => 0,
    };
    require_plain(kind, size)
}

/// Looks at the files of rules that are the repository's own and not its work tree's: `info/exclude` and `info/attributes`, which the
/// engine reads wherever they lead. They were looked at when the repository was opened; that may be long ago.
///
/// # Errors
/// As [`check`], and [`ToolError::Confined`] for a link.
pub(crate) fn check_own(engine: &gix::Repository) -> Result<(), ToolError> {
    check_rules(engine.common_dir(), FILE_BYTES).map_err(|error| match error {
        LayoutError::TooLarge { .. } => TOO_LARGE,
        LayoutError::Unavailable { .. } => ToolError::unavailable("repository", error),
        _ => ToolError::Confined { rule: error.code().into() },
    })
}

const TOO_LARGE: ToolError = ToolError::TooLarge { what: "an ignore or attributes file", limit: FILE_BYTES };

/// Judges one such file by what stands under its name.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_file(looked: Option<Looked>) -> Result<(), ToolError> {
    looked.map_or(Ok(()), |looked| require_plain(looked.kind, looked.size))
}

fn require_plain(kind: Kind, size: u64) -> Result<(), ToolError> {
    match kind {
        Kind::Other => Err(ToolError::Confined { rule: "path:special-file".into() }),
        Kind::File if size > FILE_BYTES => Err(TOO_LARGE),
        // The engine follows no link and reads no directory.
        Kind::File | Kind::Link | Kind::Directory => Ok(()),
    }
}

fn beneath(directory: Option<&RelPath>, entry: &DirectoryEntry) -> Result<RelPath, ToolError> {
    directory
        .map_or_else(|| RelPath::parse(&entry.name), |directory| directory.join(&entry.name))
        .map_err(unavailable("work tree"))
}

/// The refusal of a work tree beyond the limit.
pub(crate) fn too_many_entries() -> ToolError {
    ToolError::Unsuitable {
        reason: "the work tree has more than 500,000 entries; see git_status without untracked files".into(),
    }
}
