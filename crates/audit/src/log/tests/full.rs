//! A disk that fills up: intents are refused, outcomes never.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, io,
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use super::{
    checkpoints::{folder, seldom},
    rotation::small,
    *,
};
use crate::specimen::wait_for;
use crate::{
    call::{Outcome, RuleRef},
    limit,
    log::{LogOptions, checkpoints::CheckpointFailure, reserve, rotate::Rotation},
};

/// Blocks of a disk: how long each segment is, and up to where blocks are its own.
#[derive(Debug, Default)]
struct Blocks {
    /// Bytes that nobody has.
    free: u64,
    /// Whether somebody else takes what is given back, before anybody can ask for it.
    stolen: bool,
    segments: BTreeMap<u64, (u64, u64)>,
}

impl Blocks {
    /// Makes the blocks of a segment up to `to` its own, as far as the disk has them.
    fn take(&mut self, first_seq: u64, to: u64) -> io::Result<()> {
        let own = &mut self.segments.entry(first_seq).or_default().1;
        let more = to.saturating_sub(*own);
        let Some(free) = self.free.checked_sub(more) else { return Err(io::ErrorKind::StorageFull.into()) };
        *own += more;
        self.free = free;
        Ok(())
    }
}

/// A disk with few blocks. Like a real one it writes what fits of a line, and then fails.
#[derive(Debug)]
struct Small {
    file: Arc<dyn Medium>,
    first_seq: u64,
    blocks: Arc<Mutex<Blocks>>,
}

impl Small {
    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap()
    }
}

impl Medium for Small {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut blocks = self.blocks();
        let length = blocks.segments.entry(self.first_seq).or_default().0;
        let end = length + bytes.len() as u64;
        if let Err(error) = blocks.take(self.first_seq, end) {
            self.file.append(&bytes[..bytes.len() / 3])?;
            return Err(error);
        }
        blocks.segments.get_mut(&self.first_seq).unwrap().0 = end;
        self.file.append(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut blocks = self.blocks();
        let (_, own) = std::mem::replace(blocks.segments.get_mut(&self.first_seq).unwrap(), (length, length));
        if !blocks.stolen {
            blocks.free += own - length;
        }
        self.file.truncate(length)
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        self.file.still_there(length)
    }

    fn reserve(&self, _: u64, to: u64) -> io::Result<u64> {
        self.blocks().take(self.first_seq, to).map(|()| to)
    }

    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>> {
        let file = self.file.next(first_seq)?;
        Ok(Arc::new(Self { file, first_seq, blocks: Arc::clone(&self.blocks) }))
    }

    fn sync_names(&self) -> io::Result<()> {
        self.file.sync_names()
    }

    fn seal(&self) -> io::Result<()> {
        self.file.seal()
    }
}

fn on_small_disk(directory: &Path, rotation: u64) -> (Log, Arc<Mutex<Blocks>>) {
    let blocks = Arc::new(Mutex::new(Blocks { free: 1 << 30, ..Blocks::default() }));
    let own = Arc::clone(&blocks);
    let medium = move |file: SegmentFile| -> Arc<dyn Medium> {
        Arc::new(Small { file: Arc::new(file), first_seq: 0, blocks: own })
    };
    let surroundings = Surroundings { medium: Box::new(medium), ..specimen::surroundings(1) };
    let options =
        LogOptions { rotation: Rotation { bytes: rotation, ..Rotation::default() }, ..small(directory) };
    (Log::open_in(&options, surroundings).unwrap(), blocks)
}

/// The longest outcome that callers can cause.
fn longest() -> Outcome {
    Outcome {
        code: Some(Box::leak("\u{1}".repeat(2_000).into_boxed_str())),
        rules: vec![RuleRef { id: "\u{1}".repeat(2_000).into(), line: u32::MAX }; 100],
        bytes_out: u64::MAX,
        redactions: u64::MAX,
        dropped: u64::MAX,
        duration_us: u64::MAX,
        result_commit: Some(specimen::commitment()),
        ..ok()
    }
}

#[test]
fn the_longest_outcome_fits_its_room() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    log.begin_blocking(read(16)).unwrap().finish_blocking(longest()).unwrap();
    let bytes = all(state.path()).pop().unwrap().raw.len() as u64 + 1;
    // and not by far: the room is no guess
    assert!((6_000..=reserve::OUTCOME_BYTES).contains(&bytes), "{bytes}");
}

