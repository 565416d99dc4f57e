//! `gitoma-audit` for people and pipelines that read logs: following, filters, counts, exports, proofs and keys.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gitoma_audit::{Checkpoint, Entry, SigningKey, Tree};
use serde_json::Value;

use crate::support::Place;

/// A chain with an executed call, a refusal and a dry run.
fn recorded() -> Place {
    let place = Place::new();
    place.on_web(&["call", "git_log"]).ends(0);
    place.on_web(&["call", "repo_read_file", "--arg", "path=.env"]).ends(3);
    place.on_web(&["policy", "explain", "git_log"]).ends(0);
    place
}

/// The kinds of the entries that `gitoma-audit` prints with these arguments.
fn kinds(place: &Place, arguments: &[&str]) -> Vec<String> {
    let out = place.audit(arguments).ends(0).out;
    let kind = |line: &str| serde_json::from_str::<Value>(line).unwrap()["kind"].as_str().unwrap().to_owned();
    out.lines().map(kind).collect()
}

#[test]
fn filters_choose_entries_and_an_outcome_goes_with_its_intent() {
    let place = recorded();
    let chosen = |filter: &[&str]| {
        let mut arguments = vec!["show", "state/audit", "--json"];
        arguments.extend(filter);
        kinds(&place, &arguments)
    };
    let all = chosen(&[]);
    assert_eq!(chosen(&["--tool", "git_log"]), ["intent", "outcome", "judged"]);
    assert_eq!(
        chosen(&["--tool", "git_log", "--tool", "repo_read_file"]),
        ["intent", "outcome", "refusal", "judged"]
    );
    assert_eq!(chosen(&["--repo", "web"]), ["intent", "outcome", "refusal", "judged"]);
    assert_eq!(chosen(&["--repo", "elsewhere"]), [""; 0]);
    assert_eq!(chosen(&["--verdict", "allow", "--kind", "outcome"]), ["outcome"]);
    assert_eq!(chosen(&["--verdict", "deny"]), ["refusal"]);
    assert_eq!(chosen(&["--verdict", "refused"]), ["refusal"]);
    assert_eq!(chosen(&["--verdict", "failed"]), [""; 0]);
    assert_eq!(chosen(&["--principal", "agent"]), ["intent", "outcome", "refusal", "judged"]);
    assert_eq!(chosen(&["--code", "path_denied"]), ["refusal"]);
    assert_eq!(chosen(&["--kind", "start"]).len(), 3);
    assert_eq!(chosen(&["--since", "1h"]), all);
    assert_eq!(chosen(&["--until", "1h"]), [""; 0]);
    let refused = place.entries().into_iter().find(|entry| entry["kind"] == "refusal").unwrap();
    let since = chosen(&["--since", refused["ts"].as_str().unwrap()]);
    assert_eq!(since[0], "refusal");
    assert_eq!(since.len() + chosen(&["--until", refused["ts"].as_str().unwrap()]).len(), all.len());
    for (option, value) in
        [("--since", "yesterday"), ("--until", "5x"), ("--kind", "nothing"), ("--verdict", "maybe")]
    {
        let said = place.audit(&["show", "state/audit", option, value]).ends(2);
        assert!(said.err.contains(option), "{}", said.err);
    }
}

#[test]
fn tail_begins_with_the_last_entries() {
    let place = recorded();
    let raw = String::from_utf8(place.read(&place.log())).unwrap();
    let last = place.audit(&["tail", "state/audit", "--json", "-n", "3"]).ends(0).out;
    assert!(raw.ends_with(&last) && last.lines().count() == 3, "{last}");
    assert_eq!(place.audit(&["tail", "state/audit", "--json"]).ends(0).out.lines().count(), 10);
    assert_eq!(place.audit(&["tail", "state/audit", "-n", "0"]).ends(0).out, "");
    assert_eq!(kinds(&place, &["tail", "state/audit", "--json", "--verdict", "deny"]), ["refusal"]);
    place.audit(&["tail", "gone"]).ends(2);
}

