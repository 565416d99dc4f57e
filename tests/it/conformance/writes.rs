//! Writes through every door, where no built-in tool writes yet: shadow mode does not let one through, and who gives writes up is
//! neither served nor shown one.

use std::path::Path;
use std::sync::Arc;

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, Effects, ExecContext, Gateway, Paths, Permit, Prepared,
    PrincipalConfig, RawOutput, Role, Secret, Tool, ToolError, ToolSpec, WriteMode,
};
use serde_json::{Map, Value, json};

use super::doors;
use super::house::TOKEN;

const POLICY: &str = r#"
version: 1
enforcement: ENFORCEMENT
global:
  rules:
    - { id: puts, effect: allow, tools: [put], capability: write }
    - { id: not-the-readme, effect: deny, tools: [put], paths: ["README.md"] }
repositories:
  web: { write: allow }
"#;

/// A write that does nothing, for there to be something to refuse and to give up.
struct Put(ToolSpec);

impl Put {
    fn tool() -> Self {
        let schema =
            json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
        let spec = ToolSpec::new::<Map<String, Value>>("put", "Put", "Writes nothing", Capability::Write);
        Self(ToolSpec { input_schema: Arc::new(schema.as_object().unwrap().clone()), ..spec })
    }
}

impl Tool for Put {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let path = arguments.get("path").and_then(Value::as_str);
        let path = path.ok_or_else(|| ArgError::invalid("path", "string"))?.to_owned();
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
            context.commit(&Effects::default())?;
            Ok(RawOutput::new(json!({"done": true})))
        })
    }
}

fn gateway(state: &Path, enforcement: &str) -> Gateway {
    Gateway::builder()
        .audit_directory(state)
        .policy("writes.yaml", POLICY.replace("ENFORCEMENT", enforcement))
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .write_mode(WriteMode::On)
        .tool(Put::tool())
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_write_stays_refused_in_shadow_mode() {
    for enforcement in ["shadow", "enforce"] {
        let state = tempfile::tempdir().unwrap();
        for door in &mut doors::open(&gateway(state.path(), enforcement)).await {
            for (path, code) in [("README.md", "denied"), ("src/new.rs", "ok"), (".env", "path_denied")] {
                let answer = door.call(None, "put", &json!({"path": path})).await;
                assert_eq!(answer.code, code, "{enforcement} {} {path}: {answer:?}", door.name());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_were_given_up_are_refused_and_not_listed() {
    let state = tempfile::tempdir().unwrap();
    for door in &mut doors::open(&gateway(state.path(), "enforce")).await {
        for (restrict, code, listed) in [
            ("repos=web", "ok", true),
            ("read-only", "narrowed", false),
            ("repos=api", "narrowed", true),
            ("repos=web, read-only", "narrowed", false),
            ("dry-run", "dry_run", true),
        ] {
            let context = format!("{} {restrict}", door.name());
            let answer = door.call(Some(restrict), "put", &json!({"path": "src/new.rs"})).await;
            assert_eq!(answer.code, code, "{context}: {answer:?}");
            assert_eq!(door.list(restrict).await.contains(&"put".to_owned()), listed, "{context}");
        }
    }
}
