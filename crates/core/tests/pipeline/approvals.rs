//! Calls that policy asks about: what an approval is bound to, what voids it, and that it is used once.

use std::time::Duration;

use gitoma_core::policy::Decision;
use gitoma_core::{
    ApprovalLimits, Credential, Decide, Effects, FileEffect, FileState, GatewayBuilder, LimitsConfig,
    PrincipalConfig, Rate, RawCall, Refusal, Reply, Role, Secret,
};
use serde_json::{Value, json};

use crate::support::{DANA, House, POLICY, bearer, build, call, code, house, local, until};

const OTHER: &str = "a-token-of-another-agent";

fn write() -> Value {
    json!({"path": "ask/x", "act": "write"})
}

/// A house in which a second agent calls as well.
fn with_another_agent(builder: GatewayBuilder) -> GatewayBuilder {
    builder.principal(PrincipalConfig::with_token("other", &[Role::Agent], &Secret::new(OTHER.to_owned())))
}

fn effects() -> Effects {
    let state = |id: &str, bytes| FileState { mode: "100644".to_owned(), id: id.to_owned(), bytes };
    Effects {
        target: "branch `agent/fix` of web".to_owned(),
        base: Some("1".repeat(40)),
        head: Some("2".repeat(40)),
        message: Some("mend it".to_owned()),
        files: vec![FileEffect {
            path: "ask/x".to_owned(),
            old: Some(state("3", 3)),
            new: Some(state("4", 4)),
            added: 1,
            removed: 2,
        }],
        diff: Some("-a\n+b\n".to_owned()),
    }
}

/// The id of the approval that a refused call waits for.
fn id(result: Result<Reply, Refusal>) -> String {
    let refusal = result.expect_err("a call that waits for an approval");
    assert_eq!(refusal.code(), "approval_required", "{refusal}");
    refusal.approval().expect("an approval").id.to_string()
}

impl House {
    async fn approve(&self, id: &str) {
        let decided = self.gateway.decide_approval(bearer(DANA), local(), id, Decide::Approve, None).await;
        decided.unwrap();
    }

    async fn state(&self, id: &str) -> String {
        let approval = self.gateway.approval(bearer(DANA), local(), id).await.unwrap();
        approval.state.as_str().to_owned()
    }

