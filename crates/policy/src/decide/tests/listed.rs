//! A tool that some call of could be allowed or asked for is listed: over all pairs of an owner's and a repository's
//! entry, each in either spelling, with what `write` says there and one rule.

use serde_json::json;

use super::*;

const WRITES: [Option<&str>; 3] = [None, Some("allow"), Some("deny")];
/// The effect of the one rule of an entry, or of the global rules.
const RULES: [Option<&str>; 4] = [None, Some("allow"), Some("ask"), Some("deny")];

/// What stands under one of `keys`, if anything does.
fn entries(keys: [&'static str; 2]) -> Vec<Option<(&'static str, Value)>> {
    let mut entries = vec![None];
    for key in keys {
        for write in WRITES {
            for effect in RULES {
                let mut entry = json!({});
                if let Some(write) = write {
                    entry["write"] = json!(write);
                }
                if let Some(effect) = effect {
                    entry["rules"] = json!([rule(key, effect)]);
                }
                if write.is_some() || effect.is_some() {
                    entries.push(Some((key, entry)));
                }
            }
        }
    }
    entries
}

fn rule(key: &str, effect: &str) -> Value {
    let id = key.replace(['/', '*'], "-");
    json!({ "id": id, "effect": effect, "tools": ["repo_write_file"], "capability": "write" })
}

#[test]
fn what_some_call_is_granted_is_listed() {
    let calls: Vec<Call> = ["a/x", "A/x", "a/y", "A/y"]
        .iter()
        .map(|repo| Call::to("repo_write_file").on(repo, &["f"]))
        .chain([Call::to("repo_write_file")])
        .collect();
    let (mut granted, mut policies) = (0, 0);
    for global in RULES {
        for owner in entries(["a/*", "A/*"]) {
            for exact in entries(["a/x", "A/x"]) {
                let mut policy = json!({ "version": 1 });
                if let Some(effect) = global {
                    policy["global"]["rules"] = json!([rule("g", effect)]);
                }
                for (key, entry) in [&owner, &exact].into_iter().flatten() {
                    policy["repositories"][*key] = entry.clone();
                }
                let set = load(&policy.to_string());
                let Request { principal, roles, transport, tool, capability, write_mode, .. } =
                    calls[0].request();
                let listed =
                    set.may_ever(&Subject { principal, roles, transport }, tool, capability, write_mode);
                let open = calls.iter().find(|call| set.decide(&call.request()).effect != Effect::Deny);
                assert!(listed || open.is_none(), "{:?} is granted and not listed\n{policy:#}", open);
                granted += usize::from(open.is_some());
                policies += 1;
            }
        }
    }
    assert_eq!(policies, 4 * 23 * 23);
    assert!(granted > 100, "{granted}");
}
