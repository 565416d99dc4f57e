//! A disk that fails on demand.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    sync::{Mutex, MutexGuard},
    thread,
    time::Duration,
};

use super::*;
use crate::specimen::wait_for;

/// What goes wrong next.
#[derive(Debug, Default)]
struct Plan {
    /// The next write fails with this, after so many bytes.
    append: Option<(io::ErrorKind, usize)>,
    sync: Option<io::ErrorKind>,
    truncate: Option<io::ErrorKind>,
    /// The next sync, or the next segment, ends in a panic.
    panic: Option<Panic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Panic {
    Sync,
    Next,
}

#[derive(Debug)]
struct Failing {
    file: SegmentFile,
    plan: Arc<Mutex<Plan>>,
}

impl Failing {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }

    fn may_panic(&self, at: Panic) {
        let mut plan = self.plan();
        if plan.panic == Some(at) {
            plan.panic = None;
            drop(plan);
            panic!("the disk is in ruins");
        }
    }
}

impl Medium for Failing {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        match self.plan().append.take() {
            Some((kind, short)) => self.file.append(&bytes[..short]).and(Err(kind.into())),
            None => self.file.append(bytes),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.may_panic(Panic::Sync);
        match self.plan().sync {
            Some(kind) => Err(kind.into()),
            None => self.file.sync(),
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        match self.plan().truncate {
            Some(kind) => Err(kind.into()),
            None => self.file.truncate(length),
        }
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        self.file.still_there(length)
    }

    fn reserve(&self, from: u64, to: u64) -> io::Result<u64> {
        self.file.reserve(from, to)
    }

    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>> {
        self.may_panic(Panic::Next);
        self.file.next(first_seq)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.file.sync_names()
    }

    fn seal(&self) -> io::Result<()> {
        self.file.seal()
    }
}

fn failing(directory: &Path) -> (Log, Arc<Mutex<Plan>>) {
    let (log, disk) = failing_with(&options(directory));
    (log, disk.0)
}

/// The disk of a log, which fails on demand.
pub(super) struct Disk(Arc<Mutex<Plan>>);

impl Disk {
    pub(super) fn fail_syncs(&self) {
        self.0.lock().unwrap().sync = Some(io::ErrorKind::Other);
    }
}

pub(super) fn failing_with(options: &crate::log::LogOptions) -> (Log, Disk) {
    let plan = Arc::new(Mutex::new(Plan::default()));
    let own = Arc::clone(&plan);
    let surroundings = Surroundings {
        medium: Box::new(move |file| Arc::new(Failing { file, plan: own })),
        ..specimen::surroundings(1)
    };
    (Log::open_in(options, surroundings).unwrap(), Disk(plan))
}

/// A disk that, once the log is open, syncs only as often as it is told to, or freely when nobody can tell any more.
#[derive(Debug)]
struct Held {
    file: SegmentFile,
    permits: Mutex<mpsc::Receiver<()>>,
    syncs: Arc<AtomicUsize>,
}

impl Medium for Held {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        // the first sync makes the chain
        if self.syncs.fetch_add(1, Ordering::SeqCst) > 0 {
            let _permit = self.permits.lock().unwrap().recv();
        }
        self.file.sync()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        self.file.still_there(length)
    }

    fn reserve(&self, from: u64, to: u64) -> io::Result<u64> {
        self.file.reserve(from, to)
    }

    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>> {
        self.file.next(first_seq)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.file.sync_names()
    }

    fn seal(&self) -> io::Result<()> {
        self.file.seal()
    }
}

fn counted(permits: mpsc::Receiver<()>, syncs: &Arc<AtomicUsize>) -> Surroundings {
    let (permits, syncs) = (Mutex::new(permits), Arc::clone(syncs));
    Surroundings {
        medium: Box::new(move |file| Arc::new(Held { file, permits, syncs })),
        ..specimen::surroundings(1)
    }
}

pub(super) fn held(permits: mpsc::Receiver<()>) -> Surroundings {
    counted(permits, &Arc::default())
}

#[test]
fn a_failed_write_is_taken_back() {
    let state = tempdir().unwrap();
    let (log, plan) = failing(state.path());
    let entry = log.begin_blocking(read(16)).unwrap();
    for (kind, short) in
        [(io::ErrorKind::StorageFull, 0), (io::ErrorKind::StorageFull, 176), (io::ErrorKind::Other, 600)]
    {
        plan.lock().unwrap().append = Some((kind, short));
        let error = log.begin_blocking(write(17)).unwrap_err();
        assert!(matches!(&error, AuditError::Write(source) if source.kind() == kind));
        assert_eq!((log.status().open_entries, log.status().poisoned), (1, None));
    }
    entry.finish_blocking(ok()).unwrap();
    log.begin_blocking(write(18)).unwrap().finish_blocking(ok()).unwrap();
    assert_eq!(all(state.path()).len(), 2 + 4);
    assert_intact(state.path());
}

#[test]
fn a_write_that_cannot_be_taken_back_poisons() {
    let state = tempdir().unwrap();
    let (log, plan) = failing(state.path());
    *plan.lock().unwrap() = Plan {
        append: Some((io::ErrorKind::StorageFull, 100)),
        truncate: Some(io::ErrorKind::Other),
        sync: None,
        panic: None,
    };
    assert!(matches!(log.begin_blocking(read(16)), Err(AuditError::Poisoned { .. })));
    *plan.lock().unwrap() = Plan::default();
    assert_poisoned(&log);
    drop(log);
    // the next start recovers
    drop(super::log(state.path(), 7));
    assert!(kinds(state.path()).contains(&Kind::Recover));
    assert_intact(state.path());
}

