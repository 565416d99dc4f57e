//! A call that comes upon a secret: its client is told what to change, and not the secret.

use serde_json::{Value, json};

use crate::eras::Session;
use crate::support::{SECRET, World};

/// The arguments that start a server on `world`, where `reads` says what of secrets is kept from results.
fn writing(world: &World, reads: &str) -> [String; 6] {
    let rules = "    - { id: all, effect: allow, tools: [\"*\"] }\n    - { id: writes, effect: allow, tools: [\"*\"], capability: write }\n";
    let policy =
        format!("version: 1\n{reads}global:\n  rules:\n{rules}repositories:\n  demo: {{ write: allow }}\n");
    world.write("policy.yaml", &policy);
    let file = world.repository().join("policy.yaml");
    ["--policy", file.to_str().unwrap(), "--write-mode", "on", "--direct-writes", "on"].map(str::to_owned)
}

fn each(world: &World, reads: &str, test: impl FnMut(&mut Session)) {
    let arguments = writing(world, reads);
    Session::each(world, &arguments.each_ref().map(String::as_str), test);
}

/// Requires that `answer` refuses a call for a secret, and says what to do; the envelope.
fn found(answer: &Value) -> &Value {
    let error = &answer["result"]["structuredContent"]["error"];
    assert_eq!(
        (&error["code"], &error["category"]),
        (&json!("secret_found"), &json!("invalid_input")),
        "{answer}"
    );
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Leave out the secret") && text.contains("refused as well"), "{text}");
    assert!(!answer.to_string().contains(SECRET), "{answer}");
    error
}

#[test]
fn what_would_write_a_secret_is_to_be_sent_without_it() {
    let world = World::new();
    each(&world, "", |session| {
        let before = world.story().len();
        let write = |content: &str| json!({"repo": "demo", "path": "new.txt", "content": content});
        for content in [format!("token {SECRET}\n"), "password: ***\n".to_owned()] {
            let answer = session.call("repo_write_file", &write(&content));
            let error = found(&answer);
            assert!(error["message"].as_str().unwrap().contains("new.txt line 1"), "{answer}");
            assert!(!world.repository().join("new.txt").exists());
        }
        let answer = session.call("repo_write_file", &write("token from the environment\n"));
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        let called = |outcome| ["intent/allowed", outcome];
        let expected = [called("outcome/failed"), called("outcome/failed"), called("outcome/ok")].concat();
        assert_eq!(world.story()[before..], expected);
        #[expect(clippy::disallowed_methods, reason = "a test tidies up its own repository")]
        std::fs::remove_file(world.repository().join("new.txt")).unwrap();
    });
}

#[test]
fn what_holds_a_blocked_secret_is_refused_and_the_rest_is_not() {
    let world = World::new();
    world.write("plain.txt", "plain\n");
    world.commit();
    each(&world, "redact: { block: [github-token] }\n", |session| {
        let read = |path: &str| json!({"repo": "demo", "path": path});
        let answer = session.call("repo_read_file", &read("hello.txt"));
        assert_eq!(found(&answer)["executed"], true, "{answer}");
        let code = session.not_found();
        let resource = session.read("repo://demo/hello.txt");
        assert_eq!(resource["error"]["code"], code, "no such resource, or none that may be read: {resource}");
        assert_eq!(resource["error"]["data"]["error"]["category"], "invalid_input", "{resource}");
        assert!(!resource.to_string().contains(SECRET));
        assert_eq!(session.call("repo_read_file", &read("plain.txt"))["result"]["isError"], false);
    });
}
