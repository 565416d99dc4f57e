//! Resources through the real binary: what is read is what the tools give, under the same policy and with the same record, and no address
//! leads around it.

use std::path::Path;

use serde_json::{Value, json};

use crate::eras::Session;
use crate::support::{SECRET, World};

const TEMPLATE: &str = "repo://{alias}/{+path}{?ref}";

/// The place of a policy that begins with `rules`.
fn policy(world: &World, rules: &str) -> String {
    let path = world.repository().with_file_name("policy.yaml");
    write(&path, &format!("version: 1\nglobal:\n  rules:\n{rules}"));
    path.to_str().unwrap().to_owned()
}

fn write(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test writes its own policy")]
    std::fs::write(path, text).unwrap();
}

/// The entries that calls have left.
fn of_calls(world: &World) -> Vec<Value> {
    world.entries().into_iter().filter(|entry| entry.get("call_id").is_some()).collect()
}

/// Those from the `first` on, without what differs between any two calls.
fn alike(world: &World, first: usize) -> Vec<Value> {
    let mut entries = of_calls(world).split_off(first);
    for entry in &mut entries {
        let entry = entry.as_object_mut().unwrap();
        // Commitments are salted.
        for name in [
            "seq",
            "ref_seq",
            "ts",
            "duration_us",
            "call_id",
            "prev_hash",
            "entry_hash",
            "args_commit",
            "result_commit",
        ] {
            entry.remove(name);
        }
    }
    entries
}

#[test]
fn the_roots_are_listed_and_the_template_says_the_rest() {
    let world = World::new();
    let also = format!("{}=acme/web", world.repository().display());
    Session::each(&world, &["--repo", &also], |session| {
        let listed = session.ask("resources/list", &json!({}));
        let resources = listed["result"]["resources"].as_array().unwrap();
        let uris: Vec<_> = resources.iter().map(|resource| resource["uri"].as_str().unwrap()).collect();
        assert_eq!(uris, ["repo://acme%2Fweb/", "repo://demo/"], "{listed}");
        assert_eq!(
            (&resources[0]["name"], &resources[0]["mimeType"]),
            (&json!("acme/web"), &json!("application/json"))
        );
        assert!(listed["result"].get("nextCursor").is_none(), "{listed}");
        assert_eq!(
            session.ask("resources/list", &json!({}))["result"]["resources"],
            listed["result"]["resources"]
        );
        let templates = session.ask("resources/templates/list", &json!({}));
        let templates = templates["result"]["resourceTemplates"].as_array().unwrap();
        assert_eq!((templates.len(), &templates[0]["uriTemplate"]), (1, &json!(TEMPLATE)));
        for uri in uris {
            let root = session.read(uri);
            assert!(root["result"]["contents"][0]["text"].as_str().unwrap().contains("hello.txt"), "{root}");
        }
        if session.modern {
            assert_eq!(listed["result"]["cacheScope"], "private", "the list depends on the principal");
        }
    });
}

#[test]
fn many_roots_come_in_pages() {
    let world = World::new();
    let repositories: Vec<String> =
        (0..229).map(|number| format!("{}=many/r{number:03}", world.repository().display())).collect();
    let arguments: Vec<&str> = repositories.iter().flat_map(|repository| ["--repo", repository]).collect();
    Session::each(&world, &arguments, |session| {
        let (mut seen, mut pages, mut params) = (Vec::new(), 0, json!({}));
        loop {
            let page = session.ask("resources/list", &params);
            let resources = page["result"]["resources"].as_array().unwrap();
            seen.extend(resources.iter().map(|resource| resource["name"].as_str().unwrap().to_owned()));
            pages += 1;
            let Some(next) = page["result"].get("nextCursor") else { break };
            params = json!({"cursor": next});
        }
        assert_eq!((seen.len(), pages, seen.is_sorted()), (230, 3, true));
        for cursor in ["echo-me", "", "00", "6563686f206d65", "ff"] {
            let refused = session.ask("resources/list", &json!({"cursor": cursor}));
            assert_eq!(refused["error"]["code"], -32602, "{cursor}: {refused}");
            assert!(!refused.to_string().contains("echo"), "{refused}");
        }
        let beyond = session.ask("resources/list", &json!({"cursor": "7a7a7a"}));
        assert_eq!(beyond["result"]["resources"], json!([]), "whether there is such a name is not told");
    });
}

