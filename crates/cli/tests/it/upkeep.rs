//! `gitoma-audit` for an operator: a signed log from the first key to the last, mended, pruned and handed to an auditor.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gitoma_audit::{
    CallFields, CheckpointOptions, Intent, Log, LogOptions, Outcome, OutcomeStatus, Rotation, SigningKey,
};
use serde_json::Value;

use crate::support::Place;

/// A signed chain of several segments in `state/audit`; returns its folder.
fn signed(place: &Place) -> PathBuf {
    place.audit(&["keygen", "audit.key", "--name", "example.com/gitoma"]).ends(0);
    let key = SigningKey::read(&place.path("audit.key")).unwrap();
    let log = Log::open(LogOptions {
        rotation: Rotation { bytes: 4_000, age: Duration::from_hours(1) },
        checkpoints: Some(CheckpointOptions::new(key)),
        ..LogOptions::new(place.path("state/audit"), "test 1.0")
    })
    .unwrap();
    for number in 0..40_u128 {
        let call = CallFields::new(uuid::Uuid::from_u128(number), "cli");
        let entry = log.begin_blocking(Intent { call, durable: true, args_commit: None }).unwrap();
        entry.finish_blocking(Outcome::new(OutcomeStatus::Ok, 1)).unwrap();
    }
    log.close_blocking().unwrap();
    place.path("state/audit").join(log.status().chain_id.to_string())
}

/// The names of the segments, in order.
#[expect(clippy::disallowed_methods, reason = "looks for the log of the test")]
fn segments(chain: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(chain).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("seg-")).collect();
    names.sort();
    names
}

fn verdict(place: &Place, key: &str) -> Value {
    place.audit(&["verify", "state/audit", "--key", key, "--json"]).json()["verdict"].clone()
}

#[test]
fn the_front_goes_on_the_record_and_the_auditor_agrees() {
    let place = Place::new();
    let chain = signed(&place);
    let name = chain.to_str().unwrap();
    assert_eq!(verdict(&place, "audit.key.pub"), "intact");
    let before = segments(&chain);
    assert!(before.len() > 4);
    let seq = before[3].trim_start_matches("seg-").trim_end_matches(".jsonl");
    let planned = place.audit(&["prune", name, "--before", seq, "--dry-run"]).ends(0);
    assert!(planned.out.contains("would be removed") && segments(&chain) == before, "{}", planned.out);
    place.audit(&["prune", name, "--before", seq, "--apply"]).ends(2);
    let done = place.audit(&["prune", name, "--before", seq, "--apply", "--key", "audit.key"]).ends(0);
    assert_eq!(done.out.matches(" was removed").count(), 3, "{}", done.out);
    assert_eq!(segments(&chain)[0], before[3]);
    let report = place.audit(&["verify", "state/audit", "--key", "audit.key.pub"]).ends(5);
    assert!(report.out.contains("pruned"), "{}", report.out);
    place.audit(&["prune", name, "--before", "1", "--apply", "--key", "audit.key"]).ends(2);
    let seq = seq.parse::<u64>().unwrap() + 1;
    place.audit(&["prove", name, "--seq", &seq.to_string(), "-o", "proof"]).ends(0);
    place.audit(&["check-proof", "proof", "--key", "audit.key.pub"]).ends(0);
}

#[test]
fn another_key_takes_over_on_the_record() {
    let place = Place::new();
    let chain = signed(&place);
    let name = chain.to_str().unwrap();
    place.audit(&["keygen", "new.key", "--name", "example.com/new"]).ends(0);
    let wrong = place.audit(&["rotate-key", name, "--from", "new.key", "--to", "audit.key"]);
    // the key in force stays; nothing is recorded of one that was not
    assert_eq!(verdict(&place, "audit.key.pub"), "intact", "{wrong:?}");
    let done = place.audit(&["rotate-key", name, "--from", "audit.key", "--to", "new.key"]).ends(0);
    assert!(done.out.contains("example.com/new signs from here on"), "{}", done.out);
    // who trusts the first key trusts the one that it handed over to, and the other way round needs no word of the old one
    for key in ["audit.key.pub", "new.key.pub"] {
        assert_eq!(verdict(&place, key), "intact", "{key}");
    }
    place.audit(&["keygen", "stranger.key"]).ends(0);
    assert_eq!(verdict(&place, "stranger.key.pub"), "not_anchored");
    let refused =
        place.audit(&["rotate-key", name, "--from", "stranger.key", "--to", "stranger.key"]).ends(2);
    assert!(refused.err.contains("error: "), "{}", refused.err);
}

