//! What a client is told of its own accord: that its lists are others, by the connection or by its subscription, as its era has it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::eras::Session;
use crate::support::World;

const TAG: &str = "io.modelcontextprotocol/subscriptionId";
const GRANTED: &str = "notifications/subscriptions/acknowledged";

/// A policy that allows these tools.
fn policy(world: &World, tools: &str) {
    let rule = format!("{{ id: r, effect: allow, tools: [{tools}], capability: read }}");
    world.write("policy.yaml", &format!("version: 1\nglobal:\n  rules:\n    - {rule}\n"));
}

fn open(world: &World, modern: bool) -> Session {
    policy(world, "repo_list");
    let file = world.repository().join("policy.yaml");
    Session::open(world, &["--policy", file.to_str().unwrap()], modern)
}

/// What every request of 2026-07-28 carries.
fn envelope() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// Begins to listen, which is not answered before it ends; what is said first.
fn listen(session: &mut Session, id: impl Into<Value>, wanted: &Value) -> Value {
    let params = json!({ "notifications": wanted, "_meta": envelope() });
    session.client.send(
        &json!({"jsonrpc": "2.0", "id": id.into(), "method": "subscriptions/listen", "params": params}),
    );
    session.client.receive()
}

#[test]
fn a_session_is_told_once_it_is_ready_of_the_lists_that_changed() {
    let world = World::new();
    let mut session = open(&world, false);
    session.client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    session.client.assert_alive();
    policy(&world, "repo_list, repo_tree");
    assert_eq!(session.client.receive()["method"], "notifications/tools/list_changed");
    policy(&world, "repo_list, repo_tree, git_grep, git_log, repo_info, repo_read_file");
    let told = [session.client.receive(), session.client.receive()];
    let told: Vec<_> = told.iter().map(|frame| frame["method"].as_str().unwrap()).collect();
    assert_eq!(told, ["notifications/tools/list_changed", "notifications/prompts/list_changed"]);
    let tools = session.ask("tools/list", &json!({}))["result"]["tools"].as_array().unwrap().len();
    assert_eq!(tools, 6);
    let ended = session.client.end();
    assert!(ended.status.success(), "{}", ended.log);
    assert_eq!(ended.seen.iter().filter(|frame| frame.get("method").is_some()).count(), 3);
}

#[test]
fn a_subscription_is_told_what_it_wants_until_it_is_given_up() {
    let world = World::new();
    let mut session = open(&world, true);
    let first =
        listen(&mut session, "tools", &json!({"toolsListChanged": true, "resourcesListChanged": true}));
    assert_eq!(first["method"], GRANTED, "{first}");
    assert_eq!(first["params"]["notifications"], json!({"toolsListChanged": true}));
    assert_eq!(first["params"]["_meta"][TAG], "tools");
    listen(&mut session, "prompts", &json!({"promptsListChanged": true}));
    policy(&world, "repo_list, repo_tree");
    let told = session.client.receive();
    assert_eq!(
        (&told["method"], &told["params"]["_meta"][TAG]),
        (&json!("notifications/tools/list_changed"), &json!("tools")),
        "{told}"
    );
    let given_up = json!({"requestId": "tools"});
    session.client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": given_up}));
    session.ask("tools/list", &json!({}));
    policy(&world, "repo_list, repo_tree, git_grep, git_log, repo_info, repo_read_file");
    let told = session.client.receive();
    assert_eq!(
        (&told["method"], &told["params"]["_meta"][TAG]),
        (&json!("notifications/prompts/list_changed"), &json!("prompts")),
        "{told}"
    );
    let begun = Instant::now();
    let ended = session.client.end();
    assert!(ended.status.success(), "{}", ended.log);
    assert!(begun.elapsed() < Duration::from_secs(5), "the end waits for nobody who listens");
    let last = ended.seen.last().unwrap();
    assert_eq!(
        (&last["id"], &last["result"]["_meta"][TAG]),
        (&json!("prompts"), &json!("prompts")),
        "{last}"
    );
}

#[test]
fn who_opens_more_subscriptions_than_there_may_be_is_refused_one_and_served_on() {
    let world = World::new();
    let mut session = open(&world, true);
    for id in 0..16 {
        let said = listen(&mut session, format!("subscription {id}"), &json!({}));
        assert_eq!(said["method"], GRANTED, "{said}");
    }
    let refused = listen(&mut session, "one more", &json!({}));
    let envelope = &refused["error"]["data"]["error"];
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!("one more"), &json!(-32603)),
        "{refused}"
    );
    assert_eq!(
        (&envelope["code"], &envelope["category"], &envelope["executed"], &envelope["retry_after"]),
        (&json!("busy"), &json!("rate_limited"), &json!(false), &json!(1)),
        "{refused}"
    );
    assert_eq!(envelope["message"], refused["error"]["message"], "{refused}");
    assert!(session.ask("tools/list", &json!({}))["result"]["tools"].is_array());

    let given_up = json!({"requestId": "subscription 3"});
    session.client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": given_up}));
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut again = 0;
    while listen(&mut session, format!("again {again}"), &json!({}))["method"] != GRANTED {
        assert!(Instant::now() < deadline, "what is given up makes no room");
        again += 1;
    }
    let ended = session.client.end();
    assert!(ended.status.success());
    let grants = ended.seen.iter().filter(|frame| frame["method"] == GRANTED);
    let mut grants: Vec<_> = grants.map(|frame| frame["params"]["_meta"][TAG].as_str().unwrap()).collect();
    assert_eq!(grants.pop(), Some(&*format!("again {again}")));
    assert_eq!(grants, (0..16).map(|id| format!("subscription {id}")).collect::<Vec<_>>(), "and no other");
}