#[test]
fn a_file_is_read_as_the_tool_reads_it_and_leaves_the_same_entries() {
    let world = World::new();
    world.write("src/[id]/a b.txt", "spaced\n");
    world.commit();
    Session::each(&world, &[], |session| {
        for (uri, tool, arguments) in [
            ("repo://demo/hello.txt", "repo_read_file", json!({"repo": "demo", "path": "hello.txt"})),
            (
                "repo://demo/src/%5Bid%5D/a%20b.txt?ref=main",
                "repo_read_file",
                json!({"repo": "demo", "path": "src/[id]/a b.txt", "ref": "main"}),
            ),
            ("repo://demo/src/", "repo_tree", json!({"repo": "demo", "path": "src"})),
            ("repo://demo/?ref=HEAD", "repo_tree", json!({"repo": "demo", "ref": "HEAD"})),
            ("repo://demo/.env", "repo_read_file", json!({"repo": "demo", "path": ".env"})),
            ("repo://demo/none.txt", "repo_read_file", json!({"repo": "demo", "path": "none.txt"})),
            ("repo://demo/../x", "repo_read_file", json!({"repo": "demo", "path": "../x"})),
            ("repo://other/x", "repo_read_file", json!({"repo": "other", "path": "x"})),
        ] {
            let first = of_calls(&world).len();
            let called = session.call(tool, &arguments);
            let second = of_calls(&world).len();
            let read = session.read(uri);
            let (as_tool, as_resource) = (alike(&world, first), alike(&world, second));
            assert_eq!(as_tool[..second - first], as_resource[..], "{uri}");
            assert!(!as_resource.is_empty(), "{uri}");
            if called["result"]["isError"] == true {
                let (mut said, mut expected) = (
                    read["error"]["data"]["error"].clone(),
                    called["result"]["structuredContent"]["error"].clone(),
                );
                for one in [&mut said, &mut expected] {
                    one.as_object_mut().unwrap().remove("error_id").unwrap();
                }
                // Of a repository that is not offered it is not said whether the tool had to look.
                if uri.starts_with("repo://other") {
                    expected["executed"] = false.into();
                }
                assert_eq!(said, expected, "{uri}");
                assert_eq!(read["error"]["code"], session.not_found(), "{uri}: {read}");
                continue;
            }
            let contents = read["result"]["contents"].as_array().unwrap();
            assert_eq!((contents.len(), &contents[0]["uri"]), (1, &json!(uri)), "{read}");
            let expected = &called["result"]["structuredContent"];
            let text = contents[0]["text"].as_str().unwrap();
            if tool == "repo_tree" {
                assert_eq!(contents[0]["mimeType"], "application/json");
                assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), expected);
            } else {
                assert_eq!(contents[0]["mimeType"], "text/plain");
                assert_eq!(text, expected["content"].as_str().unwrap());
            }
        }
        let read = session.read("repo://demo/hello.txt");
        assert_eq!(read["result"]["contents"][0]["text"], "hello\ntoken ***\nbye\n");
        let meta = &read["result"]["_meta"];
        assert_eq!((&meta["gitoma/redactions"], &meta["gitoma/truncated"]), (&json!(1), &json!(false)));
        assert!(world.entries().iter().any(|entry| entry["call_id"] == meta["gitoma/call_id"]));
        assert!(!read.to_string().contains(SECRET));
    });
}

