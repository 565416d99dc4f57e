//! A set of rules, by their position in one comparison.

/// A set of small numbers. All masks that meet each other are of one length.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mask(Box<[u64]>);

impl Mask {
    /// Those of the first `length` numbers for which `holds`.
    pub(super) fn of(length: usize, holds: impl Fn(usize) -> bool) -> Self {
        let word = |first: usize| {
            let bits = first..length.min(first.saturating_add(64));
            bits.zip(0u32..).fold(0u64, |word, (at, bit)| word | (u64::from(holds(at)) << bit))
        };
        Self((0..length).step_by(64).map(word).collect())
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// Whether the two have a number in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().zip((0usize..).step_by(64)).flat_map(|(word, first)| {
            let word = *word;
            (0..64usize).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first.saturating_add(bit))
        })
    }
}