#[test]
fn a_full_disk_refuses_intents_and_takes_every_outcome() {
    for rotation in [1 << 20, 3_000, 9_000] {
        for open in [1, 7, 30] {
            let state = tempdir().unwrap();
            let (log, blocks) = on_small_disk(state.path(), rotation);
            let mut running: Vec<_> =
                (0..open).map(|call| log.begin_blocking(read(100 + call)).unwrap()).collect();
            // somebody else takes all that is free, and whatever is given back
            blocks.lock().unwrap().free = 0;
            while let Some(entry) = running.pop() {
                entry.finish_blocking(longest()).unwrap();
                blocks.lock().unwrap().free = 0;
                if let Ok(entry) = log.begin_blocking(write(500)) {
                    running.push(entry);
                    running.truncate(40);
                }
            }
            let refused = (0..200).find_map(|call| log.begin_blocking(read(call)).err());
            assert!(
                matches!(&refused, Some(AuditError::Write(error)) if error.kind() == io::ErrorKind::StorageFull),
                "{rotation} {open}: {refused:?}"
            );
            assert_eq!((log.status().poisoned, log.status().open_entries), (None, 0));
            assert_intact(state.path());
            // there is room again
            blocks.lock().unwrap().free = 1 << 30;
            log.begin_blocking(write(600)).unwrap().finish_blocking(ok()).unwrap();
            drop(log);
            assert_intact(state.path());
        }
    }
}

#[test]
fn a_rotation_waits_until_both_segments_have_room() {
    let state = tempdir().unwrap();
    let (log, blocks) = on_small_disk(state.path(), 1 << 20);
    let running: Vec<_> = (0..30).map(|call| log.begin_blocking(read(100 + call)).unwrap()).collect();
    {
        let mut blocks = blocks.lock().unwrap();
        (blocks.free, blocks.stolen) = (200_000, true);
    }
    log.rotate_now();
    for entry in running {
        entry.finish_blocking(longest()).unwrap();
    }
    assert_eq!((log.status().poisoned, blocks.lock().unwrap().segments.len()), (None, 1));
    blocks.lock().unwrap().free = 1 << 20;
    log.rotate_now();
    log.begin_blocking(write(600)).unwrap().finish_blocking(ok()).unwrap();
    assert_eq!(blocks.lock().unwrap().segments.len(), 2);
    assert_intact(state.path());
}

#[test]
fn room_is_looked_after_while_a_call_runs() {
    let state = tempdir().unwrap();
    let (log, blocks) = on_small_disk(state.path(), 1 << 20);
    let entry = log.begin_blocking(read(16)).unwrap();
    log.shared.lock().segment.reserved = 1;
    while log.shared.lock().segment.reserved == 1 {
        thread::yield_now();
    }
    blocks.lock().unwrap().free = 0;
    entry.finish_blocking(longest()).unwrap();
}

/// Where the child writes its log; the child is this test once more.
const PLACE: &str = "GITOMA_AUDIT_TEST_FULL";

fn child(test: &str) -> Command {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    child
}