/// A follower as a process, whose lines are read in a thread: a test waits for each no longer than a minute.
struct Follower {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Follower {
    fn of(place: &Place, filter: &[&str]) -> Self {
        let mut command = place.audit_command(&["tail", "--follow", "state/audit", "--json", "-n", "1"]);
        let mut child = command.args(filter).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (line, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|text| line.send(text)));
        Self { child, lines }
    }

    #[track_caller]
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("a line in time");
        serde_json::from_str(&line).unwrap()
    }

    /// What it says and ends with, by itself and in time.
    fn ends(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_follower_sees_what_comes_and_a_stopped_one_holds_nobody_back() {
    let place = recorded();
    let follower = Follower::of(&place, &["--tool", "git_log"]);
    let next = || follower.next();
    assert_eq!(next()["kind"], "judged");
    place.on_web(&["call", "git_log"]).ends(0);
    assert_eq!((next()["kind"].clone(), next()["kind"].clone()), ("intent".into(), "outcome".into()));

    let signal = |name: &str| {
        let id = follower.child.id().to_string();
        let status = crate::support::program("kill", &place.path("")).args([name, &id]).status();
        assert!(status.unwrap().success());
    };
    signal("-STOP");
    // the gateway neither knows nor cares
    for _ in 0..3 {
        place.on_web(&["call", "git_log"]).ends(0);
    }
    signal("-CONT");
    let seen: Vec<_> = (0..6).map(|_| next()["seq"].as_u64().unwrap()).collect();
    assert!(seen.is_sorted(), "{seen:?}");
    let calls: Vec<_> = place
        .entries()
        .iter()
        .filter(|entry| matches!(entry["kind"].as_str(), Some("intent" | "outcome")))
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seen, calls[calls.len() - 6..]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be replaced")]
fn a_follower_says_that_what_it_follows_was_replaced_and_ends() {
    let replaced: [fn(&std::path::Path, &[u8]); 3] = [
        |log, whole| std::fs::write(log, &whole[..whole.len() - 200]).unwrap(),
        |log, whole| {
            std::fs::remove_file(log).unwrap();
            std::fs::write(log, whole).unwrap();
        },
        |log, _| std::fs::remove_file(log).unwrap(),
    ];
    for replace in replaced {
        let place = recorded();
        let follower = Follower::of(&place, &[]);
        assert_eq!(follower.next()["kind"], "stop");
        let log = place.log();
        replace(&log, &place.read(&log));
        let (code, said) = follower.ends();
        let name = log.file_name().unwrap().to_str().unwrap();
        assert!(
            said.contains(&format!("{name} was removed, replaced or cut while it was followed")),
            "{said}"
        );
        assert_eq!(code, Some(1));
    }
}

#[test]
fn stats_count_what_stands_there() {
    let place = recorded();
    let stats = place.audit(&["stats", "state/audit", "--json"]).ends(0).json();
    let entries = place.entries();
    assert_eq!((&stats["chains"], &stats["entries"]), (&Value::from(1), &Value::from(entries.len())));
    let moment = |at: &Value| at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(moment(&stats["first"]), moment(&entries[0]["ts"]));
    assert_eq!(stats["all"], serde_json::json!({ "calls": 2, "refused": 1, "failed": 0 }));
    assert_eq!(stats["kinds"]["start"], 3);
    assert_eq!(stats["outcomes"], serde_json::json!({ "ok": 1 }));
    assert_eq!(
        stats["tools"]["repo_read_file"],
        serde_json::json!({ "calls": 1, "refused": 1, "failed": 0 })
    );
    assert_eq!(stats["repositories"]["web"]["calls"], 2);
    assert_eq!(stats["principals"]["agent"]["refused"], 1);
    let bytes: u64 = entries.iter().filter_map(|entry| entry["bytes_out"].as_u64()).sum();
    assert_eq!(stats["bytes_out"], bytes);
    let timeline = stats["timeline"].as_array().unwrap();
    let calls: u64 = timeline.iter().map(|span| span["calls"].as_u64().unwrap()).sum();
    assert_eq!(calls, 2);
    let text = place.audit(&["stats", "state/audit"]).ends(0).out;
    for expected in
        ["1 chain, ", "calls      2, 1 refused\n", "\n  git_log ", "\ntimeline, 1 minute a line\n", "█ "]
    {
        assert!(text.contains(expected), "{expected:?} in {text}");
    }
    let filtered = place.audit(&["stats", "state/audit", "--json", "--tool", "git_log"]).ends(0).json();
    assert_eq!(filtered["all"]["calls"], 1);
    place.audit(&["stats", "gone"]).ends(2);
}

#[test]
fn cloudevents_carry_the_entries_as_they_stand() {
    let place = recorded();
    let out = place.audit(&["export", "state/audit", "--format", "cloudevents"]).ends(0).out;
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let entries = place.entries();
    assert_eq!(events.len(), entries.len());
    let mut ids = std::collections::HashSet::new();
    for (event, entry) in events.iter().zip(&entries) {
        assert_eq!(&event["data"], entry);
        assert_eq!(event["specversion"], "1.0");
        let chain = entry["chain_id"].as_str().unwrap();
        assert_eq!(event["source"], format!("urn:uuid:{chain}"));
        assert_eq!(event["type"], format!("gitoma.audit.v1.{}", entry["kind"].as_str().unwrap()));
        assert_eq!(event["time"], entry["ts"]);
        assert_eq!(event["entryhash"], entry["entry_hash"]);
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()));
        // CloudEvents 1.0, "Naming conventions"
        for name in event.as_object().unwrap().keys() {
            assert!(
                name.len() <= 20
                    && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{name}"
            );
        }
    }
    // and who has the events alone can recompute the chain
    for pair in events.windows(2) {
        assert_eq!(pair[0]["entryhash"], pair[1]["prevhash"]);
    }
}

