//! From a policy document to a policy set: scopes, repository keys and what must be unique across the file; the rules
//! themselves are compiled in `compile::rule`. Every fault is noted before the file is refused.

mod rule;

use std::collections::HashMap;
use std::sync::Arc;

use serde_saphyr::Spanned;

use crate::canonical;
use crate::catalogue::Catalogue;
use crate::document::{self, Document, Entries, Switch, place};
use crate::error::{Faults, LoadError, Place};
use crate::example::{self, Planned};
use crate::fold;
use crate::model::Digest;
use crate::rule::Rule;
use crate::set::{PolicySet, RedactPattern, Repository, Scope, Source};
use crate::yaml::{self, Limits};

/// The one version of the language there is.
const VERSION: u64 = 1;

pub(crate) fn load(source: Source<'_>, catalogue: &Catalogue) -> Result<PolicySet, LoadError> {
    let document: Document = yaml::from_str(source.name, source.text, Limits::POLICY)?;
    let mut compiler = Compiler {
        catalogue,
        tools: catalogue.iter().map(|(name, _)| name).collect(),
        faults: Faults::new(source),
        ids: HashMap::new(),
        planned: Vec::new(),
    };
    let mut set = compiler.compile(source, &document);
    let Compiler { mut faults, planned, .. } = compiler;
    faults.finish()?;
    set.digest = canonical::digest(&set);

    faults = Faults::new(source);
    example::run(&set, catalogue, &planned, &mut faults);
    faults.finish()?;
    Ok(set)
}

struct Compiler<'a> {
    catalogue: &'a Catalogue,
    tools: Vec<&'a str>,
    faults: Faults<'a>,
    /// Every rule id so far and its line.
    ids: HashMap<Arc<str>, u32>,
    planned: Vec<Planned<'a>>,
}

impl<'a> Compiler<'a> {
    fn compile(&mut self, source: Source<'_>, document: &'a Document) -> PolicySet {
        if document.version.value != VERSION {
            let message = "version of the policy language is not known";
            self.faults.note(place(&document.version), message, Some("write `version: 1`"));
        }
        let global = document.global.as_ref().map(|global| self.rules(&global.rules, None));
        let (mut repositories, mut owners) = (HashMap::new(), HashMap::new());
        if let Some(entries) = &document.repositories {
            if entries.value.0.is_empty() {
                self.empty(place(entries), "repositories");
            }
            self.repositories(&entries.value, &mut repositories, &mut owners);
        }
        PolicySet {
            name: Arc::from(source.name),
            digest: Digest::new([0; 32]),
            generation: 0,
            automation: document.automation == Some(Switch::Allow),
            enforcement: document.enforcement.unwrap_or_default(),
            redact: document.redact.as_ref().map(|redact| self.redact(&redact.patterns)).unwrap_or_default(),
            tools: self.tools.iter().enumerate().map(|(at, name)| (Box::from(*name), at)).collect(),
            global: Scope::new(global.unwrap_or_default(), &self.tools),
            repositories,
            owners,
        }
    }

    fn repositories(
        &mut self,
        entries: &'a Entries<document::Repository>,
        repositories: &mut HashMap<Box<str>, Repository>,
        owners: &mut HashMap<Box<str>, Repository>,
    ) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        for (key, entry) in &entries.0 {
            let name = key.value.as_str();
            if !is_repository_key(name) {
                let fix = "write `owner/name`, `name`, or `owner/*`";
                self.faults.note(place(key), "key names no repository", Some(fix));
            }
            let folded = fold::case(name).into_owned();
            if let Some(line) = seen.insert(folded.clone(), place(key).line) {
                let message = format!("key is the same as the one in line {line} but for its case");
                self.faults.note(place(key), message, Some("keep one of them"));
            }
            if entry.write.is_none() && entry.rules.is_none() {
                self.empty(place(key), "entry");
            }
            let rules = entry.rules.as_ref().map(|rules| self.rules(rules, Some(key)));
            let rules = Scope::new(rules.unwrap_or_default(), &self.tools);
            match (name.strip_suffix("/*"), folded.strip_suffix("/*")) {
                (Some(owner), Some(folded)) => {
                    owners
                        .insert(folded.into(), Repository { name: owner.into(), write: entry.write, rules });
                }
                _ => {
                    let entry = Repository { name: name.into(), write: entry.write, rules };
                    repositories.insert(folded.into(), entry);
                }
            }
        }
    }

    fn rules(
        &mut self,
        rules: &'a document::List<document::Rule>,
        repository: Option<&'a Spanned<String>>,
    ) -> Vec<Rule> {
        if rules.value.is_empty() {
            self.empty(place(rules), "rules");
        }
        let mut compiled = Vec::with_capacity(rules.value.len());
        for rule in &rules.value {
            if let Some(examples) = &rule.value.examples {
                if examples.value.is_empty() {
                    self.empty(place(examples), "examples");
                }
                let repository = repository.map(|key| key.value.as_str());
                let planned =
                    examples.value.iter().map(|example| Planned { example, rule: &rule.value, repository });
                self.planned.extend(planned);
            }
            compiled.push(self.rule(rule));
        }
        compiled
    }

    fn redact(&mut self, patterns: &document::List<document::RedactPattern>) -> Box<[RedactPattern]> {
        if patterns.value.is_empty() {
            self.empty(place(patterns), "patterns");
        }
        let mut kept: Vec<RedactPattern> = Vec::with_capacity(patterns.value.len());
        for entry in &patterns.value {
            let document::RedactPattern { id, pattern } = &entry.value;
            if !is_plain_name(&id.value) {
                self.faults.note(place(id), "pattern id is not a plain name", Some(PLAIN_NAME));
            }
            if let Some(first) = kept.iter().find(|kept| *kept.id == *id.value) {
                let message = format!("pattern id is taken by the pattern in line {}", first.line);
                self.faults.note(place(id), message, Some("give each pattern an id of its own"));
            }
            if pattern.value.is_empty() {
                self.faults.note(place(pattern), "pattern is empty", Some("write what is to be redacted"));
            }
            let Place { line, column } = place(pattern);
            let (id, pattern) = (Arc::from(id.value.as_str()), Arc::from(pattern.value.as_str()));
            kept.push(RedactPattern { id, pattern, line, column });
        }
        kept.into()
    }

    /// Notes a list or map that is written but empty: it is neither absent nor everything, so it says nothing.
    fn empty(&mut self, place: Place, what: &str) {
        self.faults.note(place, format!("{what} is empty"), Some("fill it, or leave the key out"));
    }
}

/// The longest id of a rule or pattern, in bytes.
const LONGEST_ID: usize = 64;

/// What to write where [`is_plain_name`] is demanded.
const PLAIN_NAME: &str = "use at most 64 letters, digits, `-`, `_` and `.`";

/// Whether `id` may name a rule or a pattern.
fn is_plain_name(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(plain)
}

/// `owner/name`, `name` or `owner/*`.
fn is_repository_key(key: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.len() <= 255
            && part.trim() == part
            && !part.contains(['/', '*', '?', '\\', '{', '}', '[', ']'])
            && !part.chars().any(char::is_control)
    };
    match key.split_once('/') {
        None => is_part(key),
        Some((owner, "*")) => is_part(owner),
        Some((owner, name)) => is_part(owner) && is_part(name),
    }
}

#[cfg(test)]
mod tests;
