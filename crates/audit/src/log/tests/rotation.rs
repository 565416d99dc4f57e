//! A log that goes on from segment to segment, and dies at every step of it.

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::*;
use crate::{
    folder::{ChainFolder, first_seq, segment_name},
    log::{LogOptions, rotate::Rotation},
    verify::fault::FaultClass,
};

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The process died, the machine lives on.
    Nothing,
    /// The power was cut: half of the bytes are there, and all names.
    Half,
    /// The power was cut: no byte is there, but all names.
    Bytes,
    /// The power was cut: neither bytes nor names.
    Everything,
}

/// A disk on which the process dies after so many operations, and that knows what it has synced.
#[derive(Debug)]
struct Disk {
    left: u64,
    died: bool,
    /// How many of a thousand bytes the last write still leaves.
    torn: u64,
    synced: std::collections::BTreeMap<u64, u64>,
    named: BTreeSet<u64>,
}

impl Disk {
    fn new(left: u64, torn: u64) -> Arc<Mutex<Self>> {
        let named = BTreeSet::from([0]);
        Arc::new(Mutex::new(Self {
            left,
            died: false,
            torn,
            synced: std::collections::BTreeMap::new(),
            named,
        }))
    }

    fn operation(&mut self) -> io::Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.died = true;
                Err(io::ErrorKind::Other.into())
            }
        }
    }
}

#[derive(Debug)]
struct Mortal {
    file: Arc<dyn Medium>,
    first_seq: u64,
    length: AtomicU64,
    disk: Arc<Mutex<Disk>>,
}

impl Medium for Mortal {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.disk.lock().unwrap();
        let (died, alive) = (disk.died, disk.operation());
        if alive.is_err() && !died {
            let torn = bytes.len() * usize::try_from(disk.torn).unwrap() / 1_000;
            self.file.append(&bytes[..torn])?;
        }
        alive?;
        self.length.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        self.file.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.disk.lock().unwrap();
        disk.operation()?;
        disk.synced.insert(self.first_seq, self.length.load(Ordering::SeqCst));
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.disk.lock().unwrap().operation()?;
        self.file.truncate(length)
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        self.file.still_there(length)
    }

    fn reserve(&self, from: u64, to: u64) -> io::Result<u64> {
        self.file.reserve(from, to)
    }

    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>> {
        self.disk.lock().unwrap().operation()?;
        let file = self.file.next(first_seq)?;
        Ok(Arc::new(Self { file, first_seq, length: AtomicU64::new(0), disk: Arc::clone(&self.disk) }))
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut disk = self.disk.lock().unwrap();
        disk.operation()?;
        disk.named.insert(self.first_seq);
        Ok(())
    }

    fn seal(&self) -> io::Result<()> {
        self.disk.lock().unwrap().operation()?;
        self.file.seal()
    }
}

pub(super) fn small(directory: &Path) -> LogOptions {
    LogOptions { rotation: Rotation { bytes: 4_000, ..Rotation::default() }, ..options(directory) }
}

/// Starts on a disk; the number of the segment and its length are what stands there.
fn start(directory: &Path, ids: u64, disk: &Arc<Mutex<Disk>>) -> Result<Log, OpenError> {
    let own = Arc::clone(disk);
    let (number, length) = segments(directory).last().map_or((0, 0), |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        (first_seq(name).unwrap(), fs::metadata(path).unwrap().len())
    });
    let medium = move |file: SegmentFile| -> Arc<dyn Medium> {
        Arc::new(Mortal {
            file: Arc::new(file),
            first_seq: number,
            length: AtomicU64::new(length),
            disk: own,
        })
    };
    Log::open_in(&small(directory), Surroundings { medium: Box::new(medium), ..specimen::surroundings(ids) })
}

/// The segments of the chain, in order.
fn segments(directory: &Path) -> Vec<PathBuf> {
    let folder = ChainFolder::new(directory.join(id(1).to_string()));
    let numbers = folder.content().map(|content| content.segments).unwrap_or_default();
    numbers.into_iter().map(|number| folder.segment(number)).collect()
}

/// What was acknowledged: durable entries, and others.
#[derive(Debug, Default)]
struct Told {
    durable: Vec<super::super::Receipt>,
    written: Vec<super::super::Receipt>,
}

/// Records calls until there are `calls`, or until the disk dies.
fn work(log: &Log, calls: u64, told: &mut Told) {
    for call in 0..calls {
        let Ok(entry) = log.begin_blocking(write(100 + call)) else { return };
        told.durable.push(entry.receipt());
        let Ok(receipt) = entry.finish_blocking(ok()) else { return };
        told.written.push(receipt);
    }
}