#[test]
fn ocsf_events_have_what_their_class_requires() {
    let place = recorded();
    let out = place.audit(&["export", "state/audit", "--format", "ocsf"]).ends(0).out;
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let entries = place.entries();
    assert_eq!(events.len(), entries.len());
    for (event, entry) in events.iter().zip(&entries) {
        for required in ["activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid"] {
            assert!(event[required].is_u64(), "{required} of {event}");
        }
        let class = event["class_uid"].as_u64().unwrap();
        assert_eq!(event["type_uid"], class * 100 + event["activity_id"].as_u64().unwrap());
        assert_eq!(event["metadata"]["version"], "1.6.0");
        assert_eq!(event["metadata"]["product"]["vendor_name"], "Gitoma");
        assert_eq!(event["metadata"]["sequence"], entry["seq"]);
        // what has a place of its own; everything else is there under its name, such as the commitments
        const MAPPED: [&str; 15] = [
            "v",
            "chain_id",
            "seq",
            "ts",
            "kind",
            "call_id",
            "code",
            "detail",
            "duration_us",
            "principal",
            "roles",
            "transport",
            "tool",
            "accesses",
            "program",
        ];
        for (name, value) in
            entry.as_object().unwrap().iter().filter(|(name, _)| !MAPPED.contains(&name.as_str()))
        {
            assert_eq!(event["unmapped"][name], *value, "{name} of {event}");
        }
        match entry["kind"].as_str().unwrap() {
            "intent" | "outcome" | "refusal" | "judged" => {
                assert_eq!(class, 6003);
                assert_eq!(event["actor"]["user"]["name"], "agent");
                assert!(event["api"]["operation"].is_string() && event["src_endpoint"]["name"] == "cli");
                assert_eq!(event["metadata"]["correlation_uid"], entry["call_id"]);
                assert_eq!(event["resources"][0]["name"], "web");
            }
            "start" | "stop" => assert!(class == 6002 && event["app"]["name"].is_string()),
            _ => assert_eq!(class, 0),
        }
    }
    let of = |kind: &str| &events[entries.iter().position(|entry| entry["kind"] == kind).unwrap()];
    assert_eq!(
        (&of("outcome")["status_id"], &of("outcome")["api"]["operation"]),
        (&1.into(), &"git_log".into())
    );
    assert_eq!(
        (&of("refusal")["status_id"], &of("refusal")["status_code"]),
        (&2.into(), &"path_denied".into())
    );
    let refused = place.audit(&["export", "state/audit", "--format", "ocsf", "--verdict", "refused"]).ends(0);
    assert_eq!(refused.json(), *of("refusal"));
}