/// A log that was kept without a key, and one whose checkpoints are gone: a gateway with a key refuses both until somebody has looked.
#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn a_key_takes_up_what_nobody_signed_when_told_to() {
    let place = Place::new();
    place.on_web(&["call", "git_log"]).ends(0);
    let chain = place.log().parent().unwrap().to_owned();
    let name = chain.to_str().unwrap();
    place.audit(&["keygen", "audit.key"]).ends(0);
    let config = place.file("signed.yaml", "audit: { checkpoints: { key: audit.key } }\n");
    let call = || place.on_web(&["call", "git_log", "--config", &config]);
    let refused = call().ends(1);
    assert!(
        refused.err.contains("begun without a key") && refused.err.contains("rotate-key --adopt"),
        "{}",
        refused.err
    );
    let adopt = || place.audit(&["rotate-key", name, "--adopt", "--to", "audit.key"]);
    let done = adopt().ends(0);
    assert!(done.out.contains("gitoma-audit signs from here on"), "{}", done.out);
    call().ends(0);
    let report = place.audit(&["verify", "state/audit", "--key", "audit.key.pub"]).ends(0);
    assert!(report.out.contains("the chain had no key before seq "), "{}", report.out);

    std::fs::remove_dir_all(chain.join("checkpoints")).unwrap();
    let refused = call().ends(1);
    assert!(refused.err.contains("are gone"), "{}", refused.err);
    place.audit(&["rotate-key", name, "--from", "audit.key", "--to", "audit.key"]).ends(1);
    adopt().ends(0);
    call().ends(0);
    place.audit(&["verify", "state/audit", "--key", "audit.key.pub"]).ends(0);

    // nothing is taken up that is not whole
    let log = place.log();
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen("git_log", "git_lag", 1)).unwrap();
    std::fs::remove_dir_all(chain.join("checkpoints")).unwrap();
    let refused = adopt().ends(1);
    assert!(refused.err.contains("the chain is not whole"), "{}", refused.err);
    place.audit(&["rotate-key", name, "--to", "audit.key"]).ends(2);
    place.audit(&["rotate-key", name, "--adopt", "--from", "audit.key", "--to", "audit.key"]).ends(2);
}

/// Like `repair` and `prune`, `rotate-key` keeps 1 for a chain that is not what it was.
#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn the_exit_codes_are_those_of_the_others() {
    let place = Place::new();
    let chain = signed(&place);
    let name = chain.to_str().unwrap();
    place.audit(&["keygen", "new.key"]).ends(0);
    let rotate = |chain: &[&str], from: &str| {
        place.audit(&[&["rotate-key"][..], chain, &["--from", from, "--to", "new.key"]].concat())
    };
    rotate(&[name], "gone.key").ends(2);
    rotate(&["state/audit"], "audit.key").ends(2);
    rotate(&["gone/019aa5b4-2c00-7000-8000-000000000001"], "audit.key").ends(2);
    {
        let key = CheckpointOptions::new(SigningKey::read(&place.path("audit.key")).unwrap());
        let options = LogOptions::new(place.path("state/audit"), "test 1.0");
        let _held = Log::open(LogOptions { checkpoints: Some(key), ..options }).unwrap();
        assert!(rotate(&[name], "audit.key").ends(2).err.contains("is held by another process"));
        place.audit(&["prune", name, "--before", "9", "--apply", "--key", "audit.key"]).ends(2);
        place.audit(&["repair", name, "--apply", "--key", "audit.key"]).ends(2);
    }
    let first = chain.join(&segments(&chain)[0]);
    let mut bytes = place.read(&first);
    bytes[300] ^= 1;
    std::fs::remove_file(&first).unwrap();
    std::fs::write(&first, bytes).unwrap();
    assert!(rotate(&[name], "audit.key").ends(1).err.contains("is damaged"));
    place.audit(&["prune", name, "--before", "9", "--apply", "--key", "audit.key"]).ends(1);
    place.audit(&["repair", name, "--apply", "--key", "audit.key"]).ends(1);
    // one of which nothing is known weighs more
    rotate(&[name, "state/audit"], "audit.key").ends(2);
    assert_eq!(verdict(&place, "audit.key.pub"), "tampered");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn damage_above_the_last_checkpoint_is_mended_and_below_it_is_not() {
    let place = Place::new();
    let chain = signed(&place);
    let name = chain.to_str().unwrap();
    let nothing = place.audit(&["repair", name]).ends(0);
    assert!(nothing.out.contains("nothing to repair"), "{}", nothing.out);
    let last = chain.join(segments(&chain).last().unwrap());
    let whole = place.read(&last);
    // an entry that nobody wrote, and a whole one behind it
    let line = whole.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
    std::fs::write(&last, [&whole[..], b"{\"forged\":true}\n", line].concat()).unwrap();
    let planned = place.audit(&["repair", name, "--dry-run"]).ends(0);
    assert!(planned.out.contains("would go to quarantine"), "{}", planned.out);
    place.audit(&["repair", name, "--apply"]).ends(2);
    place.audit(&["repair", name, "--apply", "--key", "audit.key"]).ends(0);
    assert_eq!(verdict(&place, "audit.key.pub"), "intact");
    assert!(place.audit(&["show", name]).ends(0).out.contains("  recover  "));

    let first = chain.join(&segments(&chain)[1]);
    let mut bytes = place.read(&first);
    bytes[300] ^= 1;
    std::fs::remove_file(&first).unwrap();
    std::fs::write(&first, bytes).unwrap();
    let refused = place.audit(&["repair", name, "--apply", "--key", "audit.key"]).ends(1);
    assert!(refused.err.contains("a checkpoint covers"), "{}", refused.err);
}
