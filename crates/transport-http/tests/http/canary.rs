//! A secret in every place of a request where a caller can put one. It comes back nowhere: no body, no header, no line of the log at
//! its finest, no metric, no byte of the state directory.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Place, Server, secret};

#[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
fn bytes_beneath(folder: &Path) -> Vec<(PathBuf, String)> {
    let items = std::fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    let read = |path: PathBuf| {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        vec![(path, text)]
    };
    items.flat_map(|path| if path.is_dir() { bytes_beneath(&path) } else { read(path) }).collect()
}

#[test]
fn a_secret_in_any_part_of_a_request_comes_back_nowhere() {
    let token = secret();
    let body = token.strip_prefix("ghp_").unwrap().to_owned();
    let place = Place::new();
    let log = place.folder.path().join("log");
    place.write(&format!("{token}.txt"), "x\n");
    let policy = place.repository().join("policy.yaml").to_str().unwrap().to_owned();
    place.write(
        "policy.yaml",
        &"version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [repo_read_file, repo_list] }\n    \
         - { id: no-texts, effect: deny, tools: [repo_read_file], paths: [\"**/*.txt\"], reason: \"it holds TOKEN\" }\n"
            .replace("TOKEN", &token),
    );
    let server = Server::start_logging(place, &["--policy", &policy], &log);
    let bearer = format!("Authorization: Bearer {}", server.token());
    let path = format!("{token}.txt");
    let named = |path: &str| json!({"repo": "web", "path": path});
    let mut answers = Vec::new();
    for arguments in [
        named(&path),
        named(&format!("src/{path}")),
        named(&format!("../{token}")),
        named(&format!("{token}/.env")),
        json!({"repo": token, "path": "a.txt"}),
        json!({"repo": "web", "path": "a.txt", "ref": token}),
        json!({"repo": "web", token.clone(): token}),
        json!([token]),
        json!(token),
    ] {
        answers.push(server.call("repo_read_file", &arguments));
        answers.push(server.decide("repo_read_file", &arguments));
        answers.push(server.decide(&token, &arguments));
        let call = json!({ "arguments": arguments }).to_string();
        answers.push(server.raw(
            &format!(
                "POST /api/v1/tools/repo_read_file HTTP/1.1\r\n{bearer}\r\nGitoma-Restrict: dry-run\r\nX-Request-Id: {token}\r\n\
                 Content-Length: {}",
                call.len()
            ),
            call.as_bytes(),
        ));
    }
    answers.push(server.call(&token, &json!({})));
    answers.push(server.get(&format!("/api/v1/{token}")));
    answers.push(server.get(&format!("/metrics?{token}")));
    for head in [
        format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer {token}"),
        format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Basic {token}"),
        format!("GET /api/v1/tools HTTP/1.1\r\n{bearer}\r\nOrigin: https://{token}"),
        format!("GET /api/v1/tools HTTP/1.1\r\n{bearer}\r\nGitoma-Restrict: repos={token}"),
        format!("GET /api/v1/tools HTTP/1.1\r\n{bearer}\r\nGitoma-Restrict: {token}"),
        format!("GET /api/v1/tools HTTP/1.1\r\n{bearer}\r\nTraceparent: {token}\r\nX-Request-Id: {token}"),
        format!("{token} /api/v1/tools HTTP/1.1\r\n{bearer}"),
        format!("GET /{token} HTTP/1.1\r\nX-Forwarded-For: {token}\r\nCookie: session={token}"),
    ] {
        answers.push(server.raw(&head, b""));
    }
    for broken in [
        format!("{{\"{token}\":"),
        format!("\"{token}\""),
        format!("{{\"arguments\":{{\"{token}\":1e999}}}}"),
    ] {
        answers.push(server.post("/api/v1/tools/repo_list", &broken));
        answers.push(server.post("/api/v1/decide", &broken));
    }
    for probe in ["/healthz", "/readyz", "/metrics", "/api/v1/tools"] {
        answers.push(server.get(probe));
    }
    for answer in &answers {
        let text = format!("{:?}{}", answer.headers, answer.body);
        assert!(!text.contains(&body), "{text}");
    }
    // some of them were judged, by their paths too
    let judged = |answer: &&crate::support::Answer| answer.body.contains("\"no-texts\"");
    assert!(answers.iter().filter(judged).count() > 2);
    let paths: Vec<Value> =
        answers.iter().filter(judged).map(|answer| answer.json()["reasons"][0]["path"].clone()).collect();
    assert!(paths.contains(&json!("***.txt")), "{paths:?}");
    let (status, greeting, place) = server.stop();
    assert!(status.success() && !greeting.contains(&body), "{greeting}");
    for (file, text) in bytes_beneath(&place.state()).into_iter().chain(bytes_beneath(place.folder.path())) {
        let planted = file.starts_with(place.repository());
        assert!(planted || !text.contains(&body), "{}: {text}", file.display());
    }
}

/// What stops a start quotes the line of a file where it stands; whoever started the process logs it.
#[test]
fn a_start_that_fails_tells_no_secret() {
    let place = Place::new();
    let token = secret();
    for text in [
        format!("{token}: 1\n"),
        format!("policy: {token}.yaml\n"),
        format!("allowed_hosts: ['{token}:x:y']\n"),
    ] {
        let configuration = place.configuration(&text);
        let output = place.server(&["--config", &configuration]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.starts_with("error: "), "{said}");
        assert!(!said.contains(token.get(4..).unwrap()), "{said}");
    }
}
