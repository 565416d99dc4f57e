//! The one strict door through which YAML enters: policies here, configuration in core. It sets every option of the
//! parser explicitly (no anchors, aliases, merge keys, second documents or duplicate keys) and turns each error into
//! one with a place and a snippet. It knows nothing of what the documents mean. What holds nothing unusual may be read
//! through `yaml::quick` first, which lets nothing in that this door would not.

mod hidden;
mod indicator;
mod line;
pub(crate) mod quick;
mod slip;
mod snippet;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};

use self::hidden::{hidden, place};
use self::indicator::indicator;
use self::slip::Slip;
pub(crate) use self::slip::{no_map_said, said, unknown_word_said};
pub(crate) use self::snippet::{Snippet, excerpt};

/// How much a document may cost before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The most nodes: scalars, lists and maps together.
    pub nodes: usize,
    /// The deepest nesting of lists and maps.
    pub depth: usize,
}

impl Limits {
    /// For a policy file: room for a hundred thousand repositories of half a dozen rules each.
    pub const POLICY: Self = Self { bytes: 64 << 20, nodes: 10_000_000, depth: 16 };
    /// For a configuration file.
    pub const CONFIGURATION: Self = Self { bytes: 1 << 20, nodes: 100_000, depth: 16 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::CONFIGURATION
    }
}

/// Why a YAML text was refused, and where. `Display` is `name:line:column: message`, and the snippet and the fix below.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}{}{}", Snippet { line: *line, column: *column, text: snippet }, Fix(fix.as_deref()))]
pub struct YamlError {
    /// The name of the text, as it was given.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead, when that can be said.
    pub fix: Option<String>,
    /// The offending line, cut around the column; empty when there is none to show.
    pub snippet: String,
}

/// Reads one document of type `T`.
///
/// # Errors
/// [`YamlError`], with the place, when the text exceeds a limit, contains characters that hide meaning (controls,
/// carriage returns alone, byte order marks, bidirectional overrides, invisible characters, white space other than the
/// space, the tab and the line end), is no YAML, holds more than one document, an anchor, an alias, a merge
/// key, an unknown tag or a duplicate key, or does not fit `T`.
pub fn from_str<T: DeserializeOwned>(name: &str, text: &str, limits: Limits) -> Result<T, YamlError> {
    read_through(name, text, limits, false, PhantomData::<T>)
}

/// Reads one document through `seed`, as strictly as [`from_str`]; where a text is wanted, a number or a boolean is not
/// taken for one.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    name: &str,
    text: &'de str,
    limits: Limits,
    seed: S,
) -> Result<S::Value, YamlError> {
    read_through(name, text, limits, true, seed)
}

fn read_through<'de, S: DeserializeSeed<'de>>(
    name: &str,
    text: &'de str,
    limits: Limits,
    quotes: bool,
    seed: S,
) -> Result<S::Value, YamlError> {
    if text.len() > limits.bytes {
        let slip = Slip::new(
            format!("the file is larger than {} bytes, the most it may have", limits.bytes),
            "write fewer and wider entries",
        );
        return Err(error(name, text, (1, 1), slip));
    }
    if let Some((place, slip)) = hidden(text) {
        return Err(error(name, text, place, slip));
    }
    if let Some((place, slip)) = indicator(text, limits) {
        return Err(error(name, text, place, slip));
    }
    let read = |deserializer: serde_saphyr::Deserializer<'de, '_>| seed.deserialize(deserializer);
    serde_saphyr::with_deserializer_from_str_with_options(text, options(limits, quotes), read).map_err(
        |cause| {
            let (place, slip) = slip::explain(cause.without_snippet(), text, limits);
            error(name, text, place, slip)
        },
    )
}

/// The line that says what to write instead; none where that cannot be said.
struct Fix<'a>(Option<&'a str>);

impl fmt::Display for Fix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |fix| write!(f, "\n  fix: {fix}"))
    }
}

fn options(limits: Limits, quotes: bool) -> serde_saphyr::Options {
    let scalars = limits.bytes;
    let flow = limits.depth;
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
            max_documents: 1,
            max_depth: limits.depth,
            flow_nesting_limit: flow,
            max_nodes: limits.nodes,
            // Every node costs at most two events, and the stream and the document four more.
            max_events: limits.nodes.saturating_mul(2).saturating_add(16),
            max_total_scalar_bytes: scalars,
            max_inclusion_depth: 0,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        // A plain `5` or `true` is no text then; it is written in quotes where one is meant.
        no_schema: quotes,
        strict_booleans: true,
        legacy_octal_numbers: false,
        ignore_binary_tag_for_string: false,
        angle_conversions: false,
        reject_unsupported_tags: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    }
}

/// An error at a place of `text`, with its line.
fn error(name: &str, text: &str, (line, column): (u32, u32), Slip { message, fix }: Slip) -> YamlError {
    let row = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let snippet = text.lines().nth(row).map_or_else(String::new, |line| excerpt(line, column));
    YamlError { name: name.to_owned(), line, column, message, fix, snippet }
}

#[cfg(test)]
mod tests;
