//! The one strict door through which YAML enters: policies here, configuration in core. It sets every option of the
//! parser explicitly (no anchors, aliases, merge keys, second documents or duplicate keys) and turns each error into
//! one with a place and a snippet. It knows nothing of what the documents mean.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};

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

/// Why a YAML text was refused, and where. `Display` is `name:line:column: message` and the snippet below.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}{}", Snippet { line: *line, column: *column, text: snippet })]
pub struct YamlError {
    /// The name of the text, as it was given.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The offending line, cut around the column; empty when there is none to show.
    pub snippet: String,
}

/// Reads one document of type `T`.
///
/// # Errors
/// [`YamlError`], with the place, when the text exceeds a limit, contains characters that hide meaning (controls,
/// carriage returns alone, byte order marks, bidirectional overrides), is no YAML, holds more than one document, an anchor, an alias, a merge
/// key, an unknown tag or a duplicate key, or does not fit `T`.
pub fn from_str<T: DeserializeOwned>(name: &str, text: &str, limits: Limits) -> Result<T, YamlError> {
    read(name, text, limits, PhantomData::<T>)
}

/// Reads one document through `seed`, as strictly as [`from_str`].
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    name: &str,
    text: &'de str,
    limits: Limits,
    seed: S,
) -> Result<S::Value, YamlError> {
    if text.len() > limits.bytes {
        return Err(error(name, text, (1, 1), format!("the file is larger than {} bytes", limits.bytes)));
    }
    if let Some((place, message)) = hidden(text) {
        return Err(error(name, text, place, message.to_owned()));
    }
    let read = |deserializer: serde_saphyr::Deserializer<'de, '_>| seed.deserialize(deserializer);
    serde_saphyr::with_deserializer_from_str_with_options(text, options(limits), read).map_err(|cause| {
        let cause = cause.without_snippet();
        let place = cause.location().map_or((1, 1), |at| (narrow(at.line()), narrow(at.column())));
        error(name, text, place, message(cause))
    })
}

/// The line fit to be printed: at most 120 characters around `column`, controls replaced.
pub(crate) fn excerpt(line: &str, column: u32) -> String {
    const WIDTH: usize = 120;
    // A window that starts at the line's start unless the column would fall outside of it. The window's start is
    // lost on the reader then, so the caret below is only drawn for columns inside.
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    let skip = if column > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
    line.chars()
        .skip(skip)
        .take(WIDTH)
        .map(|c| if c.is_control() || is_bidirectional(c) { '\u{FFFD}' } else { c })
        .collect()
}

/// The lines that show a place: number, text and a caret. Writes nothing when there is no text.
pub(crate) struct Snippet<'a> {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) text: &'a str,
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return Ok(());
        }
        let number = self.line.to_string();
        write!(f, "\n  {number} | {}", self.text)?;
        let column = usize::try_from(self.column).unwrap_or(1);
        if column <= self.text.chars().count() {
            write!(
                f,
                "\n  {:number$} | {:column$}^",
                "",
                "",
                number = number.len(),
                column = column.saturating_sub(1)
            )?;
        }
        Ok(())
    }
}

fn options(limits: Limits) -> serde_saphyr::Options {
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
        strict_booleans: true,
        legacy_octal_numbers: false,
        ignore_binary_tag_for_string: false,
        angle_conversions: false,
        reject_unsupported_tags: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    }
}

/// The parser's message without its own place (ours stands in front) and on one line.
fn message(cause: &serde_saphyr::Error) -> String {
    let full = cause.to_string();
    if full.contains("duplicate mapping key") {
        // The parser's words speak to a programmer; the key itself stands in the snippet.
        return "duplicate key: it stands twice in the same mapping; keep one of them".to_owned();
    }
    let own = cause.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    let text = own.and_then(|own| full.strip_suffix(own.as_str())).unwrap_or(&full);
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
}

/// An error at a place of `text`, with its line.
pub(crate) fn error(name: &str, text: &str, (line, column): (u32, u32), message: String) -> YamlError {
    let row = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let snippet = text.lines().nth(row).map_or_else(String::new, |line| excerpt(line, column));
    YamlError { name: name.to_owned(), line, column, message, snippet }
}

/// The first character that a reader would not see as what it is. Plain ASCII is passed over on its bytes.
fn hidden(text: &str) -> Option<((u32, u32), &'static str)> {
    let mut rest = text;
    while let Some(at) = first_suspect(rest.as_bytes()) {
        // All before the suspect is ASCII, so it begins a character.
        let (_, tail) = rest.split_at_checked(at)?;
        let mut chars = tail.chars();
        let found = chars.next()?;
        if let Some(message) = hides(found, chars.as_str()) {
            return Some((place(text, tail.len()), message));
        }
        rest = chars.as_str();
    }
    None
}

/// The position of the first suspect, found block by block: whether a block has one is asked without a branch a byte.
fn first_suspect(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let has_suspect = |block: &[u8]| block.iter().fold(false, |any, byte| any | is_suspect(*byte));
    let (number, block) = bytes.chunks(BLOCK).enumerate().find(|(_, block)| has_suspect(block))?;
    let within = block.iter().position(|byte| is_suspect(*byte))?;
    number.checked_mul(BLOCK)?.checked_add(within)
}

/// Whether a byte is, or belongs to, a character that [`hides`] must see.
const fn is_suspect(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\n' | b'\t')) || byte >= 0x7F
}

/// What is wrong with a character before `rest`, if it is one that hides meaning. What ends a line for the parser, for
/// an editor and for the lines that faults show must be the same, or a comment may look like a rule.
fn hides(c: char, rest: &str) -> Option<&'static str> {
    match c {
        '\n' | '\t' => None,
        '\r' if rest.starts_with('\n') => None,
        '\r' => Some("carriage return without line feed; save the file with LF line ends"),
        '\u{2028}' | '\u{2029}' => {
            Some("line or paragraph separator, which looks like the end of a line and is none; remove it")
        }
        '\u{FEFF}' => Some("byte order mark; save the file as UTF-8 without one"),
        c if c.is_control() => Some("control character; remove it"),
        c if is_bidirectional(c) => {
            Some("bidirectional control character, which hides text from the reader; remove it")
        }
        _ => None,
    }
}

/// The line and column of the character of `text` with which its last `left` bytes begin.
fn place(text: &str, left: usize) -> (u32, u32) {
    let before = text.split_at_checked(text.len().saturating_sub(left)).map_or("", |(before, _)| before);
    let line = before.bytes().filter(|b| *b == b'\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (from_one(line), from_one(column))
}

/// Characters that reorder displayed text (Unicode TR 9), CVE-2021-42574.
const fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
