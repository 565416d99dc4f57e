//! Spells a line field by field into one reused buffer and seals it with its hash.
//! The order of the fields is the caller's duty, checked in debug builds; what a field may hold is kept here.

use jiff::Timestamp;
use uuid::Uuid;

use super::{END, HASH_KEY};
use crate::{
    call::{Access, Argument, Restriction, RuleRef},
    digest::Digest,
    field::Field,
    limit, moment, text,
    vocabulary::Kind,
};

/// What every line begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) chain_id: Uuid,
    pub(crate) seq: u64,
    pub(crate) moment: Timestamp,
    pub(crate) writer: Uuid,
    pub(crate) kind: Kind,
}

/// A line in the making.
#[derive(Debug)]
pub(crate) struct LineWriter<'buffer> {
    buffer: &'buffer mut Vec<u8>,
    last: Field,
    cut: u64,
}

impl<'buffer> LineWriter<'buffer> {
    /// Empties `buffer` and writes the head into it.
    pub(crate) fn begin(buffer: &'buffer mut Vec<u8>, head: &Head) -> Self {
        buffer.clear();
        buffer.extend_from_slice(b"{\"v\":1");
        let mut line = Self { buffer, last: Field::Version, cut: 0 };
        line.identifier(Field::ChainId, head.chain_id);
        line.integer(Field::Seq, head.seq);
        line.moment(Field::Moment, head.moment);
        line.identifier(Field::Writer, head.writer);
        line.text(Field::Kind, head.kind.as_str());
        line
    }

    fn key(&mut self, field: Field) {
        debug_assert!(field.bit() > self.last.bit(), "{field} stands behind {}", self.last);
        self.last = field;
        self.raw(",\"");
        self.raw(field.as_str());
        self.raw("\":");
    }

    fn raw(&mut self, literal: &str) {
        self.buffer.extend_from_slice(literal.as_bytes());
    }

    fn string(&mut self, value: &str) {
        self.buffer.push(b'"');
        if !text::write(value, self.buffer) {
            self.cut = self.cut.saturating_add(1);
        }
        self.buffer.push(b'"');
    }

