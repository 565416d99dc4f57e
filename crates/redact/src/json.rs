//! Structured values: every string is searched with the name it stands under, so that a password needs no shape to
//! be found. Shapes of values are kept; only strings, numbers and keys that hold secrets change.

use crate::finding::{PLACEHOLDER, Tally};
use crate::key::{self, Kind, Name};
use crate::redactor::Redactor;
use crate::value::{Form, is_secret};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Values nested deeper than this are replaced whole; `serde_json` reads no deeper by default.
const MOST_DEPTH: usize = 128;

/// Replaces the secrets in `value` and counts them.
pub(crate) fn redact(redactor: &Redactor, value: &mut Value) -> Tally {
    let mut walk = Walk { redactor, tally: Tally::default() };
    walk.value(value, None, 0);
    walk.tally
}

struct Walk<'r> {
    redactor: &'r Redactor,
    tally: Tally,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, name: Option<&str>, depth: usize) {
        match value {
            Value::Array(_) | Value::Object(_) if depth >= MOST_DEPTH => {
                self.tally.findings += 1;
                *value = Value::from(PLACEHOLDER);
            }
            Value::Array(items) => {
                for item in items {
                    self.value(item, name, depth + 1);
                }
            }
            Value::Object(members) => self.object(members, depth),
            Value::String(text) => {
                if let Some(clean) = self.text(text, name) {
                    *text = clean;
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if self.is_secret_number(&digits, name) {
                    self.tally.findings += 1;
                    *value = Value::from(PLACEHOLDER);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let subject = ["name", "key"].iter().find_map(|name| members.get(*name)).and_then(Value::as_str);
        let subject = subject.map(|subject| self.redactor.redact(subject).text.into_owned());
        let mut renamed = false;
        for (key, value) in members.iter_mut() {
            // The name that is left is the context, so that a second walk sees what the first one saw.
            let clean = self.redactor.redact(key).text;
            renamed |= matches!(clean, Cow::Owned(_));
            // A pair of `name` and `value` spells one setting out as two members.
            let name = if key == "value" { subject.as_deref().unwrap_or(key) } else { &clean };
            self.value(value, Some(name), depth + 1);
        }
        if renamed {
            *members = self.with_clean_keys(std::mem::take(members));
        }
    }

    /// Renames keys that hold secrets; a name that is taken gets a number, so that no member is lost.
    fn with_clean_keys(&mut self, members: Map<String, Value>) -> Map<String, Value> {
        let mut clean = Map::with_capacity(members.len());
        let mut taken = 1_u64;
        for (key, value) in members {
            let redacted = self.redactor.redact(&key);
            self.tally.add(redacted.findings.len());
            let base = redacted.text.into_owned();
            let mut name = base.clone();
            while clean.contains_key(&name) {
                taken += 1;
                name = format!("{base}#{taken}");
            }
            clean.insert(name, value);
        }
        clean
    }

    /// The text without its secrets, or nothing if it has none.
    fn text(&mut self, text: &str, name: Option<&str>) -> Option<String> {
        match name.and_then(|name| key::judge(name.as_bytes())) {
            Some(Name::Setting(kind)) if is_secret(text.as_bytes(), kind, Form::Quoted) => {
                self.tally.findings += 1;
                return Some(PLACEHOLDER.to_owned());
            }
            Some(Name::Authorization) => return self.header("Authorization: ", text),
            Some(Name::Cookie { setting: false }) => return self.header("Cookie: ", text),
            Some(Name::Cookie { setting: true }) => return self.header("Set-Cookie: ", text),
            Some(Name::Setting(_)) | None => {}
        }
        let redacted = self.redactor.redact(text);
        self.tally.add(redacted.findings.len());
        match redacted.text {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        }
    }

    /// Searches the value of a header as a header line.
    fn header(&mut self, name: &str, text: &str) -> Option<String> {
        let line = format!("{name}{text}");
        let redacted = self.redactor.redact(&line);
        self.tally.add(redacted.findings.len());
        match &redacted.text {
            Cow::Owned(clean) => clean.strip_prefix(name).map(str::to_owned),
            Cow::Borrowed(_) => None,
        }
    }

    fn is_secret_number(&self, digits: &str, name: Option<&str>) -> bool {
        let least = match name.and_then(|name| key::judge(name.as_bytes())) {
            Some(Name::Setting(Kind::Password)) => 4,
            Some(Name::Setting(Kind::Secret)) => 6,
            _ => usize::MAX,
        };
        digits.len() >= least || !self.redactor.find(digits).is_empty()
    }
}
