//! Upkeep that a crash cut short, in chains that had more than one key: what is left is as whole as before, and is recorded once.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tempfile::tempdir;

use crate::{
    CheckpointOptions, Entry, Kind, Log, LogOptions, Reader, SigningKey, VerifyOptions,
    folder::{ChainFolder, segment_name},
    prune, repair, specimen,
    specimen::snapshot::Snapshot,
    verify::{self, report::Verdict},
};

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap())
}

fn by(key: &Arc<SigningKey>) -> CheckpointOptions {
    CheckpointOptions { interval: Duration::from_hours(1), ..CheckpointOptions::with(Arc::clone(key)) }
}

fn following(former: &Arc<SigningKey>, key: &Arc<SigningKey>) -> CheckpointOptions {
    CheckpointOptions { former_key: Some(Arc::clone(former)), ..by(key) }
}

fn run(directory: &Path, segments: u64, checkpoints: Option<CheckpointOptions>) -> PathBuf {
    specimen::run(directory, segments, checkpoints).unwrap()
}

fn upkeep(checkpoints: Option<CheckpointOptions>) -> LogOptions {
    LogOptions { checkpoints, ..LogOptions::new("", "test 1.0") }
}

fn entries(chain: &Path) -> Vec<Entry> {
    Reader::open(chain).unwrap().map(Result::unwrap).collect()
}

fn segments(chain: &Path) -> Vec<u64> {
    ChainFolder::new(chain.to_owned()).content().unwrap().segments
}

fn verdict(chain: &Path, key: &SigningKey) -> Verdict {
    let options = VerifyOptions { keys: vec![key.verifier().clone()], ..VerifyOptions::default() };
    verify::verify_with(chain, &options).unwrap().verdict
}

/// Every place between two removals, over a change of keys and over an earlier prune.
#[test]
fn a_prune_that_was_cut_short_is_accounted_for_wherever() {
    let (first, second) = (key(), key());
    for earlier in [false, true] {
        let state = tempdir().unwrap();
        let chain = run(state.path(), 3, Some(by(&first)));
        if earlier {
            prune(&chain, segments(&chain)[1], upkeep(Some(by(&first)))).unwrap();
        }
        run(state.path(), 1, Some(by(&first)));
        run(state.path(), 2, Some(following(&first, &second)));
        let before = Snapshot::of(&chain);
        let border = *segments(&chain).last().unwrap();
        let gone = prune(&chain, border, upkeep(Some(by(&second)))).unwrap().segments;
        let after = Snapshot::of(&chain);
        assert!(gone.len() > 3);
        for cut in 0..gone.len() {
            after.put(&chain);
            // notes and states go when all segments are gone
            for (name, content) in
                before.clone().into_files().iter().filter(|(name, _)| name.starts_with("checkpoints"))
            {
                fs::write(chain.join(name), content).unwrap();
            }
            for name in &gone[cut..] {
                fs::write(chain.join(name), before.file(Path::new(name))).unwrap();
            }
            let expected = if cut == 0 && !earlier { Verdict::Intact } else { Verdict::Pruned };
            assert_eq!(verdict(&chain, &second), expected, "{earlier} {cut}");
            // another try comes to the end
            run(state.path(), 0, Some(by(&second)));
            prune(&chain, border, upkeep(Some(by(&second)))).unwrap();
            assert_eq!(
                (segments(&chain)[0], verdict(&chain, &second)),
                (border, Verdict::Pruned),
                "{earlier} {cut}"
            );
        }
    }
}

/// The entry of another try is there, and no checkpoint that covers it.
#[test]
fn a_second_try_of_a_prune_that_was_cut_short_changes_nothing() {
    let state = tempdir().unwrap();
    let ours = key();
    let chain = run(state.path(), 4, Some(by(&ours)));
    let border = segments(&chain)[3];
    let before = Snapshot::of(&chain);
    let gone = prune(&chain, border, upkeep(Some(by(&ours)))).unwrap().segments;
    for name in &gone[1..] {
        fs::write(chain.join(name), before.file(Path::new(name))).unwrap();
    }
    let half = Snapshot::of(&chain);
    let last = chain.join(segment_name(*segments(&chain).last().unwrap()));
    prune(&chain, border, upkeep(Some(by(&ours)))).unwrap();
    let text = fs::read_to_string(&last).unwrap();
    let to = text.rfind("\"kind\":\"prune\"").unwrap();
    let end = to + text.get(to..).unwrap().find('\n').unwrap() + 1;
    half.put(&chain);
    fs::remove_file(&last).unwrap();
    fs::write(&last, text.get(..end).unwrap()).unwrap();
    assert_eq!(verify::verify(&chain).unwrap().verdict, Verdict::Pruned);
    prune(&chain, border, upkeep(Some(by(&ours)))).unwrap();
    assert_eq!(verdict(&chain, &ours), Verdict::Pruned);
}

