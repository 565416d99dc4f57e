//! Shadow mode over HTTP (POL-14): refused reads run, are marked and are warned of; a refused write stays refused.

use std::io::Write as _;
use std::net::TcpStream;

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, ExecContext, Gateway, Paths, Permit, Prepared, PrincipalConfig,
    RawOutput, Role, Secret, Tool, ToolError, ToolSpec, WriteMode, arguments,
};
use gitoma_http::{AllowedHosts, serve};
use serde_json::{Map, Value, json};

use crate::support::{Answer, Place, Server};

const POLICY: &str = r#"
version: 1
enforcement: shadow
global:
  rules:
    - { id: sources, effect: allow, tools: [repo_read_file], paths: ["src/**"] }
    - { id: no-readme, effect: deny, tools: [repo_read_file], paths: ["README.md"] }
"#;

/// What the policy says besides where there is a tool that writes.
const PUTS: &str = r#"
    - { id: puts, effect: allow, tools: [put], capability: write }
    - { id: not-the-readme, effect: deny, tools: [put], paths: ["README.md"] }
repositories:
  web: { write: allow }
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

/// A write that does nothing, for there to be something to refuse.
pub(crate) struct Put(ToolSpec);

impl Put {
    pub(crate) fn tool() -> Self {
        Self(ToolSpec::new::<Target>("put", "Put", "Writes nothing", Capability::Write))
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Target {
    path: String,
}

impl Tool for Put {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let Target { path } = arguments::parse(&self.0.input_schema, arguments)?;
        Ok(Box::new(Putting([Access { paths: Paths::Named(vec![path]), ..Access::repository("web") }])))
    }
}

struct Putting([Access; 1]);

impl Prepared for Putting {
    fn accesses(&self) -> &[Access] {
        &self.0
    }

    fn execute(
        self: Box<Self>,
        _permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            context.commit()?;
            Ok(RawOutput::new(json!({"done": true})))
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_write_stays_refused() {
    const TOKEN: &str = "a-token-of-the-tests";
    let state = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder()
        .audit_directory(state.path().join("audit"))
        .policy("shadow.yaml", [POLICY.trim_end(), PUTS].concat())
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .write_mode(WriteMode::On)
        .tool(Put::tool())
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hosts = AllowedHosts::new(address, &[]).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, gateway.clone(), hosts, async {
        let _ = stopped.await;
    }));
    let answers = tokio::task::spawn_blocking(move || {
        ["README.md", "src/new.rs", ".env"].map(|path| {
            let body = json!({"arguments": {"path": path}}).to_string();
            let mut socket = TcpStream::connect(address).unwrap();
            write!(
                socket,
                "POST /api/v1/tools/put HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            Answer::read(&mut socket)
        })
    });
    let [denied, allowed, listed] = answers.await.unwrap();
    denied.problem(403, "denied");
    assert_eq!(allowed.status, 200, "{allowed:?}");
    listed.problem(403, "path_denied");
    drop(stop);
    server.await.unwrap().unwrap();
}
