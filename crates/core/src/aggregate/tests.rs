use super::*;

fn key(source: &str) -> Key {
    Key { subject: Subject::Authentication, code: "unauthenticated", source: source.to_owned() }
}

#[test]
fn one_entry_a_window_and_a_count() {
    let aggregates = Aggregates::default();
    let start = SystemTime::now();
    let firsts = (0..1000).filter(|_| aggregates.count(key("192.0.2.1/32"), start)).count();
    assert_eq!(firsts, 1);
    assert!(aggregates.ended(Some(start + WINDOW / 2)).is_empty());
    let end = start + WINDOW;
    assert_eq!(
        aggregates.ended(Some(end)),
        [Aggregate { key: key("192.0.2.1/32"), count: 1000, start, end }]
    );
    assert!(aggregates.count(key("192.0.2.1/32"), end), "the next window has its own first entry");
    assert!(aggregates.ended(None).is_empty(), "a single refusal has its entry and needs no count");
}

#[test]
fn a_flood_of_sources_is_counted_under_one_key() {
    let aggregates = Aggregates::default();
    let now = SystemTime::now();
    let firsts = (0..100_000).filter(|n| aggregates.count(key(&n.to_string()), now)).count();
    assert_eq!(firsts, CAPACITY + 1);
    let counts = aggregates.ended(None);
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0].count, (100_000 - CAPACITY) as u64);
}
