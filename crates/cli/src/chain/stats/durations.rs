//! How long calls took, in a fixed number of buckets: four for each doubling of a microsecond.

use serde::Serialize;

/// How many buckets there are.
const BUCKETS: usize = 4 * 64;
/// Durations at some ranks, in microseconds; each is the upper end of its bucket, at most a quarter too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Quantiles {
    pub(super) p50: u64,
    pub(super) p90: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

/// How long calls took.
#[derive(Debug)]
pub(super) struct Durations {
    buckets: [u64; BUCKETS],
    count: u64,
    longest: u64,
}

impl Default for Durations {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS], count: 0, longest: 0 }
    }
}

impl Durations {
    pub(super) fn take(&mut self, duration: u64) {
        if let Some(bucket) = self.buckets.get_mut(bucket(duration)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.longest = self.longest.max(duration);
    }

    pub(super) fn quantiles(&self) -> Option<Quantiles> {
        let at = |percent: u64| {
            // the rank, rounded up
            let rank = self.count.saturating_mul(percent).div_ceil(100);
            let mut passed = 0_u64;
            let found = self.buckets.iter().position(|bucket| {
                passed = passed.saturating_add(*bucket);
                passed >= rank
            });
            found.map_or(self.longest, |bucket| upper(bucket).min(self.longest))
        };
        (self.count > 0).then(|| Quantiles { p50: at(50), p90: at(90), p99: at(99), max: self.longest })
    }
}

/// The bucket of a duration: its highest bit and the two below it.
fn bucket(duration: u64) -> usize {
    let Some(high) = duration.checked_ilog2().filter(|high| *high >= 2) else {
        return usize::try_from(duration).unwrap_or(0);
    };
    let below = duration >> high.saturating_sub(2) & 3;
    usize::try_from(u64::from(high).saturating_mul(4).saturating_add(below)).unwrap_or(BUCKETS)
}

/// The greatest duration of a bucket.
fn upper(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let (high, below) = (bucket / 4, bucket % 4);
    match high.checked_sub(2).and_then(|shift| u32::try_from(shift).ok()) {
        None => bucket,
        Some(shift) => {
            let end = u128::from(below.saturating_add(5)).checked_shl(shift).map(|end| end.saturating_sub(1));
            end.and_then(|end| u64::try_from(end).ok()).unwrap_or(u64::MAX)
        }
    }
}

#[cfg(test)]
mod tests;
