//! What a client is told of its own accord: that its lists are others, by the connection or by its subscription, as its era has it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::eras::Session;
use crate::support::World;

const TAG: &str = "io.modelcontextprotocol/subscriptionId";

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
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
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
    // Each is granted before it is served, so that an answer, which is none of these, may come after others' grants.
    let mut said: Vec<Value> =
        (0..17).map(|id| listen(&mut session, format!("subscription {id}"), &json!({}))).collect();
    said.push(session.client.receive());
    let granted = |frame: &&Value| frame["method"] == "notifications/subscriptions/acknowledged";
    assert_eq!(said.iter().filter(granted).count(), 17);
    let refused: Vec<_> = said.iter().filter_map(|frame| frame["error"]["code"].as_i64()).collect();
    assert_eq!(refused, [-32603], "{said:?}");
    assert!(session.ask("tools/list", &json!({}))["result"]["tools"].is_array());
    assert!(session.client.end().status.success());
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