/// Takes from the folder what a power cut takes.
fn lose(directory: &Path, disk: &Disk, loss: Loss) {
    for path in segments(directory) {
        let number = first_seq(path.file_name().unwrap().to_str().unwrap()).unwrap();
        let synced = disk.synced.get(&number).copied().unwrap_or(0);
        let length = fs::metadata(&path).unwrap().len();
        let kept = match loss {
            Loss::Nothing => length,
            Loss::Half => synced + length.saturating_sub(synced) / 2,
            Loss::Bytes | Loss::Everything => synced,
        };
        if loss == Loss::Everything && !disk.named.contains(&number) {
            fs::remove_file(path).unwrap();
        } else if kept < length {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(kept).unwrap();
        }
    }
}

/// What must be true of a chain after any crash and the start behind it.
fn assert_recovered(directory: &Path, told: &Told, loss: Loss, context: &str) {
    let report = verify(directory).unwrap();
    assert_eq!(report.verdict, Verdict::Intact, "{context}: {report:?}");
    let entries = all(directory);
    let acknowledged = told.durable.iter().chain(if loss == Loss::Nothing { &told.written[..] } else { &[] });
    for receipt in acknowledged {
        let found = entries.get(usize::try_from(receipt.seq).unwrap());
        assert_eq!(found.map(|entry| entry.entry_hash), Some(receipt.entry_hash), "{context}");
    }
    let quarantine = segments(directory)[0].with_file_name("quarantine");
    let mut kept: Vec<_> = fs::read_dir(quarantine)
        .into_iter()
        .flatten()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut recorded: Vec<_> = entries.iter().filter_map(|entry| entry.quarantine.clone()).collect();
    kept.sort();
    recorded.sort();
    assert_eq!(kept, recorded, "{context}");
}

#[test]
fn a_log_goes_on_in_new_segments() {
    let state = tempdir().unwrap();
    let log = Log::open_in(&small(state.path()), specimen::surroundings(1)).unwrap();
    let mut told = Told::default();
    work(&log, 20, &mut told);
    run(async {
        for call in 0..20 {
            log.begin(write(200 + call)).await.unwrap().finish(ok()).await.unwrap();
        }
    });
    // of a call that only reads nobody waits for the disk, so the thread of the log rotates
    for call in 0..20 {
        log.begin_blocking(read(300 + call)).unwrap().finish_blocking(ok()).unwrap();
    }
    let status = log.status();
    drop(log);
    let paths = segments(state.path());
    assert!(paths.len() > 6, "{paths:?}");
    for (place, path) in paths.iter().enumerate() {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        if place + 1 < paths.len() {
            assert_eq!(mode, 0o400);
        }
        let text = fs::read_to_string(path).unwrap();
        let mut before = None;
        for line in text.lines() {
            let entry = crate::line::read::read(line.as_bytes()).unwrap();
            assert_eq!(entry.kind == Kind::SegmentOpen, before.is_none() && place > 0);
            if entry.kind == Kind::SegmentOpen {
                assert_eq!(path.file_name().unwrap().to_str(), Some(&*segment_name(entry.seq)));
                assert_eq!(entry.first_seq, Some(entry.seq));
                let previous = Digest::of(&fs::read(&paths[place - 1]).unwrap());
                assert_eq!(entry.prev_segment_sha256, Some(previous));
            }
            before = Some(entry);
        }
        let next = paths.get(place + 1).map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(before.unwrap().next_segment, next, "{path:?}");
    }
    assert_recovered(state.path(), &told, Loss::Nothing, "first");
    assert!(all(state.path()).len() as u64 > status.last_seq);
    let again = Log::open_in(&small(state.path()), specimen::surroundings(7)).unwrap();
    work(&again, 20, &mut told);
    drop(again);
    assert_recovered(state.path(), &told, Loss::Nothing, "again");
    assert_eq!(verify(state.path()).unwrap().chains[0].recoveries, 0);
}

#[test]
fn a_segment_that_is_a_day_old_is_followed_by_another() {
    let state = tempdir().unwrap();
    // the clock of the specimen goes on by 1.25 ms an entry
    let rotation = Rotation { age: Duration::from_millis(20), ..Rotation::default() };
    let options = LogOptions { rotation, ..options(state.path()) };
    let log = Log::open_in(&options, specimen::surroundings(1)).unwrap();
    work(&log, 40, &mut Told::default());
    drop(log);
    assert!((4..=7).contains(&segments(state.path()).len()), "{:?}", segments(state.path()));
    assert_intact(state.path());
    // the age of a segment outlives the process
    let before = segments(state.path()).len();
    let rotation = Rotation { age: Duration::from_hours(1), ..rotation };
    let options = LogOptions { rotation, ..options };
    let log =
        Log::open_in(&options, Surroundings { clock: Box::new(Timestamp::now), ..specimen::surroundings(7) });
    work(&log.unwrap(), 1, &mut Told::default());
    assert_eq!(segments(state.path()).len(), before + 1);
    assert_intact(state.path());
}

