//! What differs from one world to another without any meaning, made plain: ids and times of what was made there, and the random and the
//! measured in log entries.

use std::collections::HashMap;

use serde_json::Value;

use crate::conformance::house::VARYING;

/// Everything that the repositories of a world begin with is older.
const BEGIN: &str = "2026-02";
/// Members of log entries that are not alike in two worlds, besides [`VARYING`]; how long a result is depends on how its times are spelt.
const OWN: [&str; 3] = ["bytes_out", "chain_id", "writer"];

/// The names by which a world's own ids are called, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Plain {
    known: HashMap<String, usize>,
}

impl Plain {
    pub(super) fn entry(&mut self, mut entry: Value) -> Value {
        if let Value::Object(members) = &mut entry {
            members.retain(|name, _| !VARYING.contains(&name.as_str()) && !OWN.contains(&name.as_str()));
        }
        self.value(entry)
    }

    pub(super) fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, member)| self.member(name, member)).collect())
            }
            other => other,
        }
    }

    fn member(&mut self, name: String, member: Value) -> (String, Value) {
        let plain = match member {
            // It holds the commit that a branch points at, which is a world's own once something was committed there.
            Value::String(digest) if name == "effect_digest" => Value::String(self.id(&digest)),
            other => self.value(other),
        };
        (name, plain)
    }

    /// The text with each id as the number of its first appearance, and each moment of this run as `now`.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(|c: char| !is_of_a_word(c)).unwrap_or(rest.len());
            let (head, tail) = rest.split_at(word);
            plain.push_str(&self.word(head));
            let (between, next) = tail.split_at(tail.find(is_of_a_word).unwrap_or(tail.len()));
            plain.push_str(between);
            rest = next;
        }
        plain
    }

    fn id(&mut self, id: &str) -> String {
        let next = self.known.len();
        format!("id-{}", self.known.entry(id.to_owned()).or_insert(next))
    }

    fn word(&mut self, word: &str) -> String {
        // The end of a sentence.
        let (before, end) = word.split_at(word.trim_end_matches(['.', ':']).len());
        if !end.is_empty() {
            return self.word(before) + end;
        }
        let digits = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_object = word.len() == 40 && digits(word);
        let is_approval = word.len() == 30 && word.starts_with("apr_");
        if is_object || is_approval {
            return self.id(word);
        }
        if word.len() >= 19 && word > BEGIN && word < "2999" && word.as_bytes()[10] == b'T' {
            return "now".to_owned();
        }
        word.to_owned()
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+' | '_')
}