    /// Lets the time of an approval be over.
    fn age(&self, id: &str) {
        let over = gitoma_core::Timestamp::now().as_second() - 60;
        let folder = self.state.path().join("approvals");
        let request = format!("{id}.request.json");
        for file in std::fs::read_dir(&folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(&request) {
                continue;
            }
            let mut text: Value =
                serde_json::from_slice(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
            text["expires"] = gitoma_core::Timestamp::from_second(over).unwrap().to_string().into();
            let subject = name.split('-').next().unwrap();
            std::fs::write(folder.join(format!("{subject}-{over}-{request}")), text.to_string()).unwrap();
            std::fs::remove_file(folder.join(&name)).unwrap();
        }
    }

    fn runs(&self) -> usize {
        self.journal().iter().filter(|step| *step == "execute").count()
    }

    /// The states that the audit log has of an approval, in order.
    fn recorded(&self, id: &str) -> Vec<String> {
        let mut entries = self.entries();
        entries.sort_by_key(|entry| entry["ts"].as_str().unwrap().to_owned());
        let of_it =
            entries.into_iter().filter(|entry| entry["kind"] == "approval" && entry["approval_id"] == id);
        of_it.map(|entry| entry["state"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_approved_call_runs_once() {
    let house = house();
    *house.world.lock().unwrap() = effects();
    let pending = id(house.call("change", write()).await);
    assert_eq!(id(house.call("change", write()).await), pending, "asked twice is one approval");
    assert_eq!((house.runs(), house.state(&pending).await.as_str()), (0, "pending"));
    house.approve(&pending).await;
    assert_eq!(code(&house.call("change", write()).await), "ok");
    assert_eq!((house.effects(), house.state(&pending).await.as_str()), (1, "used"));
    let again = id(house.call("change", write()).await);
    assert_ne!(again, pending, "a used approval is used up");
    assert_eq!(house.effects(), 1);
    assert_eq!(house.recorded(&pending), ["pending", "approved", "used"]);
    let entries = house.entries();
    let intent = entries.iter().find(|entry| entry["kind"] == "intent").unwrap();
    assert_eq!((&intent["approval_id"], &intent["effect"]), (&json!(pending), &json!("ask")));
    for entry in entries.iter().filter(|entry| entry["kind"] == "approval") {
        assert_eq!(entry["effect_digest"], hex::encode(effects().digest()));
        assert_eq!(entry["tool"], "change");
        assert!(entry["expires_at"].is_string());
    }
}

#[tokio::test]
async fn every_part_of_the_call_is_bound() {
    let changed = [
        ("change", json!({"path": "ask/y", "act": "write"})),
        ("change", json!({"path": "ask/x", "act": "write", "text": "t"})),
        ("change", json!({"path": "ask/x", "act": "commit_and_sleep"})),
        ("rush", write()),
    ];
    for (tool, arguments) in changed {
        let house = build(with_another_agent);
        let pending = id(house.call("change", write()).await);
        house.approve(&pending).await;
        assert_ne!(id(house.call(tool, arguments.clone()).await), pending, "{tool} {arguments}");
        assert_eq!(house.runs(), 0);
        let theirs = RawCall { credential: bearer(OTHER), ..call("change", write()) };
        assert_ne!(id(house.gateway.handle(theirs).await), pending, "another caller");
        assert_eq!(house.runs(), 0);
        assert_eq!(code(&house.call("change", write()).await), "ok", "other calls void nothing");
    }
}

#[tokio::test]
async fn every_part_of_the_effect_is_bound() {
    let file = |change: fn(&mut FileEffect)| move |effects: &mut Effects| change(&mut effects.files[0]);
    type Change = Box<dyn Fn(&mut Effects)>;
    let changes: Vec<(&str, Change)> = vec![
        ("target", Box::new(|effects| effects.target.push('2'))),
        ("base", Box::new(|effects| effects.base = Some("5".repeat(40)))),
        ("no base", Box::new(|effects| effects.base = None)),
        ("head", Box::new(|effects| effects.head = Some("5".repeat(40)))),
        ("message", Box::new(|effects| effects.message = Some("mend".to_owned()))),
        ("diff", Box::new(|effects| effects.diff = Some("-a\n+c\n".to_owned()))),
        ("no files", Box::new(|effects| effects.files.clear())),
        ("path", Box::new(file(|file| file.path = "ask/y".to_owned()))),
        ("old", Box::new(file(|file| file.old = None))),
        ("new", Box::new(file(|file| file.new.as_mut().unwrap().id = "5".to_owned()))),
        ("mode", Box::new(file(|file| file.new.as_mut().unwrap().mode = "100755".to_owned()))),
        ("bytes", Box::new(file(|file| file.new.as_mut().unwrap().bytes = 5))),
        ("added", Box::new(file(|file| file.added = 5))),
        ("removed", Box::new(file(|file| file.removed = 5))),
    ];
    let limits = LimitsConfig { writes: Rate::new(6000, 600), ..LimitsConfig::default() };
    let house = build(|builder| builder.limits(limits));
    for (what, change) in changes {
        *house.world.lock().unwrap() = effects();
        let pending = id(house.call("change", write()).await);
        house.approve(&pending).await;
        change(&mut house.world.lock().unwrap());
        let other = id(house.call("change", write()).await);
        assert_ne!(other, pending, "{what}");
        assert_eq!(house.state(&pending).await, "void", "{what}");
        *house.world.lock().unwrap() = effects();
        assert_ne!(id(house.call("change", write()).await), pending, "{what}: void is for ever");
        assert_eq!(house.state(&other).await, "void", "{what}: and one that is pending is voided too");
    }
    assert_eq!(house.runs(), 0);
}

#[tokio::test]
async fn another_policy_voids_an_approval() {
    let house = house();
    let pending = id(house.call("change", write()).await);
    house.approve(&pending).await;
    let policy = POLICY.replace("the plans are not for agents", "not the plans");
    house.gateway.replace_policy("test.yaml", &policy).await.unwrap();
    assert_ne!(id(house.call("change", write()).await), pending);
    assert_eq!(house.recorded(&pending), ["pending", "approved", "void"]);
    assert_eq!(house.runs(), 0);
}

/// The tool computes the effect again when it begins; the world may have moved since the approval was found.
#[tokio::test]
async fn an_effect_that_changes_after_the_approval_was_found_does_not_begin() {
    let house = house();
    *house.world.lock().unwrap() = effects();
    let pending = id(house.call("look", json!({"path": "ask/x"})).await);
    house.approve(&pending).await;
    let waits = json!({"path": "ask/x", "act": "wait_for_reload_and_write"});
    let pending = id(house.call("change", waits.clone()).await);
    house.approve(&pending).await;
    let gateway = house.gateway.clone();
    let running = tokio::spawn(async move { gateway.handle(call("change", waits)).await });
    until("it runs", || house.runs() == 1).await;
    house.world.lock().unwrap().head = Some("5".repeat(40));
    house.reloaded();
    let refusal = running.await.unwrap().unwrap_err();
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    assert_eq!(refusal.to_string(), "what the call would do has changed since it was approved; ask again");
    assert_eq!((house.effects(), house.state(&pending).await.as_str()), (0, "used"));
}

#[tokio::test]
async fn two_calls_cannot_use_one_approval() {
    for _ in 0..5 {
        let house = house();
        let other = house.another(|builder| builder);
        let pending = id(house.call("change", write()).await);
        house.approve(&pending).await;
        let calls = (0..8).map(|number| {
            let gateway = if number % 2 == 0 { house.gateway.clone() } else { other.clone() };
            tokio::spawn(async move { code(&gateway.handle(call("change", write())).await) })
        });
        let codes = futures_util::future::join_all(calls.collect::<Vec<_>>()).await;
        let ran = codes.iter().filter(|code| *code.as_ref().unwrap() == "ok").count();
        assert_eq!((ran, house.effects()), (1, 1), "{codes:?}");
        assert_eq!(house.recorded(&pending), ["pending", "approved", "used"]);
    }
}

#[tokio::test]
async fn a_restart_changes_nothing() {
    let house = house();
    let pending = id(house.call("change", write()).await);
    house.gateway.shutdown(Duration::from_secs(1)).await;
    let second = house.another(|builder| builder);
    assert_eq!(id(second.handle(call("change", write())).await), pending);
    second.decide_approval(bearer(DANA), local(), &pending, Decide::Approve, None).await.unwrap();
    second.shutdown(Duration::from_secs(1)).await;
    let third = house.another(|builder| builder);
    assert_eq!(code(&third.handle(call("change", write())).await), "ok");
    third.shutdown(Duration::from_secs(1)).await;
    let fourth = house.another(|builder| builder);
    assert_ne!(id(fourth.handle(call("change", write())).await), pending, "used stays used");
    assert_eq!(house.effects(), 1);
}

#[tokio::test]
async fn an_approval_dies_with_its_time() {
    let house = house();
    let pending = id(house.call("change", write()).await);
    let approved = id(house.call("change", json!({"path": "ask/y", "act": "write"})).await);
    house.approve(&approved).await;
    for (path, old) in [("ask/x", &pending), ("ask/y", &approved)] {
        house.age(old);
        assert_ne!(id(house.call("change", json!({"path": path, "act": "write"})).await), *old);
        assert_eq!(
            (house.state(old).await.as_str(), house.recorded(old).pop().unwrap().as_str()),
            ("expired", "expired")
        );
    }
    assert_eq!(house.runs(), 0);
    let late = house.gateway.decide_approval(bearer(DANA), local(), &pending, Decide::Approve, None).await;
    assert_eq!(late.unwrap_err().kind.code(), "approval_settled");
}

/// The first to look says so, on the record, and only once.
#[tokio::test]
async fn that_the_time_is_over_is_noticed_once() {
    let house = house();
    let pending = id(house.call("change", write()).await);
    house.age(&pending);
    let late = house.gateway.decide_approval(bearer(DANA), local(), &pending, Decide::Approve, None).await;
    assert_eq!(late.unwrap_err().to_string(), "the approval is expired and can no longer be decided");
    for _ in 0..2 {
        assert!(house.gateway.approvals(bearer(DANA), local(), false).await.unwrap().approvals.is_empty());
        house.another(|builder| builder).shutdown(Duration::from_secs(1)).await;
    }
    assert_eq!(house.recorded(&pending), ["pending", "expired"]);
}

#[tokio::test]
async fn a_denied_call_stays_denied_until_the_time_is_over_or_something_differs() {
    let house = house();
    let pending = id(house.call("change", write()).await);
    house.gateway.decide_approval(bearer(DANA), local(), &pending, Decide::Deny, None).await.unwrap();
    for _ in 0..2 {
        let refusal = house.call("change", write()).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.executed()), ("approval_denied", false));
        assert_eq!(refusal.approval().unwrap().id.to_string(), pending);
    }
    house.world.lock().unwrap().target.push('2');
    assert_ne!(id(house.call("change", write()).await), pending);
    assert_eq!(house.recorded(&pending), ["pending", "denied"]);
    assert_eq!(house.runs(), 0);
}

#[tokio::test]
async fn who_may_no_longer_approve_has_approved_nothing() {
    type Change = fn(GatewayBuilder) -> GatewayBuilder;
    let second: Change = |builder| {
        let token = Secret::new("a-token-of-another-approver".to_owned());
        builder.principal(PrincipalConfig::with_token("eve", &[Role::Approver], &token))
    };
    let house = build(second);
    let pending = id(house.call("change", write()).await);
    let eve = bearer("a-token-of-another-approver");
    house.gateway.decide_approval(eve, local(), &pending, Decide::Approve, None).await.unwrap();
    // Here nobody of that name is an approver.
    let without = house.another(|builder| builder);
    assert_ne!(id(without.handle(call("change", write())).await), pending);
    assert_eq!(house.recorded(&pending), ["pending", "approved", "void"]);
    assert_eq!(code(&house.gateway.handle(call("change", write())).await), "approval_required");
    assert_eq!(house.runs(), 0);
}

#[tokio::test]
async fn where_nobody_can_approve_the_call_is_denied_at_once() {
    let text = |result: Result<Reply, Refusal>| {
        let refusal = result.unwrap_err();
        assert_eq!(refusal.code(), "denied");
        assert_eq!(refusal.decision().map(|Decision { reasons, .. }| &*reasons[0].rule), Some("ask-first"));
        refusal.to_string()
    };
    let alone = tempfile::tempdir().unwrap();
    let builder = || {
        gitoma_core::Gateway::builder()
            .audit_directory(alone.path().join("audit"))
            .policy("test.yaml", POLICY)
            .tool(crate::support::fake_reader())
    };
    let agent = || {
        PrincipalConfig::with_token("agent", &[Role::Agent, Role::Approver], &Secret::new(OTHER.to_owned()))
    };
    let dana = PrincipalConfig::with_token("dana", &[Role::Approver], &Secret::new(DANA.to_owned()));
    let mute = PrincipalConfig::local("mute", &[Role::Approver]);
    let approvals = alone.path().join("approvals");
    for (what, builder) in [
        ("no store", builder().principal(agent()).principal(dana)),
        ("no approver but the caller", builder().principal(agent()).approvals_directory(&approvals)),
        (
            "one who cannot log in",
            builder().principal(agent()).principal(mute).approvals_directory(&approvals),
        ),
    ] {
        let gateway = builder.build().unwrap();
        let call = RawCall { credential: bearer(OTHER), ..call("look", json!({"path": "ask/x"})) };
        let said = text(gateway.handle(call).await);
        assert!(
            said.starts_with(
                "policy asks for an approval by policy rule ask-first (test.yaml:9), and nobody can give one"
            ),
            "{what}: {said}"
        );
    }
}

#[tokio::test]
async fn a_preview_that_fails_is_a_refusal_and_nothing_ran() {
    let house = house();
    for (tool, act, expected) in [
        ("change", "fail_in_preview", "not_found"),
        ("change", "panic_in_preview", "internal"),
        ("change", "commit_in_preview", "unsupported"),
        ("rush", "sleep_in_preview", "timed_out"),
    ] {
        let refusal = house.call(tool, json!({"path": "ask/x", "act": act})).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.executed()), (expected, false), "{act}");
        assert!(refusal.approval().is_none(), "{act}");
    }
    let kinds = house.kinds();
    assert_eq!(kinds, ["refusal"; 4], "one entry each");
    assert_eq!(house.runs(), 0);
}

#[tokio::test]
async fn a_dry_run_makes_no_approval() {
    let house = house();
    let verdict = house.gateway.decide(call("change", write())).await.unwrap();
    assert_eq!(verdict.code, "approval_required");
    let mut dry = call("change", write());
    dry.restriction.as_mut().unwrap().dry_run = true;
    assert_eq!(code(&house.gateway.handle(dry).await), "dry_run");
    assert!(house.gateway.approvals(bearer(DANA), local(), true).await.unwrap().approvals.is_empty());
    assert!(!house.journal().contains(&"preview".to_owned()));
}

#[tokio::test]
async fn too_many_pending_approvals_are_said_to_be() {
    let few = ApprovalLimits { pending: 3, pending_per_principal: 2, ..ApprovalLimits::default() };
    let house = build(|builder| with_another_agent(builder).approvals(few));
    let ask = |path: &str| call("change", json!({"path": format!("ask/{path}"), "act": "write"}));
    let mut first = String::new();
    for path in ["a", "b"] {
        first = id(house.gateway.handle(ask(path)).await);
    }
    let refusal = house.gateway.handle(ask("c")).await.unwrap_err();
    assert_eq!(refusal.code(), "too_many_approvals");
    assert!(refusal.to_string().ends_with("too many are pending; have some decided"), "{refusal}");
    let theirs = |path: &str| RawCall { credential: bearer(OTHER), ..ask(path) };
    id(house.gateway.handle(theirs("a")).await);
    assert_eq!(code(&house.gateway.handle(theirs("b")).await), "too_many_approvals");
    house.approve(&first).await;
    id(house.gateway.handle(ask("c")).await);
}

/// The secret stands in the arguments, in every text of the effect, and in a path.
#[tokio::test]
async fn no_secret_reaches_the_files_of_an_approval() {
    let secret = format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let house = house();
    let mut leaky = effects();
    leaky.target = format!("branch {secret}");
    leaky.message = Some(format!("use {secret}"));
    leaky.diff = Some(format!("+token = {secret}\n"));
    leaky.files[0].path = format!("ask/{secret}");
    *house.world.lock().unwrap() = leaky;
    let arguments =
        json!({"path": format!("ask/{secret}"), "act": "write", "text": secret, "found": [secret]});
    let pending = id(house.call("change", arguments).await);
    house
        .gateway
        .decide_approval(bearer(DANA), local(), &pending, Decide::Deny, Some(&secret))
        .await
        .unwrap();
    let mut read = 0;
    for file in std::fs::read_dir(house.state.path().join("approvals")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(&secret), "{text}");
        read += text.len();
    }
    assert!(read > 1000, "{read}");
    let shown = house.gateway.approval(bearer(DANA), local(), &pending).await.unwrap();
    let details = shown.details.unwrap();
    assert_eq!(details.effects.diff.as_deref(), Some("+token = ***\n"));
    let (base, head) = (details.effects.base.as_deref(), details.effects.head.as_deref());
    assert_eq!((base, head), (effects().base.as_deref(), effects().head.as_deref()), "ids are no secrets");
    assert!(!house.lines().iter().any(|line| line.to_string().contains(&secret)), "nor the audit log");
}

