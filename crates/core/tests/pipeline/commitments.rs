//! What the log commits to is what was given and what left; and what is said where that can no longer be opened.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gitoma_audit::{Committed, Subject, committed};
use gitoma_core::{Disclosures, Reply};
use serde_json::{Value, json};

use crate::support::{House, build, code, until};

/// Has the shape of a token, and is none.
fn token() -> String {
    format!("ghp_{}", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hL3nR6".get(..36).unwrap())
}

fn opened(house: &House, reply: &Reply) -> Vec<Committed> {
    let audit = house.state.path().join("audit");
    committed(&audit, reply.call_id.uuid(), |error| panic!("{error}")).unwrap()
}

/// Small ones are redacted by the worker of the runtime, others elsewhere; a long result is cut.
#[tokio::test]
async fn commitments_are_to_the_redacted_json_that_was_given_and_that_left() {
    for kept in [Disclosures::Salts, Disclosures::Texts] {
        let house = build(|builder| builder.disclosures(kept));
        let mut replies = Vec::new();
        for length in [10, 20_000, 400_000] {
            let given = json!({"text": format!("{} {}", token(), "lorem \"ipsum\"\n".repeat(length / 15))});
            let reply = house.call("look", given.clone()).await.unwrap();
            assert_eq!((reply.redactions, reply.truncated), (1, length == 400_000));
            replies.push((given.to_string().replace(&token(), "***"), reply));
        }
        house.gateway.shutdown(Duration::from_secs(5)).await;
        for (given, reply) in replies {
            let found = opened(&house, &reply);
            let [arguments, result] = &found[..] else { panic!("{found:?}") };
            assert_eq!((arguments.subject, result.subject), (Subject::Arguments, Subject::Result));
            let left = serde_json::to_string(&reply.result).unwrap();
            for (one, bytes) in [(arguments, &given), (result, &left)] {
                let disclosure = one.disclosure.as_ref().unwrap();
                assert_eq!(disclosure.opens(&one.commitment, Some(bytes.as_bytes())), Some(true));
                let fits = bytes.len() <= 16 * 1024;
                let text = (kept == Disclosures::Texts && fits).then_some(bytes);
                assert_eq!(disclosure.text.as_ref(), text);
            }
            let salts = [arguments, result].map(|one| one.disclosure.as_ref().unwrap().salt);
            assert!(salts[0] != salts[1]);
            let outcome = house
                .entries()
                .into_iter()
                .find(|entry| entry["kind"] == "outcome" && entry["call_id"] == reply.call_id.to_string());
            assert_eq!(outcome.unwrap()["bytes_out"], left.len());
        }
    }
}

#[tokio::test]
async fn nothing_is_committed_to_where_nothing_is_kept() {
    let house = build(|builder| builder.disclosures(Disclosures::None));
    let reply = house.call("look", json!({"text": "a"})).await.unwrap();
    house.gateway.shutdown(Duration::from_secs(5)).await;
    assert_eq!(opened(&house, &reply), []);
    assert!(!house.lines().iter().any(|line| line.get("args_commit").is_some()));
}

/// Time passes by itself here, so that the gateway looks after its log.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_stops_no_call_and_is_told_of() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let about = || {
        let lines = said.lines.lock().unwrap();
        lines.iter().filter(|line| line.contains("nobody can open them")).cloned().collect::<Vec<_>>()
    };
    let house = build(|builder| builder);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(about().is_empty());
    assert_eq!(house.gateway.health().audit.undisclosed, 0);
    assert!(house.gateway.metrics().contains("gitoma_audit_undisclosed_total 0\n"));
    let chain = house.state.path().join("audit").join(house.gateway.health().audit.chain_id);
    std::fs::write(chain.join("private"), "in the way").unwrap();
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    until("both are counted", || house.gateway.health().audit.undisclosed == 2).await;
    assert!(house.gateway.health().ready);
    assert!(house.gateway.metrics().contains("gitoma_audit_undisclosed_total 2\n"));
    let shown: Value = serde_json::to_value(house.gateway.health()).unwrap();
    assert_eq!(shown["audit"]["undisclosed"], 2);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    tokio::time::sleep(Duration::from_secs(20)).await;
    house.gateway.shutdown(Duration::from_secs(5)).await;
    let about = about();
    assert!(about.len() == 1 && about[0].contains("lost=2"), "{about:?}");
}

/// What was logged.
#[derive(Clone, Default)]
struct Said {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicUsize>,
}

impl tracing::Subscriber for Said {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) as u64 + 1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            line.push_str(&format!("{field}={value:?} "));
        });
        self.lines.lock().unwrap().push(line);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
