//! Secret detection and redaction for Gitoma: text and JSON go in, the same text and JSON come out with `***` where
//! secrets stood.
//!
//! ```
//! use gitoma_redact::Redactor;
//!
//! let redactor = Redactor::new().with_known_values(["correct-horse-battery"]);
//! let redacted = redactor.redact("url: https://ci:s3cr3t-pass@git.test/app\nsent correct-horse-battery");
//! assert_eq!(redacted.text, "url: https://ci:***@git.test/app\nsent ***");
//! assert_eq!(redacted.findings[0].rule, "url-credentials");
//!
//! let mut reply = serde_json::json!({"user": "ada", "password": "hunter2", "retries": 3});
//! redactor.redact_json(&mut reply);
//! assert_eq!(reply, serde_json::json!({"user": "ada", "password": "***", "retries": 3}));
//! ```
//!
//! A secret is told by its own shape (a token's prefix, an armoured key, a JSON Web Token), by where it stands (a
//! header, a URL, the value of a setting named `password`), or because Gitoma was told it: a value, or a pattern of an
//! operator's own. Entropy alone never makes
//! one: hashes, identifiers and lock files pass. The placeholder says nothing about what it stands for.
//!
//! What is encoded is found too: escapes, percent-encoding, character references, terminal sequences and invisible
//! characters are read, and runs of base64 and hexadecimal digits that spell text are decoded, up to three encodings deep.
//! Then what spells the secret is replaced, as it stands in the text.
//!
//! One automaton finds every place worth a look; the matcher of that place reads a bounded neighbourhood. Time is
//! linear in the length of the text, whatever the text. The crate does no I/O and never fails: should the rules not
//! compile, whole texts are replaced.
//!
//! A [`RedactingStream`] does the same to text that comes in pieces. A [`Scanner`] says where the secrets of a file are,
//! and `check_content`, `check_patch` and `check_message` of a [`Redactor`] whether a text may be written. It opens no file
//! and decides nothing.

mod allow;
mod armour;
mod assignment;
mod bytes;
mod command;
mod credential;
mod crowd;
mod decode;
mod digit;
mod elide;
mod finding;
mod hidden;
mod home;
mod json;
mod jwt;
mod key;
mod known;
mod leaves;
mod literals;
mod manifest;
mod names;
mod pattern;
mod place;
mod quote;
mod redactor;
mod scan;
mod scanner;
mod spans;
mod stream;
mod terminal;
mod url;
mod value;
mod vendor;
mod watch;
mod writes;

pub use allow::Fingerprint;
pub use elide::{Elided, elide, elide_json};
pub use finding::{Finding, PLACEHOLDER, Redacted, Tally};
pub use hidden::{Revealed, reveal, reveal_json};
pub use pattern::{BadPattern, PatternError, Patterns};
pub use redactor::Redactor;
pub use scanner::{
    Baseline, BaselineError, FileFindings, FileScan, FindingFingerprint, Position, Scanner, SecretFinding,
    ValueFingerprints,
};
pub use stream::RedactingStream;
pub use watch::Watch;
pub use writes::{Refused, RefusedFor};

#[cfg(test)]
mod tests;
