use rustix::fs::Stat;

use super::{Current, Seen};

fn seen(change: impl FnOnce(&mut Stat), bytes: &[u8]) -> Seen {
    let mut stat = rustix::fs::stat("/").unwrap();
    change(&mut stat);
    Seen {
        stat,
        current: Current { bytes: bytes.to_vec(), executable: false, owner: stat.st_uid },
        access: None,
    }
}

/// On one file system the times tell everything, on another nothing, so each part is asked by itself.
#[test]
fn each_part_of_a_look_counts() {
    let look = |change: fn(&mut Stat)| seen(change, b"content");
    let before = look(|_| {});
    assert!(look(|_| {}).is(&before));
    assert!(look(|stat| stat.st_atime += 1).is(&before), "reading is no change");
    assert!(!seen(|_| {}, b"CONTENT").is(&before));
    let changes: [fn(&mut Stat); 8] = [
        |stat| stat.st_dev += 1,
        |stat| stat.st_ino += 1,
        |stat| stat.st_mode ^= 0o100,
        |stat| stat.st_size += 1,
        |stat| stat.st_mtime += 1,
        |stat| stat.st_mtime_nsec += 1,
        |stat| stat.st_ctime += 1,
        |stat| stat.st_ctime_nsec += 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(!look(change).is(&before), "{number}");
    }
}
