//! Somebody who may write to the audit directory while no process holds it, and has no key, wants the gateway itself to sign what he
//! wrote: a past that never was, or entries that are gone.

use std::{fs, io::Write as _, path::Path, sync::Arc, time::Duration};

use tempfile::tempdir;
use uuid::Uuid;

use crate::{
    CheckpointOptions, Entry, Kind, LogOptions, OpenError, Reader, SigningKey, VerifyOptions,
    checkpoint::pruning::Pruning,
    digest::Digest,
    folder::{ChainFolder, segment_name},
    specimen::{run, snapshot::Snapshot},
    tree::range::Tree,
    verify::{
        self,
        fault::FaultClass,
        report::{ChainReport, Verdict, Warning},
    },
};

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap())
}

/// Checkpoints at segment ends, the start and the end alone.
fn by(key: &Arc<SigningKey>) -> CheckpointOptions {
    CheckpointOptions { interval: Duration::from_hours(1), ..CheckpointOptions::with(Arc::clone(key)) }
}

fn entries(chain: &Path) -> Vec<Entry> {
    Reader::open(chain).unwrap().map(Result::unwrap).collect()
}

fn segments(chain: &Path) -> Vec<u64> {
    ChainFolder::new(chain.to_owned()).content().unwrap().segments
}

/// Appends an entry that is whole and right but for who wrote it.
fn forge(chain: &Path, kind: &str, fields: &str) {
    let last = entries(chain).pop().unwrap();
    let (id, seq, previous) = (last.chain_id, last.seq + 1, last.entry_hash);
    let (writer, ts) = (last.writer, "2026-01-01T00:00:00.000000Z");
    let body = format!(
        r#"{{"v":1,"chain_id":"{id}","seq":{seq},"ts":"{ts}","writer":"{writer}","kind":"{kind}",{fields}"prev_hash":"{previous}""#
    );
    let line = format!("{body},\"entry_hash\":\"{}\"}}\n", Digest::of(body.as_bytes()));
    let segment = chain.join(segment_name(*segments(chain).last().unwrap()));
    fs::OpenOptions::new().append(true).open(segment).unwrap().write_all(line.as_bytes()).unwrap();
}

fn verified(directory: &Path, key: &SigningKey) -> ChainReport {
    let options = VerifyOptions { keys: vec![key.verifier().clone()], ..VerifyOptions::default() };
    verify::verify_with(directory, &options).unwrap().chains.remove(0)
}

