//! Sinks of every temper.

use std::{
    collections::BTreeMap,
    io,
    sync::{Condvar, Mutex},
};

use uuid::Uuid;

use super::*;

/// What a sink does when it is given a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::log::tests) enum Temper {
    Takes,
    Refuses,
    Hangs,
    Panics,
}

/// A sink in memory.
#[derive(Debug)]
pub(in crate::log::tests) struct Memory {
    temper: Mutex<Temper>,
    changed: Condvar,
    pub(in crate::log::tests) notes: Mutex<BTreeMap<u64, Vec<u8>>>,
}

impl Memory {
    pub(in crate::log::tests) fn new(temper: Temper) -> Arc<Self> {
        Arc::new(Self { temper: Mutex::new(temper), changed: Condvar::new(), notes: Mutex::default() })
    }

    pub(in crate::log::tests) fn turn(&self, temper: Temper) {
        *self.temper.lock().unwrap() = temper;
        self.changed.notify_all();
    }

    fn meet(&self) -> io::Result<()> {
        let temper = self.temper.lock().unwrap();
        let temper = *self.changed.wait_while(temper, |temper| *temper == Temper::Hangs).unwrap();
        match temper {
            Temper::Panics => panic!("a sink of somebody else's making"),
            Temper::Refuses => Err(io::ErrorKind::StorageFull.into()),
            Temper::Takes | Temper::Hangs => Ok(()),
        }
    }

    fn newest_size(&self) -> u64 {
        self.notes.lock().unwrap().keys().last().copied().unwrap_or_default()
    }
}

impl CheckpointSink for Memory {
    fn keep(&self, _: Uuid, size: u64, note: &str) -> io::Result<()> {
        self.meet()?;
        self.notes.lock().unwrap().insert(size, note.as_bytes().to_vec());
        Ok(())
    }

    fn newest(&self, _: Uuid) -> io::Result<Option<Vec<u8>>> {
        self.meet()?;
        Ok(self.notes.lock().unwrap().values().last().cloned())
    }
}

fn into(sink: &Arc<Memory>) -> Vec<Arc<dyn CheckpointSink>> {
    vec![Arc::clone(sink) as Arc<dyn CheckpointSink>]
}

/// A log that waits for sinks no longer than a test can.
fn impatient(
    directory: &Path,
    checkpoints: &CheckpointOptions,
    patience: Duration,
) -> Result<Log, OpenError> {
    let surroundings = Surroundings { patience, ..specimen::surroundings(1) };
    Log::open_in(&with(directory, checkpoints), surroundings)
}

const PATIENCE: Duration = Duration::from_millis(300);

#[test]
fn every_sink_gets_what_is_kept_here() {
    let state = tempdir().unwrap();
    let place = state.path().join("copies");
    fs::create_dir(&place).unwrap();
    let directory = state.path().join("audit");
    let sinks: Vec<Arc<dyn CheckpointSink>> =
        vec![Arc::new(FileSink::open(&place).unwrap()), Memory::new(Temper::Takes)];
    let checkpoints = CheckpointOptions { sinks, ..seldom() };
    let log = open(&directory, &checkpoints, 1).unwrap();
    call(&log, 16);
    let stop = log.close_blocking().unwrap();
    drop(log);
    let own = folder(&directory).checkpoints().note(stop.seq + 1).unwrap();
    assert!(own.is_some());
    for sink in &checkpoints.sinks {
        assert_eq!(sink.newest(id(1)).unwrap(), own);
    }
    assert_eq!(notes(&directory, &[&checkpoints.key]).0, [2, stop.seq + 1]);
}

#[test]
fn notes_for_the_time_alone_give_way_in_a_directory_too() {
    let state = tempdir().unwrap();
    let place = state.path().join("copies");
    fs::create_dir(&place).unwrap();
    let directory = state.path().join("audit");
    let sinks: Vec<Arc<dyn CheckpointSink>> = vec![Arc::new(FileSink::open(&place).unwrap())];
    let checkpoints = CheckpointOptions { sinks, interval: SOON, ..seldom() };
    let log = open(&directory, &checkpoints, 1).unwrap();
    let copies = crate::checkpoint::notes::NoteFolder::new(place.join(id(1).to_string()));
    let newest = || copies.list().unwrap().notes.last().copied().unwrap_or_default();
    wait_for(|| newest() == 2);
    for number in 0..10 {
        call(&log, number);
        wait_for(|| newest() == 4 + number * 2);
    }
    log.close_blocking().unwrap();
    drop(log);
    assert_eq!(copies.list().unwrap().notes, [2, 23]);
}

