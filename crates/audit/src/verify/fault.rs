//! What can be wrong with a line, a segment or a chain: a closed list with stable names.
//! Where the fault lies and how it weighs is said by the report.

use crate::vocabulary::words;

words! {
    /// The class of a fault. The names are stable: scripts may compare them.
    FaultClass {
        /// The line is longer than 64 KiB.
        LineTooLong = "line_too_long",
        /// The line is empty.
        EmptyLine = "empty_line",
        /// The line begins with a byte order mark.
        ByteOrderMark = "byte_order_mark",
        /// The line contains a carriage return.
        CarriageReturn = "carriage_return",
        /// The line contains a NUL byte.
        NulByte = "nul_byte",
        /// The line is not UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// The line does not end in an entry hash.
        BadSuffix = "bad_suffix",
        /// The hash of the line is not its entry hash.
        HashMismatch = "hash_mismatch",
        /// The format version is not 1.
        UnsupportedVersion = "unsupported_version",
        /// The line is not spelled as the format demands.
        Malformed = "malformed",
        /// A key is not one of the format.
        UnknownKey = "unknown_key",
        /// A key stands twice.
        DuplicateKey = "duplicate_key",
        /// A key stands in the wrong place.
        KeyOrder = "key_order",
        /// A value has the wrong type; `null` is always wrong.
        BadType = "bad_type",
        /// A number is a float, negative, padded or above 2^53 - 1.
        BadNumber = "bad_number",
        /// A string is not spelled in the one way, or is too long.
        BadString = "bad_string",
        /// A value is none of those the format knows.
        BadValue = "bad_value",
        /// A list is empty or longer than the format allows.
        BadList = "bad_list",
        /// A field is missing that the kind demands.
        MissingField = "missing_field",
        /// A field stands in a kind that does not carry it.
        ForeignField = "foreign_field",
        /// The entry belongs to another chain.
        WrongChain = "wrong_chain",
        /// The chain does not begin as a chain begins.
        Genesis = "genesis",
        /// `prev_hash` is not the hash of the entry before.
        BrokenLink = "broken_link",
        /// `prev_segment_sha256` is not the hash of the segment before.
        SegmentHash = "segment_hash",
        /// `seq` does not follow the entry before.
        SeqGap = "seq_gap",
        /// An outcome does not point back to an open intent of its call and writer.
        BadReference = "bad_reference",
        /// More intents are open than the format allows.
        TooManyOpen = "too_many_open",
        /// An entry stands behind the end of the chain.
        AfterClose = "after_close",
        /// The name of a segment is not the one that its content demands.
        SegmentName = "segment_name",
        /// A segment is missing.
        SegmentMissing = "segment_missing",
        /// An unfinished line where only whole ones may stand.
        TornTail = "torn_tail",
        /// The chain has fewer entries than a checkpoint says.
        Truncated = "truncated",
        /// The entries are not those that a checkpoint has signed.
        CheckpointMismatch = "checkpoint_mismatch",
        /// A note is none of this chain and size, or the key in force has not signed it.
        BadCheckpoint = "bad_checkpoint",
        /// A `key.rotate` is not the next one, or is not signed by the old key and the new one.
        BadRotation = "bad_rotation",
        /// A `prune` does not fit the chain, or the state that stands for what was removed is not the one it names.
        BadPrune = "bad_prune",
        /// An anchor speaks of a chain that is not there.
        ChainMissing = "chain_missing",
    }
}
