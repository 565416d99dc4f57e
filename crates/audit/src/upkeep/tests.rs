#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::tempdir;

use super::{
    UpkeepError,
    prune::{plan_prune, prune},
    repair::{plan_repair, repair},
};
use crate::{
    AuditError, CheckpointOptions, Entry, FaultClass, KeyName, Kind, Log, LogOptions, OfflineProof,
    OpenError, Reader, SigningKey, TrustedKeys, Verdict, VerifyOptions,
    digest::Digest,
    folder::{ChainFolder, segment_name},
    prove,
    specimen::{self, id, snapshot::Snapshot},
    verify, verify_with,
};

fn key() -> SigningKey {
    SigningKey::generate("example.com/gitoma".parse::<KeyName>().unwrap()).unwrap()
}

/// A copy of a key: its file holds all of it.
fn again(key: &SigningKey, place: &Path) -> SigningKey {
    let file = place.join("audit.key");
    if !file.exists() {
        key.create(&file).unwrap();
    }
    SigningKey::read(&file).unwrap()
}

fn signed(key: SigningKey) -> Option<CheckpointOptions> {
    Some(CheckpointOptions { interval: Duration::from_hours(1), ..CheckpointOptions::new(key) })
}

fn options(directory: &Path, checkpoints: Option<CheckpointOptions>) -> LogOptions {
    LogOptions { checkpoints, ..LogOptions::new(directory, "test 1.0") }
}

/// Goes on with the only chain: `segments` more of them, some calls in each.
fn go_on(directory: &Path, segments: u64, checkpoints: Option<CheckpointOptions>) -> PathBuf {
    specimen::run(directory, segments, checkpoints).unwrap()
}

/// Every file below a folder, with its content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    Snapshot::of(folder).into_files()
}

/// Changes a byte in a line of a segment.
fn damage(chain: &Path, first_seq: u64, line: usize) {
    let path = chain.join(segment_name(first_seq));
    let mut bytes = fs::read(&path).unwrap();
    let begin: usize = bytes.split_inclusive(|byte| *byte == b'\n').take(line - 1).map(<[u8]>::len).sum();
    bytes[begin + 100] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
}

fn segments(chain: &Path) -> Vec<u64> {
    ChainFolder::new(chain.to_owned()).content().unwrap().segments
}

