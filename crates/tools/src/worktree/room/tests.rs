use gitoma_core::ToolError;
use gitoma_core::config::WriteSettings;

use super::{OnDisk, Room};

fn room() -> Room {
    Room::new(&WriteSettings { per_principal: 2, bytes: 100, ..WriteSettings::default() })
}

fn disk(count: usize, bytes: u64) -> impl FnOnce() -> Result<OnDisk, ToolError> {
    move || Ok(OnDisk { count, bytes })
}

#[test]
fn of_two_at_once_one_gets_the_last_place() {
    let room = room();
    let first = room.reserve("a", 10, disk(1, 10)).unwrap();
    assert!(matches!(room.reserve("a", 10, disk(1, 10)), Err(ToolError::NoRoom { .. })));
    room.reserve("b", 10, disk(1, 10)).unwrap();
    drop(first);
    let again = room.reserve("a", 10, disk(1, 10)).unwrap();
    assert!(again.settle(|| Err::<(), _>(ToolError::Cancelled)).is_err());
    let again = room.reserve("a", 10, disk(1, 10)).unwrap();
    again.settle(|| Ok(())).unwrap();
    assert!(room.reserve("a", 0, disk(2, 20)).is_err());
}

#[test]
fn bytes_that_are_being_written_count() {
    let room = room();
    let first = room.reserve("a", 60, disk(0, 0)).unwrap();
    assert!(room.reserve("a", 60, disk(0, 0)).is_err());
    assert!(room.grow("a", 60, disk(0, 0)).is_err());
    let second = room.grow("a", 40, disk(0, 0)).unwrap();
    assert!(room.grow("a", 1, disk(0, 0)).is_err());
    // Nothing came of it.
    drop(second);
    let second = room.grow("a", 40, disk(0, 0)).unwrap();
    first.settle(|| Ok(())).unwrap();
    second.settle(|| Ok(())).unwrap();
    // What is counted already is believed; before somebody is refused it is looked at.
    drop(room.grow("a", 0, || panic!("it is known")).unwrap());
    assert!(room.grow("a", 1, disk(1, 100)).is_err());
    drop(room.grow("a", 50, disk(1, 50)).unwrap());
    drop(room.grow("a", 50, || panic!("it is known")).unwrap());
    drop(room.grow("a", 80, disk(1, 20)).unwrap());
}
