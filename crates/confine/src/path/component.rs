//! The rules for a single component of a path: aliases of the git directory, device names, 8.3 names, length.
//!
//! Leans on gix-validate with every protection switched on, whatever the platform, and adds what it leaves out.
//! Characters that are wrong anywhere in a path are `character`'s and have been refused before.

use gix_validate::path::component::{Error, Options};

use super::{MAX_COMPONENT_BYTES, PathError};

/// Refuses a component that some file system would read as another name.
pub(super) fn check(part: &str) -> Result<(), PathError> {
    if part.len() > MAX_COMPONENT_BYTES {
        return Err(PathError::ComponentTooLong);
    }
    // Every protection is named, so that a changed default upstream cannot switch one off.
    let options = Options { protect_windows: true, protect_hfs: true, protect_ntfs: true };
    gix_validate::path::component(part.as_bytes().into(), None, options).map_err(classify)?;
    if is_superscript_device(part) {
        return Err(PathError::DeviceName);
    }
    if is_short_name(part) {
        return Err(PathError::ShortName);
    }
    Ok(())
}

/// Maps the error of gix-validate to our rule; its text is dropped, since it may grow to quote the input.
#[expect(clippy::needless_pass_by_value, reason = "used as the function of map_err")]
fn classify(error: Error) -> PathError {
    match error {
        Error::Empty => PathError::Empty,
        Error::PathSeparator => PathError::Backslash,
        Error::WindowsPathPrefix => PathError::Colon,
        Error::WindowsReservedName => PathError::DeviceName,
        // Control and reserved characters have been refused already, so only the trailing ones are left.
        Error::WindowsIllegalCharacter => PathError::TrailingDotOrSpace,
        Error::Relative => PathError::ParentComponent,
        // `SymlinkedGitModules` needs a mode that is never passed; a variant yet unknown is refused like the worst.
        _ => PathError::GitDirectory,
    }
}

/// Tells whether a component is `COM` or `LPT` with a superscript digit, which Windows takes for the device too
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn is_superscript_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ');
    ["¹", "²", "³"]
        .iter()
        .filter_map(|digit| stem.strip_suffix(digit))
        .any(|name| name.eq_ignore_ascii_case("com") || name.eq_ignore_ascii_case("lpt"))
}

/// Tells whether a component has the shape of a generated 8.3 alias: at most eight characters that end with `~` and
/// digits, then at most three of extension.
///
/// Any such name may stand for a longer one on a volume that generates them, so it is refused rather than resolved.
fn is_short_name(part: &str) -> bool {
    let (base, extension) = part.split_once('.').unwrap_or((part, ""));
    if base.chars().count() > 8 || extension.chars().count() > 3 || extension.contains('.') {
        return false;
    }
    base.rsplit_once('~')
        .is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