#[test]
fn a_key_is_made_once_and_its_secret_is_not_shown() {
    let place = Place::new();
    let said = place.audit(&["keygen", "audit.key", "--name", "example.com/gitoma"]).ends(0);
    let secret = String::from_utf8(place.read(&place.path("audit.key"))).unwrap();
    let public = String::from_utf8(place.read(&place.path("audit.key.pub"))).unwrap();
    assert_eq!(said.out, public);
    assert!(public.starts_with("example.com/gitoma+") && secret.starts_with("PRIVATE+KEY+"));
    // digits of base64 may be pluses too
    let seed = secret.trim_end().splitn(5, '+').nth(4).unwrap();
    assert!(seed.len() > 40);
    assert!(!said.out.contains(seed) && !said.err.contains(seed));
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("audit.key"), mode("audit.key.pub")), (0o600, 0o644));
    let again = place.audit(&["keygen", "audit.key"]).ends(2);
    assert!(again.err.contains("exists already"), "{}", again.err);
    assert_eq!(String::from_utf8(place.read(&place.path("audit.key"))).unwrap(), secret);
    place.audit(&["keygen", "other.key", "--name", "a b"]).ends(2);
}

#[test]
fn a_third_party_checks_a_proof_with_the_file_and_the_key_alone() {
    let place = recorded();
    let unsigned = place.audit(&["prove", "state/audit", "--seq", "3"]).ends(2);
    assert!(unsigned.err.contains("no checkpoint covers entry 3"), "{}", unsigned.err);
    place.audit(&["keygen", "audit.key"]).ends(0);
    place.audit(&["keygen", "other.key"]).ends(0);
    sign(&place, 5);
    let proof = place.audit(&["prove", "state/audit", "--seq", "3"]).ends(0).out;
    place.audit(&["prove", "state/audit", "--seq", "3", "-o", "3.tlog-proof"]).ends(0);
    assert_eq!(String::from_utf8(place.read(&place.path("3.tlog-proof"))).unwrap(), proof);
    place.audit(&["prove", "state/audit", "--seq", "3", "-o", "3.tlog-proof"]).ends(2);
    place.audit(&["prove", "state/audit", "--seq", "5"]).ends(2);

    let check = |file: &str, key: &str| place.audit(&["check-proof", file, "--key", key]);
    let said = check("3.tlog-proof", "audit.key.pub").ends(0);
    assert!(said.out.contains("entry 3 of chain ") && said.out.contains("  intent  "), "{}", said.out);
    let json = place.audit(&["check-proof", "3.tlog-proof", "--key", "audit.key.pub", "--json"]).ends(0);
    assert_eq!(json.json(), place.entries()[3]);
    let other = check("3.tlog-proof", "other.key.pub").ends(1);
    assert!(other.err.contains("nothing is proved: no trusted key has signed"), "{}", other.err);
    check("3.tlog-proof", "audit.key").ends(2);
    check("gone", "audit.key.pub").ends(2);
    // the proof of one entry does not carry another
    for (from, to) in [("index 3", "index 2"), ("index 3", "index 4")] {
        place.file("forged", &proof.replace(from, to));
        check("forged", "audit.key.pub").ends(1);
    }
    place.file("forged", &proof.replace("extra ", "extra AA"));
    check("forged", "audit.key.pub").ends(1);
}

/// Signs the first `size` entries of the only chain with `audit.key`, as the gateway does.
fn sign(place: &Place, size: usize) {
    let key = SigningKey::read(&place.path("audit.key")).unwrap();
    let text = String::from_utf8(place.read(&place.log())).unwrap();
    let entries: Vec<_> = text.lines().map(|line| Entry::parse(line.as_bytes()).unwrap()).collect();
    let mut tree = Tree::new();
    entries.iter().take(size).for_each(|entry| tree.append(&entry.entry_hash));
    let note = Checkpoint { chain_id: entries[0].chain_id, head: tree.head() }.sign(&[&key]).unwrap();
    let folder = place.log().parent().unwrap().join("checkpoints");
    std::fs::create_dir_all(&folder).unwrap();
    place.file(folder.join(format!("{size:020}.note")).to_str().unwrap(), &note);
}

