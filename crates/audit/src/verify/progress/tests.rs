use super::{Depth, Evidence, FaultClass, Place, Progress};
use crate::{limit, line::read, specimen::Forger};

#[test]
fn open_intents_are_bounded_so_that_memory_is() {
    let mut forger = Forger::new(1);
    forger.intent(5);
    let lines: Vec<_> = forger.text.split(|byte| *byte == b'\n').collect();
    let place = Place { opens_segment: false, segment: 0, previous: None };
    let nothing = Evidence::none();
    let mut progress = Progress::new(None, Depth::Entries, &nothing);
    progress.take(&read::check(lines[0]).unwrap(), place).unwrap();
    let mut intent = read::check(lines[1]).unwrap();
    for _ in 0..limit::OPEN_INTENTS {
        (intent.seq, intent.prev_hash) = (progress.links.next_seq, progress.links.head);
        progress.take(&intent, place).unwrap();
    }
    let (dangling, named) = progress.intents.dangling();
    assert_eq!((dangling, named.len(), named[0]), (limit::OPEN_INTENTS as u64, 100, 1));
    (intent.seq, intent.prev_hash) = (progress.links.next_seq, progress.links.head);
    assert_eq!(progress.take(&intent, place).unwrap_err().0, FaultClass::TooManyOpen);
}
