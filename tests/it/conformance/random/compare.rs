//! One round: each call through each door, what came of it beside what came of it at the first, and what was said beside what was done.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use gitoma_core::Decide;
use serde_json::{Value, json};

use super::Round;
use super::calls::{Call, Said};
use super::world::{Kind, World};
use crate::conformance::doors::Answer;

/// How often each end of a call was seen.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, usize>>);

impl Tally {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap()
    }

    fn count(&self, code: &str) {
        *self.seen().entry(code.to_owned()).or_default() += 1;
    }

    /// Requires that what was drawn reached every end that a random call can reach: else the comparison says little.
    pub(super) fn assert_wide(&self, calls: usize) {
        let seen = self.seen();
        let expected = [
            "ok",
            "ok (written)",
            "approved",
            "approval_denied",
            "another than was approved: approval_required",
            "texts are kept",
            "dry_run",
            "denied",
            "path_denied",
            "narrowed",
            "write_mode_off",
            "approval_required",
            "repository_not_whitelisted",
            "invalid_arguments",
            "malformed",
            "bad_restriction",
            "unknown_tool",
            "not_found",
            "unsuitable",
            "conflict",
        ];
        let missing: Vec<_> = expected.iter().filter(|code| !seen.contains_key(**code)).collect();
        assert!(calls < 2_000 || missing.is_empty(), "never seen: {missing:?} in {seen:?}");
        let good = seen.get("ok").copied().unwrap_or_default();
        assert!(good * 10 > calls, "too few calls were good: {seen:?}");
    }
}

/// Two doors, or a door's word and its deed, that differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// The call's place in the round.
    pub(super) place: usize,
    what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Makes the calls of `round`.
pub(super) fn run(round: &Round, template: &Path, tally: &Tally) -> Result<(), Difference> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut worlds = Vec::new();
        for kind in round.doors {
            worlds.push(World::begin(*kind, &round.terms, template).await);
        }
        for (place, call) in round.calls.iter().enumerate() {
            through_every_door(call, &mut worlds, tally).await.map_err(|what| Difference { place, what })?;
        }
        let mut kept = Vec::new();
        for (world, kind) in worlds.into_iter().zip(round.doors) {
            kept.push((*kind, world.end().await));
        }
        kept_alike(&kept).map_err(|what| Difference { place: round.calls.len().saturating_sub(1), what })?;
        if kept.iter().any(|(_, texts)| !texts.is_empty()) {
            tally.count("texts are kept");
        }
        Ok(())
    })
}

/// What one door makes of a call.
#[derive(Debug)]
struct Found {
    name: &'static str,
    approval: Option<String>,
    /// What may be compared.
    shown: Value,
    /// What may be compared among the doors that have it.
    rendered: Option<Value>,
}

impl Found {
    fn code(&self) -> &str {
        self.shown["code"].as_str().unwrap_or_default()
    }

    fn new(name: &'static str, answer: Answer, world: &mut World) -> Self {
        let entries = world.entries();
        let said = json!({ "code": answer.code, "result": answer.result, "aside": answer.aside });
        let mut shown = world.plain.value(said);
        shown["entries"] = entries.into();
        let rendered = answer.rendered.map(|rendered| world.plain.value(rendered));
        Self { name, approval: answer.approval, shown, rendered }
    }
}

