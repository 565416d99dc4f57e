//! The tools that the official conformance suite asks every server for, by names that it fixes (`test_simple_text` and the like; see
//! docs/mcp.md). They are ordinary tools of the gateway, registered as any other: policy, limits, redaction and the audit log hold for
//! them. Nothing of the gateway's own can be conformance's to change, so they name no repository and touch none.
//!
//! `gitoma-mcp` has them, and `gitoma-http` at `/mcp`, each built for it.
//!
//! # What keeps them from users
//! The Cargo feature `conformance-fixtures` is off by default, and an optimised build refuses it (see the library's root). A build that has it
//! all the same starts for nobody but who gives `--conformance-fixtures`, which no other build knows, says so on standard error whatever the
//! level of the log is, and says so as its version. That a build without the feature has none of this is a test of the binaries'; what one
//! with it does, `.ci/conformance` tests.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, ExecContext, Gateway, Permit, Prepared, RawOutput, Tool,
    ToolError, ToolSpec, arguments,
};
use serde_json::{Map, Value, json};

/// How long a step of a tool takes that the suite wants to see at work.
const STEP: Duration = Duration::from_millis(50);

/// What a tool does when it is called.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Says this.
    Say(&'static str),
    /// Fails.
    Fail,
    /// Comes to its end in steps, and tells of each.
    Advance,
    /// Has something to log.
    Log,
    /// Has another policy put in force, in which this is closed or open again.
    Turn(&'static Turned),
}

/// A tool that the policy closes and opens in turns.
#[derive(Debug)]
struct Turned {
    tool: &'static str,
    closed: AtomicBool,
}

/// Of which nothing else depends.
static OF_TOOLS: Turned = Turned { tool: "test_changing_tool", closed: AtomicBool::new(false) };
/// Without which some prompts are not there.
static OF_PROMPTS: Turned = Turned { tool: "git_log", closed: AtomicBool::new(false) };
/// The policy that `.ci/conformance` starts the gateway with.
const POLICY: &str = include_str!("../../../tests/conformance-mcp/policy.yaml");
static GATEWAY: OnceLock<Gateway> = OnceLock::new();

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
#[error(
    "this is a test build with the tools of the conformance suite, for --conformance-fixtures alone; use a build without the feature"
)]
pub struct TestBuild;

/// Requires that whoever starts the program knows what it is, and tells everybody else.
///
/// # Errors
/// [`TestBuild`] if the start did not ask for the fixtures.
pub fn require(asked_for: bool) -> Result<(), TestBuild> {
    if !asked_for {
        return Err(TestBuild);
    }
    let said = "warning: this is a test build: it serves the tools and prompts of the conformance suite";
    // Nowhere is left to say that standard error is gone.
    let _said = writeln!(std::io::stderr(), "{said}");
    crate::prompts::offer_fixtures();
    Ok(())
}

/// Gives the gateway to those that change its policy: nothing a client does changes the lists otherwise.
pub fn hold(gateway: &Gateway) {
    let _held = GATEWAY.set(gateway.clone());
}

impl Turned {
    /// The other way round.
    async fn turn(&self) -> Result<(), ToolError> {
        self.closed.fetch_xor(true, Ordering::SeqCst);
        let closed = [&OF_TOOLS, &OF_PROMPTS].map(|turned| match turned.closed.load(Ordering::SeqCst) {
            true => format!("    - {{ id: no-{}, effect: deny, tools: [{}] }}\n", turned.tool, turned.tool),
            false => String::new(),
        });
        let gateway =
            GATEWAY.get().ok_or_else(|| ToolError::Unsupported { reason: "there is no gateway".into() })?;
        let text = format!("{POLICY}{}", closed.concat());
        let replaced = gateway.replace_policy("conformance", &text).await;
        replaced.map(drop).map_err(|error| ToolError::unavailable("policy", error))
    }
}

/// A tool of the suite.
struct Fixture {
    spec: ToolSpec,
    act: Act,
}

/// All of them.
pub fn tools() -> Vec<Arc<dyn Tool>> {
    let none = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let said = "This is a simple text response for testing.";
    let fixture = |name, act, schema: &Value| -> Arc<dyn Tool> { Arc::new(Fixture::new(name, act, schema)) };
    vec![
        fixture("test_simple_text", Act::Say(said), &none),
        fixture("test_error_handling", Act::Fail, &none),
        fixture("test_tool_with_progress", Act::Advance, &none),
        fixture("test_logging_tool", Act::Log, &none),
        fixture("test_streaming_elicitation", Act::Advance, &none),
        fixture("test_changing_tool", Act::Say("It is there."), &none),
        fixture("test_trigger_tool_change", Act::Turn(&OF_TOOLS), &none),
        fixture("test_trigger_prompt_change", Act::Turn(&OF_PROMPTS), &none),
        fixture("test_custom_header", Act::Say("The header said what the argument says."), &mirrored()),
        fixture("json_schema_2020_12_tool", Act::Say("The schema came through."), &vocabulary()),
    ]
}

/// A schema with an argument that a header of its own repeats (2026-07-28, Streamable HTTP, Custom Headers).
fn mirrored() -> Value {
    let properties = json!({ "region": { "type": "string", "x-mcp-header": "Region" } });
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// A schema with the words of JSON Schema 2020-12 that a list must not lose (SEP-1613, SEP-2106).
fn vocabulary() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}

impl Fixture {
    fn new(name: &'static str, act: Act, schema: &Value) -> Self {
        let described = "Exists for the conformance suite of the Model Context Protocol";
        let spec = ToolSpec::new::<()>(name, "Conformance fixture", described, Capability::Read);
        let schema = schema.as_object().cloned().unwrap_or_default();
        Self { spec: ToolSpec { input_schema: Arc::new(schema), ..spec }, act }
    }
}

impl Tool for Fixture {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, given: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        arguments::parse::<Map<String, Value>>(&self.spec.input_schema, given)?;
        Ok(Box::new(Run(self.act)))
    }
}

/// A call of a fixture.
struct Run(Act);

impl Prepared for Run {
    fn accesses(&self) -> &[Access] {
        &[]
    }

    fn execute(
        self: Box<Self>,
        _permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            let said = match self.0 {
                Act::Say(said) => said,
                Act::Fail => {
                    let reason = "this tool fails whenever it is called";
                    return Err(ToolError::Unsuitable { reason: reason.into() });
                }
                Act::Advance => {
                    for done in [0, 50, 100] {
                        context.checkpoint()?;
                        context.report(done, Some(100), "hundredths");
                        tokio::time::sleep(STEP).await;
                    }
                    "All of it is done."
                }
                Act::Log => {
                    tracing::info!(target: "gitoma::mcp", "a conformance fixture has something to log");
                    "What was logged is the operator's to read."
                }
                Act::Turn(turned) => {
                    turned.turn().await?;
                    "The policy is another."
                }
            };
            Ok(RawOutput::new(json!({ "text": said })))
        })
    }
}
