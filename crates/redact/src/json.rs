//! Structured values: every string is searched with the name it stands under, so that a password needs no shape to
//! be found. Shapes of values are kept; only strings, numbers and keys that hold secrets change.

use crate::assignment;
use crate::finding::{PLACEHOLDER, Tally};
use crate::key::{self, Kind, Name};
use crate::manifest;
use crate::redactor::Redactor;
use crate::value::{Form, is_secret};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Values nested deeper than this are replaced whole; `serde_json` reads no deeper by default.
const MOST_DEPTH: usize = 128;

/// How often a value is searched by every reading of its name, if there are several.
const MOST_SWEEPS: usize = 4;

/// Replaces the secrets in `value` and counts them.
pub(crate) fn redact(redactor: &Redactor, value: &mut Value) -> Tally {
    let mut walk = Walk { redactor, tally: Tally::default() };
    walk.value(value, &Context::default(), 0);
    walk.tally
}

/// What the name before a value introduces, by each reading of the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Context(Vec<Option<Name>>);

impl Context {
    fn add(&mut self, judged: Option<Name>) {
        if !self.0.contains(&judged) {
            self.0.push(judged);
        }
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.0.iter().filter_map(|name| match name {
            Some(Name::Setting(kind)) => Some(*kind),
            _ => None,
        })
    }

    /// The names of headers whose lines the value is searched in, none for the value alone; each once.
    fn headers(&self) -> Vec<Option<&'static str>> {
        let mut headers = Vec::new();
        for header in self.0.iter().map(|name| name.and_then(header_name)) {
            if !headers.contains(&header) {
                headers.push(header);
            }
        }
        if headers.is_empty() {
            headers.push(None);
        }
        headers
    }
}

fn header_name(name: Name) -> Option<&'static str> {
    match name {
        Name::Authorization => Some("Authorization: "),
        Name::Cookie { setting: false } => Some("Cookie: "),
        Name::Cookie { setting: true } => Some("Set-Cookie: "),
        Name::Setting(_) => None,
    }
}

struct Walk<'r> {
    redactor: &'r Redactor,
    tally: Tally,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, context: &Context, depth: usize) {
        match value {
            Value::Array(_) | Value::Object(_) if depth >= MOST_DEPTH => {
                self.tally.findings += 1;
                *value = Value::from(PLACEHOLDER);
            }
            Value::Array(items) => {
                for item in items {
                    self.value(item, context, depth + 1);
                }
            }
            Value::Object(members) => self.object(members, context, depth),
            Value::String(text) => {
                if let Some(clean) = self.text(text, context) {
                    *text = clean;
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if self.is_secret_number(&digits, context) {
                    self.redactor.hear(assignment::RULE);
                    self.tally.findings += 1;
                    *value = Value::from(PLACEHOLDER);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, members: &mut Map<String, Value>, name: &Context, depth: usize) {
        let mut subject = Context::default();
        for name in ["name", "key"].iter().filter_map(|name| members.get(*name)).filter_map(Value::as_str) {
            self.read(&mut subject, name);
        }
        let sealed = manifest::sealed_members(members);
        let mut renamed = false;
        for (key, value) in members.iter_mut() {
            if sealed.contains(&key.as_str()) {
                let rule = if key.ends_with("ata") { manifest::SECRET } else { manifest::KEY };
                self.seal(value, rule, depth);
            }
            let mut context = Context::default();
            // A pair of `name` and `value` spells one setting out as two members.
            if key == "value" {
                context.clone_from(&subject);
                // an object may stand for the value itself: `"password": {"value": …}`
                name.0.iter().for_each(|judged| context.add(*judged));
            }
            renamed |= self.read(&mut context, key);
            if value.is_array()
                && let Some(kind) = key::judge_many(key.as_bytes())
            {
                context.add(Some(Name::Setting(kind)));
            }
            self.value(value, &context, depth + 1);
        }
        if renamed {
            *members = self.with_clean_keys(std::mem::take(members));
        }
    }

    /// Replaces every string of a value that is secret as a whole, references and placeholders aside.
    fn seal(&mut self, value: &mut Value, rule: &'static str, depth: usize) {
        match value {
            Value::Object(members) if depth < MOST_DEPTH => {
                members.values_mut().for_each(|member| self.seal(member, rule, depth + 1));
            }
            Value::String(text) if manifest::is_member(text.as_bytes()) && !self.redactor.allows(text) => {
                self.redactor.hear(rule);
                self.tally.findings += 1;
                PLACEHOLDER.clone_into(text);
            }
            _ => {}
        }
    }

    /// Adds what a name introduces, and tells whether it holds secrets. It is read without them, so that a second walk sees
    /// what the first one saw, and as it stands: a pattern that hides a name must not show its value.
    fn read(&self, context: &mut Context, name: &str) -> bool {
        if self.redactor.has_patterns() {
            context.add(self.judge(&self.redactor.without_patterns(name)));
        }
        let clean = self.redactor.redact(name).text;
        context.add(self.judge(&clean));
        context.add(self.judge(name));
        matches!(clean, Cow::Owned(_))
    }

    fn judge(&self, name: &str) -> Option<Name> {
        if self.redactor.is_named(name) {
            Some(Name::Setting(Kind::Own))
        } else {
            key::judge(name.as_bytes())
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
    fn text(&mut self, text: &str, context: &Context) -> Option<String> {
        let is_secret = |kind| is_secret(text.as_bytes(), kind, Form::Quoted) && !self.redactor.allows(text);
        if context.kinds().any(is_secret) {
            self.redactor.hear(assignment::RULE);
            self.tally.findings += 1;
            return Some(PLACEHOLDER.to_owned());
        }
        let headers = context.headers();
        let mut clean = Cow::Borrowed(text);
        let several = headers.len() > 1;
        // What one reading takes away can show another something more, and what a pattern takes away can hide it.
        for sweep in 0..MOST_SWEEPS {
            let standard = sweep == 0 && several && self.redactor.has_patterns();
            let mut changed = standard;
            for header in &headers {
                if let Some(cleaner) = self.search(&clean, *header, standard) {
                    clean = Cow::Owned(cleaner);
                    changed = true;
                }
            }
            if !changed || !several {
                break;
            }
        }
        match clean {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        }
    }

    /// Searches a text alone, or as the value of a header in its line. The value goes whole if something is found that
    /// begins in the header's name: how much of it was meant cannot be told once the name is gone.
    fn search(&mut self, text: &str, header: Option<&str>, standard: bool) -> Option<String> {
        let name = header.unwrap_or_default();
        let line = if header.is_some() { Cow::Owned(format!("{name}{text}")) } else { Cow::Borrowed(text) };
        let redacted =
            if standard { self.redactor.redact_by_standard(&line) } else { self.redactor.redact(&line) };
        let Cow::Owned(clean) = &redacted.text else { return None };
        let whole = redacted.findings.iter().any(|finding| finding.span.start < name.len());
        if whole && text == PLACEHOLDER {
            return None;
        }
        self.tally.add(redacted.findings.len());
        if whole { Some(PLACEHOLDER.to_owned()) } else { clean.strip_prefix(name).map(str::to_owned) }
    }

    fn is_secret_number(&self, digits: &str, context: &Context) -> bool {
        let least = |kind| match kind {
            Kind::Own => 1,
            Kind::Password => 4,
            Kind::Secret => 6,
            Kind::Doubtful | Kind::Weak => usize::MAX,
        };
        let named = context.kinds().any(|kind| digits.len() >= least(kind)) && !self.redactor.allows(digits);
        named || !self.redactor.find(digits).is_empty()
    }
}
