//! What is said of a text that the parser refuses: the slips that people make in YAML, each with what to write instead.
//! The parser's own words are the last resort. Nothing here repeats what stands in the text, since the line is shown
//! below.

use granit_parser::{ErrorKind, ScanError};
use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::localizer::ExternalMessageSource;

use super::Limits;
use super::line::{
    before, character, commented, is_key, leading_tab, mark, overindented, uncommaed, undashed, unspaced,
};
use crate::spelling::nearest;

/// What is wrong, and what to write instead when that can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) message: String,
    pub(super) fix: Option<String>,
}

impl Slip {
    pub(super) fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: message.into(), fix: Some(fix.into()) }
    }

    /// A message that serde carried from a shape of ours, as [`said`] put it together; or from a foreign one.
    fn from_said(text: &str) -> Self {
        let (message, fix) =
            text.split_once('\n').map_or((text, None), |(message, fix)| (message, Some(fix)));
        Self { message: plain(message), fix: fix.map(plain) }
    }
}

/// A message and its fix as one text, for an error that serde carries to [`explain`].
pub(crate) fn said(message: &str, fix: &str) -> String {
    format!("{message}\n{fix}")
}

/// What is said of a value that is no map where one is wanted, as one text.
pub(crate) fn no_map_said() -> String {
    let Slip { message, fix } = no_map();
    said(&message, &fix.unwrap_or_default())
}

fn no_map() -> Slip {
    Slip::new("a map is wanted here", "write its keys, each as `key: value`")
}

/// A line and column, both from 1.
pub(super) type At = (u32, u32);

/// Where `cause` stands in `text`, and what to say of it.
pub(super) fn explain(cause: &Error, text: &str, limits: Limits) -> (At, Slip) {
    let at = cause.location().map_or((1, 1), |at| (narrow(at.line()), narrow(at.column())));
    let slip = match cause {
        // A key whose value is stuck to it is one text, where a map is wanted.
        Error::Message { msg, .. } if *msg == no_map_said() => match unspaced(text, at) {
            Some(found) => return found,
            None => no_map(),
        },
        Error::Message { msg, .. } => match overindented(text, at) {
            Some(found) => return found,
            None => Slip::from_said(msg),
        },
        Error::ExternalMessage { source, msg, .. } => {
            return match &**source {
                ExternalMessageSource::Parser(error) => syntax(error, text, at, limits),
                _ => (at, Slip { message: plain(msg), fix: None }),
            };
        }
        Error::Unexpected { expected, .. } => match unspaced(text, at) {
            Some(found) => return found,
            None => wanted(expected),
        },
        Error::Budget { breach: BudgetBreach::Anchors { .. }, .. } => return (mark(text, at, '&'), anchor()),
        Error::Budget { breach, .. } => limit(breach, limits),
        Error::UnknownAnchor { .. } => alias(),
        Error::MergeKeyNotAllowed { .. } | Error::MergeValueNotMapOrSeqOfMaps { .. } => merge_key(),
        Error::UnsupportedTag { .. } => return (mark(text, at, '!'), tag()),
        Error::TaggedScalarCannotDeserializeIntoString { .. } | Error::TaggedEnumMismatch { .. } => tag(),
        Error::MultipleDocuments { .. } => second_document(),
        Error::DuplicateMappingKey { .. } if is_key(text, at, "id") => Slip::new(
            "duplicate key in the same map",
            "keep one of them, or begin the next entry with `- id:`",
        ),
        Error::DuplicateMappingKey { .. } => Slip::new("duplicate key in the same map", "keep one of them"),
        Error::SerdeUnknownField { field, expected, .. } => unknown_key(field, expected),
        Error::SerdeMissingField { field, .. } => {
            Slip::new(format!("key `{field}` is missing"), format!("write `{field}:` with its value"))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => unknown_word(variant, expected),
        Error::NullIntoString { .. } if commented(text, at) => Slip::new(
            "nothing stands where a text is wanted: `#` begins a comment",
            "put a text that begins with `#` in quotes, or leave the key out",
        ),
        Error::NullIntoString { .. } => {
            Slip::new("nothing, or null, stands where a text is wanted", "write a text, or leave the key out")
        }
        Error::QuotingRequired { .. } => {
            Slip::new("number, boolean or null stands where a text is wanted", "put the text in quotes")
        }
        Error::NonFiniteFloat { .. } => Slip::new("number is not finite", "write a number in digits"),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            let message = format!("value of another kind stands where {expected} is wanted");
            Slip { message: plain(&message), fix: None }
        }
        Error::InvalidScalar { ty, .. } => {
            Slip { message: format!("value cannot be read as {ty}"), fix: None }
        }
        Error::Eof { .. } => Slip::new("file is empty, or ends too early", "write what is missing"),
        other => Slip { message: foreign(other), fix: None },
    };
    (at, slip)
}

