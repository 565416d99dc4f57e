#![expect(clippy::disallowed_methods, reason = "the test's own file")]

use super::*;

#[test]
fn what_is_given_up_is_free_though_a_child_still_has_a_copy() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let open = || File::open(file.path()).unwrap();
    let held = Locked::take(open()).unwrap().unwrap();
    assert!(Locked::take(open()).unwrap().is_none());
    let of_a_child = held.file().try_clone().unwrap();
    drop(held);
    assert!(Locked::take(open()).unwrap().is_some());
    drop(of_a_child);
}

#[test]
fn who_only_asks_whether_it_is_held_is_waited_for() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let asking = File::open(file.path()).unwrap();
    asking.try_lock_shared().unwrap();
    let mine = || File::open(file.path()).unwrap();
    let waits = std::cell::Cell::new(0);
    let count = |_| waits.set(waits.get() + 1);
    assert!(Locked::take_after(mine(), count).unwrap().is_none());
    assert_eq!(waits.take(), PATIENTLY, "it is not for ever");
    let count_and_end = |pause| {
        count(pause);
        if waits.get() == AGAIN + 1 {
            asking.unlock().unwrap();
        }
    };
    let _writer = Locked::take_after(mine(), count_and_end).unwrap().unwrap();
    waits.set(0);
    assert!(Locked::take_after(mine(), count).unwrap().is_none());
    assert_eq!(waits.take(), AGAIN, "who writes has it for long");
}