async fn through_every_door(call: &Call, worlds: &mut [World], tally: &Tally) -> Result<(), String> {
    let restrict = call.restrict.as_deref();
    let (mut said, mut done) = (Vec::new(), Vec::new());
    for world in worlds.iter_mut().filter(|_| call.asked) {
        let door = world.door(call.principal);
        let answer = door.decide(restrict, &call.tool, &call.arguments).await;
        let name = door.name();
        said.push(Found::new(name, answer, world));
    }
    alike("asked about it", &said)?;
    for world in worlds.iter_mut() {
        done.push(made(call, world).await);
    }
    alike("asked for it", &done)?;
    done.iter().try_for_each(recorded)?;
    for (said, done) in said.iter().zip(&done) {
        kept(said, done)?;
    }
    tally.count(done[0].code());
    if done[0].code() == "ok" && done[0].shown["entries"][0]["capability"] == "write" {
        tally.count("ok (written)");
    }
    if call.said == Said::Nothing || done[0].code() != "approval_required" {
        return Ok(());
    }
    let say = if call.said == Said::No { Decide::Deny } else { Decide::Approve };
    for (world, waits) in worlds.iter_mut().zip(&done) {
        let id = waits.approval.as_deref();
        let id =
            id.ok_or_else(|| format!("`{}` has no id of the approval: {:#}", waits.name, waits.shown))?;
        world.decide(id, say).await;
    }
    if let Some(another) = call.another().filter(|_| call.said == Said::YesToAnother) {
        let mut others = Vec::new();
        for (world, waits) in worlds.iter_mut().zip(&done) {
            let other = made(&another, world).await;
            let id = world.plain.text(waits.approval.as_deref().unwrap_or_default());
            if other.shown.to_string().contains(&format!("\"{id}\"")) {
                return Err(format!(
                    "`{}` takes an approval for another call: {:#}",
                    other.name, other.shown
                ));
            }
            others.push(other);
        }
        alike("asked for another with an approval", &others)?;
        others.iter().try_for_each(recorded)?;
        tally.count(&format!("another than was approved: {}", others[0].code()));
    }
    let mut again = Vec::new();
    for world in worlds.iter_mut() {
        again.push(made(call, world).await);
    }
    alike("asked for it once it was decided", &again)?;
    again.iter().try_for_each(recorded)?;
    if call.said == Said::No && again[0].code() == "ok" {
        return Err(format!("a call that was denied runs: {:#}", again[0].shown));
    }
    tally.count(if again[0].code() == "ok" { "approved" } else { again[0].code() });
    Ok(())
}

async fn made(call: &Call, world: &mut World) -> Found {
    let door = world.door(call.principal);
    let answer = door.call(call.restrict.as_deref(), &call.tool, &call.arguments).await;
    let name = door.name();
    Found::new(name, answer, world)
}

/// Requires that every door found what the first one did.
fn alike(when: &str, found: &[Found]) -> Result<(), String> {
    let [first, others @ ..] = found else { return Ok(()) };
    for other in others {
        same(when, (first.name, &first.shown), (other.name, &other.shown))?;
    }
    let mut rendered = found.iter().filter_map(|found| Some((found.name, found.rendered.as_ref()?)));
    let Some(first) = rendered.next() else { return Ok(()) };
    rendered.try_for_each(|other| same(when, first, other))
}

/// Requires that every door left the same texts beside its log.
fn kept_alike(kept: &[(Kind, Vec<Value>)]) -> Result<(), String> {
    let [(first, texts), others @ ..] = kept else { return Ok(()) };
    let whole = |texts: &Vec<Value>| Value::Array(texts.clone());
    others.iter().try_for_each(|(other, more)| {
        let names = (format!("{first:?}"), format!("{other:?}"));
        same("in what is kept beside the log", (&names.0, &whole(texts)), (&names.1, &whole(more)))
    })
}

fn same(when: &str, (one, left): (&str, &Value), (two, right): (&str, &Value)) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    let mut places = Vec::new();
    differing("", left, right, &mut places);
    Err(format!("{when}, `{one}` and `{two}` differ\n{}", places.join("\n")))
}

/// The places at which two values differ, with what stands there.
fn differing(place: &str, left: &Value, right: &Value, places: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(one), Value::Object(two)) => {
            for name in one.keys().chain(two.keys().filter(|name| !one.contains_key(*name))) {
                differing(&format!("{place}/{name}"), &left[name], &right[name], places);
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (number, (one, two)) in one.iter().zip(two).enumerate() {
                differing(&format!("{place}/{number}"), one, two, places);
            }
        }
        _ if left == right => {}
        _ => places.push(format!("  {place}: {left} beside {right}")),
    }
}

/// Requires that the log has the code that the caller was told.
fn recorded(found: &Found) -> Result<(), String> {
    let last = found.shown["entries"].as_array().and_then(|entries| entries.last());
    let code = last.map_or(&Value::Null, |entry| &entry["code"]);
    if ["ok", "dry_run"].contains(&found.code()) || code == found.code() {
        return Ok(());
    }
    Err(format!("`{}` tells another code than it records: {:#}", found.name, found.shown))
}