#[test]
fn what_a_call_was_given_and_gave_can_be_shown_by_who_has_it_until_it_is_erased() {
    let place = Place::new();
    let said = place.on_web(&["call", "git_log", "--json"]).ends(0);
    let result = serde_json::to_string(&said.json()["result"]).unwrap();
    let intent = place.entries().into_iter().find(|entry| entry["kind"] == "intent").unwrap();
    let call = intent["call_id"].as_str().unwrap();
    let disclosed = place.audit(&["disclose", "state/audit", "--call", call]).ends(0);
    assert!(disclosed.out.contains(", args, ") && disclosed.out.contains(", result, "), "{}", disclosed.out);
    assert!(disclosed.out.contains("the text is not kept"), "salts alone are kept: {}", disclosed.out);

    place.file("given", r#"{"repo":"web"}"#);
    place.file("result", &result);
    place.file("other", r#"{"repo":"web" }"#);
    for (file, code) in [("given", 0), ("result", 0), ("other", 1)] {
        let said = place.audit(&["disclose", "state/audit", "--call", call, "--file", file]).ends(code);
        assert_eq!(said.out.contains("the file is what was committed to"), code == 0, "{}", said.out);
    }
    let salts: Vec<_> = disclosed.out.lines().filter_map(|line| line.trim().strip_prefix("salt ")).collect();
    assert!(salts.len() == 2 && salts[0] != salts[1]);

    let said = place.audit(&["erase", "state/audit", "--call", call]).ends(0);
    assert_eq!(said.out, "2 lines and 0 files of whole days erased\n");
    let said = place.audit(&["disclose", "state/audit", "--call", call, "--file", "given"]).ends(1);
    assert!(said.out.contains("nobody can open it any more"), "{}", said.out);
    let private = place.log().parent().unwrap().join("private");
    #[expect(clippy::disallowed_methods, reason = "files of the test")]
    let files = std::fs::read_dir(private).unwrap();
    for file in files {
        let text = String::from_utf8(place.read(&file.unwrap().path())).unwrap();
        assert!(salts.iter().all(|salt| !text.contains(salt)));
    }
    place.audit(&["verify", "state/audit"]).ends(0);
    for arguments in
        [&["erase", "state/audit"][..], &["erase", "state/audit", "--call", call, "--before", "2026-01-01"]]
    {
        place.audit(arguments).ends(2);
    }
    place.audit(&["disclose", "state/audit", "--call", "nothing"]).ends(2);
}

#[test]
fn texts_are_kept_redacted_or_nothing_is_as_the_configuration_says() {
    let place = Place::new();
    let disclose = |kept: &str| {
        let state = format!("state-{kept}");
        let config = place.file(&format!("{kept}.yaml"), &format!("audit: {{ disclosures: {kept} }}\n"));
        let token = crate::support::token();
        let pattern = format!("pattern={token}");
        let mut arguments = vec!["call", "git_grep", "--arg", &pattern, "--repo", "web"];
        arguments.extend(["--config", &config, "--state", &state]);
        place.gitoma(&arguments).ends(0);
        let shown =
            place.audit(&["show", &format!("{state}/audit"), "--json", "--kind", "intent"]).ends(0).json();
        let call = shown["call_id"].as_str().unwrap().to_owned();
        let said = place.audit(&["disclose", &format!("{state}/audit"), "--call", &call]);
        assert!(!said.out.contains(&token));
        (shown, said)
    };
    let (shown, said) = disclose("texts");
    assert!(shown["args_commit"].is_string());
    assert!(said.ends(0).out.contains("\"pattern\":\"***\""));
    let (shown, said) = disclose("none");
    assert!(shown.get("args_commit").is_none());
    assert!(said.ends(2).err.contains("carries a commitment"));
    let config = place.file("wrong.yaml", "audit: { disclosures: all }\n");
    place.gitoma(&["call", "git_log", "--repo", "web", "--config", &config]).ends(2);
}