#[test]
fn a_process_for_each_call_leaves_no_note_each() {
    let state = tempdir().unwrap();
    let place = state.path().join("copies");
    fs::create_dir(&place).unwrap();
    let directory = state.path().join("audit");
    let sink = Arc::new(FileSink::open(&place).unwrap());
    let checkpoints = CheckpointOptions { sinks: vec![sink], ..seldom() };
    let copies = crate::checkpoint::notes::NoteFolder::new(place.join(id(1).to_string()));
    for turn in 0..8 {
        let log = open(&directory, &checkpoints, 1 + turn * 10).unwrap();
        call(&log, turn);
        if turn == 3 {
            log.rotate_now();
            // or the sink, being behind, gets the newest alone
            wait_for(|| copies.list().unwrap().notes.contains(&17));
        }
        log.close_blocking().unwrap();
        assert_eq!(status(&log).failing, None);
        drop(log);
    }
    // the chain's first, which no sink was given, the segment's end, and the last
    assert_eq!(folder(&directory).content().unwrap().segments, [0, 17]);
    assert_eq!(copies.list().unwrap().notes, [17, 35]);
    let (mut own, states) = notes(&directory, &[&checkpoints.key]);
    // one may stay that the sink was about to replace
    own.retain(|size| *size != 31);
    assert_eq!((own, states), (vec![2, 17, 35], vec![35]));
    let mut demand = crate::VerifyOptions::default();
    demand.keys.push(checkpoints.key.verifier().clone());
    demand.anchors = crate::Anchors::read(&[&place]).unwrap();
    assert_eq!(crate::verify_with(&directory, &demand).unwrap().verdict, Verdict::Intact);
}

#[test]
fn what_a_sink_has_as_its_newest_stays_over_processes() {
    let state = tempdir().unwrap();
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: into(&sink), ..seldom() };
    for turn in 0..2 {
        let log = open(state.path(), &checkpoints, 1 + turn * 10).unwrap();
        log.close_blocking().unwrap();
    }
    let mut own = notes(state.path(), &[&checkpoints.key]).0;
    // one may stay that the sink was about to replace
    own.retain(|size| *size != 3);
    assert_eq!((sink.newest_size(), own), (5, vec![2, 5]));
    // it answers a start, and takes nothing from then on
    for turn in 2..6 {
        let log = open(state.path(), &checkpoints, 1 + turn * 10).unwrap();
        sink.turn(Temper::Refuses);
        log.close_blocking().unwrap();
        assert_eq!(status(&log).failing, Some(CheckpointFailure::Sink));
        drop(log);
        sink.turn(Temper::Takes);
    }
    assert_eq!((sink.newest_size(), notes(state.path(), &[&checkpoints.key]).0), (5, vec![2, 5, 13]));
    let log = open(state.path(), &checkpoints, 70).unwrap();
    log.close_blocking().unwrap();
    drop(log);
    let log = open(state.path(), &checkpoints, 80).unwrap();
    log.close_blocking().unwrap();
    drop(log);
    let own = notes(state.path(), &[&checkpoints.key]).0;
    assert!(sink.newest_size() == 17 && !own.contains(&5) && own.len() <= 3, "{own:?}");
}

/// It does not look at its folder for nothing, and yet misses nothing.
#[test]
fn a_directory_that_somebody_else_writes_to_is_a_fork() {
    let state = tempdir().unwrap();
    let place = state.path().join("copies");
    fs::create_dir(&place).unwrap();
    let sink = Arc::new(FileSink::open(&place).unwrap());
    let checkpoints = CheckpointOptions { sinks: vec![sink], before_writes: true, ..seldom() };
    let log = open(&state.path().join("audit"), &checkpoints, 1).unwrap();
    for number in 0..5 {
        log.begin_blocking(durable(number)).unwrap().finish_blocking(ok()).unwrap();
    }
    fs::write(place.join(id(1).to_string()).join("00000000000000009000.note"), "another's").unwrap();
    assert!(matches!(log.begin_blocking(durable(10)), Err(AuditError::Checkpoint(CheckpointFailure::Fork))));
}

#[test]
fn a_sink_that_fails_stops_no_entry_and_gets_the_newest_later() {
    for temper in [Temper::Refuses, Temper::Panics] {
        let state = tempdir().unwrap();
        let sink = Memory::new(Temper::Takes);
        let checkpoints = CheckpointOptions { sinks: into(&sink), interval: SOON, ..seldom() };
        let log = open(state.path(), &checkpoints, 1).unwrap();
        wait_for(|| sink.newest_size() == 2);
        sink.turn(temper);
        for number in 0..20 {
            call(&log, number);
        }
        wait_for(|| status(&log).failing == Some(CheckpointFailure::Sink));
        wait_for(|| status(&log).size == 42);
        assert_eq!((sink.newest_size(), log.status().poisoned), (2, None));
        sink.turn(Temper::Takes);
        wait_for(|| sink.newest_size() == 42);
        wait_for(|| status(&log).failing.is_none());
        // what is between was covered by the newest
        assert!(sink.notes.lock().unwrap().len() < 20);
    }
}

