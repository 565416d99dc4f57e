//! Following the audit log: in order, without gaps, whenever somebody looks.

use std::time::Duration;

use gitoma_core::{
    AuditRotation, AuditTail, ChainPlace, Credential, GatewayBuilder, LagReason, LimitsConfig, NotResumed,
    Origin, Peer, PrincipalConfig, Rate, Role, Secret, TailEvent, TailStart, Transport,
};
use serde_json::json;

use crate::support::{House, build};

const VERA: &str = "a-token-of-an-auditor";
const HERE: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

fn vera() -> Credential {
    Credential::Bearer(Secret::new(VERA.to_owned()))
}

fn with_vera(builder: GatewayBuilder) -> GatewayBuilder {
    let token = Secret::new(VERA.to_owned());
    builder.principal(PrincipalConfig::with_token("vera", &[Role::Auditor], &token))
}

fn watched() -> House {
    build(with_vera)
}

/// One with so many calls on its record.
async fn busy(calls: usize) -> House {
    let plenty = Rate::new(10_000_000, 1_000_000);
    let limits = LimitsConfig { origin: plenty, principal: plenty, ..LimitsConfig::default() };
    let house = build(|builder| with_vera(builder).limits(limits));
    for _ in 0..calls {
        let _ = house.call("look", json!({})).await;
    }
    house
}

async fn follow(house: &House, start: TailStart) -> AuditTail {
    house.gateway.audit_tail(vera(), HERE, start).await.unwrap()
}

/// The next event that is no status.
async fn next(tail: &mut AuditTail) -> TailEvent {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), tail.next()).await.unwrap().unwrap();
        if !matches!(event, TailEvent::Status(_)) {
            return event;
        }
    }
}

/// The place of the next event, which is an entry.
async fn next_place(tail: &mut AuditTail) -> ChainPlace {
    let event = next(tail).await;
    let TailEvent::Entry { place, line } = event else { panic!("no entry but {event:?}") };
    let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(entry["chain_id"], place.chain_id.to_string());
    assert_eq!(entry["seq"], place.seq);
    place
}

/// A transport may wait for something else besides, and drop what it waited with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_if_somebody_stops_waiting() {
    let house = watched();
    let mut tail = house.gateway.audit_tail(vera(), HERE, TailStart::Last(0)).await.unwrap();
    let first = house.gateway.health().audit.last_seq + 1;
    for _ in 0..100 {
        let _ = house.call("look", json!({})).await;
    }
    let last = house.gateway.health().audit.last_seq;
    assert_eq!(last, first + 199);
    let mut next = first;
    while next <= last {
        let Ok(event) = tokio::time::timeout(Duration::from_micros(300), tail.next()).await else { continue };
        if let Some(TailEvent::Entry { place, line }) = event {
            assert_eq!(place.seq, next);
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(entry["seq"], place.seq);
            next += 1;
        }
    }
}

