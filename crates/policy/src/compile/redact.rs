//! The `redact` key: what is redacted besides what always is, and what is not. Whether a pattern is one, whoever redacts says.

use std::sync::Arc;

use super::{Compiler, PLAIN_NAME, is_plain_name};
use crate::document::{self, Items, Placed};
use crate::set::{RedactAllowance, RedactBlock, RedactName, RedactPattern, Redaction};

/// The shortest name of a setting: shorter ones stand before too much that is innocent.
const SHORTEST_NAME: usize = 4;

/// What to write where a name is demanded.
const NAME: &str = "use 4 to 64 letters, digits, `-`, `_` and `.`, a letter first, as in `db_conn`";

/// What to write where a fingerprint is demanded.
const FINGERPRINT: &str = "write `sha256:` and 64 digits, as `gitoma secrets fingerprint` prints them";

impl Compiler<'_> {
    pub(super) fn redact(&mut self, redact: &Placed<document::Redact>) -> Redaction {
        let document::Redact { patterns, names, allow, block } = &redact.value;
        if patterns.is_none() && names.is_none() && allow.is_none() && block.is_none() {
            self.empty(redact.place, "redact");
        }
        Redaction {
            patterns: patterns.as_ref().map(|list| self.redact_patterns(list)).unwrap_or_default(),
            names: names.as_ref().map(|list| self.redact_names(list)).unwrap_or_default(),
            allowances: allow.as_ref().map(|list| self.redact_allowances(list)).unwrap_or_default(),
            blocks: block.as_ref().map(|list| self.redact_blocks(list)).unwrap_or_default(),
        }
    }

    fn redact_patterns(&mut self, patterns: &Placed<Items<document::RedactPattern>>) -> Box<[RedactPattern]> {
        if patterns.value.is_empty() {
            self.empty(patterns.place, "patterns");
        }
        let mut kept: Vec<RedactPattern> = Vec::with_capacity(patterns.value.len());
        for entry in &patterns.value {
            let document::RedactPattern { id, pattern } = &entry.value;
            self.redact_id(
                id,
                "pattern",
                kept.iter().find(|kept| *kept.id == *id.value).map(|first| first.line),
            );
            if pattern.value.is_empty() {
                self.faults.note(pattern.place, "pattern is empty", Some("write what is to be redacted"));
            }
            let (id, pattern, place) = (Arc::from(&*id.value), Arc::from(&*pattern.value), pattern.place);
            kept.push(RedactPattern { id, pattern, line: place.line, column: place.column });
        }
        kept.into()
    }

    fn redact_names(&mut self, names: &Placed<Items<String>>) -> Box<[RedactName]> {
        if names.value.is_empty() {
            self.empty(names.place, "names");
        }
        let mut kept: Vec<RedactName> = Vec::with_capacity(names.value.len());
        for Placed { value, place } in &names.value {
            if let Some(first) = kept.iter().find(|kept| *kept.name == **value) {
                let message = format!("name stands in line {} already", first.line);
                self.faults.note(*place, message, Some("leave it out"));
            }
            let plain = is_plain_name(value) && value.starts_with(|sign: char| sign.is_ascii_alphabetic());
            if !plain || value.len() < SHORTEST_NAME {
                self.faults.note(*place, "name cannot be that of a setting", Some(NAME));
            }
            let name = Arc::from(&**value);
            kept.push(RedactName { name, line: place.line, column: place.column });
        }
        kept.into()
    }

    fn redact_blocks(&mut self, rules: &Placed<Items<String>>) -> Box<[RedactBlock]> {
        if rules.value.is_empty() {
            self.empty(rules.place, "block");
        }
        let mut kept: Vec<RedactBlock> = Vec::with_capacity(rules.value.len());
        for Placed { value, place } in &rules.value {
            if let Some(first) = kept.iter().find(|kept| *kept.rule == **value) {
                let message = format!("rule stands in line {} already", first.line);
                self.faults.note(*place, message, Some("leave it out"));
            }
            if !is_plain_name(value) {
                self.faults.note(*place, "rule id is not a plain name", Some(PLAIN_NAME));
            }
            kept.push(RedactBlock { rule: Arc::from(&**value), line: place.line, column: place.column });
        }
        kept.into()
    }

    fn redact_allowances(
        &mut self,
        list: &Placed<Items<document::RedactAllowance>>,
    ) -> Box<[RedactAllowance]> {
        if list.value.is_empty() {
            self.empty(list.place, "allow");
        }
        let mut kept: Vec<RedactAllowance> = Vec::with_capacity(list.value.len());
        for entry in &list.value {
            let document::RedactAllowance { id, fingerprint } = &entry.value;
            self.redact_id(
                id,
                "allowance",
                kept.iter().find(|kept| *kept.id == *id.value).map(|first| first.line),
            );
            let digits = fingerprint.value.strip_prefix("sha256:").unwrap_or_default();
            let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if digits.len() != 64 || !digits.bytes().all(digit) {
                self.faults.note(fingerprint.place, "fingerprint is not one", Some(FINGERPRINT));
            }
            let (id, text, place) =
                (Arc::from(&*id.value), Arc::from(&*fingerprint.value), fingerprint.place);
            kept.push(RedactAllowance { id, fingerprint: text, line: place.line, column: place.column });
        }
        kept.into()
    }

    fn redact_id(&mut self, id: &Placed<String>, what: &str, taken: Option<u32>) {
        if !is_plain_name(&id.value) {
            self.faults.note(id.place, format!("{what} id is not a plain name"), Some(PLAIN_NAME));
        }
        if let Some(line) = taken {
            let message = format!("{what} id is taken by the {what} in line {line}");
            let fix = if what == "pattern" {
                "give each pattern an id of its own"
            } else {
                "give each allowance an id of its own"
            };
            self.faults.note(id.place, message, Some(fix));
        }
    }
}
