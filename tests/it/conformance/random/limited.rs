//! Limits, which are left wide elsewhere since they would blur what is compared: whoever comes up against one is told so in the same words
//! at every door that outlives a call. A process that makes one call has limits of its own.

use serde_json::{Value, json};

use super::MORE_DOORS;
use super::policies::Policy;
use super::world::{self, Terms, World};

const POLICY: &str = "{ id: all, effect: allow, tools: [\"*\"] }";
const WRITES: &str = "{ id: writes, effect: allow, tools: [\"*\"], capability: write }";

/// The limits, the call that comes up against them, and a call that does not.
fn cases() -> Vec<(&'static str, (&'static str, Value), Option<&'static str>)> {
    let tags = ("git_tags", json!({ "repo": "api" }));
    let write = ("repo_write_file", json!({ "repo": "api", "path": "new.txt", "content": "x\n" }));
    vec![
        ("  principal: { per_minute: 1, burst: 4 }\n", tags.clone(), None),
        ("  tools: { git_tags: { per_minute: 1, burst: 2 } }\n", tags, Some("git_branch")),
        ("  writes: { per_minute: 1, burst: 1 }\n", write, Some("git_branch")),
    ]
}

#[test]
fn a_limit_is_told_alike_at_every_door() {
    let template = world::template();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for (limits, (tool, arguments), other) in cases() {
            let policy = Policy::of(&[POLICY, WRITES], &[("api", Some("allow"))]);
            let terms = Terms { policy, write_mode: true, direct_writes: true, keeps_texts: false, limits };
            let mut first: Option<(String, Value)> = None;
            for kind in MORE_DOORS {
                let mut world = World::begin(*kind, &terms, template.path()).await;
                let door = world.door("agent");
                let mut answer = door.call(None, tool, &arguments).await;
                // How much was asked for before the first call is each door's own.
                for _ in 0..4 {
                    if answer.code == "rate_limited" {
                        break;
                    }
                    assert_eq!(answer.code, "ok", "{kind:?} {limits} {answer:?}");
                    answer = door.call(None, tool, &arguments).await;
                }
                assert_eq!(answer.code, "rate_limited", "{kind:?} {limits} {answer:?}");
                let message = answer.aside["message"].as_str().unwrap();
                let words: String = message.chars().filter(|c| !c.is_ascii_digit()).collect();
                let wait = answer.aside["retry_after"].as_u64();
                assert!(wait.is_some_and(|wait| (1..=60).contains(&wait)), "{answer:?}");
                let told = (words, answer.aside["rules"].clone());
                assert_eq!(first.get_or_insert(told.clone()), &told, "{kind:?} {limits}");
                if let Some(other) = other {
                    let answer = door.call(None, other, &json!({ "repo": "api" })).await;
                    assert_eq!(answer.code, "ok", "{kind:?} {limits} {other}: {answer:?}");
                }
                world.end().await;
            }
        }
    });
}
