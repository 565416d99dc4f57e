//! Steering a running server: the policy's file and its tokens are taken up, policy is asked for and replaced over HTTP, and what steers may
//! have a listener of its own.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::inside::{Inside, TOKEN, Waiting};
use crate::support::{Answer, Place, Server, eventually};

const OPEN: &str =
    "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n";
const SHUT: &str = "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [repo_list], capability: read }\n";

fn with_policy() -> (Server, std::path::PathBuf) {
    let place = Place::new();
    let path = place.folder.path().join("policy.yaml");
    place.replace(&path, OPEN.as_bytes());
    let server = Server::start_with(place, &["--policy", path.to_str().unwrap()]);
    (server, path)
}

fn look(server: &Server) -> Answer {
    server.call("git_log", &json!({"repo": "web", "max_count": 1}))
}

#[test]
fn the_policy_is_taken_up_asked_for_and_put_back() {
    let (server, path) = with_policy();
    let operator = server.token_of("operator_token");
    let ask = |line: &str| server.ask(&operator, line, "");
    let status = || ask("GET /api/v1/policy").json();
    let first = status();
    assert_eq!(
        (&first["generation"], &first["name"], &first["stale"], &first["repositories"]),
        (&json!(1), &json!("policy.yaml"), &json!(false), &json!(["web"]))
    );
    let met = look(&server).header("gitoma-policy").unwrap().to_owned();
    assert_eq!(met, format!("generation=1, digest=\"sha256:{}\"", first["digest"].as_str().unwrap()));
    server.ask(&server.token(), "GET /api/v1/policy", "").problem(403, "role_required");
    ask("POST /api/v1/policy/rollback").problem(409, "nothing_before");

    server.place.replace(&path, SHUT.as_bytes());
    eventually("it is in force", || status()["generation"] == 2);
    assert_eq!(look(&server).status, 404);

    let token = ["gh", "p_", &"a1B2".repeat(9)].concat();
    server.place.replace(&path, format!("version: 1\n{token}: {{}}\n").as_bytes());
    eventually("it is stale", || status()["stale"] == true);
    let rejected = ask("POST /api/v1/policy/reload").problem(422, "policy_rejected");
    let detail = rejected["detail"].as_str().unwrap();
    assert!(detail.contains("policy.yaml:2") && !detail.contains(&token), "{detail}");
    let fault = status()["fault"]["message"].as_str().unwrap().to_owned();
    assert!(fault.contains("policy.yaml:2") && !fault.contains(&token), "{fault}");
    assert!(server.get("/metrics").body.contains("\ngitoma_policy_stale 1\n"));
    assert_eq!(server.get("/readyz").json()["stale"], true);
    assert_eq!(server.get("/readyz").status, 200, "the policy before is as good as it was");

    let report = ask("POST /api/v1/policy/rollback").json();
    assert_eq!((&report["policy"]["generation"], &report["before"]["generation"]), (&json!(3), &json!(2)));
    assert_eq!(look(&server).status, 200);
    server.place.replace(&path, SHUT.as_bytes());
    eventually("it is in force", || status()["generation"] == 4);
    assert_eq!(status()["previous"]["generation"], 3);
    let steered: Vec<Value> =
        server.entries().into_iter().filter(|entry| entry["switch"] == "policy").collect();
    assert!(steered.iter().all(|entry| entry["principal"] == "operator"), "{steered:?}");
    let states: Vec<_> = steered.iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["rollback", "reload", "rollback"]);
}

#[test]
fn a_server_without_a_file_has_none_to_read() {
    let server = Server::start();
    let operator = server.token_of("operator_token");
    server.ask(&operator, "POST /api/v1/policy/reload", "").problem(409, "no_policy_file");
}

#[test]
fn a_hang_up_reads_policy_and_tokens_again() {
    let (server, path) = with_policy();
    let old = server.token();
    let new = "gitoma_another-token-of-the-agent";
    server.place.replace(&server.place.state().join("runtime_token"), new.as_bytes());
    server.place.replace(&path, SHUT.as_bytes());
    server.signal("HUP");
    eventually("the new token counts", || server.ask(new, "GET /api/v1/tools", "").status == 200);
    server.ask(&old, "GET /api/v1/tools", "").problem(403, "invalid_credential");
    eventually("the policy counts", || look(&server).status == 404);
    // What is hidden is hidden from then on.
    server.place.write("note.txt", &format!("the token is {new}\n"));
    server.place.replace(&path, OPEN.as_bytes());
    server.signal("HUP");
    eventually("the policy counts", || look(&server).status == 200);
    let shown = server.call("repo_read_file", &json!({"repo": "web", "path": "note.txt"}));
    assert!(shown.status == 200 && !shown.body.contains(new), "{shown:?}");
}