/// Every operation that the disk does in three rotations is once the last.
#[test]
fn whatever_step_is_the_last_the_next_start_goes_on() {
    let cases: Vec<_> = [
        (Loss::Nothing, 0),
        (Loss::Nothing, 500),
        (Loss::Nothing, 999),
        (Loss::Nothing, 1_000),
        (Loss::Half, 500),
        (Loss::Bytes, 1_000),
        (Loss::Everything, 1_000),
    ]
    .into();
    thread::scope(|scope| {
        for (loss, torn) in cases {
            scope.spawn(move || {
                for operations in 2_u64.. {
                    let context = format!("{loss:?} {torn} {operations}");
                    let state = tempdir().unwrap();
                    let disk = Disk::new(operations, torn);
                    let mut told = Told::default();
                    if let Ok(log) = start(state.path(), 1, &disk) {
                        work(&log, 9, &mut told);
                    }
                    let disk = disk.lock().unwrap();
                    if segments(state.path()).is_empty() {
                        // it died before the chain had its name
                        assert_eq!(told.durable.len(), 0);
                        continue;
                    }
                    lose(state.path(), &disk, loss);
                    let log = Log::open_in(&small(state.path()), specimen::surroundings(50))
                        .unwrap_or_else(|error| panic!("{context}: {error:?}"));
                    work(&log, 3, &mut told);
                    drop(log);
                    assert_recovered(state.path(), &told, loss, &context);
                    if !disk.died {
                        assert!(segments(state.path()).len() >= 4 && operations > 30, "{context}");
                        break;
                    }
                }
            });
        }
    });
}

/// A start that mends a chain is itself cut short, at every step.
#[test]
fn a_start_that_is_cut_short_is_made_good_by_the_next() {
    for first in 2_u64.. {
        let disk = Disk::new(first, 500);
        let mut done = false;
        for second in 0..8 {
            let state = tempdir().unwrap();
            let context = format!("{first} {second}");
            let disk = if second == 0 { Arc::clone(&disk) } else { Disk::new(first, 500) };
            let mut told = Told::default();
            if let Ok(log) = start(state.path(), 1, &disk) {
                work(&log, 4, &mut told);
            }
            done = !disk.lock().unwrap().died;
            if segments(state.path()).is_empty() {
                continue;
            }
            let again = Disk::new(second, 500);
            drop(start(state.path(), 50, &again));
            drop(Log::open_in(&small(state.path()), specimen::surroundings(70)).unwrap());
            assert_recovered(state.path(), &told, Loss::Nothing, &context);
        }
        if done {
            assert!(first > 12);
            break;
        }
    }
}

#[test]
fn who_writes_while_the_log_rotates_waits() {
    let state = tempdir().unwrap();
    let log = Log::open_in(&small(state.path()), specimen::surroundings(1)).unwrap();
    let (running, dropped) = (log.begin_blocking(read(16)).unwrap(), log.begin_blocking(read(17)).unwrap());
    log.shared.lock().rotating = true;
    drop(dropped);
    let deferred = log.shared.lock().deferred.len();
    assert_eq!((deferred, log.status().open_entries), (1, 2));
    thread::scope(|scope| {
        let blocking = scope.spawn(|| log.begin_blocking(read(18)).map(drop));
        let waiting = scope.spawn(|| run(running.finish(ok())));
        thread::sleep(Duration::from_millis(50));
        assert!(!blocking.is_finished() && !waiting.is_finished());
        log.rotate_now();
        blocking.join().unwrap().unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!((log.status().open_entries, segments(state.path()).len()), (0, 2));
    drop(log);
    let report = verify(state.path()).unwrap();
    assert_eq!((report.verdict, report.chains[0].dangling), (Verdict::Intact, 0));
}

#[test]
fn a_rotation_that_fails_half_way_poisons_and_the_next_start_mends_it() {
    let state = tempdir().unwrap();
    let log = Log::open_in(&small(state.path()), specimen::surroundings(1)).unwrap();
    let (running, dropped) = (log.begin_blocking(read(16)).unwrap(), log.begin_blocking(read(17)).unwrap());
    let next = segments(state.path())[0].with_file_name(segment_name(log.status().last_seq + 2));
    fs::create_dir(&next).unwrap();
    log.rotate_now();
    assert_eq!(log.status().poisoned, Some("the next segment could not be made"));
    drop(dropped);
    let refused = running.finish_blocking(ok()).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("the next segment could not be made") && told.contains("restart"), "{told}");
    assert!(matches!(log.begin_blocking(read(17)), Err(AuditError::Poisoned { .. })));
    drop(log);
    fs::remove_dir(&next).unwrap();
    assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Torn);
    drop(Log::open_in(&small(state.path()), specimen::surroundings(7)).unwrap());
    assert!(next.exists());
    assert_recovered(state.path(), &Told::default(), Loss::Nothing, "mended");
}

