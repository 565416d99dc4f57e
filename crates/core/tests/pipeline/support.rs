//! A gateway over a temporary audit directory, with tools that record what happens to them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, Credential, Effects, ExecContext, Gateway, GatewayBuilder,
    LimitsConfig, Origin, Paths, Peer, Permit, Prepared, PreviewContext, PrincipalConfig, RawArgs, RawCall,
    RawOutput, Refusal, Reply, Role, Secret, Tool, ToolError, ToolSpec, Transport, WriteMode, arguments,
};
use serde_json::{Map, Value, json};

pub(crate) const TOKEN: &str = "a-token-of-the-tests";
/// Of an approver who asks for nothing.
pub(crate) const DANA: &str = "a-token-of-an-approver";

pub(crate) const POLICY: &str = r#"
version: 1
automation: deny
global:
  rules:
    - { id: reads, effect: allow, tools: ["*"], capability: read }
    - { id: writes, effect: allow, tools: ["*"], capability: write }
    - { id: no-secret-plans, effect: deny, tools: ["*"], paths: ["plans/**"], reason: the plans are not for agents }
    - { id: ask-first, effect: ask, tools: ["*"], paths: ["ask/**"] }
repositories:
  web: { write: allow }
"#;

/// What the fake tool is told to do.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Script {
    path: Option<String>,
    /// `panic`, `fail`, `sleep`, `report`, `commit_and_sleep`, `commit_and_linger`, `hang`, `panic_in_prepare`, `write`; `panic`, `fail`, `sleep`
    /// and `commit`, each with `_in_preview`.
    act: Option<String>,
    text: Option<String>,
    found: Option<Vec<String>>,
}

type Journal = Arc<Mutex<Vec<String>>>;
/// What a write would do as things are.
type World = Arc<Mutex<Effects>>;

struct Fake {
    spec: ToolSpec,
    journal: Journal,
    world: World,
}

impl Tool for Fake {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        note(&self.journal, "prepare");
        let script: Script = arguments::parse(&self.spec.input_schema, arguments)?;
        if script.act.as_deref() == Some("panic_in_prepare") {
            panic!("a fake that panics while parsing");
        }
        if script.path.as_deref().is_some_and(|path| path.contains("..")) {
            return Err(ArgError::refused("path", "path:parent-component"));
        }
        let paths = script.path.clone().map_or(Paths::Discovered, |path| Paths::Named(vec![path]));
        let access = Access { repo: Some("web".into()), reference: None, paths, host: None };
        let (journal, world) = (Arc::clone(&self.journal), Arc::clone(&self.world));
        Ok(Box::new(Run { script, accesses: [access], journal, world }))
    }
}

struct Run {
    script: Script,
    accesses: [Access; 1],
    journal: Journal,
    world: World,
}

impl Run {
    /// What the script says is found.
    fn found(&self) -> Vec<Access> {
        let found = self.script.found.iter().flatten();
        let access =
            |path: &String| Access { paths: Paths::Named(vec![path.clone()]), ..self.accesses[0].clone() };
        found.map(access).collect()
    }
}

impl Prepared for Run {
    fn accesses(&self) -> &[Access] {
        note(&self.journal, "accesses");
        &self.accesses
    }

    fn preview<'a>(&'a self, context: &'a PreviewContext) -> BoxFuture<'a, Result<Effects, ToolError>> {
        note(&self.journal, "preview");
        Box::pin(async move {
            match self.script.act.as_deref() {
                Some("panic_in_preview") => panic!("a fake that panics"),
                Some("fail_in_preview") => return Err(ToolError::NotFound { what: "revision" }),
                Some("sleep_in_preview") => tokio::time::sleep(Duration::from_secs(3600)).await,
                Some("commit_in_preview") => {
                    context.blocking(|context| context.commit(&Effects::default())).await?;
                }
                _ => {}
            }
            // No access at all is one to no repository.
            if self.script.found.is_some() {
                context.require(&self.found())?;
            }
            Ok(self.world.lock().unwrap().clone())
        })
    }

    fn execute(
        self: Box<Self>,
        permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        note(&self.journal, "execute");
        assert_eq!(permit.call_id(), context.call_id());
        Box::pin(async move {
            match self.script.act.as_deref() {
                Some("panic") => panic!("a fake that panics"),
                Some("hang") => {
                    let journal = Arc::clone(&self.journal);
                    let hanging = context.blocking(move |context| {
                        note(&journal, "hangs");
                        while !journal.lock().unwrap().contains(&"released".to_owned()) {
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        context.report(u64::MAX, None, "things that come too late");
                        Ok(())
                    });
                    hanging.await?;
                }
                Some("report") => {
                    (0..100).for_each(|done| context.report(done, Some(100), "things done"));
                    context.report(1, Some(100), "things done");
                }
                Some("fail") => return Err(ToolError::NotFound { what: "path" }),
                Some("sleep") => tokio::time::sleep(Duration::from_secs(3600)).await,
                Some("wait_for_reload") => {
                    while !self.journal.lock().unwrap().contains(&"reloaded".to_owned()) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
                Some(act @ ("write" | "wait_for_reload_and_write")) => {
                    while act != "write" && !self.journal.lock().unwrap().contains(&"reloaded".to_owned()) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    if self.script.found.is_some() {
                        context.require(&self.found())?;
                    }
                    let effects = self.world.lock().unwrap().clone();
                    context.commit(&effects)?;
                    note(&self.journal, "effect");
                }
                Some(act @ ("commit_and_sleep" | "commit_and_linger")) => {
                    context.commit(&Effects::default())?;
                    note(&self.journal, "effect");
                    let time = if act == "commit_and_linger" { 1500 } else { 300 };
                    tokio::time::sleep(Duration::from_millis(time)).await;
                }
                _ => {}
            }
            let found = self.script.found.clone().unwrap_or_default();
            let shown: Vec<_> = found
                .into_iter()
                .filter(|path| {
                    let paths = Paths::Named(vec![path.clone()]);
                    context.admits(&Access { repo: Some("web".into()), reference: None, paths, host: None })
                })
                .collect();
            note(&self.journal, "done");
            Ok(RawOutput::new(json!({"text": self.script.text, "found": shown})))
        })
    }
}

fn note(journal: &Journal, step: &str) {
    journal.lock().unwrap().push(step.to_owned());
}

pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) state: tempfile::TempDir,
    /// What a write would do as things are.
    pub(crate) world: World,
    journal: Journal,
}

