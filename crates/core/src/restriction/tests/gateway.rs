//! What is promised of restrictions, through the one door: they never widen, and they hold for what is found while running.

use gitoma_policy::{Access, Capability, Paths, Transport, WriteMode};
use serde_json::{Map, Value, json};

use super::*;
use crate::call::{Origin, Peer, RawArgs, RawCall};
use crate::context::ExecContext;
use crate::error::{ArgError, ToolError};
use crate::gateway::Gateway;
use crate::limits::{LimitsConfig, Rate};
use crate::output::RawOutput;
use crate::permit::Permit;
use crate::principal::{Credential, PrincipalConfig, Role, Secret};
use crate::tool::{Prepared, Tool};
use crate::{BoxFuture, arguments};

const TOKEN: &str = "a-token-of-the-tests";
const OFTEN: Rate = Rate::new(1_000_000, 1_000_000);
const HERE: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

const POLICY: &str = r#"
version: 1
automation: allow
global:
  rules:
    - { id: reads, effect: allow, tools: [look], capability: read, paths: ["src/**"] }
    - { id: writes, effect: allow, tools: [change], capability: write, paths: ["src/**"] }
    - { id: jobs, effect: allow, tools: [automate], capability: automation, paths: ["src/**"] }
    - { id: no-plans, effect: deny, tools: ["*"], paths: ["plans/**"] }
repositories:
  web: { write: allow }
"#;

/// Touches one path of one repository, and tells which of two repositories its caller may see.
struct Touch(ToolSpec);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Target {
    repo: String,
    path: String,
}

impl Tool for Touch {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let Target { repo, path } = arguments::parse(&self.0.input_schema, arguments)?;
        Ok(Box::new(Touching([Access { paths: Paths::Named(vec![path]), ..Access::repository(repo) }])))
    }
}

struct Touching([Access; 1]);

impl Prepared for Touching {
    fn accesses(&self) -> &[Access] {
        &self.0
    }

    fn execute(
        self: Box<Self>,
        _permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            let paths = || Paths::Named(vec!["src/x".to_owned()]);
            let seen = ["web", "api"]
                .into_iter()
                .filter(|repo| context.admits(&Access { paths: paths(), ..Access::repository(*repo) }));
            Ok(RawOutput::new(json!({"seen": seen.collect::<Vec<_>>()})))
        })
    }
}

fn gateway(policy: &str) -> (tempfile::TempDir, Gateway) {
    let state = tempfile::tempdir().unwrap();
    let tool =
        |name: &'static str, capability| Touch(ToolSpec::new::<Target>(name, "Touch", "Touches", capability));
    let gateway = Gateway::builder()
        .audit_directory(state.path().join("audit"))
        .policy("test.yaml", policy)
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .write_mode(WriteMode::On)
        .limits(LimitsConfig { origin: OFTEN, principal: OFTEN, writes: OFTEN, ..LimitsConfig::default() })
        .tool(tool("look", Capability::Read))
        .tool(tool("change", Capability::Write))
        .tool(tool("automate", Capability::Automation))
        .build()
        .unwrap();
    (state, gateway)
}

fn credential() -> Credential {
    Credential::Bearer(Secret::new(TOKEN.to_owned()))
}

async fn code(
    gateway: &Gateway,
    tool: &str,
    repo: &str,
    path: &str,
    restriction: &Restriction,
) -> &'static str {
    let arguments = RawArgs::Object(Map::from_iter([
        ("repo".to_owned(), Value::from(repo)),
        ("path".to_owned(), Value::from(path)),
    ]));
    let mut call = RawCall::new(tool, arguments, credential(), HERE);
    call.restriction = Ok(Restriction { dry_run: false, ..restriction.clone() });
    gateway.handle(call).await.map_or_else(|refusal| refusal.code(), |_| "ok")
}

#[tokio::test]
async fn restricting_never_widens_and_appending_never_does() {
    const ELEMENTS: [&str; 5] = ["read-only", "dry-run", "repos=web", "repos=api", "repos=web api"];
    let none = std::iter::once(Restriction::default());
    let once = ELEMENTS.map(|one| Restriction::parse(one).unwrap());
    let twice = ELEMENTS
        .iter()
        .flat_map(|one| ELEMENTS.map(|two| Restriction::parse(&format!("{one}, {two}")).unwrap()));
    let restrictions: Vec<_> = none.chain(once).chain(twice).collect();
    let shadow = POLICY.replacen("version: 1", "version: 1\nenforcement: shadow", 1);
    for policy in [POLICY, &shadow] {
        let (_state, gateway) = gateway(policy);
        let mut refused_by_it = 0;
        for tool in ["look", "change", "automate"] {
            for repo in ["web", "api"] {
                for path in ["src/x", "plans/x", ".env"] {
                    let free = code(&gateway, tool, repo, path, &Restriction::default()).await;
                    for restriction in &restrictions {
                        let restricted = code(&gateway, tool, repo, path, restriction).await;
                        let expected = match &restriction.narrowing {
                            Narrowing { read_only: true, .. } if tool != "look" => "narrowed",
                            Narrowing { repositories: Some(left), .. }
                                if !left.iter().any(|name| name == repo) =>
                            {
                                "narrowed"
                            }
                            _ => free,
                        };
                        assert_eq!(restricted, expected, "{tool} {repo} {path} {restriction:?}");
                        refused_by_it += usize::from(free == "ok" && restricted != "ok");
                    }
                }
            }
        }
        assert!(refused_by_it > 0, "nothing was restricted");
    }
}

#[tokio::test]
async fn what_is_found_is_restricted_too() {
    let (_state, gateway) = gateway(POLICY);
    let arguments = RawArgs::Object(Map::from_iter([
        ("repo".to_owned(), Value::from("web")),
        ("path".to_owned(), Value::from("src/x")),
    ]));
    for (restriction, seen) in
        [(Restriction::default(), json!(["web", "api"])), ("repos=web".parse().unwrap(), json!(["web"]))]
    {
        let mut call = RawCall::new("look", arguments.clone(), credential(), HERE);
        call.restriction = Ok(restriction);
        assert_eq!(gateway.handle(call).await.unwrap().result.as_value()["seen"], seen);
    }
}

#[tokio::test]
async fn a_list_leaves_out_just_what_no_arguments_would_let_run() {
    let (_state, gateway) = gateway(POLICY);
    for (text, left) in [
        ("read-only", &["look"][..]),
        ("repos=web", &["automate", "change", "look"]),
        ("dry-run", &["automate", "change", "look"]),
    ] {
        let restriction = Restriction::parse(text).unwrap();
        for spec in gateway.tools(credential(), HERE).await.unwrap() {
            let may_run = code(&gateway, &spec.name, "web", "src/x", &restriction).await == "ok";
            assert_eq!(
                (restriction.leaves(&spec), left.contains(&&*spec.name)),
                (may_run, may_run),
                "{text} {}",
                spec.name
            );
        }
    }
}

#[tokio::test]
async fn a_dry_run_is_told_as_not_executed() {
    let (_state, gateway) = gateway(POLICY);
    let arguments = json!({"repo": "web", "path": "plans/x"}).as_object().unwrap().clone();
    let call = RawCall::new("look", RawArgs::Object(arguments), credential(), HERE);
    let answer = serde_json::to_value(DryRun::new(gateway.decide(call).await.unwrap())).unwrap();
    assert_eq!(answer["executed"], false);
    assert_eq!((&answer["effect"], &answer["code"]), (&json!("deny"), &json!("denied")));
    assert_eq!(answer["reasons"][0]["rule"], "no-plans");
    assert!(answer["explanation"].is_object(), "{answer}");
}