/// A process that writes beyond its limit is killed by the kernel, which no error handling notices.
#[test]
fn a_limit_on_file_sizes_is_never_met() {
    let test = "log::tests::full::a_limit_on_file_sizes_is_never_met";
    let Some(place) = env::var_os(PLACE) else {
        let state = tempdir().unwrap();
        let output = specimen::run_to_end(child(test).env(PLACE, state.path())).unwrap();
        assert!(output.status.success(), "{output:?}");
        let report = verify(state.path()).unwrap();
        assert_eq!((report.verdict, report.chains[0].dangling), (Verdict::Intact, 0));
        assert!(report.chains[0].bytes > 4 * LIMIT);
        return;
    };
    const LIMIT: u64 = 2 * 1024 * 1024;
    let limit = rustix::process::Rlimit { current: Some(LIMIT), maximum: Some(LIMIT) };
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    let log = Log::open(options(Path::new(&place))).unwrap();
    // open entries may come and go faster than segments
    let (mut running, mut refused) = (Vec::new(), 0);
    for call in 0..2_000 {
        match log.begin_blocking(if call % 50 == 0 { write(call) } else { read(call) }) {
            Ok(entry) => running.push(entry),
            Err(AuditError::Write(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
        if running.len() > 20 {
            for entry in running.drain(..) {
                entry.finish_blocking(longest()).unwrap();
            }
        }
    }
    drop(running);
    assert!(refused < 200);
    log.close_blocking().unwrap();
}

/// Runs a test once more as a child with a small file system of its own, where user namespaces may mount one. In the child it returns where
/// that is.
fn on_tmpfs(test: &str) -> Option<PathBuf> {
    if let Some(place) = env::var_os(PLACE) {
        return Some(place.into());
    }
    let state = tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=3m,mode=700 small \"$0\" && exec \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]).arg(state.path());
    if !specimen::run_to_end(inside.arg("true")).is_ok_and(|output| output.status.success()) {
        println!("skipped: no tmpfs can be mounted here");
        return None;
    }
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]).arg(state.path());
    inside.arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let output = specimen::run_to_end(inside.env(PLACE, state.path())).unwrap();
    assert!(output.status.success(), "{output:?}");
    None
}

/// Takes all room of a file system; returns the file that has it.
fn fill(place: &Path) -> PathBuf {
    let filler = place.join("filler");
    let mut size = 1 << 20;
    while size > 0 {
        let file = fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if io::Write::write_all(&mut &file, &vec![0; size]).is_err() {
            size /= 2;
        }
    }
    filler
}

/// The note and the tree's state are files of their own; neither is there by half, and neither is in the way of what comes.
#[test]
fn a_checkpoint_that_finds_no_room_stops_no_entry_and_is_made_later() {
    let test = "log::tests::full::a_checkpoint_that_finds_no_room_stops_no_entry_and_is_made_later";
    let Some(place) = on_tmpfs(test) else { return };
    let directory = place.join("audit");
    let log = Log::open(LogOptions { checkpoints: Some(seldom()), ..options(&directory) }).unwrap();
    let covered = || {
        let size = log.status().last_seq + 1;
        log.shared.checkpointed_blocking(size, Duration::from_secs(60)).map(|()| size)
    };
    let begun = log.begin_blocking(read(1)).unwrap();
    let first = covered().unwrap();
    let own = folder(&directory).path.join("checkpoints");
    let names = || {
        let names = fs::read_dir(&own).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    // the one that the chain was made with, as one an hour does, and the newest with its state
    let settled = |size: u64| {
        let [note, tree] = ["note", "tree"].map(|end| format!("{size:020}.{end}"));
        BTreeSet::from([format!("{:020}.note", 2), note, tree])
    };
    wait_for(|| names() == settled(first));

    // room for neither, and for the state alone
    for (pages, kept) in [(0, vec![]), (1, vec!["tree"])] {
        let before = names();
        let call = |number| log.begin_blocking(write(number)).unwrap().finish_blocking(ok()).unwrap();
        call(600);
        let filler = fill(&place);
        let file = fs::OpenOptions::new().write(true).open(&filler).unwrap();
        file.set_len(file.metadata().unwrap().len() - pages * 4_096).unwrap();
        // or what is removed later keeps its room
        drop(file);
        let refused = covered();
        let failure = CheckpointFailure::Folder;
        assert!(
            matches!(refused, Err(AuditError::Checkpoint(why)) if why == failure),
            "{pages}: {refused:?}"
        );
        assert_eq!((log.status().checkpoints.unwrap().failing, log.status().poisoned), (Some(failure), None));
        // what was there still is, and nothing is left half made
        let size = log.status().last_seq + 1;
        let new: Vec<_> = kept.iter().map(|end| format!("{size:020}.{end}")).collect();
        assert_eq!(names(), before.into_iter().chain(new).collect());
        assert_intact(&directory);

        fs::remove_file(filler).unwrap();
        call(601);
        let size = covered().unwrap();
        assert_eq!(log.status().checkpoints.unwrap().failing, None);
        wait_for(|| names() == settled(size));
    }
    begun.finish_blocking(ok()).unwrap();
    log.close_blocking().unwrap();
    assert_intact(&directory);
}

/// The same on a real file system without room, where user namespaces may mount one.
#[test]
fn a_full_tmpfs_takes_every_outcome() {
    let Some(place) = on_tmpfs("log::tests::full::a_full_tmpfs_takes_every_outcome") else { return };
    let directory = place.join("audit");
    let log = Log::open(small(&directory)).unwrap();
    let running: Vec<_> = (0..30).map(|call| log.begin_blocking(read(call)).unwrap()).collect();
    // between two segments there is an instant in which somebody else can take the room of one from the other
    wait_for(|| !{
        let state = log.shared.lock();
        state.due || state.rotating
    });
    let filler = fill(&place);
    for entry in running {
        entry.finish_blocking(longest()).unwrap();
    }
    let refused = (0..3_000).find_map(|call| log.begin_blocking(read(call)).err());
    assert!(matches!(&refused, Some(AuditError::Write(_))), "{refused:?}");
    assert_intact(&directory);
    fs::remove_file(filler).unwrap();
    log.begin_blocking(write(600)).unwrap().finish_blocking(ok()).unwrap();
    drop(log);
    assert_intact(&directory);
    assert!(limit::OPEN_ENTRIES as u64 * reserve::OUTCOME_BYTES <= 32 << 20);
}
