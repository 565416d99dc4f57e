//! One line: the bytes that are written, hashed and read back.
//! `write` spells a line in its one way, `read` accepts that way and no other; the chain between lines is not here.

pub(crate) mod entry;
pub(crate) mod facts;
mod grammar;
pub(crate) mod members;
pub(crate) mod read;
pub(crate) mod sealed;
pub(crate) mod write;

/// What separates the hashed bytes from the hash.
pub(crate) const HASH_KEY: &str = ",\"entry_hash\":\"";
/// How every line begins.
pub(crate) const PREFIX: &str = "{\"v\":1,\"chain_id\":\"";
/// What stands behind the hash.
pub(crate) const END: &str = "\"}";
/// Bytes from the separator to the end of the line, without LF.
pub(crate) const SUFFIX_BYTES: usize = HASH_KEY.len() + 64 + END.len();
/// Name of the format in `chain.open`.
pub(crate) const FORMAT: &str = "gitoma.audit/1";

#[cfg(test)]
mod tests;