#[test]
fn what_stood_before_a_chain_took_up_its_key_can_be_pruned() {
    let state = tempdir().unwrap();
    let (first, second) = (key(), key());
    let chain = run(state.path(), 3, None);
    run(state.path(), 1, Some(CheckpointOptions { adopt: true, ..by(&first) }));
    for border in [1, 1] {
        prune(&chain, segments(&chain)[border], upkeep(Some(by(&first)))).unwrap();
        assert_eq!(verdict(&chain, &first), Verdict::Pruned);
        run(state.path(), 0, Some(by(&first)));
    }
    run(state.path(), 0, Some(following(&first, &second)));
    assert_eq!(verdict(&chain, &second), Verdict::Pruned);
}

#[test]
fn what_a_repair_took_is_recorded_once() {
    let state = tempdir().unwrap();
    let chain = run(state.path(), 4, None);
    let path = chain.join(segment_name(segments(&chain)[0]));
    let mut bytes = fs::read(&path).unwrap();
    let begin: usize = bytes.split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum();
    bytes[begin + 100] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let taken = repair(&chain, upkeep(None)).unwrap().unwrap().taken.len();
    assert!(taken > 3);
    let recorded = || entries(&chain).iter().filter(|entry| entry.kind == Kind::Recover).count();
    for _ in 0..4 {
        assert_eq!(recorded(), taken);
        run(state.path(), 0, None);
    }
    // names that somebody has put there hold no start up, and each is recorded once too
    for number in 0..600 {
        let text = number.to_string();
        let name = format!("{:020}-{}.torn", 1_u64 << 40, crate::Digest::of(text.as_bytes()));
        fs::write(chain.join("quarantine").join(name), text).unwrap();
    }
    let mut counts = Vec::new();
    for _ in 0..5 {
        run(state.path(), 0, None);
        counts.push(recorded() - taken);
    }
    assert_eq!(counts, [256, 512, 600, 600, 600]);
    assert_eq!(verify::verify(&chain).unwrap().verdict, Verdict::Intact);
}

/// What somebody writes beside the chain takes no note out of a copy but the one that the next replaces.
#[test]
fn times_and_names_beside_the_chain_take_nothing_out_of_a_copy() {
    let (state, copies) = (tempdir().unwrap(), tempdir().unwrap());
    let ours = key();
    let copied = || {
        let sink = crate::FileSink::open(copies.path()).unwrap();
        Some(CheckpointOptions { sinks: vec![Arc::new(sink)], ..by(&ours) })
    };
    let log =
        Log::open(LogOptions { checkpoints: copied(), ..LogOptions::new(state.path(), "test 1.0") }).unwrap();
    let name = log.status().chain_id.to_string();
    let chain = state.path().join(&name);
    let notes = crate::checkpoint::notes::NoteFolder::new(copies.path().join(name));
    for number in 0..3 {
        log.begin_blocking(specimen::read(number)).unwrap().finish_blocking(specimen::ok()).unwrap();
        log.rotate_now();
        // a copy that is late gets the newest note alone
        let border = *segments(&chain).last().unwrap();
        specimen::wait_for(|| notes.list().unwrap().notes.contains(&border));
    }
    log.close_blocking().unwrap();
    drop(log);
    let before = notes.list().unwrap().notes;
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_hours(1);
    for note in fs::read_dir(chain.join("checkpoints")).unwrap() {
        fs::File::options().write(true).open(note.unwrap().path()).unwrap().set_modified(long_ago).unwrap();
    }
    for gone in &segments(&chain)[1..2] {
        fs::remove_file(chain.join(segment_name(*gone))).unwrap();
    }
    // a start looks at the first and the last segments alone
    run(state.path(), 0, copied());
    let after = notes.list().unwrap().notes;
    let kept = before.iter().filter(|size| after.contains(size)).count();
    assert!(kept + 1 >= before.len() && before.len() > 2, "{before:?} became {after:?}");
}
