//! A caller who gives up: a read stops, a write stops only before its effect, and the record is complete either way.

use std::time::Duration;

use gitoma_core::RawCall;
use serde_json::json;

use crate::support::{House, call, code, house, until};

fn outcome(house: &House) -> Option<String> {
    house
        .entries()
        .iter()
        .find(|entry| entry["kind"] == "outcome")
        .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn dropping_the_future_cancels_a_read_and_records_it() {
    let house = house();
    let gateway = house.gateway.clone();
    let waiting = tokio::spawn(async move { gateway.handle(call("look", json!({"act": "sleep"}))).await });
    until("the tool runs", || house.journal().contains(&"execute".to_owned())).await;
    waiting.abort();
    until("the outcome is recorded", || outcome(&house).is_some()).await;
    assert_eq!(outcome(&house).unwrap(), "cancelled");
}

#[tokio::test]
async fn the_transports_token_cancels_a_read() {
    let house = house();
    let call = call("look", json!({"act": "sleep"}));
    let cancel = call.cancel.clone();
    let gateway = house.gateway.clone();
    let waiting = tokio::spawn(async move { gateway.handle(call).await });
    until("the tool runs", || house.journal().contains(&"execute".to_owned())).await;
    cancel.cancel();
    assert_eq!(code(&waiting.await.unwrap()), "cancelled");
}

#[tokio::test]
async fn nothing_comes_between_an_effect_and_its_outcome() {
    let house = house();
    let gateway = house.gateway.clone();
    let waiting =
        tokio::spawn(async move { gateway.handle(call("change", json!({"act": "commit_and_sleep"}))).await });
    until("the effect has begun", || house.effects() == 1).await;
    waiting.abort();
    until("the outcome is recorded", || outcome(&house).is_some()).await;
    assert_eq!(outcome(&house).unwrap(), "ok", "a write that had begun was not cancelled");
}

#[tokio::test]
async fn a_write_that_was_stopped_can_no_longer_begin() {
    let house = house();
    let call = RawCall { ..call("change", json!({"act": "commit_and_sleep"})) };
    call.cancel.cancel();
    let result = house.gateway.handle(call).await;
    assert_eq!(house.effects(), 0, "the effect did not begin");
    assert_eq!(outcome(&house).unwrap(), "cancelled");
    assert_eq!(code(&result), "cancelled");
}

#[tokio::test]
async fn shutdown_waits_for_effects_and_stops_reads() {
    let house = house();
    let spawn = |tool: &'static str, act: &'static str| {
        let gateway = house.gateway.clone();
        tokio::spawn(async move { gateway.handle(call(tool, json!({"act": act}))).await })
    };
    let read = spawn("look", "sleep");
    let write = spawn("change", "commit_and_sleep");
    until("both run", || {
        house.effects() == 1 && house.journal().iter().filter(|step| *step == "execute").count() == 2
    })
    .await;
    house.gateway.shutdown(Duration::from_millis(20)).await;
    assert_eq!(code(&read.await.unwrap()), "cancelled");
    assert_eq!(code(&write.await.unwrap()), "ok");
    assert_eq!(code(&house.call("look", json!({})).await), "shutting_down");
    assert_eq!(house.entries().len(), 4, "two intents and two outcomes");
}