#[tokio::test]
async fn the_end_of_the_gateway_ends_who_follows() {
    let house = watched();
    let mut tail = house.gateway.audit_tail(vera(), HERE, TailStart::Last(1)).await.unwrap();
    assert!(matches!(tail.next().await, Some(TailEvent::Chain { .. })));
    assert!(matches!(tail.next().await, Some(TailEvent::Status(_))));
    let begun = std::time::Instant::now();
    house.gateway.shutdown(Duration::from_secs(1)).await;
    assert_eq!(tail.next().await, Some(TailEvent::End(gitoma_core::TailEnd::Shutdown)));
    assert_eq!(tail.next().await, None);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_entry_of_the_same_chain_is_gone_on_from() {
    let house = busy(3).await;
    let last = house.gateway.health().audit.last_seq;
    let mut tail = follow(&house, TailStart::After(1)).await;
    let TailEvent::Chain { chain_id, next: 2, not_resumed: None } = next(&mut tail).await else {
        panic!("the chain, and that it begins at 2")
    };
    let told = next_place(&mut tail).await;
    assert_eq!(told, ChainPlace { chain_id, seq: 2 });
    drop(tail);
    // The next process on the state directory goes on with the chain.
    let house = house.restarted(with_vera).await;
    let mut tail = follow(&house, TailStart::Resume(told)).await;
    assert_eq!(next(&mut tail).await, TailEvent::Chain { chain_id, next: 3, not_resumed: None });
    for seq in 3..=last {
        assert_eq!(next_place(&mut tail).await, ChainPlace { chain_id, seq });
    }
    // With the newest one known, nothing is missed and nothing is new.
    let seq = house.gateway.health().audit.last_seq;
    let mut tail = follow(&house, TailStart::Resume(ChainPlace { chain_id, seq })).await;
    assert_eq!(next(&mut tail).await, TailEvent::Chain { chain_id, next: seq + 1, not_resumed: None });
}

/// Whether the other chain is longer or shorter, a number of the first means nothing in it.
#[tokio::test]
async fn an_entry_of_another_chain_is_told_as_that() {
    for (calls, calls_elsewhere) in [(2, 8), (8, 2)] {
        let (one, other) = (busy(calls).await, busy(calls_elsewhere).await);
        let last = one.gateway.health().audit.last_seq;
        let mut tail = follow(&one, TailStart::After(last - 1)).await;
        next(&mut tail).await;
        let told = next_place(&mut tail).await;
        assert_eq!(told.seq, last);
        let mut tail = follow(&other, TailStart::Resume(told)).await;
        let event = next(&mut tail).await;
        let TailEvent::Chain { chain_id, next: 0, not_resumed: Some(NotResumed::OtherChain) } = event else {
            panic!("{event:?}")
        };
        assert_ne!(chain_id, told.chain_id);
        for seq in 0..=other.gateway.health().audit.last_seq {
            assert_eq!(next_place(&mut tail).await, ChainPlace { chain_id, seq });
        }
    }
}

/// As after a state directory was put back from a copy.
#[tokio::test]
async fn a_place_that_the_chain_has_not_reached_is_told_as_that() {
    let house = busy(1).await;
    let last = house.gateway.health().audit.last_seq;
    let mut tail = follow(&house, TailStart::Last(1)).await;
    let chain_id = {
        next(&mut tail).await;
        next_place(&mut tail).await.chain_id
    };
    for start in [
        TailStart::Resume(ChainPlace { chain_id, seq: last + 1 }),
        TailStart::After(last + 1),
        TailStart::After(u64::MAX),
    ] {
        let mut tail = follow(&house, start).await;
        let not_resumed = Some(NotResumed::NoSuchEntry);
        assert_eq!(next(&mut tail).await, TailEvent::Chain { chain_id, next: 0, not_resumed });
        assert_eq!(next_place(&mut tail).await, ChainPlace { chain_id, seq: 0 });
    }
}

/// A chain too long to be shown from its begin is not, and that is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_chain_is_begun_anew_near_its_end() {
    let (one, other) = (busy(1).await, busy(2_500).await);
    let mut tail = follow(&one, TailStart::Last(1)).await;
    next(&mut tail).await;
    let told = next_place(&mut tail).await;
    let last = other.gateway.health().audit.last_seq;
    let mut tail = follow(&other, TailStart::Resume(told)).await;
    assert!(matches!(next(&mut tail).await, TailEvent::Chain { next: 0, not_resumed: Some(_), .. }));
    let first = last + 1 - 4_096;
    assert_eq!(
        next(&mut tail).await,
        TailEvent::Lag { skipped: first, next: first, reason: LagReason::Behind }
    );
    assert_eq!(next_place(&mut tail).await.seq, first);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "takes the test's own files away")]
async fn what_was_pruned_since_is_told() {
    let small = AuditRotation { bytes: 4_096, ..AuditRotation::default() };
    let house = build(|builder| with_vera(builder).audit_rotation(small));
    for _ in 0..40 {
        let _ = house.call("look", json!({})).await;
    }
    let chain = std::fs::read_dir(house.state.path().join("audit")).unwrap().next().unwrap().unwrap().path();
    let files = std::fs::read_dir(chain).unwrap().map(|file| file.unwrap().path());
    let mut segments: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|kind| kind == "jsonl")).collect();
    segments.sort();
    assert!(segments.len() > 3, "{segments:?}");
    segments[..2].iter().for_each(|segment| std::fs::remove_file(segment).unwrap());
    let name = segments[2].file_stem().unwrap().to_str().unwrap();
    let first: u64 = name.strip_prefix("seg-").unwrap().parse().unwrap();
    let mut tail = follow(&house, TailStart::After(1)).await;
    assert!(matches!(next(&mut tail).await, TailEvent::Chain { next: 2, not_resumed: None, .. }));
    let pruned = TailEvent::Lag { skipped: first - 2, next: first, reason: LagReason::Pruned };
    assert_eq!(next(&mut tail).await, pruned);
    assert_eq!(next_place(&mut tail).await.seq, first);
}
