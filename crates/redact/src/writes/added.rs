//! The check of what a caller adds to a text, whatever stood there before.

use std::ops::Range;

use super::{Refusals, Refused, RefusedFor, feeds};
use crate::redactor::Redactor;

impl Redactor {
    /// Says whether the byte ranges `added` may be part of the file at `path`, which then is `after`: none of them may touch a secret.
    ///
    /// Unlike [`Redactor::check_content`] it does not ask whether the file had that secret before. Whoever sees a file redacted has no
    /// way to know its secrets but by guessing, and an answer that depends on the guess would tell whether it is right.
    ///
    /// # Errors
    /// The lines that hold secrets, at most 100.
    pub fn check_added(&self, path: &str, after: &str, added: &[Range<usize>]) -> Result<(), Vec<Refused>> {
        let mut refusals = Refusals::default();
        let path = self.shown(path);
        let (mut line, mut at) = (1, 0);
        for finding in self.find(after) {
            let span = finding.span;
            line += feeds(after, at, span.start);
            at = span.start;
            // An addition that ends where a secret begins may be a part of it.
            if let Some(range) = added.iter().find(|range| range.start <= span.end && range.end >= span.start)
            {
                let first = line + feeds(after, span.start, range.start.clamp(span.start, span.end));
                refusals.add(&path, first, RefusedFor::Secret(finding.rule));
            }
        }
        refusals.finish()
    }
}