/// The log of three segments that the next tests harm.
fn three_segments() -> (tempfile::TempDir, Vec<PathBuf>) {
    let state = tempdir().unwrap();
    let log = Log::open_in(&small(state.path()), specimen::surroundings(1)).unwrap();
    while segments(state.path()).len() < 3 {
        work(&log, 1, &mut Told::default());
    }
    work(&log, 1, &mut Told::default());
    drop(log);
    let paths = segments(state.path());
    for path in &paths {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (state, paths)
}

#[test]
fn a_harmed_earlier_segment_refuses_the_start() {
    type Harm = fn(&[PathBuf]);
    fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut text = fs::read(path).unwrap();
        change(&mut text);
        fs::write(path, text).unwrap();
    }
    let table: [(Harm, FaultClass); 7] = [
        (|paths| fs::remove_file(&paths[0]).unwrap(), FaultClass::SegmentMissing),
        (|paths| fs::remove_file(&paths[1]).unwrap(), FaultClass::SegmentMissing),
        (|paths| change(&paths[1], |text| text[2_500] ^= 1), FaultClass::HashMismatch),
        (|paths| change(&paths[1], |text| text.truncate(text.len() - 1)), FaultClass::TornTail),
        (|paths| change(&paths[1], |text| text.extend(b"x\n")), FaultClass::TornTail),
        (
            |paths| fs::rename(&paths[2], paths[2].with_file_name(segment_name(999))).unwrap(),
            FaultClass::SegmentMissing,
        ),
        (|paths| change(&paths[2], |text| text[700] ^= 1), FaultClass::HashMismatch),
    ];
    for (row, (harm, class)) in table.into_iter().enumerate() {
        let (state, paths) = three_segments();
        harm(&paths);
        match Log::open_in(&small(state.path()), specimen::surroundings(7)) {
            Err(OpenError::Damaged { chain, class: found }) => {
                assert_eq!((chain, found), (id(1), class), "row {row}");
            }
            other => panic!("row {row}: {other:?}"),
        }
        assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Tampered, "row {row}");
    }
}

#[test]
fn a_last_segment_that_was_taken_away_comes_onto_the_record() {
    let (state, paths) = three_segments();
    fs::remove_file(&paths[2]).unwrap();
    let report = verify(state.path()).unwrap();
    let fault = report.chains[0].fault.as_ref().unwrap();
    assert_eq!((report.verdict, fault.class), (Verdict::Torn, FaultClass::TornTail));
    assert_eq!(fault.expected, paths[2].file_name().unwrap().to_str().unwrap());
    drop(Log::open_in(&small(state.path()), specimen::surroundings(7)).unwrap());
    assert_eq!(segments(state.path()), paths);
    let recover = all(state.path()).into_iter().find(|entry| entry.kind == Kind::Recover).unwrap();
    assert_eq!((recover.torn_bytes, recover.torn_sha256), (Some(0), Some(Digest::of(b""))));
    assert_intact(state.path());
}

#[test]
fn a_lock_that_was_replaced_lets_nobody_in() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    fs::remove_file(specimen::segment(state.path(), 1).with_file_name("lock")).unwrap();
    let second = Log::open_in(&options(state.path()), specimen::surroundings(7));
    assert!(matches!(&second, Err(OpenError::Held { chain }) if *chain == id(1)), "{second:?}");
    drop(second);
    log.begin_blocking(write(16)).unwrap().finish_blocking(ok()).unwrap();
    drop(log);
    assert_intact(state.path());
}

#[test]
fn a_line_of_a_gigabyte_refuses_the_start_in_little_memory() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let length = fs::metadata(&segment).unwrap().len();
    fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length + (1 << 30)).unwrap();
    let refused = Log::open_in(&options(state.path()), specimen::surroundings(7));
    assert!(matches!(refused, Err(OpenError::Damaged { class: FaultClass::TornTail, .. })), "{refused:?}");
}