#[test]
fn what_is_not_shown_says_so() {
    let world = World::new();
    world.write("long.txt", &"0123456789abcde\n".repeat(40_000));
    world.write("wide.txt", &"0123456789abcdef ".repeat(40_000));
    world.write("picture.bin", "\0\u{1}\u{2}\0");
    world.write(&format!("{SECRET}.txt"), "named\n");
    world.write("page.html", "<script>alert(1)</script>\n");
    world.commit();
    Session::each(&world, &[], |session| {
        let long = session.read("repo://demo/long.txt");
        let contents = long["result"]["contents"].as_array().unwrap();
        let next = long["result"]["_meta"]["gitoma/next_start_line"].as_u64().unwrap();
        assert_eq!(
            (contents.len(), contents[0]["text"].as_str().unwrap().lines().count() as u64),
            (2, next - 1)
        );
        let note = contents[1]["text"].as_str().unwrap();
        assert_eq!(
            note,
            format!(
                "[Gitoma: the text above was cut after line {} of 40000; repo_read_file with `start_line` {next} continues]",
                next - 1
            )
        );
        assert_eq!(long["result"]["_meta"]["gitoma/truncated"], true);
        let wide = session.read("repo://demo/wide.txt");
        assert!(
            wide["result"]["contents"][1]["text"]
                .as_str()
                .unwrap()
                .ends_with("of a line that is this long the rest is not shown]"),
            "{wide}"
        );
        let binary = session.read("repo://demo/picture.bin");
        assert_eq!(binary["result"]["contents"].as_array().unwrap().len(), 1);
        assert_eq!(
            binary["result"]["contents"][0]["text"],
            "[Gitoma: a binary file of 4 bytes, which is not shown]"
        );
        let named = session.read(&format!("repo://demo/{SECRET}.txt"));
        assert_eq!(named["result"]["contents"][0]["text"], "named\n", "{named}");
        assert!(!named.to_string().contains(SECRET), "{named}");
        let page = session.read("repo://demo/page.html");
        assert_eq!(page["result"]["contents"][0]["mimeType"], "text/plain", "nobody renders it");
    });
}

#[test]
fn a_folder_read_as_a_file_and_a_file_read_as_a_folder_say_which_it_is() {
    let world = World::new();
    world.write("src/main.rs", "fn main() {}\n");
    world.commit();
    Session::each(&world, &[], |session| {
        for uri in [
            "repo://demo/src",
            "repo://demo/src?ref=main",
            "repo://demo/hello.txt/",
            "repo://demo/hello.txt/?ref=main",
        ] {
            let read = session.read(uri);
            assert_eq!(read["error"]["code"], -32602, "{uri}: {read}");
            assert_eq!(read["error"]["data"]["error"]["code"], "unsuitable");
            assert!(
                read["error"]["message"].as_str().unwrap().contains("a folder ends in a slash"),
                "{read}"
            );
        }
    });
}

#[test]
fn hostile_addresses_lead_nowhere_and_are_on_the_record() {
    let world = World::new();
    let malformed = [
        "echo-me",
        "file:///etc/passwd",
        "REPO://demo/hello.txt",
        "repo://demo",
        "repo://echo-me@demo/hello.txt",
        "repo://demo:1/hello.txt",
        "repo://%64emo/hello.txt",
        "repo://demo/hello.txt#echo-me",
        "repo://demo/hello.txt?echo-me=1",
        "repo://demo/hello.txt?ref=main&echo-me=1",
        "repo://demo/./hello.txt",
        "repo://demo//hello.txt",
        "repo://demo/%2Fetc/passwd",
        "repo://demo/src%2Fecho-me",
        "repo://demo/hello%zz",
        "repo://demo/hello%ff",
        "repo://demo/hello.txt\u{0}echo-me",
        "repo://demo/\u{202e}echo-me",
        "repo://demo/echo me",
        "repo://demo/echo-me\\..\\..",
    ];
    let judged = [
        ("repo://demo/../echo-me", "path:parent-component"),
        ("repo://demo/%2e%2E/echo-me", "path:parent-component"),
        ("repo://demo/a/../hello.txt", "path:parent-component"),
        ("repo://demo/echo-me%00", "path:control-character"),
        ("repo://demo/echo-me%0A", "path:control-character"),
        ("repo://demo/%E2%80%AEecho-me", "path:format-character"),
        ("repo://demo/..%5Cecho-me", "path:backslash"),
        ("repo://demo/.git/config", "path:git-directory"),
        ("repo://demo/.GIT/config", "path:git-directory"),
        ("repo://demo/.env", "builtin:env-file"),
        ("repo://../echo-me", "repo:malformed-alias"),
        ("repo://a%2Fb%2Fc/echo-me", "repo:malformed-alias"),
        ("repo://demo/hello.txt?ref=--echo-me", "revision:option-like"),
    ];
    let long = format!("repo://demo/{}", "echo-me/".repeat(10_000));
    Session::each(&world, &[], |session| {
        for uri in malformed.into_iter().chain([long.as_str()]) {
            let before = world.story().len();
            let refused = session.read(uri);
            assert_eq!(refused["error"]["code"], -32602, "{uri}: {refused}");
            let said = &refused["error"]["data"]["error"];
            assert_eq!(
                (&said["code"], &said["category"]),
                (&json!("malformed"), &json!("invalid_input")),
                "{uri}"
            );
            assert_eq!(said["message"], refused["error"]["message"]);
            assert!(said["message"].as_str().unwrap().contains("`repo://ALIAS/PATH`"), "{refused}");
            assert!(!refused.to_string().contains("echo"), "{refused}");
            assert_eq!(world.story()[before..], ["refusal/malformed"], "{uri}");
        }
        for (uri, rule) in judged {
            let before = world.story().len();
            let refused = session.read(uri);
            assert_eq!(refused["error"]["code"], session.not_found(), "{uri}: {refused}");
            assert_eq!(refused["error"]["data"]["error"]["rules"][0]["id"], rule, "{uri}: {refused}");
            assert!(!refused.to_string().contains("echo"), "{refused}");
            assert_eq!(world.story()[before..], ["refusal/path_denied"], "{uri}");
        }
        let twice = session.read("repo://demo/%252e%252e/hello.txt");
        assert_eq!(twice["error"]["data"]["error"]["code"], "not_found", "it is undone once: {twice}");
        let unread = session.ask("resources/read", &json!({"uri": 7}));
        assert_eq!(unread["error"]["code"], -32602, "{unread}");
        session.client_is_alive();
    });
}

