//! Replacing the policy: atomic, on the record, and never in the middle of a call (invariant 10).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gitoma_core::ReloadError;
use serde_json::json;

use crate::support::{POLICY, build, call, code, house};

const CLOSED: &str = r#"
version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: ["*"], capability: read }
    - { id: shut, effect: deny, tools: ["*"], paths: ["src/**"] }
"#;

#[tokio::test]
async fn a_running_call_keeps_the_policy_that_judged_it() {
    let house = house();
    let gateway = house.gateway.clone();
    let arguments = json!({"path": "src/a", "act": "wait_for_reload", "found": ["src/b"]});
    let running = tokio::spawn(async move { gateway.handle(call("look", arguments)).await });
    while !house.journal().contains(&"execute".to_owned()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let report = house.gateway.replace_policy("closed.yaml", CLOSED).await.unwrap();
    assert_eq!((report.before.generation, report.policy.generation), (1, 2));
    house.reloaded();
    let reply = running.await.unwrap().unwrap();
    assert_eq!(reply.result.as_value()["found"], json!(["src/b"]), "judged by the old policy to the end");
    assert_eq!(
        code(&house.call("look", json!({"path": "src/a"})).await),
        "denied",
        "the next call meets the new one"
    );
    let generations: Vec<_> =
        house.entries().iter().map(|entry| entry["policy_generation"].clone()).collect();
    assert_eq!(generations, [json!(1), json!(null), json!(2)], "intent, outcome, refusal");
}

#[tokio::test]
async fn a_bad_policy_leaves_the_old_one_and_an_entry() {
    let house = house();
    let before = house.gateway.health().policy;
    let error = house.gateway.replace_policy("bad.yaml", "version: 1\nglobl: {}\n").await.unwrap_err();
    assert!(matches!(error, ReloadError::Policy(_)));
    assert!(error.to_string().contains("bad.yaml:2"), "{error}");
    assert_eq!(house.gateway.health().policy, before);
    assert_eq!(code(&house.call("look", json!({"path": "src/a"})).await), "ok");
    assert!(
        house.lines().iter().any(|line| line["kind"] == "policy.reject" && line["policy_generation"] == 1)
    );
    house.gateway.replace_policy("test.yaml", POLICY).await.unwrap();
    assert_eq!(house.gateway.health().policy.digest, before.digest, "the same meaning has the same digest");
}

/// POL-7: the gateway reads a policy by the schemas of its tools.
#[tokio::test]
async fn a_policy_that_matches_an_argument_no_tool_has_is_refused() {
    let house = house();
    let text = "version: 1
global:
  rules:
    - { id: r, effect: deny, tools: [look], arguments: { no_such: absent } }
";
    let error = house.gateway.replace_policy("p.yaml", text).await.unwrap_err();
    assert!(error.to_string().contains("p.yaml:4:"), "{error}");
    assert!(error.to_string().contains("none of the rule's tools has this argument"), "{error}");
}

/// Hundreds of calls while the policy goes to and fro: none is lost, and each is judged by exactly one of the two, which its entry names.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reload_under_load_loses_no_call_and_splits_none() {
    let house = build(|builder| {
        let limits = gitoma_core::LimitsConfig {
            principal: gitoma_core::Rate::new(1_000_000, 100_000),
            ..Default::default()
        };
        builder.limits(limits)
    });
    let digest = house.gateway.health().policy.digest;
    let (answered, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let calls = (0..8).map(|_| {
        let (gateway, answered, over) = (house.gateway.clone(), Arc::clone(&answered), Arc::clone(&over));
        tokio::spawn(async move {
            let mut answers = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let answer = gateway.handle(call("look", json!({"path": "src/a", "found": ["src/b"]}))).await;
                answers.push(answer);
                answered.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            answers
        })
    });
    let calls: Vec<_> = calls.collect();
    for flip in 0..6 {
        let (name, text) = if flip % 2 == 0 { ("closed.yaml", CLOSED) } else { ("test.yaml", POLICY) };
        house.gateway.replace_policy(name, text).await.unwrap();
        // So many that of each caller one began since.
        let enough = answered.load(Ordering::Relaxed) + 16;
        while answered.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::Relaxed);
    let mut answers = Vec::new();
    for calls in calls {
        answers.extend(calls.await.unwrap());
    }
    let entries = house.entries();
    let (mut allowed, mut denied) = (0, 0);
    for answer in answers {
        let (call_id, by_open) = match &answer {
            Ok(reply) => {
                assert_eq!(reply.result.as_value()["found"], json!(["src/b"]), "to the end by one policy");
                assert_eq!(reply.policy.digest, digest);
                (reply.call_id, true)
            }
            Err(refusal) => {
                assert_eq!(refusal.code(), "denied");
                (refusal.error_id, false)
            }
        };
        if by_open {
            allowed += 1
        } else {
            denied += 1
        }
        let id = json!(call_id.to_string());
        let of_it: Vec<_> = entries.iter().filter(|entry| entry["call_id"] == id).collect();
        assert_eq!(of_it.len(), if by_open { 2 } else { 1 }, "{of_it:?}");
        assert_eq!(of_it[0]["policy_digest"] == json!(digest), by_open, "{of_it:?}");
    }
    assert_eq!(allowed + denied, answered.load(Ordering::Relaxed));
    assert!(allowed > 0 && denied > 0, "{allowed} and {denied}: the policies took turns");
}

const PATTERNS: &str = r#"
redact:
  patterns:
    - { id: customer, pattern: "ACME-[0-9]+" }
"#;

#[tokio::test]
async fn a_call_is_redacted_by_the_policy_that_judged_it() {
    let with_patterns = [POLICY, PATTERNS].concat();
    let house = build(|builder| builder.policy("patterns.yaml", with_patterns));
    let gateway = house.gateway.clone();
    let arguments = json!({"path": "src/ACME-77", "act": "wait_for_reload", "text": "for ACME-4711"});
    let running = tokio::spawn(async move { gateway.handle(call("look", arguments)).await });
    while !house.journal().contains(&"execute".to_owned()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    house.gateway.replace_policy("without.yaml", POLICY).await.unwrap();
    house.reloaded();
    let reply = running.await.unwrap().unwrap();
    assert_eq!((reply.result.as_value()["text"].as_str(), reply.redactions), (Some("for ***"), 1));
    assert_eq!(house.entries()[0]["accesses"][0]["paths"], json!(["src/***"]));
    let reply = house.call("look", json!({"path": "src/a", "text": "for ACME-4711"})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "for ACME-4711", "the next policy has no such pattern");
}

#[tokio::test]
async fn names_and_allowances_hold_for_the_calls_of_their_policy() {
    let (one, other) = (format!("ghp_{}", "a1B2c3".repeat(6)), format!("ghp_{}", "d4E5f6".repeat(6)));
    let print = gitoma_core::redact::Fingerprint::of(&one);
    let redact = format!(
        "\nredact:\n  names: [house_rule]\n  allow:\n    - {{ id: fixture, fingerprint: '{print}' }}\n"
    );
    let house = build(|builder| builder.policy("own.yaml", [POLICY, &redact].concat()));
    let look = json!({"path": "src/a", "text": format!("house_rule=soft\n{one} {other}")});
    let reply = house.call("look", look.clone()).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], format!("house_rule=***\n{one} ***"));
    house.gateway.replace_policy("without.yaml", POLICY).await.unwrap();
    house.reloaded();
    let reply = house.call("look", look).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "house_rule=soft\n*** ***");
}

