//! How much of a log is looked at.

use crate::vocabulary::words;

words! {
    /// How much of a log is looked at.
    #[derive(Default)]
    Depth {
        /// Everything that docs/audit-format.md says about entries.
        #[default]
        Entries = "entries",
        /// Hashes and links alone, besides the first and the last entry of each segment: the spelling of lines, their
        /// fields, what outcomes refer to and the hashes of whole segments are not looked at.
        Hashes = "hashes",
    }
}