/// Requires of a door that what it did is what it had said: a refusal the same refusal, a no a no for the same reasons, and a yes that the
/// call had its way.
fn kept(said: &Found, done: &Found) -> Result<(), String> {
    let broken = |what: &str| {
        Err(format!("`{}` {what}\n  said: {:#}\n  done: {:#}", said.name, said.shown, done.shown))
    };
    if said.code() != "dry_run" {
        return if said.code() == done.code() && said.shown["aside"] == done.shown["aside"] {
            Ok(())
        } else {
            broken("refuses otherwise than it said")
        };
    }
    if done.code() == "dry_run" {
        return if said.shown["result"] == done.shown["result"] {
            Ok(())
        } else {
            broken("judges otherwise the second time")
        };
    }
    let verdict = &said.shown["result"];
    let entry = &done.shown["entries"][0];
    let permitted = entry["kind"] == "intent";
    match (verdict["effect"].as_str(), verdict["enforced"] == true) {
        (Some("deny"), true) => {
            let told =
                |rule: &Value| json!({ "id": rule["rule"], "source": rule["source"], "line": rule["line"] });
            let rules: Value = verdict["reasons"].as_array().into_iter().flatten().map(told).collect();
            let same = verdict["code"] == done.shown["code"] && rules == done.shown["aside"]["rules"];
            if permitted || !same { broken("denies otherwise than it said") } else { Ok(()) }
        }
        // What a person is asked about is looked at first, and may show that it cannot be; an approval may be there.
        (Some("ask"), true) => Ok(()),
        _ if permitted => Ok(()),
        // A write's effect is worked out before its intent where a rule might ask about what it touches; keys are looked up there as well.
        _ if entry["code"] == done.shown["code"] && !is_of_policy(done.code()) => Ok(()),
        _ => broken("refuses what it said it would let run"),
    }
}

fn is_of_policy(code: &str) -> bool {
    let codes = [
        "denied",
        "write_mode_off",
        "repository_not_whitelisted",
        "capability_disabled",
        "narrowed",
        "unknown_tool",
    ];
    codes.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shown: Value) -> Found {
        Found { name: "door", approval: None, shown, rendered: None }
    }

    /// A comparison that cannot fail proves nothing.
    #[test]
    fn a_difference_is_one() {
        let ok = || json!({ "code": "ok", "result": 1, "aside": {}, "entries": [{ "kind": "intent" }] });
        let alike = |other: Value| super::alike("asked", &[found(ok()), found(other)]);
        assert!(alike(ok()).is_ok());
        for (member, value) in [
            ("code", json!("denied")),
            ("result", json!(2)),
            ("aside", json!({ "hidden": 1 })),
            ("entries", json!([])),
        ] {
            let mut other = ok();
            other[member] = value;
            assert!(alike(other).is_err(), "{member}");
        }
        let refusal = |executed: Value| found(json!({ "code": "denied", "aside": { "executed": executed } }));
        assert!(super::alike("asked", &[refusal(json!(false)), refusal(Value::Null)]).is_err());
        let reads = |text: Option<&str>| Found { rendered: text.map(Value::from), ..found(ok()) };
        assert!(
            super::alike("asked", &[reads(None), reads(Some("a")), reads(None), reads(Some("a"))]).is_ok()
        );
        assert!(
            super::alike("asked", &[reads(None), reads(Some("a")), reads(None), reads(Some("b"))]).is_err()
        );
        let texts = |text: &str| (Kind::Http, vec![json!(["args", text])]);
        assert!(
            kept_alike(&[texts("a"), texts("a")]).is_ok() && kept_alike(&[texts("a"), texts("b")]).is_err()
        );
        assert!(kept_alike(&[texts("a"), (Kind::Http, Vec::new())]).is_err());
        let judged = |effect: &str, code: &str| {
            found(
                json!({ "code": "dry_run", "result": { "effect": effect, "code": code, "enforced": true, "reasons": [] } }),
            )
        };
        let refused = |code: &str| {
            found(
                json!({ "code": code, "aside": { "rules": [] }, "entries": [{ "kind": "refusal", "code": code }] }),
            )
        };
        assert!(kept(&judged("deny", "denied"), &refused("denied")).is_ok());
        assert!(kept(&judged("deny", "denied"), &refused("narrowed")).is_err());
        assert!(kept(&judged("deny", "denied"), &found(ok())).is_err());
        assert!(kept(&judged("allow", "allowed"), &found(ok())).is_ok());
        assert!(kept(&judged("allow", "allowed"), &refused("denied")).is_err());
        assert!(kept(&refused("malformed"), &refused("unknown_tool")).is_err());
        assert!(recorded(&refused("denied")).is_ok() && recorded(&found(ok())).is_ok());
        let mut other = refused("denied");
        other.shown["entries"][0]["code"] = json!("approval_required");
        assert!(recorded(&other).is_err());
    }
}
