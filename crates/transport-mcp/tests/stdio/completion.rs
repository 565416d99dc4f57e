//! Completion through the real binary: it offers what the caller could list, is charged and recorded as that, and is silent on the rest.

use serde_json::{Value, json};

use crate::eras::Session;
use crate::support::{SECRET, World};

fn of_template(name: &str, value: &str, given: &Value) -> Value {
    let reference = json!({"type": "ref/resource", "uri": "repo://{alias}/{+path}{?ref}"});
    json!({"ref": reference, "argument": {"name": name, "value": value}, "context": {"arguments": given}})
}

fn of_prompt(prompt: &str, name: &str, value: &str, given: &Value) -> Value {
    let reference = json!({"type": "ref/prompt", "name": prompt});
    json!({"ref": reference, "argument": {"name": name, "value": value}, "context": {"arguments": given}})
}

impl Session {
    fn complete(&mut self, params: &Value) -> Value {
        self.ask("completion/complete", params)
    }

    fn values(&mut self, params: &Value) -> Vec<String> {
        let answer = self.complete(params);
        let values = answer["result"]["completion"]["values"].as_array();
        let values = values.unwrap_or_else(|| panic!("{params}: {answer}"));
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_begins_so_is_offered() {
    let world = World::new();
    for path in [
        "src/main.rs",
        "src/map/a.rs",
        "src/100%.txt",
        "src/a#b.txt",
        "other.txt",
        &format!("src/{SECRET}.txt"),
    ] {
        world.write(path, "x\n");
    }
    world.commit();
    let also = format!("{}=acme/web", world.repository().display());
    let demo = json!({"alias": "demo"});
    Session::each(&world, &["--repo", &also], |session| {
        for (params, expected) in [
            (of_template("alias", "", &json!({})), &["acme/web", "demo"] as &[&str]),
            (of_template("alias", "ac", &json!({})), &["acme/web"]),
            (of_template("alias", "x", &json!({})), &[]),
            (of_template("path", "", &demo), &["hello.txt", "other.txt", "src/"]),
            (of_template("path", "src/ma", &demo), &["src/main.rs", "src/map/"]),
            (of_template("path", "src/map/", &demo), &["src/map/a.rs"]),
            (of_template("path", "src/100", &demo), &["src/100%25.txt"]),
            (of_template("path", "src/a%23", &demo), &["src/a%23b.txt"]),
            (
                of_template("path", "src/", &demo),
                &["src/100%25.txt", "src/a%23b.txt", "src/main.rs", "src/map/"],
            ),
            (of_template("path", "", &json!({})), &[]),
            (of_template("ref", "ma", &demo), &["main"]),
            (of_prompt("review_branch", "repo", "de", &json!({})), &["demo"]),
            (of_prompt("review_branch", "branch", "", &json!({"repo": "demo"})), &["main"]),
            (of_prompt("review_branch", "base", "m", &json!({"repo": "acme/web"})), &["main"]),
            (of_prompt("review_branch", "branch", "", &json!({})), &[]),
            (of_prompt("explain_denial", "code", "path", &json!({})), &["path_denied"]),
            (of_prompt("explain_denial", "message", "", &json!({})), &[]),
        ] {
            assert_eq!(session.values(&params), expected, "{params}");
        }
        // What is offered can be read.
        for path in session.values(&of_template("path", "src/", &demo)) {
            let read = session.read(&format!("repo://demo/{path}"));
            assert!(read["result"]["contents"].is_array(), "{path}: {read}");
        }
    });
}

#[test]
fn many_values_are_the_first_hundred() {
    let world = World::new();
    (0..150).for_each(|number| world.write(&format!("many/f{number:03}"), "x\n"));
    world.commit();
    Session::each(&world, &[], |session| {
        let all = session.complete(&of_template("path", "many/", &json!({"alias": "demo"})));
        let completion = &all["result"]["completion"];
        assert_eq!(completion["values"].as_array().unwrap().len(), 100);
        assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(150), &json!(true)));
        let some = session.complete(&of_template("path", "many/f14", &json!({"alias": "demo"})));
        let completion = &some["result"]["completion"];
        assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(10), &json!(false)));
    });
}

#[test]
fn of_what_is_denied_it_says_what_it_says_of_nothing() {
    let world = World::new();
    world.write("closed/plan.txt", "x\n");
    world.commit();
    let also = format!("{}=secret", world.repository().display());
    let path = world.repository().with_file_name("policy.yaml");
    let policy = "version: 1\nrepositories:\n  demo:\n    rules:\n      - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n      - { id: closed, effect: deny, tools: [\"*\"], paths: [\"closed/**\", \"closed\"] }\n";
    #[expect(clippy::disallowed_methods, reason = "a test writes its own policy")]
    std::fs::write(&path, policy).unwrap();
    Session::each(&world, &["--repo", &also, "--policy", path.to_str().unwrap()], |session| {
        assert_eq!(session.values(&of_template("alias", "", &json!({}))), ["demo"]);
        assert_eq!(session.values(&of_template("path", "", &json!({"alias": "demo"}))), ["hello.txt"]);
        let nothing = json!({"values": [], "total": 0, "hasMore": false});
        for (alias, typed) in [
            ("demo", "closed/"),
            ("demo", "closed/p"),
            ("demo", "none/"),
            ("demo", ".env"),
            ("demo", ".git/"),
            ("demo", "../"),
            ("demo", "%2e%2e/"),
            ("demo", "%ff/"),
            ("demo", "hello.txt/"),
            ("demo", "\u{0}/"),
            ("secret", ""),
            ("secret", "closed/"),
            ("there-is-none", ""),
            ("no alias", ""),
            ("", ""),
        ] {
            let answer = session.complete(&of_template("path", typed, &json!({"alias": alias})));
            assert_eq!(answer["result"]["completion"], nothing, "{alias} {typed:?}: {answer}");
        }
        for alias in ["secret", "there-is-none"] {
            let answer = session.complete(&of_template("ref", "", &json!({"alias": alias})));
            assert_eq!(answer["result"]["completion"], nothing, "{alias}: {answer}");
        }
        let narrowed = {
            let mut params = of_template("alias", "", &json!({}));
            params["_meta"] = json!({"gitoma/restrict": "repos=other"});
            session.values(&params)
        };
        assert_eq!(narrowed, [] as [&str; 0]);
    });
}

