//! The canonical layout of policy and suite files. It moves white space and chooses between block and flow style; keys,
//! their order, comments and the spelling of every scalar stay as they are. What comes out is read again and compared,
//! so that a file is refused rather than changed.

mod layout;
mod tree;

use crate::set::Source;
use crate::yaml::{self, Limits, YamlError};
use serde::de::IgnoredAny;
use tree::Tree;

/// Why a text is not laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is no YAML as policies are written.
    #[error(transparent)]
    Text(#[from] YamlError),
    /// The text has something that this layout cannot carry unchanged; the place is that of the thing.
    #[error("{0}\n  the file is left as it is")]
    Layout(YamlError),
}

/// Lays a policy or suite file out: two spaces a level, block style for rules, flow style for short lists and examples,
/// one empty line between rules and no more than one anywhere, at most 110 columns where that can be.
///
/// # Errors
/// [`FormatError`] for a text that is no YAML, or that cannot be laid out without losing something.
pub fn format(source: Source<'_>) -> Result<String, FormatError> {
    let _: IgnoredAny = yaml::from_str(source.name, source.text, Limits::POLICY)?;
    let before = Tree::parse(source).map_err(FormatError::Layout)?;
    let text = layout::print(source, &before).map_err(FormatError::Layout)?;
    let after = Tree::parse(Source { name: source.name, text: &text });
    match after {
        Ok(after) if after.has_meaning_of(&before) => Ok(text),
        _ => Err(FormatError::Layout(unable(
            source,
            (1, 1),
            "the file cannot be laid out without changing it",
        ))),
    }
}

/// Why something cannot be carried, and where it stands.
fn unable(source: Source<'_>, place: (u32, u32), message: &str) -> YamlError {
    yaml::error(source.name, source.text, place, message.to_owned())
}

#[cfg(test)]
mod tests;
