//! A gateway whose audit log is signed: what it says of that, and what does not run without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gitoma_core::{CheckpointOptions, CheckpointSink, FileSink, SigningKey};
use serde_json::json;

use crate::support::{House, build, code, until};

fn signed(change: impl FnOnce(&mut CheckpointOptions)) -> House {
    let key = SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    let mut checkpoints =
        CheckpointOptions { interval: Duration::from_millis(5), ..CheckpointOptions::new(key) };
    change(&mut checkpoints);
    build(|builder| builder.audit_checkpoints(checkpoints))
}

/// A sink that takes nothing as long as it is told so.
#[derive(Debug)]
struct Moody(AtomicBool);

impl CheckpointSink for Moody {
    fn keep(&self, _: uuid::Uuid, _: u64, _: &str) -> std::io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn newest(&self, _: uuid::Uuid) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

#[tokio::test]
async fn health_and_metrics_tell_of_checkpoints() {
    let house = signed(|_| {});
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    let checkpoints = || house.gateway.health().audit.checkpoints.unwrap();
    until("a checkpoint of all there is", || checkpoints().size == house.gateway.health().audit.last_seq + 1)
        .await;
    assert_eq!(checkpoints().failing, None);
    assert!(checkpoints().age_seconds.is_some_and(|age| age < 60));
    let metrics = house.gateway.metrics();
    assert!(metrics.contains("gitoma_audit_checkpoint_ok 1\n"), "{metrics}");
    assert!(metrics.contains(&format!("gitoma_audit_checkpoint_size {}\n", checkpoints().size)), "{metrics}");
    assert!(metrics.contains("gitoma_audit_checkpoint_age_seconds "), "{metrics}");
    assert!(!metrics.contains("age_seconds NaN"), "{metrics}");
    house.gateway.shutdown(Duration::from_secs(1)).await;
    let stop = house.lines().len() as u64;
    assert_eq!(checkpoints().size, stop, "the end is covered");
    let unsigned = build(|builder| builder);
    assert!(unsigned.gateway.health().audit.checkpoints.is_none());
    assert!(!unsigned.gateway.metrics().contains("checkpoint"));
}

#[tokio::test]
async fn a_sink_that_fails_stops_no_call_and_is_told_of() {
    let sink = Arc::new(Moody(AtomicBool::new(true)));
    let house = signed(|checkpoints| checkpoints.sinks = vec![Arc::clone(&sink) as _]);
    let failing = || house.gateway.health().audit.checkpoints.unwrap().failing;
    until("the sink has failed", || failing() == Some("sink")).await;
    for tool in ["look", "change"] {
        assert_eq!(code(&house.call(tool, json!({})).await), "ok");
    }
    assert!(house.gateway.metrics().contains("gitoma_audit_checkpoint_ok 0\n"));
    assert!(house.gateway.health().ready);
    sink.0.store(false, Ordering::SeqCst);
    until("the sink is well again", || failing().is_none()).await;
}

#[tokio::test]
async fn no_write_runs_without_its_checkpoint_where_one_is_demanded() {
    let sink = Arc::new(Moody(AtomicBool::new(false)));
    let house = signed(|checkpoints| {
        checkpoints.before_writes = true;
        checkpoints.sinks = vec![Arc::clone(&sink) as _];
    });
    assert_eq!(code(&house.call("change", json!({})).await), "ok");
    sink.0.store(true, Ordering::SeqCst);
    let ran = |house: &House| house.journal().iter().filter(|step| *step == "execute").count();
    let before = ran(&house);
    let result = house.call("change", json!({})).await;
    assert_eq!(code(&result), "audit_unavailable");
    assert!(!result.unwrap_err().executed());
    assert_eq!(ran(&house), before);
    // a read needs no checkpoint, and the gateway is not sealed: the call that was refused is on the record as what it was
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    let outcomes: Vec<_> =
        house.entries().iter().filter_map(|entry| entry["outcome"].as_str().map(str::to_owned)).collect();
    assert_eq!(outcomes, ["ok", "abandoned", "ok"]);
    sink.0.store(false, Ordering::SeqCst);
    assert_eq!(code(&house.call("change", json!({})).await), "ok");
}

#[tokio::test]
async fn copies_are_kept_in_a_directory() {
    let place = tempfile::tempdir().unwrap();
    let house = signed(|checkpoints| {
        checkpoints.interval = Duration::from_hours(1);
        checkpoints.sinks = vec![Arc::new(FileSink::open(place.path()).unwrap())];
    });
    house.gateway.shutdown(Duration::from_secs(1)).await;
    let chain = house.gateway.health().audit.chain_id;
    let note = format!("{:020}.note", house.lines().len());
    let copy = std::fs::read(place.path().join(&chain).join(&note)).unwrap();
    let own = house.state.path().join("audit").join(&chain).join("checkpoints").join(&note);
    assert_eq!(copy, std::fs::read(own).unwrap());
}