fn entries(chain: &Path) -> Vec<Entry> {
    Reader::open(chain).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_stands_behind_the_last_good_entry_goes_to_quarantine_on_the_record() {
    for (segment, line) in [(0, 2), (0, 5), (1, 1), (1, 2), (2, 4), (3, 1)] {
        let state = tempdir().unwrap();
        let chain = go_on(state.path(), 3, None);
        let (before, first) = (content(&chain), segments(&chain));
        damage(&chain, first[segment], line);
        let damaged = content(&chain);
        let fault = verify(&chain).unwrap().chains[0].fault.clone().unwrap();
        let plan = plan_repair(&chain).unwrap().unwrap();
        assert_eq!(content(&chain).len(), damaged.len(), "a plan changes nothing");
        assert_eq!((&plan.fault, plan.taken.len()), (&fault, first.len() - segment));
        assert_eq!(plan.last_seq + 1, first[segment] + u64::try_from(line).unwrap() - 1);
        let bytes: u64 = plan.taken.iter().map(|(.., bytes)| bytes).sum();

        assert_eq!(repair(&chain, options(Path::new("/"), None)).unwrap(), Some(plan.clone()));
        let report = verify(&chain).unwrap();
        assert_eq!(report.verdict, Verdict::Intact, "{report:?}");
        assert_eq!(report.chains[0].recoveries, u64::try_from(plan.taken.len()).unwrap());
        // not a byte is lost, and what was good is as it was
        let quarantine: Vec<_> = content(&chain.join("quarantine")).into_values().collect();
        assert_eq!(quarantine.iter().map(|piece| piece.len() as u64).sum::<u64>(), bytes);
        for (name, from, _) in &plan.taken {
            let piece = &damaged[Path::new(name)][usize::try_from(*from).unwrap()..];
            assert!(quarantine.iter().any(|kept| kept == piece), "{name} of {segment}, {line}");
        }
        let good: Vec<u8> =
            first.iter().flat_map(|first| before[Path::new(&segment_name(*first))].clone()).collect();
        let kept: Vec<_> =
            entries(&chain).into_iter().take_while(|entry| entry.seq <= plan.last_seq).collect();
        let kept: Vec<u8> = kept.iter().flat_map(|entry| format!("{}\n", entry.raw).into_bytes()).collect();
        assert!(good.starts_with(&kept) && !kept.is_empty());
        assert_eq!(repair(&chain, options(state.path(), None)).unwrap(), None);
        go_on(state.path(), 1, None);
        assert_eq!(verify(&chain).unwrap().verdict, Verdict::Intact);
    }
}

#[test]
fn a_repair_that_was_cut_short_is_recorded_by_who_comes_next() {
    let state = tempdir().unwrap();
    let chain = go_on(state.path(), 3, None);
    let first = segments(&chain);
    damage(&chain, first[1], 2);
    let plan = plan_repair(&chain).unwrap().unwrap();
    // as far as the last segment
    let folder = ChainFolder::new(chain.clone());
    crate::log::quarantine::take_segment(&folder, first[3]).unwrap();
    let rest = repair(&chain, options(state.path(), None)).unwrap().unwrap();
    assert_eq!(rest.taken, plan.taken[..2]);
    assert_eq!(verify(&chain).unwrap().chains[0].recoveries, 3);
    assert_eq!(verify(&chain).unwrap().verdict, Verdict::Intact);
}

/// The names of the copies that some `recover` of the chain speaks of, and those that are there.
fn recorded(chain: &Path) -> (Vec<String>, Vec<String>) {
    let mut recorded: Vec<_> = entries(chain).into_iter().filter_map(|entry| entry.quarantine).collect();
    let place = chain.join("quarantine");
    let mut there: Vec<_> = match fs::read_dir(place) {
        Ok(items) => items.map(|item| item.unwrap().file_name().into_string().unwrap()).collect(),
        Err(_) => Vec::new(),
    };
    recorded.sort();
    there.sort();
    (recorded, there)
}

/// A start sees only the end of a chain, so it may go on with one that is being repaired.
#[test]
fn whatever_comes_between_the_steps_of_a_repair_all_of_it_is_on_the_record() {
    let mut went_on = Vec::new();
    for steps in 0..=5 {
        let state = tempdir().unwrap();
        let chain = go_on(state.path(), 4, None);
        let first = segments(&chain);
        assert_eq!(first.len(), 5);
        damage(&chain, first[0], 3);
        let plan = plan_repair(&chain).unwrap().unwrap();
        let folder = ChainFolder::new(chain.clone());
        for segment in first[1..].iter().rev().take(steps) {
            crate::log::quarantine::take_segment(&folder, *segment).unwrap();
        }
        if steps == 5 {
            let (_, from, _) = &plan.taken[0];
            crate::log::quarantine::take_end(&folder, 0, *from, plan.last_seq + 1).unwrap();
        }
        // the process is killed here, and a gateway starts
        if let Ok(log) = Log::open(options(state.path(), None)) {
            log.close_blocking().unwrap();
            drop(log);
            went_on.push(steps);
            let entries = Reader::open(&chain).unwrap().filter_map(Result::ok);
            let recovered: Vec<_> = entries.filter_map(|entry| entry.quarantine).collect();
            assert_eq!(recovered.len(), steps, "step {steps}");
        }
        repair(&chain, options(state.path(), None)).unwrap();
        assert_eq!(verify(&chain).unwrap().verdict, Verdict::Intact, "step {steps}");
        let (recorded, there) = recorded(&chain);
        assert!(recorded == there && there.len() >= 5, "step {steps}: {recorded:?} of {there:?}");
    }
    assert_eq!(went_on, [0, 1, 2, 5]);
}

#[test]
fn a_whole_entry_behind_a_broken_one_refuses_a_start_and_is_repaired() {
    let state = tempdir().unwrap();
    let chain = go_on(state.path(), 1, None);
    let last = segments(&chain)[1];
    damage(&chain, last, 1);
    assert!(matches!(Log::open(options(state.path(), None)), Err(OpenError::Damaged { .. })));
    repair(&chain, options(state.path(), None)).unwrap().unwrap();
    Log::open(options(state.path(), None)).unwrap();
}

#[test]
fn what_a_checkpoint_has_signed_is_never_cut_off() {
    let state = tempdir().unwrap();
    let key = key();
    let keys = || signed(again(&key, state.path()));
    let audit = state.path().join("audit");
    let chain = go_on(&audit, 2, keys());
    damage(&chain, segments(&chain)[1], 2);
    let before = content(&chain);
    let refused = repair(&chain, options(&audit, keys())).unwrap_err();
    assert!(matches!(refused, UpkeepError::Signed { .. }), "{refused}");
    assert_eq!(content(&chain), before);
}

#[test]
fn nothing_is_moved_without_the_key_that_the_chain_needs() {
    let state = tempdir().unwrap();
    let key = key();
    let audit = state.path().join("audit");
    let chain = go_on(&audit, 2, signed(again(&key, state.path())));
    let last = *segments(&chain).last().unwrap();
    let path = chain.join(segment_name(last));
    let text = fs::read(&path).unwrap();
    let line = text.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
    fs::write(&path, [&text[..], b"no entry\n", line].concat()).unwrap();
    let before = content(&chain);
    for checkpoints in [None, signed(self::key())] {
        let refused = repair(&chain, options(&audit, checkpoints)).unwrap_err();
        assert!(
            matches!(refused, UpkeepError::Open(OpenError::KeyMissing { .. } | OpenError::OtherKey { .. })),
            "{refused}"
        );
        assert_eq!(content(&chain), before);
    }
    repair(&chain, options(&audit, signed(again(&key, state.path())))).unwrap().unwrap();
    assert_eq!(verdict(&chain, &key), (Verdict::Intact, None));
}

#[test]
fn what_cannot_be_mended_is_left_as_it_is() {
    let refused = |change: &dyn Fn(&Path)| {
        let state = tempdir().unwrap();
        let chain = go_on(state.path(), 2, None);
        change(&chain);
        let before = content(&chain);
        let error = repair(&chain, options(state.path(), None)).unwrap_err();
        assert_eq!(content(&chain), before);
        error.to_string()
    };
    let says = |class: FaultClass| format!("{class} is no damage that cutting off its end would mend");
    let genesis = refused(&|chain| damage(chain, 0, 1));
    assert!(genesis.contains("cannot be repaired"), "{genesis}");
    let gap = refused(&|chain| fs::remove_file(chain.join(segment_name(segments(chain)[1]))).unwrap());
    assert!(gap.contains(&says(FaultClass::SegmentMissing)), "{gap}");
    let held = refused(&|chain| {
        damage(chain, segments(chain)[1], 2);
        let lock = fs::File::open(chain.join("lock")).unwrap();
        lock.try_lock().unwrap();
        std::mem::forget(lock);
    });
    assert!(held.contains("a process holds the chain"), "{held}");

    let state = tempdir().unwrap();
    let chain = go_on(state.path(), 1, None);
    assert_eq!(plan_repair(&chain).unwrap(), None);
    assert!(matches!(plan_repair(&state.path().join("elsewhere")), Err(UpkeepError::Log(_))));
    let _other =
        (Log::open(options(state.path(), None)).unwrap(), Log::open(options(state.path(), None)).unwrap());
    assert!(matches!(plan_repair(state.path()), Err(UpkeepError::OneChain)));
}

/// The verdict with the key.
fn verdict(chain: &Path, key: &SigningKey) -> (Verdict, Option<FaultClass>) {
    let mut options = VerifyOptions::default();
    options.keys.push(key.verifier().clone());
    let report = verify_with(chain, &options).unwrap();
    (report.verdict, report.chains[0].fault.as_ref().map(|fault| fault.class))
}

#[test]
fn a_pruned_chain_says_what_went_and_can_be_gone_on_with() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let keys = || signed(again(&key, state.path()));
    let chain = go_on(&audit, 4, keys());
    let all = entries(&chain);
    for round in 0..3 {
        let first = segments(&chain);
        let plan = plan_prune(&chain, first[2] + 1).unwrap();
        assert_eq!((plan.first_seq, plan.through_seq), (first[0], first[2] - 1));
        assert_eq!(plan.segments, [segment_name(first[0]), segment_name(first[1])]);
        assert_eq!(segments(&chain), first, "a plan removes nothing");
        assert_eq!(prune(&chain, first[2] + 1, options(Path::new("/"), keys())).unwrap(), plan);
        assert_eq!(segments(&chain)[0], first[2]);
        assert_eq!(verdict(&chain, &key), (Verdict::Pruned, None), "round {round}");
        let report = verify(&chain).unwrap();
        assert_eq!(report.chains[0].pruned.as_ref().unwrap().through_seq, first[2] - 1);
        // what is left is as it was, and is proved as before
        let left = entries(&chain);
        assert_eq!(left[0].seq, first[2]);
        assert!(
            left.iter()
                .filter_map(|entry| all.get(usize::try_from(entry.seq).unwrap()).map(|was| (entry, was)))
                .all(|(entry, was)| entry.raw == was.raw)
        );
        let proof = prove(&chain, left[1].seq).unwrap();
        let proof = OfflineProof::parse(proof.text().as_bytes()).unwrap();
        proof.verify(&left[1].entry_hash, &TrustedKeys::new([key.verifier().clone()]).unwrap()).unwrap();
        go_on(&audit, 2, keys());
        assert_eq!(verdict(&chain, &key), (Verdict::Pruned, None));
    }
    // notes and states of what is gone are gone, but for the one that stands for the front
    let (folder, first) = (ChainFolder::new(chain.clone()), segments(&chain)[0]);
    let kept = folder.checkpoints().list().unwrap();
    assert!(kept.notes[0] >= first && kept.trees[0] == first && kept.trees.len() == 2, "{kept:?}");
}

