//! What a user sees: texts before and after. Secrets are drawn at run time, so that none stands in the source; every
//! table row names the one part that must go or the whole that must stay.

mod contexts;
mod encoded;
mod innocent;
mod keys;
mod laws;
mod lines;
mod own;
mod patterns;
mod values;

use crate::Redactor;

/// A small generator of reproducible randomness (SplitMix64), so that a failing case can be repeated.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).unwrap()
    }

    /// Characters of `alphabet`; the last two are a digit and a small letter where the alphabet has them, since a
    /// word of one kind alone is not what an issuer draws.
    pub(crate) fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut drawn: Vec<char> = (0..length).map(|_| letters[self.below(letters.len())]).collect();
        for (place, sign) in ['7', 'b', '4', 'K'].into_iter().enumerate() {
            if length > 4 && letters.contains(&sign) {
                drawn[place * length / 4] = sign;
            }
        }
        drawn.into_iter().collect()
    }

    pub(crate) fn alnum(&mut self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.text("0123456789abcdef", length)
    }

    pub(crate) fn base64(&mut self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
    }
}

/// The text without its secrets, after the laws that hold for every text have been checked on it.
#[track_caller]
pub(crate) fn clean(text: &str) -> String {
    let redactor = Redactor::new();
    let redacted = redactor.redact(text);
    let mut last = 0;
    for finding in &redacted.findings {
        assert!(
            finding.span.start >= last && finding.span.start < finding.span.end,
            "out of order in {text:?}"
        );
        assert!(text.get(finding.span.clone()).is_some(), "not on a boundary in {text:?}");
        last = finding.span.end;
    }
    let again = redactor.redact(&redacted.text);
    assert_eq!(again.text, redacted.text, "not idempotent: {text:?}");
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        let valid = serde_json::from_str::<serde_json::Value>(&redacted.text).is_ok();
        assert!(valid, "no longer JSON: {text:?} became {:?}", redacted.text);
    }
    redacted.text.into_owned()
}

/// Checks that `§` in the template, once a secret stands there, becomes the placeholder and nothing else changes.
#[track_caller]
pub(crate) fn hides(template: &str, secret: &str) {
    assert_eq!(clean(&template.replace('§', secret)), template.replace('§', "***"), "template {template:?}");
}

/// Checks that the text is left as it is.
#[track_caller]
pub(crate) fn keeps(text: &str) {
    assert_eq!(clean(text), text);
}
