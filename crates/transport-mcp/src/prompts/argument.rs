//! What may be filled into a prompt: each argument has a kind, and a kind has the characters and the length that its values need and no
//! others. No value can end the text that it stands in, show it otherwise than it reads, or hide in it.

use gitoma_core::redact;
use rmcp::model::PromptArgument;
use serde_json::{Map, Value};

use super::codes;

/// An argument of a prompt.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    is_required: bool,
    description: &'static str,
}

/// What the values of an argument are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An alias of a repository.
    Alias,
    /// A branch, a tag or a commit.
    Branch,
    /// The code of a refusal.
    Code,
    /// The id of a rule.
    Name,
    /// The id of a call.
    CallId,
    /// One line of text.
    Text,
}

impl Argument {
    pub(super) const fn required(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, is_required: true, description }
    }

    pub(super) const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { name, kind, is_required: false, description }
    }

    pub(super) fn describe(&self) -> PromptArgument {
        PromptArgument::new(self.name).with_description(self.description).with_required(self.is_required)
    }
}

impl Kind {
    /// The longest value, in bytes.
    const fn limit(self) -> usize {
        match self {
            Self::Alias => 201,
            Self::Branch => 255,
            Self::Code => 64,
            Self::Name => 128,
            Self::CallId => 36,
            Self::Text => 2_000,
        }
    }

    /// What a value is to be, in words.
    const fn expected(self) -> &'static str {
        match self {
            Self::Alias => "an alias of a repository, as `repo_list` shows it",
            Self::Branch => {
                "the name of a branch, a tag or a commit, of at most 255 bytes and without blanks"
            }
            Self::Code => "the `code` of a refusal of Gitoma, such as `path_denied`",
            Self::Name => "the id of a rule, of at most 128 bytes: letters, digits and `.:_/-`",
            Self::CallId => "an `error_id`: a UUID in lower case",
            Self::Text => {
                "one line of text, of at most 2,000 bytes, without control characters and those nobody sees"
            }
        }
    }

    fn admits(self, text: &str) -> bool {
        if text.is_empty() || text.len() > self.limit() {
            return false;
        }
        match self {
            Self::Alias => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)),
            Self::Branch => {
                text.chars().all(|one| !one.is_whitespace() && is_seen(one) && !"`\"'\\<>".contains(one))
            }
            Self::Code => codes::find(text).is_some(),
            Self::Name => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:_/-".contains(&byte)),
            Self::CallId => {
                text.len() == 36 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
            }
            Self::Text => text.chars().all(is_seen),
        }
    }
}

/// Whether a reader sees `character` on a line, and sees it where it stands.
fn is_seen(character: char) -> bool {
    let mut bytes = [0; 4];
    let alone = character.encode_utf8(&mut bytes);
    !character.is_control()
        && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
        && redact::reveal(alone).hidden == 0
}

/// What `given` fills into `arguments`: texts of their kinds and nothing else, in the order of the prompt.
///
/// # Errors
/// What is wrong with it, which repeats nothing of it.
pub(super) fn check(
    arguments: &[Argument],
    mut given: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut filled = Map::new();
    for Argument { name, kind, is_required, .. } in arguments {
        match given.shift_remove(*name) {
            Some(Value::String(text)) if kind.admits(&text) => {
                filled.insert((*name).to_owned(), text.into());
            }
            Some(_) => return Err(format!("argument `{name}` is not valid: expected {}", kind.expected())),
            None if *is_required => return Err(format!("argument `{name}` is missing")),
            None => {}
        }
    }
    if given.is_empty() {
        return Ok(filled);
    }
    let known: Vec<_> = arguments.iter().map(|argument| argument.name).collect();
    Err(format!("an argument is unknown; this prompt takes {}", known.join(", ")))
}
