use super::{Durations, Quantiles, bucket, upper};

#[test]
fn a_bucket_holds_what_is_at_most_a_quarter_below_its_end() {
    let mut values: Vec<u64> = (0..10_000).collect();
    values.extend((0..64).flat_map(|bit| [1_u64 << bit, (1_u64 << bit).wrapping_sub(1), u64::MAX >> bit]));
    for value in values {
        let end = upper(bucket(value));
        assert!(end >= value, "{value} is beyond {end}");
        assert!(end - value <= value / 4, "{value} is far below {end}");
        assert_eq!(bucket(end), bucket(value));
    }
}

#[test]
fn ranks_are_those_of_the_sorted_list() {
    let mut durations = Durations::default();
    assert_eq!(durations.quantiles(), None);
    durations.take(3);
    assert_eq!(durations.quantiles(), Some(Quantiles { p50: 3, p90: 3, p99: 3, max: 3 }));
    let mut durations = Durations::default();
    (0..98).for_each(|_| durations.take(2));
    durations.take(3);
    durations.take(1_000_000);
    assert_eq!(durations.quantiles(), Some(Quantiles { p50: 2, p90: 2, p99: 3, max: 1_000_000 }));
}
