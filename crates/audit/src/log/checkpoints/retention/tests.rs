use super::Retention;

const NOBODY: fn(u64) -> bool = |_| false;

#[test]
fn only_those_for_the_time_alone_give_way() {
    let mut retention = Retention::default();
    // the first stays, as one an hour does
    assert!(retention.kept(2, false, NOBODY).is_empty());
    assert!(retention.kept(4, false, NOBODY).is_empty());
    assert_eq!(retention.kept(6, false, NOBODY), [4]);
    assert_eq!(retention.kept(8, true, NOBODY), [6]);
    // kept again, for the time alone: it stays all the same
    assert!(retention.kept(8, false, NOBODY).is_empty());
    assert!(retention.kept(10, false, NOBODY).is_empty());
    // and the other way round
    assert!(retention.kept(10, true, NOBODY).is_empty());
    assert!(retention.kept(12, true, NOBODY).is_empty());
}

#[test]
fn one_that_is_needed_stays_until_it_is_not() {
    let mut retention = Retention::default();
    retention.kept(2, true, NOBODY);
    retention.kept(4, false, NOBODY);
    assert!(retention.kept(6, false, |old| old == 4).is_empty());
    assert_eq!(retention.kept(8, false, |old| old == 4), [6]);
    assert_eq!(retention.kept(10, false, |old| old == 8), [4]);
}