/// A key that is not known among those that are.
fn unknown_key(written: &str, known: &[&str]) -> Slip {
    if written.split_once(':').is_some_and(|(key, _)| known.contains(&key)) {
        return no_space();
    }
    let all = format!("the keys here are {}", listed(known, "and"));
    let fix = nearest(written, known.iter().copied())
        .map_or_else(|| all.clone(), |near| format!("did you mean `{near}`? {all}"));
    Slip::new("unknown key", fix)
}

/// A word that is not known where one of `known` is wanted.
pub(crate) fn unknown_word_said(written: &str, known: &[&str]) -> String {
    let Slip { message, fix } = unknown_word(written, known);
    said(&message, &fix.unwrap_or_default())
}

fn unknown_word(written: &str, known: &[&str]) -> Slip {
    const BOOLEANS: [&str; 6] = ["yes", "no", "true", "false", "on", "off"];
    let all = format!("write {}", listed(known, "or"));
    if written.is_empty() {
        return Slip::new("a word is wanted here", all);
    }
    if BOOLEANS.iter().any(|boolean| written.eq_ignore_ascii_case(boolean)) {
        return Slip::new("unknown word: this key takes no boolean, on which YAML dialects disagree", all);
    }
    let fix = nearest(written, known.iter().copied())
        .map_or_else(|| all.clone(), |near| format!("did you mean `{near}`? {all}"));
    Slip::new("unknown word", fix)
}

/// The names as prose: `a`, `b` or `c`.
fn listed(names: &[&str], last: &str) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        let left = names.len().saturating_sub(at);
        let gap = if at == 0 {
            ""
        } else if left == 1 {
            " "
        } else {
            ", "
        };
        let word = if at > 0 && left == 1 { format!("{last} ") } else { String::new() };
        text.push_str(&format!("{gap}{word}`{name}`"));
    }
    text
}

/// Another shape than the one that stands there.
fn wanted(expected: &str) -> Slip {
    match expected {
        "mapping start" => no_map(),
        "sequence start" => Slip::new("a list is wanted here", "put it in brackets, as in `[one, two]`"),
        "string scalar" | "scalar" => Slip::new(
            "one value is wanted here, and this is a list or map",
            "write the value alone; what begins with `[` or `{` is put in quotes",
        ),
        "mapping end" => Slip::new("more keys than one stand here", "keep one of them"),
        _ => Slip { message: format!("{expected} is wanted here"), fix: None },
    }
}

fn alias() -> Slip {
    Slip::new(
        "unquoted `*` in front makes an alias, and there are none",
        "put a pattern in quotes, as in \"*\" or \"**/*.pem\"; write out what an alias would stand for",
    )
}

fn anchor() -> Slip {
    Slip::new(
        "unquoted `&` in front makes an anchor, and there are none",
        "remove the anchor and write its value out wherever it is wanted; put a text that begins with `&` in quotes",
    )
}

fn merge_key() -> Slip {
    Slip::new("merge key `<<`, and there are none", "write out the keys it would bring")
}

pub(super) fn tag() -> Slip {
    Slip::new(
        "unquoted `!` in front makes a tag, and there are none",
        "write a rule of the opposite effect, since there is no negation; put a text that begins with `!` in quotes",
    )
}

fn second_document() -> Slip {
    Slip::new(
        "second document, and a file holds one",
        "remove the `---` or `...`, or put what follows in a file of its own",
    )
}

pub(super) fn no_space() -> Slip {
    Slip::new("colon without a space behind it", "write `key: value`, with a space")
}

pub(super) fn tab() -> Slip {
    Slip::new("tab as indentation", "indent with spaces")
}

fn too_deep(limits: Limits) -> Slip {
    let message = format!("lists and maps are nested deeper than {} levels", limits.depth);
    Slip::new(message, "write it flatter")
}

