//! Which key signs the checkpoints of a chain: the *key in force*, as the entries so far say, and whether somebody trusts it.
//! What a chain says about its keys is checked for its own sake here; whether a note is signed by one is not.

use uuid::Uuid;

use super::{fault::FaultClass, progress::Wrong};
use crate::{
    checkpoint::rotation::KeyRotation, line::entry::Entry, note::key::VerifierKey, vocabulary::Kind,
};

/// The key in force.
#[derive(Debug, Clone)]
pub(super) struct KeyInForce {
    pub(super) key: VerifierKey,
    pub(super) epoch: u64,
    /// Whether it is one of the given keys, or a valid rotation leads to it from one of them.
    pub(super) trusted: bool,
}

impl KeyInForce {
    /// A key that the chain names and nobody has vouched for.
    pub(super) fn named(text: &str, epoch: u64, given: &[VerifierKey]) -> Option<Self> {
        let key = text.parse().ok()?;
        Some(Self { trusted: given.contains(&key), key, epoch })
    }
}

/// The key behind `entry`, a `chain.open` or `key.rotate` of chain `chain`, before which `before` was in force.
///
/// # Errors
/// What is wrong with what the entry says about keys.
pub(super) fn behind(
    entry: &Entry,
    chain: Uuid,
    before: Option<&KeyInForce>,
    given: &[VerifierKey],
) -> Result<Option<KeyInForce>, Wrong> {
    let named =
        |epoch| entry.checkpoint_key.as_deref().and_then(|text| KeyInForce::named(text, epoch, given));
    if entry.kind == Kind::ChainOpen {
        if entry.checkpoint_key.is_none() {
            return Ok(None);
        }
        let first = named(0).filter(|_| matches!(entry.epoch, None | Some(0)));
        return match first {
            Some(first) => Ok(Some(first)),
            None => Err((FaultClass::BadRotation, "a checkpoint_key that is a key, of epoch 0".to_owned())),
        };
    }
    let bad = |expected: &str| Err((FaultClass::BadRotation, expected.to_owned()));
    let Some(before) = before else {
        // nobody could have signed the first one
        return match named(0) {
            Some(first) if entry.epoch == Some(0) && entry.signature.is_none() => Ok(Some(first)),
            _ => bad("a key of epoch 0 without signature, since none was in force"),
        };
    };
    let rotation = entry
        .signature
        .as_deref()
        .and_then(|note| KeyRotation::open(note.as_bytes(), chain, before.epoch, &before.key).ok());
    let Some(rotation) = rotation else {
        return bad("a signature by the key in force and the new one, over the next epoch of this chain");
    };
    let same = |named: &KeyInForce| named.key == rotation.new && entry.epoch == Some(rotation.epoch);
    match named(rotation.epoch).filter(same) {
        Some(next) => Ok(Some(KeyInForce { trusted: next.trusted || before.trusted, ..next })),
        None => bad("checkpoint_key and epoch as they were signed"),
    }
}
