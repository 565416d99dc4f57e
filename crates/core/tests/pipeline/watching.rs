//! Following the audit log: in order, without gaps, whenever somebody looks.

use std::time::Duration;

use gitoma_core::{Credential, Origin, Peer, PrincipalConfig, Role, Secret, TailEvent, TailStart, Transport};
use serde_json::json;

use crate::support::{House, build};

const VERA: &str = "a-token-of-an-auditor";
const HERE: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

fn vera() -> Credential {
    Credential::Bearer(Secret::new(VERA.to_owned()))
}

fn watched() -> House {
    let token = Secret::new(VERA.to_owned());
    build(|builder| builder.principal(PrincipalConfig::with_token("vera", &[Role::Auditor], &token)))
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
        if let Some(TailEvent::Entry { seq, line }) = event {
            assert_eq!(seq, next);
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(entry["seq"], seq);
            next += 1;
        }
    }
}

#[tokio::test]
async fn the_end_of_the_gateway_ends_who_follows() {
    let house = watched();
    let mut tail = house.gateway.audit_tail(vera(), HERE, TailStart::Last(1)).await.unwrap();
    assert!(matches!(tail.next().await, Some(TailEvent::Status(_))));
    let begun = std::time::Instant::now();
    house.gateway.shutdown(Duration::from_secs(1)).await;
    assert_eq!(tail.next().await, Some(TailEvent::End(gitoma_core::TailEnd::Shutdown)));
    assert_eq!(tail.next().await, None);
    assert!(begun.elapsed() < Duration::from_secs(1));
}
