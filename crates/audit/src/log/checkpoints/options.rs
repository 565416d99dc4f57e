//! What a log needs to know to sign checkpoints.

use std::{sync::Arc, time::Duration};

use crate::{
    checkpoint::sink::CheckpointSink,
    key::SigningKey,
    note::{TrustedKeys, key::KeyError},
};

/// How a log makes checkpoints.
#[derive(Clone, Debug)]
pub struct CheckpointOptions {
    /// The key that signs.
    pub key: Arc<SigningKey>,
    /// The key that signed until now, if `key` is a new one: the start then records that one follows the other.
    pub former_key: Option<Arc<SigningKey>>,
    /// Whether the key takes up a chain that nobody has signed: one that began without a key, or whose checkpoints are gone. Without it
    /// such a chain refuses the start, since whoever has written it would get it signed.
    pub adopt: bool,
    /// How often a checkpoint is made while there are new entries: every ten seconds unless said otherwise.
    pub interval: Duration,
    /// Whether an intent of anything but a read returns only when a checkpoint that covers it is kept, here and by every sink.
    pub before_writes: bool,
    /// Where else each checkpoint is kept.
    pub sinks: Vec<Arc<dyn CheckpointSink>>,
}

impl CheckpointOptions {
    /// Checkpoints by `key` every ten seconds, that are kept with the chain alone.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self::with(Arc::new(key))
    }

    /// The same by a key that is shared.
    #[must_use]
    pub fn with(key: Arc<SigningKey>) -> Self {
        Self {
            key,
            former_key: None,
            adopt: false,
            interval: Duration::from_secs(10),
            before_writes: false,
            sinks: Vec::new(),
        }
    }

    /// The former key, if it is another than the present one.
    pub(crate) fn former(&self) -> Option<&SigningKey> {
        self.former_key.as_deref().filter(|former| !former.verifier().same_key(self.key.verifier()))
    }

    /// The keys whose checkpoints are believed without looking into the chain.
    pub(crate) fn trusted(&self) -> Result<TrustedKeys, KeyError> {
        TrustedKeys::new([&*self.key].into_iter().chain(self.former()).map(|key| key.verifier().clone()))
    }
}