impl Session {
    fn client_is_alive(&mut self) {
        assert!(self.ask("tools/list", &json!({}))["result"]["tools"].is_array());
    }
}

#[test]
fn a_repository_of_others_is_as_unknown_as_one_that_there_is_not() {
    let world = World::new();
    let also = format!("{}=secret", world.repository().display());
    // Nothing opens it; or everything is open, and a rule of its own closes it.
    for rules in [
        "    - { id: lists, effect: allow, tools: [repo_list], capability: read }\nrepositories:\n  demo:\n    rules:\n      - { id: one, effect: allow, tools: [\"*\"], capability: read }\n",
        "    - { id: all, effect: allow, tools: [\"*\"], capability: read }\nrepositories:\n  secret:\n    rules:\n      - { id: none, effect: deny, tools: [\"*\"], capability: read }\n",
    ] {
        let path = policy(&world, rules);
        Session::each(&world, &["--repo", &also, "--policy", &path], |session| {
            let listed = session.ask("resources/list", &json!({}));
            let resources = listed["result"]["resources"].as_array().unwrap();
            assert_eq!(
                (resources.len(), &resources[0]["name"]),
                (1, &json!("demo")),
                "not what repo_list may say"
            );
            assert_eq!(
                session.read("repo://demo/hello.txt")["result"]["contents"][0]["text"],
                "hello\ntoken ***\nbye\n"
            );
            for end in ["hello.txt", "", "none.txt", "hello.txt?ref=main", "src/"] {
                let answers = ["secret", "there-is-none"].map(|alias| {
                    let mut answer = session.read(&format!("repo://{alias}/{end}"))["error"].clone();
                    assert_eq!(answer["code"], session.not_found(), "{answer}");
                    answer["data"]["error"]["error_id"].take();
                    answer
                });
                assert_eq!(answers[0], answers[1], "{end}");
            }
        });
    }
}