#[tokio::test]
async fn a_pattern_that_does_not_compile_refuses_the_policy_at_its_place() {
    let broken = [POLICY, &PATTERNS.replace("ACME-[0-9]+", ".*")].concat();
    let line = broken.lines().position(|line| line.contains("id: customer")).unwrap() + 1;
    let house = build(|builder| builder.policy("patterns.yaml", [POLICY, PATTERNS].concat()));
    let before = house.gateway.health().policy;
    let error = house.gateway.replace_policy("broken.yaml", &broken).await.unwrap_err().to_string();
    assert!(error.contains(&format!("broken.yaml:{line}:32: pattern is too broad")), "{error}");
    assert_eq!(house.gateway.health().policy, before);
    assert!(house.lines().iter().any(|line| line["kind"] == "policy.reject"));
    let reply = house.call("look", json!({"path": "src/a", "text": "ACME-1"})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "***", "the pattern before stays in force");

    let state = tempfile::tempdir().unwrap();
    let builder = gitoma_core::Gateway::builder().audit_directory(state.path());
    let error = builder.policy("broken.yaml", broken).build().unwrap_err();
    assert!(matches!(error, gitoma_core::BuildError::Policy(_)), "{error}");
    assert!(error.to_string().contains("too broad"), "{error}");
}

