//! What stands on the lines of a note.

pub(crate) mod base64;
pub(crate) mod lines;