#[test]
fn a_sink_that_hangs_holds_nobody_up_for_long() {
    let state = tempdir().unwrap();
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: into(&sink), interval: SOON, ..seldom() };
    let log = impatient(state.path(), &checkpoints, PATIENCE).unwrap();
    wait_for(|| sink.newest_size() == 2);
    sink.turn(Temper::Hangs);
    let begun = Instant::now();
    for number in 0..20 {
        call(&log, number);
        run(async { log.begin(durable(100 + number)).await.unwrap().finish(ok()).await.unwrap() });
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    wait_for(|| status(&log).size == 82);
    wait_for(|| status(&log).failing == Some(CheckpointFailure::SinkSilent));
    let begun = Instant::now();
    let stop = run(log.close()).unwrap();
    drop(log);
    // the bound, which is waited for once and not twice, and what a busy machine adds
    assert!(begun.elapsed() < PATIENCE + Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(notes(state.path(), &[&checkpoints.key]).0.last(), Some(&(stop.seq + 1)));
    // the sink still hangs, and yet the chain is free
    let next = open(state.path(), &CheckpointOptions { sinks: Vec::new(), ..checkpoints }, 7).unwrap();
    assert_eq!(next.status().chain_id, id(1));
    sink.turn(Temper::Takes);
}

#[test]
fn no_write_goes_before_its_checkpoint() {
    let state = tempdir().unwrap();
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: into(&sink), before_writes: true, ..seldom() };
    let log = open(state.path(), &checkpoints, 1).unwrap();
    thread::scope(|scope| {
        for number in 0..4_u64 {
            let (log, sink) = (&log, &sink);
            let covered = move |seq: u64| {
                assert!(status(log).size > seq);
                assert!(sink.newest_size() > seq);
            };
            scope.spawn(move || {
                for turn in 0..10 {
                    let entry = log.begin_blocking(durable(number * 100 + turn)).unwrap();
                    covered(entry.seq());
                    entry.finish_blocking(ok()).unwrap();
                }
            });
            scope.spawn(move || {
                run(async {
                    for turn in 10..20 {
                        let entry = log.begin(durable(number * 100 + turn)).await.unwrap();
                        covered(entry.seq());
                        entry.finish(ok()).await.unwrap();
                    }
                });
            });
        }
    });
    // one checkpoint served several
    assert!(sink.notes.lock().unwrap().len() < 80);
    let before = status(&log).size;
    call(&log, 1_000);
    assert_eq!(status(&log).size, before, "a read needs none");
    drop(log);
    notes(state.path(), &[&checkpoints.key]);
    assert_intact(state.path());
}

#[test]
fn a_write_without_its_checkpoint_is_refused() {
    for (temper, failure, patience) in [
        (Temper::Refuses, CheckpointFailure::Sink, 60),
        (Temper::Panics, CheckpointFailure::Sink, 60),
        (Temper::Hangs, CheckpointFailure::SinkSilent, 2),
    ] {
        let state = tempdir().unwrap();
        let sink = Memory::new(Temper::Takes);
        let checkpoints = CheckpointOptions { sinks: into(&sink), before_writes: true, ..seldom() };
        let log = impatient(state.path(), &checkpoints, Duration::from_secs(patience)).unwrap();
        log.begin_blocking(durable(16)).unwrap().finish_blocking(ok()).unwrap();
        sink.turn(temper);
        let refused = |error: AuditError| matches!(error, AuditError::Checkpoint(why) if why == failure);
        assert!(refused(log.begin_blocking(durable(17)).unwrap_err()), "{temper:?}");
        assert!(refused(run(log.begin(durable(18))).unwrap_err()), "{temper:?}");
        call(&log, 19);
        sink.turn(Temper::Takes);
        // a sink that has come back is believed at once, and not after the interval
        wait_for(|| match log.begin_blocking(durable(20)) {
            Ok(entry) => entry.finish_blocking(ok()).is_ok(),
            Err(_) => false,
        });
        assert_eq!((log.status().open_entries, log.status().poisoned), (0, None));
        drop(log);
        let ends: Vec<_> = all(state.path()).iter().filter_map(|entry| entry.outcome).collect();
        assert_eq!(
            ends[..4],
            [OutcomeStatus::Ok, OutcomeStatus::Abandoned, OutcomeStatus::Abandoned, OutcomeStatus::Ok]
        );
        assert_intact(state.path());
    }
}

#[test]
fn a_note_of_somebody_else_is_a_fork() {
    let state = tempdir().unwrap();
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: into(&sink), interval: SOON, ..seldom() };
    let log = open(state.path(), &checkpoints, 1).unwrap();
    wait_for(|| sink.newest_size() == 2);
    wait_for(|| status(&log).failing.is_none());
    sink.notes.lock().unwrap().insert(1_000, b"by another copy of the chain".to_vec());
    call(&log, 16);
    wait_for(|| status(&log).failing == Some(CheckpointFailure::Fork));
    call(&log, 17);
    // nothing of this chain is added to that
    wait_for(|| status(&log).size == 6);
    assert!(sink.notes.lock().unwrap().len() <= 3);
}
