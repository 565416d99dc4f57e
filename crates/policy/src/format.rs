//! The canonical layout of a policy file or of a suite of tests: one way to indent, to break lines and to set blank
//! lines, so that a review shows what changed and nothing else. What people wrote stays: every comment, the order of
//! keys and items, and the spelling of every scalar.
//!
//! The layout follows the YAML structure and a handful of keys; nothing here knows what a rule means, checks one or
//! completes one. The text is read as events with places (`read`) into a tree that owns nothing (`tree`), and written
//! from that (`layout`, `flow`). At the end the result is read again and compared with what was given (`same`).
//!
//! The layout, in the order in which its rules apply:
//!
//! 1. Two spaces of indentation; items of a list stand two deeper than its key. LF, one at the end, no trailing spaces
//!    (but what a block scalar holds is kept).
//! 2. In block style: the outermost map, `global`, `repositories` and its entries, every rule, every list that holds
//!    maps, and whatever holds a comment, a scalar of several lines or an empty value, which no flow style carries.
//! 3. In flow style: empty lists and maps, examples in rules, and a list of scalars that fits [`WIDTH`] with its key.
//! 4. Everything else keeps the style that its author chose.
//! 5. A flow list or map that is too long is filled: lines break after a comma, and continue two columns deeper than
//!    the key or item that holds it.
//! 6. A blank line between the keys of the outermost map, and between items of which one is a map in block style.
//!    Elsewhere a single blank line of the author's stays before a key or a comment, except at the start of a list or
//!    map.
//! 7. A comment at the end of a line stays there where its value is; one that stood between a key, or a dash, and its
//!    value moves above both. A comment on its own line keeps its order, and is indented like what follows it.

mod flow;
mod layout;
mod read;
mod same;
mod scalar;
mod tree;

use crate::Source;
use crate::error::LoadError;
use crate::yaml::{Limits, YamlError};

/// The longest line that a flow list or map is broken for, in characters.
const WIDTH: usize = 116;

/// A text that people lay out by hand is far below this; one that a program wrote gains nothing here, and the tree
/// of the longest file that can be loaded would not fit into memory.
const LIMITS: Limits = Limits { bytes: 8 << 20, nodes: 1_000_000, ..Limits::POLICY };

/// Why a text was not laid out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is no YAML that this crate reads.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// Something in it has no place in the canonical layout: where, and what to write instead.
    #[error(transparent)]
    Unsupported(LoadError),
    /// The result would not have said the same as the text: a fault of the formatter.
    #[error(
        "{name}: internal: {what} would not have survived the layout, so nothing was changed; \
         please report this with the file"
    )]
    Internal {
        /// The name of the text, as it was given.
        name: String,
        /// What differed.
        what: &'static str,
    },
}

/// Lays out the text of a policy, or of a suite of tests, canonically. The result means the same, has the same
/// comments in the same order and the same keys and items in the same order, and laying it out again changes nothing.
///
/// The text need not be a policy that loads: one that names an unknown tool is laid out all the same.
///
/// ```
/// use gitoma_policy::{Source, format};
///
/// let text = "version: 1   # the only one\nglobal: {rules: [{id: look, effect: allow, tools: [ 'git_*' ]}]}";
/// let laid_out = "\
/// version: 1 # the only one
///
/// global:
///   rules:
///     - id: look
///       effect: allow
///       tools: ['git_*']
/// ";
/// assert_eq!(format(Source { name: "policy.yaml", text }).as_deref(), Ok(laid_out));
/// ```
///
/// # Errors
/// [`FormatError::Yaml`] for what the strict reading of policies refuses, a text of more than 8 MiB or 1,000,000 nodes
/// among it. [`FormatError::Unsupported`] for what cannot be carried without loss: a text that is no map, a tag, a
/// directive, a key that is a list, a map or has several lines, a block scalar that keeps its last line breaks.
/// [`FormatError::Internal`] if the result, read again, is not the same.
pub fn format(source: Source<'_>) -> Result<String, FormatError> {
    let value = same::value(source)?;
    let root = read::read(source)?;
    let laid_out = layout::write(&root, source.text.len());
    match same::difference(source, &value, &laid_out) {
        None => Ok(laid_out),
        Some(what) => Err(FormatError::Internal { name: source.name.to_owned(), what }),
    }
}

#[cfg(test)]
mod tests;
