//! The canonical form of a policy set and its digest. Everything that bears on a verdict or on its words is in it, in
//! sorted order and with its length in front; places, comments and examples are not.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::argument::{Argument, Test};
use crate::denylist;
use crate::digest::Digest;
use crate::rule::{Globs, HostPattern, Rule, ToolPattern};
use crate::set::{PolicySet, RedactAllowance, RedactPattern, Redaction, Repository};

/// Names what is hashed, and the version of this form.
const DOMAIN: &str = "gitoma policy set v1";

/// The digest of a set; its own `digest` field is not looked at.
pub(crate) fn digest(set: &PolicySet) -> Digest {
    let mut form = Form::default();
    form.text(DOMAIN);
    form.number(u64::from(denylist::REVISION));
    form.number(u64::from(set.automation));
    form.text(set.enforcement.as_str());
    form.patterns(&set.redact.patterns);
    form.rules(set.global.rules());
    form.repositories(set.repositories.values());
    form.repositories(set.owners.values());
    form.redaction(&set.redact);
    form.finish()
}

/// The form as it is written: hashed a block at a time, never held whole.
#[derive(Default)]
struct Form {
    hash: Sha256,
    unhashed: Vec<u8>,
}

impl Form {
    /// Long enough that the hash runs over many of its own blocks at once.
    const BLOCK: usize = 16 << 10;

    fn bytes(&mut self, bytes: &[u8]) {
        self.unhashed.extend_from_slice(bytes);
        if self.unhashed.len() >= Self::BLOCK {
            self.hash.update(&self.unhashed);
            self.unhashed.clear();
        }
    }

    fn finish(self) -> Digest {
        Digest::new(self.hash.chain_update(&self.unhashed).finalize().into())
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    /// A set of texts: sorted, each once.
    fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        let mut texts: Vec<T> = texts.into_iter().collect();
        texts.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
        texts.dedup_by(|a, b| a.as_ref() == b.as_ref());
        self.count(texts.len());
        for text in texts {
            self.text(text.as_ref());
        }
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn repositories<'a>(&mut self, entries: impl Iterator<Item = &'a Repository>) {
        let mut entries: Vec<&Repository> = entries.collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        self.count(entries.len());
        for entry in entries {
            self.text(&entry.name);
            self.optional(entry.write, |form, switch| form.number(switch as u64));
            self.rules(entry.rules.rules());
        }
    }

    fn patterns(&mut self, patterns: &[RedactPattern]) {
        let mut patterns: Vec<&RedactPattern> = patterns.iter().collect();
        patterns.sort_by(|a, b| a.id.cmp(&b.id));
        self.count(patterns.len());
        for pattern in patterns {
            self.text(&pattern.id);
            self.text(&pattern.pattern);
        }
    }

    /// What came to the form later stands at its end, and only where there is some: older policies keep their digests.
    fn redaction(&mut self, Redaction { names, allowances, blocks, .. }: &Redaction) {
        if !names.is_empty() || !allowances.is_empty() || !blocks.is_empty() {
            self.texts(names.iter().map(|name| &*name.name));
            let mut allowances: Vec<&RedactAllowance> = allowances.iter().collect();
            allowances.sort_by(|a, b| a.id.cmp(&b.id));
            self.count(allowances.len());
            for allowance in allowances {
                self.text(&allowance.id);
                self.text(&allowance.fingerprint);
            }
            self.texts(blocks.iter().map(|block| &*block.rule));
        }
    }

    fn rules(&mut self, rules: &[Rule]) {
        // Ids are unique in a set, so they order its rules.
        let mut rules: Vec<&Rule> = rules.iter().collect();
        rules.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        self.count(rules.len());
        for rule in rules {
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.text(&rule.id);
        self.text(rule.effect.as_str());
        self.optional(rule.capability, |form, capability| form.text(capability.as_str()));
        self.texts(rule.tools.iter().map(|tool| match tool {
            ToolPattern::Exact(name) => Cow::Borrowed(&**name),
            ToolPattern::Prefix(prefix) => Cow::Owned(format!("{prefix}*")),
        }));
        self.optional(rule.principals.as_deref(), Self::texts);
        self.optional(rule.roles.as_deref(), Self::texts);
        self.optional(rule.transports.as_deref(), |form, transports| {
            form.texts(transports.iter().map(|transport| transport.as_str()));
        });
        self.optional(rule.paths.as_deref(), Self::globs);
        self.optional(rule.refs.as_deref(), Self::globs);
        self.optional(rule.hosts.as_deref(), |form, hosts| {
            form.texts(hosts.iter().map(|host| match host {
                HostPattern::Any => "*".to_owned(),
                HostPattern::Exact(name) => name.to_string(),
                HostPattern::Beneath(domain) => format!("*{domain}"),
            }));
        });
        let mut arguments: Vec<&Argument> = rule.arguments.iter().collect();
        arguments.sort_by(|a, b| a.name.cmp(&b.name));
        self.count(arguments.len());
        for argument in arguments {
            self.argument(argument);
        }
        self.optional(rule.text.as_deref(), Self::text);
    }

    fn globs(&mut self, globs: &Globs) {
        self.texts(globs.list.iter().map(crate::glob::Glob::text));
    }

    fn argument(&mut self, argument: &Argument) {
        self.text(&argument.name);
        match &argument.test {
            Test::OneOf(options) => {
                self.text("one_of");
                self.texts(options.iter().map(ToString::to_string));
            }
            Test::Glob(glob, _) => {
                self.text("glob");
                self.text(glob.text());
            }
            Test::Range(min, max) => {
                self.text("range");
                for bound in [min, max] {
                    self.optional(bound.as_ref(), |form, bound| form.number(bound.to_bits()));
                }
            }
            Test::MaxLength(most) => {
                self.text("max_length");
                self.number(*most);
            }
            Test::Absent => self.text("absent"),
        }
    }
}
