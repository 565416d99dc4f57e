//! The sizes that format v1 fixes for ever, and the smaller ones that the writer keeps so that a line always fits.
//! Every number a reader of the format document needs stands here and nowhere else.

/// Longest line in bytes, with its LF.
pub const LINE_BYTES: usize = 64 * 1024;
/// Longest string in bytes, measured in its escaped form and without the quotes.
pub const TEXT_BYTES: usize = 1_024;
/// Largest integer: 2^53 - 1, the last that every JSON reader agrees on (RFC 8259, section 6).
pub const INTEGER: u64 = (1 << 53) - 1;
/// Most accesses in one line.
pub const ACCESSES: usize = 16;
/// Most paths in one access.
pub const PATHS: usize = 32;
/// Most roles in one line.
pub const ROLES: usize = 32;
/// Most rules in one line.
pub const RULES: usize = 64;
/// Most arguments in one line.
pub const ARGUMENTS: usize = 32;
/// Most repositories in a restriction.
pub const REPOSITORIES: usize = 32;
/// Most intents of one writer that may await their outcome, as far as a verifier is concerned.
pub const OPEN_INTENTS: usize = 65_536;

/// Most entries that this writer keeps open at once.
pub const OPEN_ENTRIES: usize = 4_096;
/// Bytes that the writer spends on `accesses`; what does not fit is counted.
pub(crate) const ACCESSES_BUDGET: usize = 38 * 1024;
/// Bytes that the writer spends on `rules`.
pub(crate) const RULES_BUDGET: usize = 6 * 1024;
/// Bytes that the writer spends on `arguments`.
pub(crate) const ARGUMENTS_BUDGET: usize = 4 * 1024;
/// Bytes that the writer spends on the repositories of `restriction`; what does not fit is counted.
pub(crate) const REPOSITORIES_BUDGET: usize = 2 * 1024;
/// Bytes that the writer spends on `roles`.
pub(crate) const ROLES_BUDGET: usize = 2 * 1024;
