//! A log that fails: nothing runs without an intent, and an effect without an outcome seals the gateway (invariant 1).

use std::time::Duration;

use serde_json::json;

use crate::support::{call, code, house};

#[tokio::test]
async fn a_removed_log_refuses_every_call_and_runs_nothing() {
    let house = house();
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    std::fs::remove_dir_all(house.state.path().join("audit")).unwrap();
    let mut refused = None;
    for _ in 0..100 {
        let result = house.call("change", json!({})).await;
        if code(&result) != "ok" {
            refused = Some(result.unwrap_err());
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refusal = refused.expect("the missing log was never noticed");
    assert!(["audit_unavailable", "outcome_unrecorded"].contains(&refusal.code()), "{}", refusal.code());
    let ran = house.journal().iter().filter(|step| *step == "execute").count();
    for tool in ["look", "change"] {
        let result = house.call(tool, json!({})).await;
        assert!(["audit_unavailable", "sealed"].contains(&code(&result)), "{}", code(&result));
        assert!(!result.unwrap_err().executed());
    }
    assert_eq!(house.journal().iter().filter(|step| *step == "execute").count(), ran, "nothing ran any more");
    assert!(!house.gateway.health().ready);
}

#[tokio::test]
async fn an_unrecorded_outcome_seals_the_gateway() {
    let house = house();
    let gateway = house.gateway.clone();
    let lingers = json!({"act": "commit_and_linger"});
    let running = tokio::spawn(async move { gateway.handle(call("change", lingers)).await });
    while house.effects() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::remove_dir_all(house.state.path().join("audit")).unwrap();
    let refusal = running.await.unwrap().unwrap_err();
    assert_eq!(
        (refusal.code(), refusal.executed()),
        ("outcome_unrecorded", true),
        "the effect stands and is said to"
    );
    assert!(house.gateway.health().sealed && !house.gateway.health().ready);
    let metrics = house.gateway.metrics();
    assert!(metrics.contains("gitoma_refusals_total{code=\"outcome_unrecorded\"} 1\n"), "{metrics}");
    assert_eq!(code(&house.call("look", json!({})).await), "sealed");
    assert_eq!(house.journal().iter().filter(|step| *step == "execute").count(), 1);
}