#[test]
fn whoever_may_not_read_files_has_no_resources() {
    let world = World::new();
    let path = policy(
        &world,
        "    - { id: looks, effect: allow, tools: [repo_list, repo_tree, git_log], capability: read }\n",
    );
    Session::each(&world, &["--policy", &path], |session| {
        let listed = session.ask("resources/list", &json!({}));
        assert_eq!(listed["result"]["resources"], json!([]), "{listed}");
        let templates = session.ask("resources/templates/list", &json!({}));
        assert_eq!(templates["result"]["resourceTemplates"], json!([]), "{templates}");
        let mut answers = ["repo://demo/hello.txt", "repo://demo/none.txt", "repo://none/hello.txt"]
            .map(|uri| session.read(uri)["error"].clone());
        for answer in &mut answers {
            assert_eq!(answer["code"], session.not_found(), "{answer}");
            answer["data"]["error"]["error_id"].take();
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    });
}

#[test]
fn what_a_client_gives_up_holds_for_resources() {
    let world = World::new();
    let also = format!("{}=api", world.repository().display());
    Session::each(&world, &["--repo", &also], |session| {
        let meta = |text: &str| json!({"gitoma/restrict": text});
        let listed = session.ask("resources/list", &json!({"_meta": meta("repos=api")}));
        let resources = listed["result"]["resources"].as_array().unwrap();
        assert_eq!((resources.len(), &resources[0]["uri"]), (1, &json!("repo://api/")));
        let read = |session: &mut Session, text: &str| {
            session.ask("resources/read", &json!({"uri": "repo://demo/hello.txt", "_meta": meta(text)}))
        };
        assert!(read(session, "read-only, repos=demo")["result"].is_object());
        let narrowed = read(session, "repos=api");
        assert_eq!(narrowed["error"]["data"]["error"]["code"], "narrowed", "{narrowed}");
        assert_eq!(narrowed["error"]["code"], session.not_found());
        let before = world.story().len();
        let dry = read(session, "dry-run");
        assert_eq!(dry["error"]["code"], -32603, "{dry}");
        assert_eq!(
            (&dry["error"]["data"]["executed"], &dry["error"]["data"]["effect"]),
            (&json!(false), &json!("allow"))
        );
        assert_eq!(world.story()[before..], ["judged/allowed"]);
        for method in ["resources/list", "resources/templates/list", "resources/read"] {
            let before = world.story().len();
            let bad = session.ask(method, &json!({"uri": "repo://demo/hello.txt", "_meta": meta("echo-me")}));
            assert_eq!(bad["error"]["code"], -32602, "{method}: {bad}");
            assert_eq!(bad["error"]["data"]["error"]["code"], "bad_restriction", "{bad}");
            assert!(bad["error"]["message"].as_str().unwrap().starts_with("_meta.gitoma/restrict:"), "{bad}");
            assert!(!bad.to_string().contains("echo-me"), "{bad}");
            assert_eq!(world.story()[before..], ["refusal/bad_restriction"], "{method}");
        }
    });
}

#[test]
fn while_all_is_halted_nothing_is_read() {
    let world = World::new();
    Session::each(&world, &[], |session| {
        let halt = world.audit().with_file_name("halt");
        assert!(session.read("repo://demo/hello.txt")["result"].is_object());
        write(&halt, "a test\n");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let refused = loop {
            let answer = session.read("repo://demo/hello.txt");
            if answer.get("error").is_some() {
                break answer;
            }
            assert!(std::time::Instant::now() < deadline, "it is never halted");
        };
        assert_eq!(refused["error"]["code"], -32603, "{refused}");
        assert_eq!(refused["error"]["data"]["error"]["code"], "halted");
        let reference = json!({"type": "ref/resource", "uri": TEMPLATE});
        let given = json!({"arguments": {"alias": "demo"}});
        let params = json!({"ref": reference, "argument": {"name": "path", "value": ""}, "context": given});
        assert_eq!(session.ask("completion/complete", &params)["error"]["data"]["error"]["code"], "halted");
        assert!(
            session.ask("resources/list", &json!({}))["result"].is_object(),
            "as tools/list, it runs nothing"
        );
        #[expect(clippy::disallowed_methods, reason = "a test takes its own mark away")]
        std::fs::remove_file(&halt).unwrap();
    });
}

#[test]
fn a_traced_read_is_traced() {
    let world = World::new();
    Session::each(&world, &[], |session| {
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let params = json!({"uri": "repo://demo/hello.txt", "_meta": {"traceparent": traceparent}});
        assert!(session.ask("resources/read", &params)["result"].is_object());
        let entries = world.entries();
        let intent = entries.iter().rev().find(|entry| entry["kind"] == "intent").unwrap();
        assert_eq!(intent["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    });
}