    fn number(&mut self, value: u64) {
        let mut digits = [0_u8; 20];
        let (mut rest, mut length) = (value.min(limit::INTEGER), 0_usize);
        for slot in digits.iter_mut().rev() {
            // always 0..=9
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        let (_, digits) = digits.split_at(20 - length);
        self.buffer.extend_from_slice(digits);
    }

    pub(crate) fn text(&mut self, field: Field, value: &str) {
        self.key(field);
        self.string(value);
    }

    pub(crate) fn optional_text(&mut self, field: Field, value: Option<&str>) {
        if let Some(value) = value {
            self.text(field, value);
        }
    }

    pub(crate) fn integer(&mut self, field: Field, value: u64) {
        self.key(field);
        self.number(value);
    }

    pub(crate) fn boolean(&mut self, field: Field, value: bool) {
        self.key(field);
        self.raw(if value { "true" } else { "false" });
    }

    pub(crate) fn digest(&mut self, field: Field, value: &Digest) {
        self.key(field);
        self.raw("\"");
        value.write(self.buffer);
        self.raw("\"");
    }

    pub(crate) fn identifier(&mut self, field: Field, value: Uuid) {
        self.key(field);
        self.raw("\"");
        self.raw(value.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        self.raw("\"");
    }

    pub(crate) fn moment(&mut self, field: Field, value: Timestamp) {
        self.key(field);
        self.raw("\"");
        moment::write(value, self.buffer);
        self.raw("\"");
    }

    /// Whether `bytes` more, beyond those since `start`, stay within `budget`.
    fn fits(&self, start: usize, bytes: usize, budget: usize) -> bool {
        self.buffer.len().saturating_sub(start).saturating_add(bytes) <= budget
    }

    pub(crate) fn roles<'text>(&mut self, roles: impl ExactSizeIterator<Item = &'text str>) {
        if roles.len() == 0 {
            return;
        }
        self.key(Field::Roles);
        let start = self.buffer.len();
        let left_out = self.list(roles, limit::ROLES, |line, role| {
            line.string(role);
            line.fits(start, 0, limit::ROLES_BUDGET)
        });
        self.cut = self.cut.saturating_add(left_out);
    }

    pub(crate) fn rules(&mut self, rules: &[RuleRef]) {
        if rules.is_empty() {
            return;
        }
        self.key(Field::Rules);
        let start = self.buffer.len();
        let left_out = self.list(rules.iter(), limit::RULES, |line, rule| {
            line.raw("{\"id\":");
            line.string(&rule.id);
            line.raw(",\"line\":");
            line.number(rule.line.into());
            line.raw("}");
            line.fits(start, 0, limit::RULES_BUDGET)
        });
        self.cut = self.cut.saturating_add(left_out);
    }

    pub(crate) fn arguments(&mut self, arguments: &[Argument]) {
        if arguments.is_empty() {
            return;
        }
        self.key(Field::Arguments);
        let start = self.buffer.len();
        let left_out = self.list(arguments.iter(), limit::ARGUMENTS, |line, argument| {
            line.raw("{\"name\":");
            line.string(&argument.name);
            line.raw(",\"value\":");
            line.string(&argument.value);
            line.raw("}");
            line.fits(start, 0, limit::ARGUMENTS_BUDGET)
        });
        self.cut = self.cut.saturating_add(left_out);
    }

    /// What was not given up is not said; `repos_more` stands wherever repositories were, so that none left is not all left.
    pub(crate) fn restriction(&mut self, restriction: &Restriction) {
        let Restriction { read_only, dry_run, repositories, repositories_more } = restriction;
        if !read_only && !dry_run && repositories.is_none() {
            return;
        }
        self.key(Field::Restriction);
        let mut lead = "{";
        for (given_up, member) in [(*read_only, "\"read_only\":true"), (*dry_run, "\"dry_run\":true")] {
            if given_up {
                self.raw(lead);
                self.raw(member);
                lead = ",";
            }
        }
        if let Some(repositories) = repositories {
            let mut more = *repositories_more;
            if !repositories.is_empty() {
                self.raw(lead);
                self.raw("\"repos\":");
                let start = self.buffer.len();
                let left_out = self.list(repositories.iter(), limit::REPOSITORIES, |line, alias| {
                    line.string(alias);
                    line.fits(start, 0, limit::REPOSITORIES_BUDGET)
                });
                more = more.saturating_add(left_out);
                lead = ",";
            }
            self.raw(lead);
            self.raw("\"repos_more\":");
            self.number(more);
        }
        self.raw("}");
    }

    pub(crate) fn accesses(&mut self, accesses: &[Access]) {
        if accesses.is_empty() {
            return;
        }
        self.key(Field::Accesses);
        let start = self.buffer.len();
        let left_out = self.list(accesses.iter(), limit::ACCESSES, |line, access| {
            // repository, ref, one path, host and the keys around them, so that no list ever ends up empty
            let fits = line.fits(start, 4 * limit::TEXT_BYTES + 256, limit::ACCESSES_BUDGET);
            fits.then(|| line.access(start, access)).is_some()
        });
        if left_out > 0 {
            self.integer(Field::AccessesMore, left_out);
        }
    }

    fn access(&mut self, start: usize, access: &Access) {
        let mut lead = "{";
        for (key, value) in [("\"repo\":", access.repo.as_deref()), ("\"ref\":", access.reference.as_deref())]
        {
            if let Some(value) = value {
                self.raw(lead);
                self.raw(key);
                self.string(value);
                lead = ",";
            }
        }
        let mut more = access.paths_more;
        if !access.paths.is_empty() {
            self.raw(lead);
            self.raw("\"paths\":");
            // room for the count and the host behind the paths
            let budget = limit::ACCESSES_BUDGET.saturating_sub(limit::TEXT_BYTES + 64);
            let left_out = self.list(access.paths.iter(), limit::PATHS, |line, path| {
                line.string(path);
                line.fits(start, 0, budget)
            });
            more = more.saturating_add(left_out);
            lead = ",";
        }
        if more > 0 {
            self.raw(lead);
            self.raw("\"paths_more\":");
            self.number(more);
            lead = ",";
        }
        if let Some(found) = access.found {
            self.raw(lead);
            self.raw(if found { "\"found\":true" } else { "\"found\":false" });
            lead = ",";
        }
        if let Some(host) = &access.host {
            self.raw(lead);
            self.raw("\"host\":");
            self.string(host);
            lead = ",";
        }
        self.raw(if lead == "{" { "{}" } else { "}" });
    }

    /// Writes `items` in brackets until `write` takes one back or `most` are written; returns how many are left out.
    fn list<Item>(
        &mut self,
        items: impl Iterator<Item = Item>,
        most: usize,
        mut write: impl FnMut(&mut Self, Item) -> bool,
    ) -> u64 {
        self.buffer.push(b'[');
        let (mut written, mut left_out) = (0, 0);
        for item in items {
            if written == most || left_out > 0 {
                left_out += 1;
                continue;
            }
            let (length, cut) = (self.buffer.len(), self.cut);
            if written > 0 {
                self.buffer.push(b',');
            }
            if write(self, item) {
                written += 1;
            } else {
                self.buffer.truncate(length);
                self.cut = cut;
                left_out += 1;
            }
        }
        self.buffer.push(b']');
        left_out
    }

    /// Links the line to the one before, hashes it and ends it; returns its hash.
    pub(crate) fn seal(mut self, previous: &Digest) -> Digest {
        if self.cut > 0 {
            self.integer(Field::Cut, self.cut);
        }
        self.digest(Field::PrevHash, previous);
        let hash = Digest::of(self.buffer);
        self.raw(HASH_KEY);
        hash.write(self.buffer);
        self.raw(END);
        self.buffer.push(b'\n');
        hash
    }
}
