//! The forms of the answer: JSON, SARIF, and baselines.

use serde_json::{Value, json};

use super::Scene;

#[test]
fn json_says_what_was_looked_at_and_what_was_found() {
    let scene = Scene::new();
    scene.place.file("plain/a.txt", &format!("x\n  {}\n", scene.planted.token));
    scene.place.file("plain/deep/key.txt", &scene.planted.key);
    scene.bytes(b"plain/b.bin", b"\0");
    let said = scene.secrets(&["scan", "plain", "--json"]).ends(1);
    assert_eq!((said.err.as_str(), said.out.lines().count()), ("", 1));
    let mut report = said.json();
    let findings = report["findings"].as_array_mut().unwrap();
    for finding in findings.iter_mut() {
        let fingerprint = finding["fingerprint"].take();
        let digits = fingerprint.as_str().unwrap();
        assert!(digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
    let bytes = 44 + scene.planted.key.len() + 1;
    assert_eq!(
        report,
        json!({
            "version": 1,
            "root": scene.place.path("plain").to_str().unwrap(),
            "scanned": {
                "files": 2, "bytes": bytes,
                "skipped": { "binary": 1, "links": 0, "special": 0, "gone": 0 },
            },
            "allowed": 0, "omitted": 0, "unread": [],
            "findings": [
                { "path": "a.txt", "rule": "github-token", "line": 2, "column": 3, "end_line": 2,
                  "end_column": 43, "fingerprint": null, "baselined": false },
                { "path": "deep/key.txt", "rule": "private-key", "line": 2, "column": 1, "end_line": 3,
                  "end_column": 78, "fingerprint": null, "baselined": false },
            ],
        })
    );
}

/// The members that the schema of SARIF 2.1.0 requires, and those that code hosts read.
#[test]
fn sarif_has_what_its_schema_requires() {
    let scene = Scene::new();
    scene.place.file(
        "plain/a b.txt",
        &format!("x\n  {0}\nDB_PASSWORD={1}\n", scene.planted.token, scene.planted.password),
    );
    scene.secrets(&["scan", "plain", "--write-baseline", "base.json"]).ends(0);
    scene.place.file("plain/c.txt", &scene.planted.token);
    let plain = scene.secrets(&["scan", "plain", "--sarif"]).ends(1).json();
    let compared = scene.secrets(&["scan", "plain", "--sarif", "--baseline", "base.json"]).ends(1).json();
    for (document, baseline) in [(plain, false), (compared, true)] {
        assert_eq!(document["version"], "2.1.0");
        let [run] = document["runs"].as_array().unwrap().as_slice() else { panic!("one run") };
        assert_eq!(run["tool"]["driver"]["name"], "gitoma");
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        let mut states = Vec::new();
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(result["message"]["text"].is_string());
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            let place = &result["locations"][0]["physicalLocation"];
            let region = place["region"].as_object().unwrap();
            assert!(region.values().all(|number| number.as_u64().is_some_and(|number| number >= 1)));
            assert!(result["partialFingerprints"]["gitomaFinding/v1"].is_string());
            let suppressed = result.get("suppressions").is_some();
            states.push((
                place["artifactLocation"]["uri"].as_str().unwrap(),
                region["startLine"].as_u64().unwrap(),
                result.get("baselineState").and_then(Value::as_str),
                suppressed,
            ));
        }
        let known = if baseline { (Some("unchanged"), true) } else { (None, false) };
        let new = (baseline.then_some("new"), false);
        assert_eq!(
            states,
            [
                ("a%20b.txt", 2, known.0, known.1),
                ("a%20b.txt", 3, known.0, known.1),
                ("c.txt", 1, new.0, new.1)
            ]
        );
    }
}

#[test]
fn a_baseline_holds_what_is_known_and_lets_nothing_else_pass() {
    let scene = Scene::new();
    let (token, password) = (&scene.planted.token, &scene.planted.password);
    scene.place.file("plain/b.txt", &format!("key {token}\n"));
    scene.place.file("plain/a.txt", &format!("DB_PASSWORD={password}\n"));
    scene.secrets(&["scan", "plain", "--write-baseline", "base.json"]).ends(0);
    let written = scene.place.read(&scene.place.path("base.json"));
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(!text.contains(token.get(8..).unwrap()) && !text.contains(password.as_str()));
    let document: Value = serde_json::from_str(&text).unwrap();
    let paths: Vec<_> = document["findings"].as_array().unwrap().iter().map(|known| &known["path"]).collect();
    assert_eq!(paths, ["a.txt", "b.txt"]);
    scene.secrets(&["scan", "plain", "--write-baseline", "base.json", "--baseline", "base.json"]).ends(0);
    assert_eq!(
        scene.place.read(&scene.place.path("base.json")),
        written,
        "the same findings, the same bytes"
    );

    // lines move, and the value changes: the finding is the same
    scene.place.file("plain/b.txt", &format!("\n\n\tkey {}\n", token.replace('A', "B")));
    let said = scene.secrets(&["scan", "plain", "--baseline", "base.json"]).ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", "0 secrets in 2 files, 2 in the baseline\n"));
    // a second one on a line that reads the same is another
    scene.place.file("plain/b.txt", &format!("key {token}\nkey {token}\n"));
    let said = scene.secrets(&["scan", "plain", "--baseline", "base.json", "--json"]).ends(1).json();
    let states: Vec<_> =
        said["findings"].as_array().unwrap().iter().map(|found| &found["baselined"]).collect();
    assert_eq!(states, [true, true, false]);

    let refused = |text: &str, why: &str| {
        scene.place.file("bad.json", text);
        let said = scene.secrets(&["scan", "plain", "--baseline", "bad.json"]).ends(2);
        assert!(said.err.contains(why), "{said:?}");
    };
    refused("", "line 1, column 0");
    refused(&text.replace("\"rule\"", "\"rules\""), "not as --write-baseline writes it");
    refused(&text.replace("\"version\": 1", "\"version\": 2"), "of another version");
    scene.secrets(&["scan", "plain", "--baseline", "none.json"]).ends(2);
    scene.secrets(&["scan", "plain", "--write-baseline", "none/base.json"]).ends(2);
    scene.in_web(&["scan", "--staged", "--write-baseline", "base.json"]).ends(2);
}
