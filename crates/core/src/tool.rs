//! What a tool is to the pipeline: a [`ToolSpec`], a pure parse ([`Tool::prepare`]) and an effect that needs a [`Permit`]
//! ([`Prepared::execute`]). No concrete tool lives in this crate; see `gitoma-tools`, or `examples/embed.rs` for one of your own.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use gitoma_policy::{Access, Capability};
use serde_json::{Map, Value};

use crate::context::{ExecContext, PreviewContext};
use crate::effects::Effects;
use crate::error::{ArgError, ToolError};
use crate::idempotency::IdempotencyKey;
use crate::output::RawOutput;
use crate::permit::Permit;

/// A tool that callers may ask for by name.
pub trait Tool: Send + Sync + 'static {
    /// What callers, policy and transports need to know about the tool.
    fn spec(&self) -> &ToolSpec;

    /// Whether any call of it could succeed as this gateway is set up. One that is not offered is in no list; policies and limits may name it all
    /// the same, and whoever calls it is told what is missing.
    fn is_offered(&self) -> bool {
        true
    }

    /// Parses `arguments` into the tool's own type. Pure: no I/O, no look at the world.
    ///
    /// The value that comes out is the one that is judged and the one that runs.
    ///
    /// # Errors
    /// [`ArgError`] names the argument and what it should have been; it never repeats what was given.
    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError>;
}

/// A parsed call: it knows what it will touch, and can be run once a [`Permit`] exists.
pub trait Prepared: Send + Sync {
    /// Everything that is known, before running, about what the call touches. The policy decides over these.
    fn accesses(&self) -> &[Access];

    /// Computes the effect of a write without causing it, for an approver to see. Reads have none. It must be what
    /// [`Prepared::execute`] hands to [`ExecContext::commit`] if nothing changes in between.
    ///
    /// # Errors
    /// [`ToolError`] if the effect cannot be computed, for example because a reference does not exist.
    fn preview<'a>(&'a self, _context: &'a PreviewContext) -> BoxFuture<'a, Result<Effects, ToolError>> {
        Box::pin(async {
            Err(ToolError::Unsupported { reason: "the tool cannot say beforehand what it would do".into() })
        })
    }

    /// The key under which a repeated call is answered and not carried out again, if the caller gave one.
    fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        None
    }

    /// Runs the call.
    ///
    /// # Errors
    /// [`ToolError`] says what happened in terms of the caller's own arguments.
    fn execute(
        self: Box<Self>,
        permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>>;
}

/// Hints for clients, in the words of the Model Context Protocol. Policy never looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotations {
    /// The tool changes nothing.
    pub read_only: bool,
    /// The tool may overwrite or remove something, and does not only add.
    pub destructive: bool,
    /// Calling it again with the same arguments has no further effect.
    pub idempotent: bool,
    /// The tool reaches beyond the configured repositories.
    pub open_world: bool,
}

impl Annotations {
    /// Annotations of a tool that only reads configured repositories.
    pub const READ_ONLY: Self =
        Self { read_only: true, destructive: false, idempotent: true, open_world: false };
}

/// The fixed description of a tool.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    /// The name callers use: 1 to 64 of `a-z0-9_`.
    pub name: Cow<'static, str>,
    /// A short title for people.
    pub title: Cow<'static, str>,
    /// What the tool does and returns, for a model that must choose.
    pub description: Cow<'static, str>,
    /// What kind of right the tool needs.
    pub capability: Capability,
    /// JSON Schema (2020-12) of the arguments; an object schema with `additionalProperties: false`.
    pub input_schema: Arc<Map<String, Value>>,
    /// JSON Schema (2020-12) of the result, if the tool promises one; an object schema, which is all that clients of before 2026-07-28
    /// take.
    ///
    /// It is to hold for what is left of a result after redaction and the cut at [`Self::output_limit`]. Any text may be redacted, so
    /// that formats, patterns and lengths of texts cannot be promised, nor which words there are, unless they are the tool's own and no
    /// longer than 64 bytes. A list may be cut to nothing. Objects of more than 64 fields lose fields, others keep them.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// Hints for clients.
    pub annotations: Annotations,
    /// The result is cut, visibly, beyond this many bytes of JSON: texts are shortened and lists end. Fields, short texts and numbers that
    /// come after stay, for up to 32 KiB more.
    pub output_limit: usize,
    /// The call is stopped after this time.
    pub time_limit: Duration,
    /// How many calls of this tool may run at once.
    pub concurrency: usize,
}

impl ToolSpec {
    /// A specification with the schema of `Arguments` and the house's limits: 256 KiB of result, 30 seconds, 16 at once.
    #[must_use]
    pub fn new<Arguments: schemars::JsonSchema>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        capability: Capability,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            description: description.into(),
            capability,
            input_schema: Arc::new(crate::arguments::schema::<Arguments>()),
            output_schema: None,
            annotations: match capability {
                Capability::Read => Annotations::READ_ONLY,
                Capability::Write | Capability::Automation => {
                    Annotations { read_only: false, destructive: true, idempotent: false, open_world: false }
                }
            },
            output_limit: 256 * 1024,
            time_limit: Duration::from_secs(30),
            concurrency: 16,
        }
    }
}
