//! Verdicts and faults in words for people. Their stable names, for scripts, come from the audit crate.

use gitoma_audit::{FaultClass, Verdict};

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Intact => "intact",
        Verdict::Tampered => "TAMPERED",
        Verdict::NotAnchored => "intact, but not anchored as demanded",
        Verdict::Torn => "torn tail",
        Verdict::Pruned => "intact, with its front pruned",
    }
}

/// What to do about a fault that is no torn tail.
pub(super) const fn next(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Truncated => {
            "entries were cut off, or an older state was put back; keep the folder as evidence, and look for a copy that has them"
        }
        FaultClass::CheckpointMismatch => {
            "entries before that place were written anew, or the note is of another copy of the chain; keep both as evidence"
        }
        FaultClass::BadCheckpoint | FaultClass::BadRotation => {
            "somebody without the right key put this there, or changed it; keep the folder as evidence"
        }
        FaultClass::ChainMissing => {
            "the chain was removed, or this is not its audit directory; look for a copy, and keep the anchors as evidence"
        }
        _ => "keep the folder as evidence; nothing from here on can be relied on",
    }
}

pub(super) fn fault(class: FaultClass) -> &'static str {
    match class {
        FaultClass::LineTooLong => "the line is longer than 64 KiB",
        FaultClass::EmptyLine => "the line is empty",
        FaultClass::ByteOrderMark => "the line begins with a byte order mark",
        FaultClass::CarriageReturn => "the line contains a carriage return",
        FaultClass::NulByte => "the line contains a NUL byte",
        FaultClass::InvalidUtf8 => "the line is not UTF-8",
        FaultClass::BadSuffix => "the line does not end in an entry hash",
        FaultClass::HashMismatch => "the line was changed: its bytes no longer have the hash at its end",
        FaultClass::UnsupportedVersion => "the line is of a format version that is not known here",
        FaultClass::Malformed => "the line is not spelled as the format demands",
        FaultClass::UnknownKey => "a key is not one of the format",
        FaultClass::DuplicateKey => "a key stands twice",
        FaultClass::KeyOrder => "a key stands in the wrong place",
        FaultClass::BadType => "a value has the wrong type",
        FaultClass::BadNumber => "a number is not a plain integer up to 2^53 - 1",
        FaultClass::BadString => "a text is not spelled in the one way, or is too long",
        FaultClass::BadValue => "a value is none that the format knows",
        FaultClass::BadList => "a list is empty, or longer than the format allows",
        FaultClass::MissingField => "a field is missing",
        FaultClass::ForeignField => "a field stands in an entry of a kind that does not carry it",
        FaultClass::WrongChain => "the entry belongs to another chain",
        FaultClass::Genesis => "the chain does not begin as a chain begins",
        FaultClass::BrokenLink => {
            "the entry does not follow the one before: something was changed, removed or put in between"
        }
        FaultClass::SegmentHash => {
            "the file before is not the one that this segment follows: its bytes differ from what was written"
        }
        FaultClass::SeqGap => {
            "the number does not follow the entry before: something was removed or put in between"
        }
        FaultClass::BadReference => "an outcome does not belong to an open call",
        FaultClass::TooManyOpen => "more calls are open than the format allows",
        FaultClass::AfterClose => "an entry stands behind the end of the chain",
        FaultClass::SegmentName => "a segment file does not have the name that its content demands",
        FaultClass::SegmentMissing => "a segment file is missing",
        FaultClass::TornTail => "the line is not whole",
        FaultClass::Truncated => "the chain has fewer entries than a checkpoint says",
        FaultClass::CheckpointMismatch => "the entries are not those that a checkpoint has signed",
        FaultClass::BadCheckpoint => {
            "a checkpoint is not what the key in force signed for this chain and size"
        }
        FaultClass::BadRotation => "a new key is not the next one, or not signed by the old key and itself",
        FaultClass::BadPrune => "what was removed from the front is not accounted for as it should be",
        FaultClass::ChainMissing => "an anchor speaks of a chain that is not there",
    }
}