#[test]
fn whoever_gives_up_what_nobody_can_read_is_granted_nothing() {
    let world = World::new();
    let mut session = open(&world, true);
    let mut meta = envelope();
    meta["gitoma/restrict"] = "echo-me".into();
    let params = json!({"notifications": {}, "_meta": meta});
    session
        .client
        .send(&json!({"jsonrpc": "2.0", "id": "bad", "method": "subscriptions/listen", "params": params}));
    let refused = session.client.receive();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!("bad"), &json!(-32602)), "{refused}");
    assert!(session.client.end().status.success());
    assert_eq!(world.story(), ["refusal/bad_restriction"]);
}

/// Has these principals configured, and no other.
fn configure(world: &World, names: &[&str]) -> String {
    let principals: String =
        names.iter().map(|name| format!("  - {{ name: {name}, roles: [agent] }}\n")).collect();
    world.write("gitoma.yaml", &format!("principals:\n{principals}"));
    world.repository().join("gitoma.yaml").to_str().unwrap().to_owned()
}

/// A session of `reviewer`, of whom the gateway knows until it is configured otherwise.
fn open_as_reviewer(world: &World, modern: bool) -> Session {
    policy(world, "repo_list");
    let (policy, file) = (world.repository().join("policy.yaml"), configure(world, &["agent", "reviewer"]));
    let arguments = ["--policy", policy.to_str().unwrap(), "--config", &file, "--principal", "reviewer"];
    Session::open(world, &arguments, modern)
}

#[test]
fn a_subscription_of_somebody_who_is_no_longer_let_in_ends() {
    let world = World::new();
    let mut session = open_as_reviewer(&world, true);
    assert_eq!(listen(&mut session, "mine", &json!({"toolsListChanged": true}))["method"], GRANTED);
    configure(&world, &["agent"]);
    let last = session.client.receive();
    assert_eq!(
        (&last["id"], &last["result"]["resultType"], &last["result"]["_meta"][TAG]),
        (&json!("mine"), &json!("complete"), &json!("mine")),
        "{last}"
    );
    let refused = listen(&mut session, "another", &json!({"toolsListChanged": true}));
    assert_eq!(refused["error"]["data"]["error"]["code"], "invalid_credential", "{refused}");
    let ended = session.client.end();
    assert!(ended.status.success(), "{}", ended.log);
    assert_eq!(ended.seen.len(), 3, "and nothing else is said: {:?}", ended.seen);
}

#[test]
fn a_session_outlives_that_its_principal_is_nobody_for_a_while() {
    let world = World::new();
    let mut session = open_as_reviewer(&world, false);
    session.client.assert_alive();
    let until = |session: &mut Session, place: &str, expected: &str| {
        let deadline = Instant::now() + Duration::from_secs(60);
        while session.ask("tools/list", &json!({})).pointer(place) != Some(&json!(expected)) {
            assert!(Instant::now() < deadline, "the principals never change");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    configure(&world, &["agent"]);
    until(&mut session, "/error/data/error/code", "invalid_credential");
    configure(&world, &["agent", "reviewer"]);
    until(&mut session, "/result/tools/0/name", "repo_list");
    policy(&world, "repo_list, repo_tree");
    assert_eq!(session.client.receive()["method"], "notifications/tools/list_changed");
    let ended = session.client.end();
    assert!(ended.status.success(), "{}", ended.log);
    assert_eq!(ended.seen.iter().filter(|frame| frame.get("method").is_some()).count(), 1, "once");
}

#[test]
fn of_tools_that_were_given_up_nothing_is_told() {
    let world = World::new();
    let rules = |tools: &str, writes: &str| {
        let read = format!("{{ id: r, effect: allow, tools: [{tools}], capability: read }}");
        let write = format!("{{ id: w, effect: {writes}, tools: [git_create_branch], capability: write }}");
        let global = format!("global:\n  rules:\n    - {read}\n    - {write}\n");
        world.write(
            "policy.yaml",
            &format!("version: 1\n{global}repositories:\n  demo: {{ write: allow }}\n"),
        );
    };
    rules("repo_list", "deny");
    let file = world.repository().join("policy.yaml");
    let mut session =
        Session::open(&world, &["--policy", file.to_str().unwrap(), "--write-mode", "on"], true);
    let tools = json!({"toolsListChanged": true});
    for (id, restriction) in [("all", ""), ("some", "read-only")] {
        let mut params = json!({ "notifications": tools, "_meta": envelope() });
        if !restriction.is_empty() {
            params["_meta"]["gitoma/restrict"] = restriction.into();
        }
        session
            .client
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params}));
        assert_eq!(session.client.receive()["params"]["_meta"][TAG], id);
    }
    // Both have had their first look once a later request is answered.
    session.ask("tools/list", &json!({}));
    let mut told = |before: &str| {
        let frame = session.client.receive();
        assert_eq!(frame["method"], "notifications/tools/list_changed", "{before}: {frame}");
        frame["params"]["_meta"][TAG].as_str().unwrap().to_owned()
    };
    rules("repo_list", "allow");
    assert_eq!(told("a tool that writes"), "all");
    rules("repo_list, repo_tree", "allow");
    let mut both = [told("a tool that reads"), told("the same")];
    both.sort();
    assert_eq!(both, ["all", "some"]);
    assert!(session.client.end().status.success());
}