/// An approver decides by what they see, so what is not seen is counted and taken out.
#[tokio::test]
async fn what_nobody_sees_is_taken_out_of_what_is_shown_and_counted() {
    let house = house();
    let mut sly = effects();
    sly.diff = Some("+if (admin\u{202e}) {\u{200b}\n".to_owned());
    *house.world.lock().unwrap() = sly;
    let pending = id(house.call("change", write()).await);
    let shown = house.gateway.approval(bearer(DANA), local(), &pending).await.unwrap().details.unwrap();
    assert_eq!((shown.effects.diff.as_deref(), shown.hidden), (Some("+if (admin) {\n"), 2));
}

/// A rule may ask about paths that are only found while the call runs: the preview finds them before.
#[tokio::test]
async fn a_write_is_asked_about_for_what_it_would_find() {
    let house = house();
    let finds = || json!({"act": "write", "found": ["ask/deep"]});
    let pending = id(house.call("change", finds()).await);
    let shown = house.gateway.approval(bearer(DANA), local(), &pending).await.unwrap().details.unwrap();
    assert_eq!(shown.rules.iter().map(|rule| &*rule.id).collect::<Vec<_>>(), ["ask-first"]);
    house.approve(&pending).await;
    let reply = house.call("change", finds()).await.unwrap();
    assert_eq!(
        reply.result.as_value()["found"],
        json!(["ask/deep"]),
        "what was approved is not asked about again"
    );
    assert_eq!(house.effects(), 1);
    assert_eq!(code(&house.call("change", json!({"act": "write", "found": ["src/x"]})).await), "ok");
    let denied = house.call("change", json!({"act": "write", "found": ["plans/x"]})).await;
    assert_eq!(code(&denied), "denied", "what is denied is no question");
}