/// Whatever is replaced while calls come, each of them is answered, by one policy or another.
#[test]
fn no_call_is_lost_to_a_reload() {
    let (server, path) = with_policy();
    let done = std::sync::atomic::AtomicBool::new(false);
    let met = std::thread::scope(|scope| {
        let caller = || {
            let mut met = std::collections::BTreeSet::new();
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                let answer = server.call("repo_list", &json!({}));
                assert_eq!(answer.status, 200, "{answer:?}");
                met.insert(answer.header("gitoma-policy").unwrap().to_owned());
                std::thread::sleep(std::time::Duration::from_millis(40));
            }
            met
        };
        let callers = [scope.spawn(caller), scope.spawn(caller), scope.spawn(caller)];
        let operator = server.token_of("operator_token");
        let generation = || server.ask(&operator, "GET /readyz", "").json()["policy"]["generation"].as_u64();
        for turn in 0..10_u64 {
            let text = if turn % 2 == 0 { SHUT } else { OPEN };
            server.place.replace(&path, text.as_bytes());
            server.signal("HUP");
            eventually("it is in force", || generation() == Some(turn + 2));
        }
        done.store(true, std::sync::atomic::Ordering::Release);
        callers.map(|caller| caller.join().unwrap())
    });
    assert!(met.iter().any(|met| met.len() > 5), "{met:?}");
}

