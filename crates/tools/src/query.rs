//! One adapter between the pipeline's `Tool` and a read: arguments are an [`Arguments`] type, the judged call is a [`Plan`].
//! A tool is those two types and nothing else; permits, the worker pool and schemas are handled here once.

use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use gitoma_core::policy::{Access, Capability};
use gitoma_core::{ArgError, ExecContext, Permit, Prepared, RawOutput, Tool, ToolError, ToolSpec, arguments};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::repositories::Repositories;
use crate::shape::Fields;
use crate::view::finished;

/// How many calls of one heavy tool run at once. All tools share the gateway's eight workers, and quick reads need some too.
const HEAVY_AT_ONCE: usize = 2;

/// What a caller may send, as a type. Its doc comments are the schema's descriptions, written for a model.
pub(crate) trait Arguments: DeserializeOwned + JsonSchema + 'static {
    /// The parsed call.
    type Plan: Plan;

    /// Whether one call may keep a worker busy for long: it compares, searches or follows contents.
    const HEAVY: bool = false;

    /// What a result looks like, but for what every result has.
    fn result() -> Fields;

    /// Enforces what the schema says and types cannot, and parses names.
    fn check(self) -> Result<Self::Plan, ArgError>;
}

/// A parsed call: the very value that is judged and then run.
pub(crate) trait Plan: Send + Sync + 'static {
    /// Everything known before running.
    fn accesses(&self) -> Vec<Access>;

    /// Runs without waiting for anything, on the thread that the call is on; nothing if that cannot be, and then nothing was done.
    fn run_at_once(
        &self,
        _repositories: &Repositories,
        _context: &ExecContext,
    ) -> Option<Result<RawOutput, ToolError>> {
        None
    }

    /// Runs on a blocking worker.
    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError>;
}

/// Makes the tool whose arguments are `A`.
pub(crate) fn tool<A: Arguments>(
    repositories: &Arc<Repositories>,
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Arc<dyn Tool> {
    let mut spec = ToolSpec::new::<A>(name, title, description, Capability::Read);
    spec.output_schema = Some(Arc::new(finished(A::result()).schema()));
    if A::HEAVY {
        spec.concurrency = HEAVY_AT_ONCE;
    }
    Arc::new(ReadTool::<A> { spec, repositories: Arc::clone(repositories), arguments: PhantomData })
}

struct ReadTool<A> {
    spec: ToolSpec,
    repositories: Arc<Repositories>,
    arguments: PhantomData<fn() -> A>,
}

impl<A: Arguments> Tool for ReadTool<A> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let plan = arguments::parse::<A>(&self.spec.input_schema, arguments)?.check()?;
        let accesses = plan.accesses();
        Ok(Box::new(Call { plan, accesses, repositories: Arc::clone(&self.repositories) }))
    }
}

struct Call<P> {
    plan: P,
    accesses: Vec<Access>,
    repositories: Arc<Repositories>,
}

impl<P: Plan> Prepared for Call<P> {
    fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    fn execute(
        self: Box<Self>,
        permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            // The way to a worker and back takes longer than reading a small file that is in memory.
            if let Some(result) = self.plan.run_at_once(&self.repositories, &context) {
                return result;
            }
            context
                .blocking(move |context| {
                    // The permit is spent where the effect happens.
                    let _permit = permit;
                    self.plan.run(&self.repositories, context)
                })
                .await
        })
    }
}