pub(crate) fn house() -> House {
    build(|builder| builder)
}

pub(crate) fn build(change: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> House {
    let state = tempfile::tempdir().unwrap();
    let (journal, world) = (Journal::default(), World::default());
    let gateway = gateway(state.path(), &journal, &world, change);
    House { gateway, state, world, journal }
}

fn gateway(
    state: &std::path::Path,
    journal: &Journal,
    world: &World,
    change: impl FnOnce(GatewayBuilder) -> GatewayBuilder,
) -> Gateway {
    let fake = |name: &'static str, capability| Fake {
        spec: ToolSpec {
            time_limit: if ["impatient", "rush"].contains(&name) {
                Duration::from_millis(50)
            } else {
                Duration::from_secs(30)
            },
            ..ToolSpec::new::<Script>(name, "Fake", "Does what it is told", capability)
        },
        journal: Arc::clone(journal),
        world: Arc::clone(world),
    };
    let builder = Gateway::builder()
        .audit_directory(state.join("audit"))
        .approvals_directory(state.join("approvals"))
        .policy("test.yaml", POLICY)
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .principal(PrincipalConfig::with_token("dana", &[Role::Approver], &Secret::new(DANA.to_owned())))
        .write_mode(WriteMode::On)
        .limits(LimitsConfig::default())
        .tool(fake("look", Capability::Read))
        .tool(fake("impatient", Capability::Read))
        .tool(fake("change", Capability::Write))
        .tool(fake("rush", Capability::Write))
        .tool(fake("automate", Capability::Automation));
    change(builder).build().unwrap()
}

/// A reading tool for a gateway that is put together elsewhere.
pub(crate) fn fake_reader() -> impl Tool {
    let spec = ToolSpec::new::<Script>("look", "Fake", "Does what it is told", Capability::Read);
    Fake { spec, journal: Journal::default(), world: World::default() }
}

impl House {
    /// Another gateway on the same state directory and the same world.
    pub(crate) fn another(&self, change: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Gateway {
        gateway(self.state.path(), &self.journal, &self.world, change)
    }

    /// Ends the gateway and starts another in its place.
    pub(crate) async fn restarted(self, change: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Self {
        let Self { gateway: before, state, world, journal } = self;
        before.shutdown(Duration::from_secs(1)).await;
        drop(before);
        let gateway = gateway(state.path(), &journal, &world, change);
        Self { gateway, state, world, journal }
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
        self.gateway.handle(call(tool, arguments)).await
    }

    pub(crate) fn journal(&self) -> Vec<String> {
        self.journal.lock().unwrap().clone()
    }

    /// Lets a call that hangs go on.
    pub(crate) fn release(&self) {
        note(&self.journal, "released");
    }

    /// Tells a call that waits for it that the policy was replaced.
    pub(crate) fn reloaded(&self) {
        note(&self.journal, "reloaded");
    }

    pub(crate) fn effects(&self) -> usize {
        self.journal().iter().filter(|step| *step == "effect").count()
    }

    /// Every entry of the chain after the start's own, as JSON.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let lifecycle = ["chain.open", "start", "policy.load", "policy.reject", "stop"];
        self.lines().into_iter().filter(|line| !lifecycle.contains(&line["kind"].as_str().unwrap())).collect()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let mut lines = Vec::new();
        for chain in std::fs::read_dir(self.state.path().join("audit")).unwrap() {
            let chain = chain.unwrap().path();
            let segments = std::fs::read_dir(chain).unwrap().map(|file| file.unwrap().path());
            for segment in
                segments.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            {
                let text = std::fs::read_to_string(segment).unwrap();
                lines.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
            }
        }
        lines
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.entries().iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn local() -> Origin {
    Origin { transport: Transport::Embedded, peer: Peer::Local }
}

pub(crate) fn bearer(token: &str) -> Credential {
    Credential::Bearer(Secret::new(token.to_owned()))
}

pub(crate) fn call(tool: &str, arguments: Value) -> RawCall {
    let arguments = match arguments {
        Value::Object(arguments) => RawArgs::Object(arguments),
        _ => RawArgs::Malformed,
    };
    RawCall::new(tool, arguments, bearer(TOKEN), local())
}

pub(crate) fn code(result: &Result<Reply, Refusal>) -> &'static str {
    result.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok")
}

pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}