/// Invariant 10, as a caller and an auditor see it.
#[tokio::test]
async fn a_call_under_way_keeps_the_policy_that_judged_it() {
    let (tool, gate) = Waiting::tool();
    let opened = format!("{OPEN}repositories:\n  web: {{ write: deny }}\n");
    let rule = "    - { id: shut, effect: deny, tools: [\"*\"], paths: [\"src/**\"] }\n";
    let shut = opened.replace("repositories:", &format!("{rule}repositories:"));
    let inside = Inside::serve(&[], |builder| builder.policy("open.yaml", &*opened).tool(tool)).await;
    let call = || inside.send("POST /api/v1/tools/wait", TOKEN, "", r#"{"arguments":{}}"#);

    let before = inside.gateway.health().policy;
    let running = call();
    gate.begun.notified().await;
    let after = inside.gateway.replace_policy("shut.yaml", &shut).await.unwrap().policy;
    assert_eq!((before.generation, after.generation), (1, 2));
    assert_ne!(before.digest, after.digest);
    gate.go_on.notify_one();
    let finished = running.await.unwrap();
    assert_eq!(finished.status, 200, "{finished:?}");
    assert_eq!(finished.json()["result"]["admitted"], true, "judged by the old policy to the end");
    let next = call().await.unwrap();
    next.problem(403, "denied");

    for (answer, policy, kinds) in
        [(&finished, &before, &["intent", "outcome"][..]), (&next, &after, &["refusal"])]
    {
        let named = format!("generation={}, digest=\"sha256:{}\"", policy.generation, policy.digest);
        assert_eq!(answer.header("gitoma-policy"), Some(&*named));
        let call_id = answer.header("x-gitoma-call-id").unwrap();
        let entries = crate::support::entries(inside.folder.path());
        let entries: Vec<_> = entries.iter().filter(|entry| entry["call_id"] == call_id).collect();
        assert_eq!(entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect::<Vec<_>>(), kinds);
        // An outcome names none: it refers to its intent.
        assert_eq!(entries[0]["policy_generation"], policy.generation);
        assert_eq!(entries[0]["policy_digest"], policy.digest);
        assert!(entries[1..].iter().all(|outcome| outcome["ref_seq"] == entries[0]["seq"]));
    }
    inside.stop().await;
}

/// Who the configuration file lists is taken up as the policy is: all of it, or none, and with an alarm then.
#[test]
fn who_is_listed_is_taken_up() {
    let place = Place::new();
    let token = |name: &str| format!("the-long-enough-token-of-{name}");
    for name in ["ann", "bob", "cleo"] {
        place.replace(&place.folder.path().join(name), token(name).as_bytes());
    }
    let file = |people: &[(&str, &str)]| {
        let listed = people
            .iter()
            .map(|(name, roles)| format!("  - {{ name: {name}, roles: [{roles}], token_file: {name} }}\n"));
        format!("limits: {{ blocking_threads: 2 }}\nprincipals:\n{}", listed.collect::<String>())
    };
    let path = place.configuration(&file(&[("ann", "agent, admin"), ("bob", "agent")]));
    let server = Server::start_with(place, &["--config", &path]);
    let path = std::path::Path::new(&path);
    let known = |name: &str| server.ask(&token(name), "GET /api/v1/me", "");
    let stale =
        || server.ask(&token("ann"), "GET /metrics", "").body.contains("\ngitoma_principals_stale 1\n");
    assert_eq!((known("ann").status, known("bob").status, known("cleo").status), (200, 200, 403));

    server.place.replace(path, file(&[("ann", "agent, admin"), ("cleo", "auditor")]).as_bytes());
    eventually("another is listed", || known("cleo").status == 200);
    known("bob").problem(403, "invalid_credential");
    assert_eq!(known("cleo").json()["roles"], json!(["auditor"]));

    // What does not load changes nothing: not even where it says who is gone.
    for bad in [
        "principals: [".to_owned(),
        file(&[("ann", "agent, admin"), ("ann", "agent")]),
        file(&[("ann", "agent, admin"), ("dan", "agent")]),
    ] {
        server.place.replace(path, bad.as_bytes());
        eventually("that is an alarm", stale);
        assert_eq!((known("ann").status, known("cleo").status), (200, 200), "{bad}");
        server.place.replace(path, file(&[("ann", "agent, admin"), ("cleo", "auditor")]).as_bytes());
        eventually("it is mended", || !stale());
    }
    server.place.replace(path, file(&[("ann", "agent, admin")]).as_bytes());
    server.signal("HUP");
    eventually("nobody else is listed", || known("cleo").status == 403);
    assert_eq!(known("ann").status, 200);
}

fn over(path: &std::path::Path, token: &str, line: &str) -> u16 {
    let mut socket = UnixStream::connect(path).unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn what_steers_may_have_a_listener_of_its_own() {
    let place = Place::new();
    let admin = place.folder.path().join("admin.sock");
    let server = Server::start_with(place, &["--admin-listen", &format!("unix:{}", admin.display())]);
    let operator = server.token_of("operator_token");
    for (line, calls, steers) in [
        ("GET /healthz", 200, 200),
        ("GET /readyz", 200, 200),
        ("GET /api/v1/openapi.json", 200, 200),
        ("GET /api/v1/approvals", 200, 200),
        ("GET /api/v1/tools", 200, 200),
        ("POST /api/v1/tools/repo_list", 400, 404),
        ("GET /", 404, 200),
        ("GET /cockpit/main.js", 404, 200),
        ("GET /cockpit/%6dain.js", 404, 404),
        ("GET /metrics", 404, 200),
        ("GET /api/v1/audit/entries", 404, 200),
        ("GET /api/v1/audit/ws", 404, 400),
        ("POST /api/v1/audit/verify", 404, 200),
        ("POST /api/v1/policy/reload", 404, 409),
        ("POST /api/v1/policy/rollback", 404, 409),
        ("GET /api/v1/policy", 404, 200),
        ("GET /api/v1/halt", 404, 200),
        ("POST /api/v1/halt", 404, 200),
        ("POST /api/v1/resume", 404, 200),
        ("GET /api/v1/audit/status", 404, 200),
    ] {
        assert_eq!(server.ask(&operator, line, "").status, calls, "{line}");
        assert_eq!(over(&admin, &operator, line), steers, "{line}");
    }
    let begun = std::time::Instant::now();
    let (status, rest, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(rest.contains(&format!("  admin         unix:{}\n", admin.display())), "{rest}");
    assert!(begun.elapsed().as_secs() < 5 && !admin.exists());
}

#[test]
fn the_listeners_have_names_of_their_own() {
    let mut server = Server::start_with(Place::new(), &["--admin-listen", "127.0.0.1:0"]);
    let admin = server.row("admin").strip_prefix("http://").unwrap().to_owned();
    assert_ne!(admin, server.address);
    let (here, there) = (server.address.clone(), admin);
    for (to, host, status) in
        [(&here, &here, 200), (&there, &there, 200), (&here, &there, 421), (&there, &here, 421)]
    {
        let mut socket = std::net::TcpStream::connect(to).unwrap();
        let head = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        assert_eq!(Answer::read(&mut socket).status, status, "{to} as {host}");
    }
    let (_, _, place) = server.stop();
    let refused = place.server(&["--admin-listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
