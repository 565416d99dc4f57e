//! How far a call has come: under the client's token, growing, before the answer; and nothing for a client that gave none.

use serde_json::{Value, json};

use crate::support::{Client, World};

const MODERN: &str = "2026-07-28";

fn search(client: &mut Client, meta: &Value) -> Vec<Value> {
    let arguments = json!({"repo": "demo", "pattern": "unlikely-needle"});
    let params = json!({"name": "git_grep", "arguments": arguments, "_meta": meta});
    client.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}));
    let mut frames = Vec::new();
    loop {
        let frame = client.receive();
        let answered = frame["id"] == 7;
        frames.push(frame);
        if answered {
            return frames;
        }
    }
}

fn modern(mut meta: Value) -> Value {
    meta["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    meta
}

#[test]
fn a_search_tells_how_many_files_it_has_searched() {
    for era in ["2025-11-25", MODERN] {
        let world = World::new();
        let mut client = world.start();
        if era != MODERN {
            client.initialize();
        }
        for token in [json!("a-token"), json!(12)] {
            let meta = json!({"progressToken": token});
            let frames = search(&mut client, &if era == MODERN { modern(meta) } else { meta });
            let (answer, notices) = frames.split_last().unwrap();
            assert_eq!(answer["result"]["structuredContent"]["files_searched"], 1, "{answer}");
            assert!(!notices.is_empty(), "{era}");
            let mut before = 0.0;
            for notice in notices {
                assert_eq!(notice["method"], "notifications/progress", "{notice}");
                let params = &notice["params"];
                assert_eq!(params["progressToken"], token, "{notice}");
                assert_eq!(params["message"], "files searched");
                let progress = params["progress"].as_f64().unwrap();
                assert!(progress > before, "{notice} after {before}");
                before = progress;
            }
        }
        client.ask(
            "last",
            "tools/list",
            &if era == MODERN { json!({"_meta": modern(json!({}))}) } else { json!({}) },
        );
        let ended = client.end();
        let after_answer = ended.seen.windows(2).filter(|pair| {
            pair[0].get("result").is_some()
                && pair[1]["method"] == "notifications/progress"
                && pair[0]["id"] == 7
        });
        // The second call's notices follow the first one's answer; nothing else does.
        assert!(after_answer.count() <= 1);
        assert!(ended.seen.last().is_some_and(|frame| frame["id"] == "last"));
    }
}

#[test]
fn without_a_token_or_with_one_too_long_nothing_is_told() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    for meta in
        [json!({}), json!({"progressToken": "x".repeat(1_000)}), json!({"progressToken": {"echo": 1}})]
    {
        let frames = search(&mut client, &meta);
        assert_eq!(frames.len(), 1, "{frames:?}");
    }
    assert!(client.end().status.success());
}

/// A script writes what it wants and closes the pipe: whoever takes notices until then is told no less than whoever takes none.
#[test]
fn a_call_that_tells_is_answered_after_the_input_has_ended() {
    for era in ["2025-11-25", MODERN] {
        let world = World::new();
        world.grow();
        let mut client = world.start();
        if era != MODERN {
            client.initialize();
        }
        let meta = json!({"progressToken": "a-token"});
        let meta = if era == MODERN { modern(meta) } else { meta };
        let arguments = json!({"repo": "demo", "pattern": "unlikely-needle"});
        let params = json!({"name": "git_grep", "arguments": arguments, "_meta": meta});
        client.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}));
        let ended = client.end();
        let (answer, notices) = ended.seen.split_last().unwrap();
        assert_eq!(answer["result"]["structuredContent"]["files_searched"], 25, "{era}: {answer}");
        assert!(notices.iter().any(|notice| notice["method"] == "notifications/progress"), "{era}");
        assert!(ended.status.success());
    }
}