/// An approver answers the rules that they were shown, not whichever asks later.
#[tokio::test]
async fn an_approval_answers_the_rules_that_were_shown() {
    let policy = POLICY.replace(
        "repositories:",
        "    - { id: ask-deep, effect: ask, tools: [look], paths: [\"deep/**\"] }\nrepositories:",
    );
    let house = build(|builder| builder.policy("test.yaml", policy));
    let finds = || json!({"path": "ask/x", "found": ["ask/y", "deep/x", "src/x"]});
    let pending = id(house.call("look", finds()).await);
    house.approve(&pending).await;
    let reply = house.call("look", finds()).await.unwrap();
    assert_eq!(reply.result.as_value()["found"], json!(["ask/y", "src/x"]));
}

#[tokio::test]
async fn asking_is_charged_like_writing() {
    let limits = LimitsConfig { writes: Rate::new(1, 1), ..LimitsConfig::default() };
    let house = build(|builder| builder.limits(limits));
    id(house.call("change", write()).await);
    assert_eq!(code(&house.call("change", write()).await), "rate_limited");
}

#[tokio::test]
async fn nobody_asks_without_being_known() {
    let house = house();
    let stranger = RawCall { credential: Credential::Absent, ..call("change", write()) };
    assert_eq!(code(&house.gateway.handle(stranger).await), "unauthenticated");
    assert!(!house.journal().contains(&"preview".to_owned()));
}

/// Where an entry cannot be written nothing comes of the call: no approval, and no use of one.
#[tokio::test]
async fn an_approval_that_cannot_be_recorded_is_not_made() {
    let house = house();
    let approved = id(house.call("change", write()).await);
    house.approve(&approved).await;
    std::fs::remove_dir_all(house.state.path().join("audit")).unwrap();
    let other = json!({"path": "ask/z", "act": "write"});
    let mut codes = Vec::new();
    for _ in 0..100 {
        codes.push(code(&house.call("change", other.clone()).await));
        if codes.last() == Some(&"audit_unavailable") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(codes.last(), Some(&"audit_unavailable"), "{codes:?}");
    let refused = house.gateway.decide_approval(bearer(DANA), local(), &approved, Decide::Deny, None).await;
    assert!(refused.is_err());
    assert_eq!(code(&house.call("change", write()).await), "audit_unavailable");
    assert_eq!(house.runs(), 0);
}