/// An agent's calls shall be forgotten: a forged `prune` accounts for them, and the next start shall sign it.
#[test]
fn a_front_is_not_accounted_for_by_who_has_no_key() {
    let state = tempdir().unwrap();
    let ours = key();
    let chain = run(state.path(), 3, Some(by(&ours))).unwrap();
    let (all, borders) = (entries(&chain), segments(&chain));
    let base = borders[2];
    let mut tree = Tree::new();
    all.iter().take_while(|entry| entry.seq < base).for_each(|entry| tree.append(&entry.entry_hash));
    let (tip, root) = (all[base as usize - 1].entry_hash, tree.head().root);
    let (through, public) = (base - 1, ours.verifier());
    let said = format!(
        r#""checkpoint_key":"{public}","first_seq":0,"through_seq":{through},"tip_hash":"{tip}","root_hash":"{root}","count":{base},"epoch":0,"#
    );
    let theirs = SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    let pruning = Pruning {
        chain_id: all[0].chain_id,
        through_seq: through,
        tip,
        root,
        key: Some((&public.to_string(), 0)),
    };
    let signed = serde_json::to_string(&pruning.sign(&theirs).unwrap()).unwrap();
    let whole = Snapshot::of(&chain);
    for signature in [String::new(), format!(r#""signature":{signed},"#)] {
        whole.put(&chain);
        forge(&chain, "prune", &format!("{said}{signature}"));
        fs::write(chain.join("checkpoints").join(format!("{base:020}.tree")), tree.state()).unwrap();
        let damaged = run(state.path(), 0, Some(by(&ours)));
        assert!(
            matches!(damaged, Err(OpenError::Damaged { class: FaultClass::BadPrune, .. })),
            "{damaged:?}"
        );
        // nor is anybody deceived who looks at what is left
        for gone in &borders[..2] {
            fs::remove_file(chain.join(segment_name(*gone))).unwrap();
        }
        let report = verified(&chain, &ours);
        assert_eq!(report.fault.map(|fault| fault.class), Some(FaultClass::BadPrune));
    }
}

/// Another past is put in the place of the chain, begun without a key or with the public half of the right one.
#[test]
fn a_past_that_nobody_signed_is_not_signed_by_a_start() {
    let ours = key();
    let unsigned = tempdir().unwrap();
    run(unsigned.path(), 1, None).unwrap();
    let refused = run(unsigned.path(), 0, Some(by(&ours)));
    assert!(matches!(refused, Err(OpenError::Unsigned { .. })), "{refused:?}");

    let renamed = tempdir().unwrap();
    let chain = run(renamed.path(), 1, Some(by(&ours))).unwrap();
    fs::remove_dir_all(chain.join("checkpoints")).unwrap();
    let refused = run(renamed.path(), 0, Some(by(&ours)));
    assert!(matches!(refused, Err(OpenError::NoCheckpoint { .. })), "{refused:?}");

    // somebody who has looked at it may want it, and the auditor sees where that was
    let adopting = CheckpointOptions { adopt: true, ..by(&ours) };
    let chain = run(unsigned.path(), 0, Some(adopting)).unwrap();
    let taken = entries(&chain).into_iter().find(|entry| entry.kind == Kind::KeyRotate).unwrap();
    let report = verified(&chain, &ours);
    assert_eq!(report.verdict, Verdict::Intact);
    assert!(report.warnings.contains(&Warning::Adopted { seq: taken.seq }), "{:?}", report.warnings);
}

/// What stands above the newest checkpoint nobody has vouched for, and a start goes on from it: it says how much that was.
#[test]
fn a_forged_tail_is_counted() {
    let state = tempdir().unwrap();
    let ours = key();
    let chain = run(state.path(), 1, Some(by(&ours))).unwrap();
    assert_eq!(verified(&chain, &ours).warnings, []);
    for call in 0..5 {
        let id = Uuid::from_u128(call);
        forge(&chain, "refusal", &format!(r#""call_id":"{id}","transport":"http","executed":false,"#));
    }
    run(state.path(), 0, Some(by(&ours))).unwrap();
    let start = entries(&chain).into_iter().rfind(|entry| entry.kind == Kind::Start).unwrap();
    assert_eq!(start.uncovered, Some(5));
    let report = verified(&chain, &ours);
    assert_eq!(report.verdict, Verdict::Intact);
    assert_eq!(
        report.warnings.iter().filter(|odd| matches!(odd, Warning::Uncovered { .. })).collect::<Vec<_>>(),
        [&Warning::Uncovered { starts: 1, most: 5, seq: start.seq }]
    );
    // a line that does not follow the last that was signed is not gone on from
    run(state.path(), 0, Some(by(&ours))).unwrap();
    let last = entries(&chain).pop().unwrap();
    forge(&chain, "stop", "");
    let segment = chain.join(segment_name(*segments(&chain).last().unwrap()));
    let text = fs::read_to_string(&segment).unwrap();
    let (before, line) = text.trim_end().rsplit_once('\n').unwrap();
    let body = line.replace(&last.entry_hash.to_string(), &Digest::ZERO.to_string());
    let body = body.rsplit_once(",\"entry_hash\"").unwrap().0;
    let line = format!("{body},\"entry_hash\":\"{}\"}}", Digest::of(body.as_bytes()));
    fs::write(&segment, format!("{before}\n{line}\n")).unwrap();
    let damaged = run(state.path(), 0, Some(by(&ours)));
    assert!(matches!(damaged, Err(OpenError::Damaged { class: FaultClass::BrokenLink, .. })), "{damaged:?}");
}

/// An older state is put back and gone on with, upkeep signs it without asking a copy, and the note that the copy holds is laid beside
/// it: a start that asks the copy compares it with the entries themselves.
#[test]
fn upkeep_launders_no_older_state() {
    for prunes in [1, 2] {
        let (state, copies) = (tempdir().unwrap(), tempdir().unwrap());
        let ours = key();
        let copied = || {
            let sink = crate::FileSink::open(copies.path()).unwrap();
            Some(CheckpointOptions { sinks: vec![Arc::new(sink)], ..by(&ours) })
        };
        let chain = run(state.path(), 2, copied()).unwrap();
        let old = Snapshot::of(&chain);
        run(state.path(), 0, copied()).unwrap();
        let notes = crate::checkpoint::notes::NoteFolder::new(copies.path().join(chain.file_name().unwrap()));
        let newest = *notes.list().unwrap().notes.last().unwrap();
        old.put(&chain);
        // so many entries more than the copy knows of, over a border
        while entries(&chain).len() as u64 <= newest + 4 {
            let id = Uuid::from_u128(7);
            forge(&chain, "refusal", &format!(r#""call_id":"{id}","transport":"http","executed":false,"#));
        }
        run(state.path(), 1, Some(by(&ours))).unwrap();
        let borders = segments(&chain);
        let border = if prunes == 1 { borders[1] } else { *borders.last().unwrap() };
        crate::prune(
            &chain,
            border,
            LogOptions { checkpoints: Some(by(&ours)), ..LogOptions::new("", "test 1.0") },
        )
        .unwrap();
        let note = notes.note(newest).unwrap().unwrap();
        fs::write(chain.join("checkpoints").join(format!("{newest:020}.note")), note).unwrap();
        let refused = run(state.path(), 0, copied());
        let right = matches!(
            (&refused, prunes),
            (Err(OpenError::RolledBack { .. }), 1) | (Err(OpenError::CopyBeneath { .. }), 2)
        );
        assert!(right, "{prunes}: {refused:?}");
        assert_eq!(notes.list().unwrap().notes.last(), Some(&newest), "the copy keeps what it knows");
    }
}

/// A chain that somebody closes for good is not left behind in silence.
#[test]
fn a_forged_end_hides_no_chain() {
    let state = tempdir().unwrap();
    let ours = key();
    let chain = run(state.path(), 1, Some(by(&ours))).unwrap();
    let whole = Snapshot::of(&chain);
    forge(&chain, "chain.close", "");
    assert!(matches!(run(state.path(), 0, Some(by(&ours))), Err(OpenError::Damaged { .. })));
    // in the place of the last entry, so that there are as many as the checkpoint says
    whole.put(&chain);
    let segment = chain.join(segment_name(*segments(&chain).last().unwrap()));
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.split_inclusive('\n').take(1).collect::<String>()).unwrap();
    forge(&chain, "chain.close", "");
    assert!(matches!(run(state.path(), 0, Some(by(&ours))), Err(OpenError::Damaged { .. })));
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1, "no new chain stands beside it");
}