fn assert_poisoned(log: &Log) {
    assert!(log.status().poisoned.is_some());
    let before = log.status().last_seq;
    let refused = Refused { call: CallFields::new(id(5), "mcp"), executed: false };
    assert!(matches!(log.begin_blocking(read(17)), Err(AuditError::Poisoned { .. })));
    assert!(matches!(run(log.begin(write(17))), Err(AuditError::Poisoned { .. })));
    assert!(matches!(log.refused_blocking(refused), Err(AuditError::Poisoned { .. })));
    assert!(matches!(log.close_blocking(), Err(AuditError::Poisoned { .. })));
    assert_eq!((log.status().last_seq, log.status().open_entries), (before, 0));
}

#[test]
fn a_failed_sync_poisons_for_ever() {
    for blocking in [true, false] {
        let state = tempdir().unwrap();
        let (log, plan) = failing(state.path());
        let running = log.begin_blocking(read(15)).unwrap();
        plan.lock().unwrap().sync = Some(io::ErrorKind::Other);
        let result = if blocking { log.begin_blocking(write(16)) } else { run(log.begin(write(16))) };
        assert!(matches!(result, Err(AuditError::Poisoned { .. })));
        plan.lock().unwrap().sync = None;
        assert!(matches!(running.finish_blocking(ok()), Err(AuditError::Poisoned { .. })));
        assert_poisoned(&log);
    }
}

/// Whoever waits for a thread that is gone must hear of it.
#[test]
fn a_panic_in_a_sync_or_a_rotation_poisons_and_keeps_nobody_waiting() {
    for at in [Panic::Sync, Panic::Next] {
        for leads in [true, false] {
            let state = tempdir().unwrap();
            let (log, plan) = failing(state.path());
            let log = Arc::new(log);
            let running = log.begin_blocking(read(15)).unwrap();
            plan.lock().unwrap().panic = Some(at);
            log.shared.lock().due = at == Panic::Next;
            let (answer, answers) = mpsc::channel();
            // the first one leads, or leaves it to the syncing thread
            for number in 0..4 {
                let (log, answer) = (Arc::clone(&log), answer.clone());
                thread::spawn(move || {
                    let begun = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        if leads {
                            log.begin_blocking(write(16 + number))
                        } else {
                            run(log.begin(write(16 + number)))
                        }
                    }));
                    answer.send(begun.map(|begun| begun.map(drop))).unwrap();
                });
            }
            let mut panics = 0;
            for _ in 0..4 {
                match answers.recv_timeout(Duration::from_secs(60)).expect("nobody waits for ever") {
                    Ok(begun) => assert!(matches!(begun, Err(AuditError::Poisoned { .. })), "{begun:?}"),
                    Err(_) => panics += 1,
                }
            }
            assert!(panics <= usize::from(leads), "{at:?} {leads}");
            assert!(matches!(running.finish_blocking(ok()), Err(AuditError::Poisoned { .. })));
            assert_poisoned(&log);
            assert_eq!(log.status().open_entries, 0);
        }
    }
}

#[test]
fn a_log_that_is_moved_away_changed_or_deleted_poisons() {
    let table: [fn(&Path); 5] = [
        |segment| fs::remove_file(segment).unwrap(),
        |segment| fs::rename(segment, segment.with_extension("old")).unwrap(),
        |segment| {
            fs::copy(segment, segment.with_extension("copy")).unwrap();
            fs::rename(segment.with_extension("copy"), segment).unwrap();
        },
        |segment| fs::write(segment, b"").unwrap(),
        |segment| fs::write(segment, [&fs::read(segment).unwrap()[..], b"x"].concat()).unwrap(),
    ];
    for (row, harm) in table.into_iter().enumerate() {
        for blocking in [true, false] {
            let state = tempdir().unwrap();
            let log = log(state.path(), 1);
            harm(&specimen::segment(state.path(), 1));
            let result = if blocking { log.begin_blocking(write(16)) } else { run(log.begin(write(16))) };
            assert!(matches!(result, Err(AuditError::Poisoned { .. })), "row {row}");
            assert_poisoned(&log);
        }
    }
}

#[test]
fn one_sync_serves_all_who_wrote_before_it() {
    let state = tempdir().unwrap();
    let (permit, permits) = mpsc::channel();
    let syncs = Arc::default();
    let log = Log::open_in(&options(state.path()), counted(permits, &syncs)).unwrap();
    thread::scope(|scope| {
        let begin = |call| {
            let log = &log;
            scope.spawn(move || run(log.begin(write(call))).unwrap().finish_blocking(ok()).unwrap())
        };
        let first = begin(16);
        // the first is in its sync, which does not end yet
        wait_for(|| syncs.load(Ordering::SeqCst) == 2);
        let others: Vec<_> = (17..25).map(begin).collect();
        wait_for(|| log.status().open_entries == 9);
        permit.send(()).unwrap();
        first.join().unwrap();
        assert!(others.iter().all(|other| !other.is_finished()));
        permit.send(()).unwrap();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(syncs.load(Ordering::SeqCst), 3);
    });
    drop(permit);
    assert_intact(state.path());
}

#[test]
fn a_read_reaches_the_disk_without_anybody_waiting() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    log.begin_blocking(read(16)).unwrap().finish_blocking(ok()).unwrap();
    assert!(log.status().unsynced > 0);
    wait_for(|| log.status().unsynced == 0);
}
