//! Text that an attacker made to be searched slowly: it holds no worker of the runtime, and the call's deadline counts while it is
//! searched.

use gitoma_core::{BoxFuture, Gateway, LimitsConfig, RawCall};
use serde_json::{Value, json};

use crate::support::{House, POLICY, build, call, code, until};

/// Patterns as operators may write them, and the text that makes each of their matches look as far ahead as may be.
const PATTERN: &str = "
redact:
  patterns:
    - { id: slow-1, pattern: 'abc[a-c]{0,28}w|abc' }
    - { id: slow-2, pattern: 'abc[a-c]{0,28}x|abc' }
    - { id: slow-3, pattern: 'abc[a-c]{0,28}y|abc' }
    - { id: slow-4, pattern: 'abc[a-c]{0,28}z|abc' }
";

fn hostile() -> String {
    "abc".repeat(200_000)
}

fn slow() -> House {
    build(|builder| builder.policy("slow.yaml", POLICY.to_owned() + PATTERN))
}

fn outcomes(house: &House) -> Vec<Value> {
    house.entries().into_iter().filter(|entry| entry["kind"] == "outcome").collect()
}

/// The tests' runtime has one worker, which is also the one that asks.
#[tokio::test]
async fn a_trivial_call_is_answered_while_hostile_text_is_searched() {
    let house = slow();
    let gateway = house.gateway.clone();
    let searched =
        tokio::spawn(async move { gateway.handle(call("look", json!({"text": hostile()}))).await });
    until("the tool is done", || house.journal().contains(&"done".to_owned())).await;
    let trivial = house.call("look", json!({"text": "short"})).await.unwrap();
    assert!(!searched.is_finished(), "the search is over before the trivial call was answered");
    let reply = searched.await.unwrap().unwrap();
    assert!(reply.redactions > 0 && !reply.result.as_value().to_string().contains("abc"));
    let ended = outcomes(&house);
    assert_eq!(ended[0]["call_id"], trivial.call_id.to_string(), "and before it had its outcome");
    assert_eq!(ended[1]["call_id"], reply.call_id.to_string());
}

#[tokio::test]
async fn a_deadline_that_passes_while_the_result_is_searched_is_kept_and_nothing_leaves() {
    let house = slow();
    let refused = house.call("impatient", json!({"text": hostile()})).await;
    assert_eq!(code(&refused), "timed_out");
    assert!(refused.is_err_and(|refusal| refusal.executed()), "the tool had run");
    assert!(house.journal().ends_with(&["done".to_owned()]), "the tool itself was done");
    let outcome = outcomes(&house).pop().unwrap();
    assert_eq!((&outcome["outcome"], &outcome["code"]), (&json!("timed_out"), &json!("timed_out")));
    assert_eq!((&outcome["bytes_out"], &outcome["redactions"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_caller_may_give_up_while_the_result_is_searched_but_not_on_an_effect() {
    for (tool, act, expected) in
        [("look", json!(null), "cancelled"), ("change", json!("commit_and_sleep"), "ok")]
    {
        let house = slow();
        let call = call(tool, json!({"act": act, "text": hostile()}));
        let cancel = call.cancel.clone();
        let gateway = house.gateway.clone();
        let waiting = tokio::spawn(async move { gateway.handle(call).await });
        until("the tool is done", || house.journal().contains(&"done".to_owned())).await;
        cancel.cancel();
        assert_eq!(code(&waiting.await.unwrap()), expected, "{tool}");
        assert_eq!(outcomes(&house)[0]["outcome"], expected, "{tool}");
    }
}

/// What a caller sends goes on the record redacted, and can be as hostile as what a tool returns.
#[tokio::test]
async fn a_trivial_call_is_answered_while_hostile_arguments_are_searched() {
    let reading = POLICY.replace(
        "tools: [\"*\"], capability: read }",
        "tools: [\"*\"], capability: read, arguments: { text: { max_length: 100 } } }",
    );
    let house = build(|builder| builder.policy("reading.yaml", reading + PATTERN));
    let gateway = house.gateway.clone();
    let refused = tokio::spawn(async move { gateway.handle(call("look", json!({"text": hostile()}))).await });
    until("the call is parsed", || house.journal().contains(&"accesses".to_owned())).await;
    let trivial = house.call("look", json!({"text": "abc"})).await.unwrap();
    assert!(!refused.is_finished(), "the search is over before the trivial call was answered");
    assert_eq!(code(&refused.await.unwrap()), "denied");
    let entries = house.entries();
    assert_eq!(entries[0]["call_id"], trivial.call_id.to_string());
    let [quoted, cut] = [0, 2].map(|at| entries[at]["arguments"][0]["value"].as_str().unwrap().to_owned());
    assert_eq!(quoted, "\"***\"");
    assert!(cut.starts_with("\"***") && !cut.contains("abc"), "{cut}");
}

#[tokio::test]
async fn whoever_hangs_up_while_hostile_arguments_are_searched_is_recorded() {
    let house = slow();
    let path = format!("plans/{}", hostile());
    let asks: [fn(RawCall, Gateway) -> BoxFuture<'static, ()>; 2] = [
        |call, gateway| Box::pin(async move { drop(gateway.handle(call).await) }),
        |call, gateway| Box::pin(async move { drop(gateway.decide(call).await) }),
    ];
    for (at, (ask, kind)) in asks.into_iter().zip(["refusal", "judged"]).enumerate() {
        let asking = tokio::spawn(ask(call("look", json!({"path": path})), house.gateway.clone()));
        let parsed = || house.journal().iter().filter(|step| *step == "prepare").count() > at;
        until("the call is parsed", parsed).await;
        asking.abort();
        until("it is recorded", || house.entries().len() > at).await;
        assert_eq!(house.entries()[at]["kind"], kind);
        assert!(!house.entries()[at]["accesses"].to_string().contains("abc"), "{}", house.entries()[at]);
    }
}

/// An effect that happened is recorded, and its caller told, whatever other tools do to their threads.
#[tokio::test]
async fn a_tool_that_hangs_keeps_no_effect_from_the_record() {
    let one = LimitsConfig { blocking_threads: 1, ..LimitsConfig::default() };
    let house = build(|builder| builder.limits(one));
    let gateway = house.gateway.clone();
    let hung = tokio::spawn(async move { gateway.handle(call("look", json!({"act": "hang"}))).await });
    until("the only thread of the tools is taken", || house.journal().contains(&"hangs".to_owned())).await;
    let text = "plain ".repeat(10_000);
    let change = house
        .call("change", json!({"act": "commit_and_sleep", "text": text, "path": "a/".repeat(2_000) + "b"}));
    let changed = tokio::time::timeout(std::time::Duration::from_secs(20), change).await;
    house.release();
    assert_eq!(code(&changed.expect("the write waits for the hung read")), "ok");
    assert_eq!(code(&hung.await.unwrap()), "ok");
}
