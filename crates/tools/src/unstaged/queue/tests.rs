use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Directory, Queue};

fn directory(path: String) -> Directory {
    Directory { path: path.into(), entries: 0..0 }
}

/// Takes turns on four threads; each directory of less than `depth` letters has three beneath it.
fn visited(queue: &Queue, depth: usize, stops_at: Option<&str>) -> Vec<String> {
    let seen = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                while let Some(turn) = queue.next() {
                    let path = turn.directory().path.to_string();
                    if Some(path.as_str()) == stops_at {
                        return;
                    }
                    if path.len() < depth {
                        queue.extend(["a", "b", "c"].map(|name| directory(format!("{path}{name}"))));
                    }
                    seen.lock().unwrap().push(path);
                    turn.done();
                }
            });
        }
    });
    let mut seen = seen.into_inner().unwrap();
    seen.sort();
    seen
}

#[test]
fn every_directory_is_taken_once_and_then_all_end() {
    let mut seen = visited(&Queue::new(directory(String::new())), 6, None);
    assert_eq!(seen.len(), (0..=6).map(|depth| 3_usize.pow(depth)).sum::<usize>());
    seen.dedup();
    assert_eq!(seen.len(), 1_093);
}

#[test]
fn a_turn_that_is_not_done_ends_the_work_of_all() {
    let seen = visited(&Queue::new(directory(String::new())), 12, Some("ba"));
    assert!(seen.len() < 797_161, "{}", seen.len());
    let queue = Queue::new(directory(String::new()));
    queue.stop();
    assert!(queue.next().is_none());
}

#[test]
fn who_waits_is_woken_by_the_last_turn() {
    let queue = Queue::new(directory(String::new()));
    let turn = queue.next().unwrap();
    let ended = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                assert!(queue.next().is_none());
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        turn.done();
    });
    assert_eq!(ended.into_inner(), 3);
}