#[test]
fn a_call_may_begin_in_what_goes_and_end_in_what_stays() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let log = Log::open(options(&audit, signed(again(&key, state.path())))).unwrap();
    let long = log.begin_blocking(specimen::read(1)).unwrap();
    log.rotate_now();
    long.finish_blocking(specimen::ok()).unwrap();
    log.close_blocking().unwrap();
    let chain = audit.join(log.status().chain_id.to_string());
    drop(log);
    prune(&chain, u64::MAX, options(&audit, signed(again(&key, state.path())))).unwrap();
    assert_eq!(verdict(&chain, &key), (Verdict::Pruned, None));
}

#[test]
fn only_what_is_signed_and_followed_goes() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let keys = || signed(again(&key, state.path()));
    let chain = go_on(&audit, 2, keys());
    let first = segments(&chain);
    for before in [0, 1, first[1] - 1] {
        assert!(matches!(plan_prune(&chain, before), Err(UpkeepError::NothingToPrune)), "{before}");
    }
    assert_eq!(plan_prune(&chain, first[1]).unwrap().through_seq, first[1] - 1);
    assert_eq!(plan_prune(&chain, u64::MAX).unwrap().through_seq, first[2] - 1, "the last segment stays");
    let unsigned = tempdir().unwrap();
    let chain = go_on(unsigned.path(), 2, None);
    assert!(matches!(plan_prune(&chain, u64::MAX), Err(UpkeepError::NothingToPrune)));
}

