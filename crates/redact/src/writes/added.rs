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

    /// Says whether the file at `path` may become `after`, where the byte ranges `kept` are secrets that it had before: each must still be
    /// found there. Whoever changes what a secret is known by, its name or what encloses it, would see it the next time.
    ///
    /// # Errors
    /// The lines on which a secret would show, at most 100.
    pub fn check_kept(&self, path: &str, after: &str, kept: &[Range<usize>]) -> Result<(), Vec<Refused>> {
        let mut refusals = Refusals::default();
        if kept.is_empty() {
            return Ok(());
        }
        let path = self.shown(path);
        let found = self.find(after);
        for secret in kept {
            // Findings are in order and do not overlap.
            let first = found.partition_point(|finding| finding.span.end <= secret.start);
            let mut at = secret.start;
            for finding in found.iter().skip(first) {
                if finding.span.start > at {
                    break;
                }
                at = at.max(finding.span.end);
            }
            if at < secret.end {
                refusals.add(&path, 1 + feeds(after, 0, secret.start), RefusedFor::Uncovers);
            }
        }
        refusals.finish()
    }
}