#[tokio::test]
async fn the_policy_before_can_be_put_back() {
    let house = house();
    let gateway = &house.gateway;
    assert!(matches!(gateway.roll_back_policy().await, Err(ReloadError::NothingBefore)));
    let first = gateway.health().policy;
    gateway.replace_policy("closed.yaml", CLOSED).await.unwrap();
    let closed = gateway.health().policy;
    assert_eq!(code(&house.call("look", json!({"path": "src/a"})).await), "denied");

    gateway.replace_policy("bad.yaml", "version: 2\n").await.unwrap_err();
    let report = gateway.roll_back_policy().await.unwrap();
    assert_eq!((&report.before, report.policy.generation), (&closed, 3));
    assert_eq!(gateway.health().policy, report.policy);
    assert_eq!(report.policy.digest, first.digest);
    assert_eq!(code(&house.call("look", json!({"path": "src/a"})).await), "ok");
    let verdict = gateway.decide(call("look", json!({"path": "src/a"}))).await.unwrap();
    assert_eq!(verdict.policy.generation, 3);
    assert_eq!(verdict.explanation.unwrap().decision.generation, 3, "the decision says so itself");

    let loads: Vec<_> = house.lines().into_iter().filter(|line| line["policy_generation"] == 3).collect();
    let loads: Vec<_> = loads.iter().filter(|line| line["kind"] == "policy.load").collect();
    let [load, wider] = loads.as_slice() else { panic!("{loads:?}") };
    assert_eq!((&load["policy_generation"], &load["policy_digest"]), (&json!(3), &json!(first.digest)));
    assert_eq!(load["detail"], "rolled back from generation 2 to the policy of generation 1");
    // What it opens again is said once more, after it is in force.
    let changes = report.changes.unwrap();
    assert!(changes.widens, "{changes:?}");
    assert_eq!(wider["detail"], json!(changes.summary));
    assert!(changes.summary.contains("was denied by shut (closed.yaml:6)"), "{}", changes.summary);
    assert_eq!(load["origin"], "test.yaml");
    let metrics = gateway.metrics();
    for line in [
        r#"gitoma_policy_reloads_total{result="loaded"} 1"#.to_owned(),
        r#"gitoma_policy_reloads_total{result="rejected"} 1"#.to_owned(),
        r#"gitoma_policy_reloads_total{result="rolled_back"} 1"#.to_owned(),
        format!(r#"gitoma_policy_info{{digest="{}"}} 3"#, first.digest),
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }

    let again = gateway.roll_back_policy().await.unwrap();
    assert_eq!((again.policy.generation, again.policy.digest), (4, closed.digest), "back to where it was");
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_does_not_happen() {
    let house = house();
    house.gateway.replace_policy("closed.yaml", CLOSED).await.unwrap();
    let before = house.gateway.health().policy;
    house.gateway.shutdown(std::time::Duration::from_secs(5)).await;
    assert!(matches!(house.gateway.replace_policy("test.yaml", POLICY).await, Err(ReloadError::Audit(_))));
    assert!(matches!(house.gateway.roll_back_policy().await, Err(ReloadError::Audit(_))));
    assert_eq!(house.gateway.health().policy, before);
}

#[tokio::test]
async fn dropping_the_future_halves_nothing() {
    let house = house();
    {
        let replacing = house.gateway.replace_policy("closed.yaml", CLOSED);
        let mut replacing = std::pin::pin!(replacing);
        assert!(futures_util::poll!(&mut replacing).is_pending());
    }
    while house.gateway.health().policy.generation == 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(house.lines().iter().any(|line| line["kind"] == "policy.load" && line["policy_generation"] == 2));
}

#[tokio::test]
async fn what_a_reload_says_has_nothing_of_what_the_rules_match() {
    let token = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let key = ["AKIA", "IOSFODNN7", "EXAMPLE"].concat();
    let condition = |condition: &str| {
        let rule = format!("    - {{ id: hidden, effect: deny, tools: [look], {condition} }}\nrepositories:");
        POLICY.replace("repositories:", &rule)
    };
    for (before, planted, shown) in [
        (condition(&format!("paths: [\"conf/{token}.txt\"]")), token.as_str(), "paths like ***"),
        (condition(&format!("paths: [\"{key}/x\"]")), &key, "paths like ***"),
        (condition(&format!("refs: [\"{key}\"]")), &key, "references like ***"),
        (
            condition("arguments: { text: { one_of: [\"hunter2\"] } }"),
            "hunter2",
            r#"arguments like {"text":"***"}"#,
        ),
        ([&condition("paths: [\"src/ACME-4711\"]"), PATTERNS].concat(), "ACME-4711", "paths like ***"),
    ] {
        let house = build(|builder| builder.policy("before.yaml", before.clone()));
        let widened = house.gateway.replace_policy("after.yaml", POLICY).await.unwrap();
        let tightened = house.gateway.replace_policy("before.yaml", &before).await.unwrap();
        let folded = planted.to_ascii_lowercase();
        for report in [widened, tightened] {
            let summary = report.changes.unwrap().summary;
            assert!(summary.contains(shown) && summary.contains("hidden (before.yaml:"), "{summary}");
            assert!(!summary.to_ascii_lowercase().contains(&folded), "{summary}");
        }
        let lines: Vec<_> = house.lines().iter().map(|line| line.to_string().to_ascii_lowercase()).collect();
        assert!(lines.iter().any(|line| line.contains("hidden (before.yaml:")), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains(&folded)), "{lines:?}");
    }
}

#[tokio::test]
async fn a_name_in_what_a_reload_says_is_redacted_by_either_policy() {
    let named =
        POLICY.replace("  web: { write: allow }", "  web: { write: allow }\n  acme-4711: { write: allow }");
    let with_pattern = named.clone() + &PATTERNS.replace("ACME", "acme");
    let house = build(|builder| builder.policy("before.yaml", POLICY));
    for policy in [&with_pattern, &named, &with_pattern] {
        house.gateway.replace_policy("next.yaml", policy).await.unwrap();
    }
    let last = house.gateway.replace_policy("after.yaml", POLICY).await.unwrap();
    assert!(last.changes.unwrap().summary.contains("on ***"));
    assert!(!house.lines().iter().any(|line| line.to_string().contains("acme-4711")));
}

#[tokio::test]
async fn a_result_with_what_the_policy_blocks_does_not_leave() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----";
    let block = "\nredact:\n  block: [private-key]\n";
    let house = build(|builder| builder.policy("block.yaml", [POLICY, block].concat()));
    let token = format!("ghp_{}", "a1B2c3".repeat(6));
    let reply = house.call("look", json!({"path": "src/a", "text": token})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "***", "other secrets are hidden, and block nothing");
    let refused = house.call("look", json!({"path": "src/a", "text": key})).await.unwrap_err();
    assert_eq!((refused.code(), refused.executed()), ("secret_found", true));
    assert!(refused.to_string().contains("rule private-key"), "{refused}");
    assert!(!refused.to_string().contains("MIIE"));
    let outcome = house.entries().pop().unwrap();
    assert_eq!((&outcome["outcome"], &outcome["code"]), (&json!("failed"), &json!("secret_found")));
    assert_eq!(outcome["rules"][0]["id"], "redact:private-key");
    let unknown = POLICY.to_owned() + "\nredact:\n  block: [private-kay]\n";
    let error = house.gateway.replace_policy("b.yaml", &unknown).await.unwrap_err().to_string();
    assert!(error.contains("rule is none of the redactor's"), "{error}");
}