#[test]
fn nothing_goes_that_is_not_whole_or_not_on_the_record() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let keys = || signed(again(&key, state.path()));
    let chain = go_on(&audit, 2, keys());
    let before = segments(&chain);
    for checkpoints in [None, signed(self::key())] {
        let refused = prune(&chain, u64::MAX, options(&audit, checkpoints)).unwrap_err();
        assert!(
            matches!(refused, UpkeepError::Open(OpenError::KeyMissing { .. } | OpenError::OtherKey { .. })),
            "{refused}"
        );
        assert_eq!(segments(&chain), before);
    }
    let held = Log::open(options(&audit, keys())).unwrap();
    assert!(matches!(prune(&chain, u64::MAX, options(&audit, keys())), Err(UpkeepError::Held)));
    held.close_blocking().unwrap();
    drop(held);
    damage(&chain, before[1], 2);
    assert!(matches!(prune(&chain, u64::MAX, options(&audit, keys())), Err(UpkeepError::NotWhole { .. })));
    assert_eq!(segments(&chain), before);
}

#[test]
fn a_prune_that_was_cut_short_leaves_a_whole_chain_and_the_next_one_ends_it() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let keys = || signed(again(&key, state.path()));
    let chain = go_on(&audit, 4, keys());
    let (first, full) = (segments(&chain), content(&chain));
    prune(&chain, first[3], options(&audit, keys())).unwrap();
    // the record was made, and some segments, the newest of those that go, are still there
    for left in [1, 0] {
        for gone in &first[left..3] {
            let name = segment_name(*gone);
            fs::write(chain.join(&name), &full[Path::new(&name)]).unwrap();
        }
        let (verdict, fault) = verdict(&chain, &key);
        assert!(
            matches!(verdict, Verdict::Pruned | Verdict::Intact) && fault.is_none(),
            "{left}: {verdict} {fault:?}"
        );
        go_on(&audit, 0, keys());
        prune(&chain, first[3], options(&audit, keys())).unwrap();
        assert_eq!(segments(&chain)[0], first[3]);
        assert_eq!(self::verdict(&chain, &key), (Verdict::Pruned, None));
    }
}