/// What an operator's pattern hides is a secret wherever it stands, in the name of a repository too.
#[test]
fn a_name_that_a_pattern_hides_is_offered_nowhere() {
    let world = World::new();
    let policy = "version: 1\nredact: { patterns: [ { id: project, pattern: 'bluebird[a-z]{0,20}' } ] }\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n";
    world.write("policy.yaml", policy);
    let file = world.repository().join("policy.yaml");
    let also =
        ["acme/bluebirdnest", "bluebird"].map(|alias| format!("{}={alias}", world.repository().display()));
    let arguments = ["--repo", &also[0], "--repo", &also[1], "--policy", file.to_str().unwrap()];
    Session::each(&world, &arguments, |session| {
        let listed = session.ask("resources/list", &json!({}));
        let resources = listed["result"]["resources"].as_array().unwrap();
        let names: Vec<_> = resources.iter().map(|resource| &resource["name"]).collect();
        assert_eq!(names, ["demo"], "{listed}");
        for params in
            [of_template("alias", "", &json!({})), of_prompt("review_branch", "repo", "", &json!({}))]
        {
            assert_eq!(session.values(&params), ["demo"], "{params}");
        }
        for params in [of_template("alias", "blue", &json!({})), of_template("alias", "acme/", &json!({}))] {
            assert_eq!(session.values(&params), [] as [&str; 0], "{params}");
        }
    });
}

#[test]
fn each_is_a_call_on_the_record_and_bad_ones_are_refused() {
    let world = World::new();
    Session::each(&world, &[], |session| {
        let before = world.story().len();
        session.values(&of_template("path", "he", &json!({"alias": "demo"})));
        session.values(&of_template("path", "closed/", &json!({"alias": "none"})));
        assert_eq!(
            world.story()[before..],
            ["intent/allowed", "outcome/ok", "intent/allowed", "outcome/failed"]
        );
        let long = "echo-me".repeat(1_000);
        for (params, said) in [
            (of_template("echo-me", "", &json!({})), "unknown argument"),
            (of_prompt("echo-me", "repo", "", &json!({})), "unknown prompt"),
            (of_prompt("review_branch", "echo-me", "", &json!({})), "unknown argument"),
            (of_template("alias", &long, &json!({})), "the value is too long"),
            (
                json!({"ref": {"type": "ref/resource", "uri": "file:///{echo-me}"}, "argument": {"name": "alias", "value": ""}}),
                "unknown resource template",
            ),
            (
                json!({"ref": {"type": "echo-me"}, "argument": {"name": "alias", "value": ""}}),
                "the parameters are not valid",
            ),
        ] {
            let refused = session.complete(&params);
            assert_eq!(refused["error"], json!({"code": -32602, "message": said}), "{params}");
        }
        let mut restricted = of_template("alias", "", &json!({}));
        restricted["_meta"] = json!({"gitoma/restrict": "echo-me"});
        assert_eq!(session.complete(&restricted)["error"]["data"]["error"]["code"], "bad_restriction");
        let mut dry = of_template("path", "", &json!({"alias": "demo"}));
        dry["_meta"] = json!({"gitoma/restrict": "dry-run"});
        assert_eq!(session.complete(&dry)["error"]["data"]["executed"], false, "nothing is listed");
    });
}

#[test]
fn nobody_is_asked_to_approve_what_somebody_types() {
    let world = World::new();
    for folder in 0..40 {
        world.write(&format!("folder-{folder}/file.txt"), "x\n");
    }
    world.commit();
    world.write(
        "policy.yaml",
        "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n    - { id: asks, effect: ask, tools: [repo_tree], capability: read }\n",
    );
    let policy = world.repository().join("policy.yaml");
    Session::each(&world, &["--policy", policy.to_str().unwrap()], |session| {
        let before = world.story().len();
        for folder in 0..40 {
            let typed = format!("folder-{folder}/");
            assert!(session.values(&of_template("path", &typed, &json!({"alias": "demo"}))).is_empty());
        }
        assert_eq!(world.story()[before..], ["refusal/denied"; 40]);
        // So there is room for what is meant.
        let folder = format!("folder-{}", usize::from(session.modern));
        let asked = session.call("repo_tree", &json!({"repo": "demo", "path": folder}));
        assert_eq!(asked["result"]["structuredContent"]["error"]["code"], "approval_required", "{asked}");
    });
}
