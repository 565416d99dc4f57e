//! Which lines of a text are new: those that the text before does not have, each as often as it has it. A line that moves is
//! not new, and no comparison takes longer than the two texts are long.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The lines that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedLines(Option<Vec<bool>>);

impl AddedLines {
    pub(super) fn all() -> Self {
        Self(None)
    }

    pub(super) fn between(old: &[u8], new: &[u8]) -> Self {
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        for line in lines(old) {
            *known.entry(line).or_insert(0) += 1;
        }
        let is_new = |line: &[u8]| match known.get_mut(line) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        Self(Some(lines(new).map(is_new).collect()))
    }

    /// Whether one of these lines, from 1, counts.
    #[must_use]
    pub fn holds(&self, mut lines: RangeInclusive<u64>) -> bool {
        let Some(added) = &self.0 else { return true };
        lines.any(|line| {
            let index = line.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| added.get(index)).copied().unwrap_or(false)
        })
    }
}

/// Lines without their ends, of either kind.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}