#[test]
fn a_front_that_was_removed_by_hand_is_no_prune() {
    let state = tempdir().unwrap();
    let (key, audit) = (key(), state.path().join("audit"));
    let keys = || signed(again(&key, state.path()));
    let chain = go_on(&audit, 4, keys());
    let first = segments(&chain);
    prune(&chain, first[2], options(&audit, keys())).unwrap();
    fs::remove_file(chain.join(segment_name(first[2]))).unwrap();
    assert_eq!(verdict(&chain, &key).0, Verdict::Tampered);
    assert!(matches!(prune(&chain, u64::MAX, options(&audit, keys())), Err(UpkeepError::NotWhole { .. })));
}

#[test]
fn the_key_in_force_is_on_the_record_of_a_prune() {
    let state = tempdir().unwrap();
    let (old, audit) = (key(), state.path().join("audit"));
    let new = SigningKey::generate("example.com/new".parse::<KeyName>().unwrap()).unwrap();
    let (new_text, place) = (new.verifier().to_string(), state.path().join("new"));
    fs::create_dir(&place).unwrap();
    let chain = go_on(&audit, 2, signed(again(&old, state.path())));
    let mut both = signed(again(&new, &place)).unwrap();
    both.former_key = Some(std::sync::Arc::new(again(&old, state.path())));
    go_on(&audit, 2, Some(both));
    // once before the rotation, once behind it
    let (first, keys) = (segments(&chain), || signed(again(&new, &place)));
    for (before, key, epoch) in [(first[1], old.verifier().to_string(), 0), (first[4], new_text, 1)] {
        prune(&chain, before, options(&audit, keys())).unwrap();
        let record = entries(&chain).into_iter().rfind(|entry| entry.kind == Kind::Prune).unwrap();
        assert_eq!((record.checkpoint_key, record.epoch), (Some(key), Some(epoch)));
        assert_ne!(record.root_hash, Some(Digest::ZERO));
        assert_eq!(verdict(&chain, &new), (Verdict::Pruned, None));
    }
}

#[test]
fn a_log_takes_the_chain_that_is_named_and_no_other() {
    let state = tempdir().unwrap();
    let first = specimen::log(state.path(), 1);
    let second = specimen::log(state.path(), 50);
    drop((first, second));
    let named = |chain| Log::open(LogOptions { chain: Some(chain), ..options(state.path(), None) });
    let held = named(id(50)).unwrap();
    assert_eq!(held.status().chain_id, id(50));
    for chain in [id(50), id(99)] {
        assert!(matches!(named(chain), Err(OpenError::NotFree { .. })));
    }
    held.close_blocking().unwrap();
    assert!(matches!(held.close_blocking(), Err(AuditError::Closed)));
}
