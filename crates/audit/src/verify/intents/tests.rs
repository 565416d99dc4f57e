use super::*;

fn call(number: u64) -> Uuid {
    Uuid::from_u128(number.into())
}

fn intent(seq: u64) -> Facts {
    Facts { seq, kind: Kind::Intent, call_id: Some(call(seq)), ..Facts::blank() }
}

fn outcome(seq: u64, of: u64) -> Facts {
    Facts { seq, kind: Kind::Outcome, call_id: Some(call(of)), ref_seq: Some(of), ..Facts::blank() }
}

fn start(seq: u64) -> Facts {
    Facts { seq, kind: Kind::Start, ..Facts::blank() }
}

/// Whether a chain that begins with entry `first_seq` may go on with these entries: one by one, and joined in parts of any size.
fn good(first_seq: u64, entries: &[Facts]) -> bool {
    let mut alone = Intents::behind(first_seq);
    let one_by_one = entries.iter().all(|entry| alone.take(entry).is_ok());
    for size in 1..=entries.len() {
        let mut joined = Intents::behind(first_seq);
        let good = entries.chunks(size).all(|entries| {
            let mut part = PartIntents::default();
            let sound = entries.iter().all(|entry| part.take(entry)) && joined.join(&part);
            // what a part alone cannot show is gone through once more, as if it had not been tried
            sound || entries.iter().all(|entry| joined.take(entry).is_ok())
        });
        assert_eq!(good, one_by_one, "in parts of {size}");
        if good {
            assert_eq!(joined.dangling(), alone.dangling());
        }
    }
    one_by_one
}

#[test]
fn an_outcome_needs_its_open_intent() {
    assert!(good(0, &[intent(0), intent(1), outcome(2, 0), outcome(3, 1)]));
    assert!(good(0, &[intent(0), start(1), intent(2), outcome(3, 2)]));
    assert!(!good(0, &[outcome(1, 0)]));
    assert!(!good(0, &[intent(0), outcome(1, 0), outcome(2, 0)]));
    assert!(!good(0, &[intent(0), start(1), outcome(2, 0)]));
    assert!(!good(0, &[intent(0), Facts { call_id: Some(call(9)), ..outcome(1, 0) }]));
}

#[test]
fn an_intent_may_have_gone_with_the_front_once_and_as_long_as_its_process_writes() {
    assert!(good(10, &[outcome(10, 3), intent(11), outcome(12, 9), outcome(13, 11)]));
    assert!(!good(10, &[outcome(10, 3), intent(11), outcome(12, 3)]), "twice");
    assert!(!good(10, &[outcome(10, 3), start(11), outcome(12, 4)]), "of a process that is gone");
    assert!(!good(10, &[outcome(11, 10)]), "not of the front");
    assert!(!good(10, &[intent(10), outcome(11, 3), outcome(12, 12)]), "and not taken twice in trying");
    assert!(!good(10, &[intent(10), Facts { call_id: Some(call(9)), ..outcome(11, 10) }]), "of another call");
}
