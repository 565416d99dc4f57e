//! Which rules find something that must not only be hidden: an operator may want to hear of a private key rather than of a file
//! with a `***` in it.

use crate::spans::Match;
use std::sync::{Arc, OnceLock};

/// Rules that block, and the first of them that found something.
#[derive(Debug, Clone)]
pub struct Watch {
    rules: Arc<[Box<str>]>,
    seen: Arc<OnceLock<&'static str>>,
}

impl Watch {
    pub(crate) fn new(rules: Arc<[Box<str>]>) -> Self {
        Self { rules, seen: Arc::default() }
    }

    /// The first rule that found something; of what is found later none is remembered.
    #[must_use]
    pub fn seen(&self) -> Option<&'static str> {
        self.seen.get().copied()
    }

    pub(crate) fn look(&self, matches: &[Match]) {
        matches.iter().for_each(|found| self.hear(found.rule));
    }

    pub(crate) fn hear(&self, rule: &'static str) {
        if self.rules.iter().any(|blocked| **blocked == *rule) {
            // only the first is of interest
            let _ = self.seen.set(rule);
        }
    }
}