/// A limit of the reading, with its number.
fn limit(breach: &BudgetBreach, limits: Limits) -> Slip {
    let fewer = "write fewer and wider entries";
    match breach {
        BudgetBreach::Nodes { .. } => {
            let most = limits.nodes;
            let message =
                format!("the file has more than {most} keys, values, lists and maps, the most it may have");
            Slip::new(message, fewer)
        }
        BudgetBreach::Depth { .. } => too_deep(limits),
        BudgetBreach::Aliases { .. } | BudgetBreach::AliasAnchorRatio { .. } => alias(),
        BudgetBreach::MergeKeys { .. } => merge_key(),
        BudgetBreach::Documents { .. } => second_document(),
        BudgetBreach::ScalarBytes { .. } | BudgetBreach::InputBytes { .. } => Slip::new(
            format!("the texts of the file exceed {} bytes, the most they may have", limits.bytes),
            fewer,
        ),
        BudgetBreach::SequenceUnbalanced => {
            Slip::new("a list or map is not closed", "close it with `]` or `}`")
        }
        _ => Slip::new("the file has more comments and values than may be read", "write fewer of them"),
    }
}

/// What is no YAML at all.
fn syntax(error: &ScanError, text: &str, at: At, limits: Limits) -> (At, Slip) {
    let slip = match error.kind() {
        ErrorKind::UnknownAnchor => alias(),
        ErrorKind::MissingAnchorOrAliasName => {
            if character(text, at) == Some('&') || before(text, at) == Some('&') { anchor() } else { alias() }
        }
        ErrorKind::MultipleDocumentsUnsupported
        | ErrorKind::InvalidDocumentEnd
        | ErrorKind::ExpectedDocumentStart => second_document(),
        ErrorKind::RecursionLimitExceeded => too_deep(limits),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            return leading_tab(text, at).unwrap_or_else(|| {
                (at, Slip::new("tab where only spaces may stand", "write spaces instead"))
            });
        }
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape => tag(),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            Slip::new("bracket or brace is never closed", "close it with `]` or `}`")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => Slip::new(
            "comma, closing bracket or brace is missing",
            "put `,` between entries and `]` or `}` at the end; put texts with brackets in them in quotes",
        ),
        ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::MisplacedFlowCollectionEnd => Slip::new(
            "bracket or brace closes what was not opened",
            "close each with its own kind; put texts with brackets in them in quotes",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            Slip::new("quote is never closed", "close it, or put the text in quotes of the other kind")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar
            if uncommaed(text, at) =>
        {
            Slip::new("comma is missing between two entries", "put `,` between entries")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            Slip::new("text goes on after its closing quote", "put all of it in quotes, or none")
        }
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => Slip::new(
            "backslash begins an escape that does not exist",
            "put the text in single quotes, where a backslash is a character",
        ),
        ErrorKind::UnexpectedCharacter { .. } => {
            Slip::new("character cannot begin an unquoted text", "put the text in quotes")
        }
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::InvalidBlockScalarIndent => Slip::new(
            "text does not fit the `|` or `>` it belongs to",
            "write it in the lines beneath, indented further than their key",
        ),
        ErrorKind::DirectiveDisallowed
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::MissingYamlVersion
        | ErrorKind::DuplicateVersionDirective
        | ErrorKind::UnsupportedYamlMajorVersion
        | ErrorKind::MissingDocumentEndBeforeDirective => Slip::new(
            "`%` in front of a line begins a directive, and there are none",
            "remove it; put a text that begins with `%` in quotes",
        ),
        ErrorKind::SimpleKeyExpected
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::MappingValueNotAllowed
        | ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::InvalidColonPlacement => {
            return leading_tab(text, at)
                .or_else(|| unspaced(text, at))
                .unwrap_or_else(|| (at, if undashed(text, at) { no_dash() } else { misfit() }));
        }
        ErrorKind::ExpectedNodeContent => Slip::new(
            "value is missing, or begins with a character that has a meaning in YAML",
            "write the value; put a text that begins with such a character in quotes",
        ),
        _ => Slip::from_said(&error.info()),
    };
    (at, slip)
}

fn no_dash() -> Slip {
    Slip::new(
        "line stands where the next entry of a list would begin, and begins none",
        "begin each entry with `- `, or indent the line like the keys above it",
    )
}

fn misfit() -> Slip {
    Slip::new(
        "line does not fit what stands before it",
        "indent the keys of one map alike, write each as `key: value`, and put texts with `: ` in quotes",
    )
}

/// The parser's message without its own place (ours stands in front) and on one line.
fn foreign(cause: &Error) -> String {
    let full = cause.to_string();
    let own = cause.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    let text = own.and_then(|own| full.strip_suffix(own.as_str())).unwrap_or(&full);
    plain(text.lines().next().unwrap_or_default())
}

/// A text of bounded length without control characters.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(600).collect()
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
