//! Shadow mode over HTTP (POL-14): refused reads run, are marked and are warned of.

use serde_json::json;

use crate::support::{Place, Server};

const POLICY: &str = r#"
version: 1
enforcement: shadow
global:
  rules:
    - { id: sources, effect: allow, tools: [repo_read_file], paths: ["src/**"] }
    - { id: no-readme, effect: deny, tools: [repo_read_file], paths: ["README.md"] }
"#;

#[test]
fn a_refused_read_runs_and_is_marked_everywhere() {
    let place = Place::new();
    place.write("policy.yaml", POLICY);
    let policy = place.repository().join("policy.yaml").to_str().unwrap().to_owned();
    let log = place.folder.path().join("log");
    let server = Server::start_logging(place, &["--policy", &policy], &log);

    let readme = json!({"repo": "web", "path": "README.md"});
    let said = server.decide("repo_read_file", &readme).json();
    assert_eq!((&said["effect"], &said["enforced"]), (&json!("deny"), &json!(false)), "{said}");
    assert_eq!(said["policy"]["generation"], 1);
    let answer = server.call("repo_read_file", &readme);
    assert_eq!(answer.status, 200, "{answer:?}");
    let intent = &server.entries_of(&answer)[0];
    assert_eq!((&intent["effect"], &intent["enforced"]), (&json!("deny"), &json!(false)));
    assert_eq!(intent["rules"][0]["id"], "no-readme");
    assert_eq!(server.call("repo_read_file", &json!({"repo": "web", "path": ".env"})).status, 403);

    // No rule allows it, but it would run: so it is listed.
    let listed = server.get("/api/v1/tools").body;
    assert!(listed.contains("\"git_log\""), "{listed}");
    assert_eq!(server.get("/readyz").json()["enforcement"], "shadow");
    let metrics = server.get("/metrics").body;
    let counted = r#"gitoma_shadow_verdicts_total{effect="deny",subject="call"} 1"#;
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");

    let (status, greeting, place) = server.stop();
    assert!(status.success());
    assert!(
        greeting.contains("ENFORCEMENT   SHADOW: reads that the rules refuse run all the same"),
        "{greeting}"
    );
    #[expect(clippy::disallowed_methods, reason = "reads the test's own file")]
    let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    assert!(log.lines().any(|line| line.contains("\"WARN\"") && line.contains("shadow mode")), "{log}");
}
