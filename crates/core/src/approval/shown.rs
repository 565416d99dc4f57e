//! [`Showing`]: what is left of a call and its effect for an approver to see. Every text is redacted, freed of what nobody sees, and
//! then cut, in this order; what was taken out is counted, since it may be meant to deceive.

use gitoma_policy::{Access, Paths};
use gitoma_redact::{Redactor, reveal_json};
use serde_json::Value;

use super::request::ShownAccess;
use crate::cap;
use crate::effects::{Effects, FileEffect, FileState};

/// How much of the arguments is shown, in bytes of JSON; the effect says what comes of them.
const ARGUMENTS: usize = 16 * 1024;
/// How many accesses, and paths of each, are shown.
pub(super) const ACCESSES: usize = 64;
const PATHS: usize = 256;
/// How many files are shown, and how much of the diff and of the message.
const FILES: usize = 2000;
const DIFF: usize = 512 * 1024;
const MESSAGE: usize = 16 * 1024;

/// Makes texts fit to be shown, and counts.
#[derive(Debug)]
pub(super) struct Showing<'redactor> {
    redactor: &'redactor Redactor,
    hidden: u64,
    cut: bool,
}

/// `text` without secrets, and without characters that nobody sees.
pub(crate) fn shown_text(redactor: &Redactor, text: &str) -> String {
    Showing::new(redactor).text(text)
}

impl<'redactor> Showing<'redactor> {
    pub(super) fn new(redactor: &'redactor Redactor) -> Self {
        Self { redactor, hidden: 0, cut: false }
    }

    /// Whether some text was cut.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// How many characters and sequences that nobody sees were taken out.
    pub(super) fn hidden(&self) -> u64 {
        self.hidden
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        let shown = self.redactor.redact_shown(text);
        self.hidden = self.hidden.saturating_add(shown.hidden);
        shown.text.into_owned()
    }

    fn long(&mut self, text: &str, limit: usize) -> String {
        let text = self.text(text);
        if text.len() <= limit {
            return text;
        }
        self.cut = true;
        let end = text.floor_char_boundary(limit);
        format!("{}{}", text.get(..end).unwrap_or_default(), cap::MARKER)
    }

    pub(super) fn arguments(&mut self, mut arguments: Value) -> Value {
        self.redactor.redact_json(&mut arguments);
        let hidden = reveal_json(&mut arguments);
        self.hidden = self.hidden.saturating_add(hidden);
        if hidden > 0 {
            self.redactor.redact_json(&mut arguments);
        }
        cap::cut(&mut arguments, ARGUMENTS);
        arguments
    }

    /// The effect, and how many of its files are left out.
    pub(super) fn effects(&mut self, effects: &Effects) -> (Effects, u64) {
        let Effects { target, base, head, message, files, diff } = effects;
        let shown = Effects {
            target: self.long(target, MESSAGE),
            base: base.as_deref().map(|base| self.text(base)),
            head: head.as_deref().map(|head| self.text(head)),
            message: message.as_deref().map(|message| self.long(message, MESSAGE)),
            files: files.iter().take(FILES).map(|file| self.file(file)).collect(),
            diff: diff.as_deref().map(|diff| self.long(diff, DIFF)),
        };
        (shown, u64::try_from(files.len().saturating_sub(FILES)).unwrap_or(u64::MAX))
    }

    fn file(&mut self, file: &FileEffect) -> FileEffect {
        let FileEffect { path, old, new, added, removed } = file;
        FileEffect {
            path: self.text(path),
            old: old.as_ref().map(|state| self.state(state)),
            new: new.as_ref().map(|state| self.state(state)),
            added: *added,
            removed: *removed,
        }
    }

    fn state(&mut self, FileState { mode, id, bytes }: &FileState) -> FileState {
        FileState { mode: self.text(mode), id: self.text(id), bytes: *bytes }
    }

    pub(super) fn accesses(&mut self, accesses: &[Access]) -> Vec<ShownAccess> {
        self.cut |= accesses.len() > ACCESSES;
        accesses.iter().take(ACCESSES).map(|access| self.access(access)).collect()
    }

    fn access(&mut self, access: &Access) -> ShownAccess {
        let paths = match &access.paths {
            Paths::Named(paths) => {
                self.cut |= paths.len() > PATHS;
                paths.iter().take(PATHS).map(|path| self.text(path)).collect()
            }
            Paths::None | Paths::Discovered => Vec::new(),
        };
        ShownAccess {
            repo: access.repo.as_deref().map(|repo| self.text(repo)),
            reference: access.reference.as_deref().map(|reference| self.text(reference)),
            paths,
            found: access.paths == Paths::Discovered,
            host: access.host.as_deref().map(|host| self.text(host)),
        }
    }
}
