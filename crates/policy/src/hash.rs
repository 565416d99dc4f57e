//! The hash tables of this crate: seeded anew in each process, as those of the standard library, with a hash that takes a
//! fraction of the time for the short texts that are looked up here.

/// A map by hash.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::quality::RandomState>;

/// A set by hash.
pub(crate) type HashSet<T> = std::collections::HashSet<T, foldhash::quality::RandomState>;
