//! One adapter between the pipeline's `Tool` and a write: arguments are a [`WriteArguments`] type, the judged call is a [`WritePlan`],
//! and what it is about to do is a [`Draft`]. The same draft is what an approver sees and what is carried out, so the two cannot
//! come apart; it is computed under the repository's turn, which one write has at a time. The argument `idempotency_key` is here, so that every
//! write has it.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use gitoma_core::policy::{Access, Capability};
use gitoma_core::{
    ArgError, Effects, ExecContext, IdempotencyKey, Permit, Prepared, PreviewContext, RawOutput, Tool,
    ToolError, ToolSpec, arguments,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::place::Place;
use crate::repositories::Repositories;
use crate::shape::{Fields, Shape};
use crate::view::{View, finished};

/// The argument that every write has.
const KEY: &str = "idempotency_key";

fn key_schema() -> Value {
    json!({
        "description": "A name for this change. A call repeated under the same name is answered as the first one and not carried out again.",
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": 128,
    })
}

/// The argument of those that can show what they would do.
const DRY_RUN: &str = "dry_run";

/// What [`run`] puts into a result.
fn told(result: Fields, has_dry_run: bool) -> Fields {
    let result = result.required("changed", Shape::flag().described("False if all was so already."));
    let result = match has_dry_run {
        true => result.optional("dry_run", Shape::flag().described("There if nothing was done.")),
        false => result,
    };
    finished(result)
}

/// How many calls of one write tool run at once; writes to one repository wait for each other besides.
const AT_ONCE: usize = 4;

/// What a caller may send, as a type. Its doc comments are the schema's descriptions, written for a model.
pub(crate) trait WriteArguments: DeserializeOwned + JsonSchema + 'static {
    /// The parsed call.
    type Plan: WritePlan;

    /// Whether something may be overwritten or removed by it that no commit has.
    const DESTRUCTIVE: bool;

    /// Whether the same call again, without a key, has no further effect, be it that it is refused.
    const IDEMPOTENT: bool;

    /// Whether it reaches beyond the configured repositories.
    const OPEN_WORLD: bool = false;

    /// How long it may take until its effect begins.
    const TIME_LIMIT: Duration = Duration::from_secs(30);

    /// Whether any call could succeed as `repositories` are set up.
    fn is_offered(_repositories: &Repositories) -> bool {
        true
    }

    /// What a result looks like, but for what every result of a write has.
    fn result() -> Fields;

    /// Enforces what the schema says and types cannot, and parses names.
    fn check(self) -> Result<Self::Plan, ArgError>;
}

/// A parsed call: the very value that is judged and then run.
pub(crate) trait WritePlan: Send + Sync + 'static {
    /// Where it goes.
    fn place(&self) -> &Place;

    /// Everything known before running.
    fn accesses(&self) -> Vec<Access>;

    /// The remote host it would talk to.
    fn host(&self, _repositories: &Repositories) -> Option<String> {
        None
    }

    /// Works out what the call would do, and changes nothing.
    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError>;

    /// Whether it changes files of a work tree: the one named, or the repository's own.
    fn needs_work_tree(&self) -> bool {
        true
    }

    /// Whether the caller only wants to see what would happen.
    fn is_dry_run(&self) -> bool {
        false
    }
}

/// Prepares the change so far that nobody sees it: temporary files, objects that nothing refers to.
pub(crate) type Stage<'v> = Box<dyn FnOnce() -> Result<Publish<'v>, ToolError> + 'v>;

/// Makes the prepared change visible; it may add to the result what only then is known. Where it fails, it has taken back what it
/// did, and told the context so.
pub(crate) type Publish<'v> = Box<dyn FnOnce(&mut Map<String, Value>) -> Result<(), ToolError> + 'v>;

/// A change that is worked out.
pub(crate) struct Draft<'v> {
    pub(crate) effects: Effects,
    /// The fields of the result.
    pub(crate) fields: Map<String, Value>,
    /// What makes the change; nothing if everything is so already.
    pub(crate) stage: Option<Stage<'v>>,
}

/// Makes the tool whose arguments are `A`.
pub(crate) fn tool<A: WriteArguments>(
    repositories: &Arc<Repositories>,
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Arc<dyn Tool> {
    let mut spec = ToolSpec::new::<A>(name, title, description, Capability::Write);
    let schema = Arc::make_mut(&mut spec.input_schema);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        spec.output_schema = Some(Arc::new(told(A::result(), properties.contains_key(DRY_RUN)).schema()));
        properties.insert(KEY.to_owned(), key_schema());
    }
    spec.annotations.destructive = A::DESTRUCTIVE;
    spec.annotations.idempotent = A::IDEMPOTENT;
    spec.annotations.open_world = A::OPEN_WORLD;
    spec.time_limit = A::TIME_LIMIT;
    spec.concurrency = AT_ONCE;
    Arc::new(WriteTool::<A> { spec, repositories: Arc::clone(repositories), arguments: PhantomData })
}

struct WriteTool<A> {
    spec: ToolSpec,
    repositories: Arc<Repositories>,
    arguments: PhantomData<fn() -> A>,
}

impl<A: WriteArguments> Tool for WriteTool<A> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn is_offered(&self) -> bool {
        A::is_offered(&self.repositories)
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let mut arguments = arguments.clone();
        let key = match arguments.shift_remove(KEY) {
            None | Some(Value::Null) => None,
            Some(Value::String(key)) => Some(IdempotencyKey::parse(&key)?),
            Some(_) => return Err(ArgError::invalid(KEY, "string")),
        };
        let plan = arguments::parse_owned::<A>(&self.spec.input_schema, arguments)?.check()?;
        if plan.needs_work_tree() && plan.place().worktree().is_none() && !self.repositories.is_direct() {
            return Err(ArgError::invalid(
                "worktree",
                "the branch of a worktree that worktree_create made: this gateway leaves checked-out trees alone",
            ));
        }
        let host = plan.host(&self.repositories);
        let mut accesses = plan.accesses();
        for access in &mut accesses {
            access.host.clone_from(&host);
        }
        let repositories = Arc::clone(&self.repositories);
        // Whoever only looks may look again.
        let key = key.filter(|_| !plan.is_dry_run());
        Ok(Box::new(Call { plan: Arc::new(plan), key, accesses, repositories }))
    }
}

struct Call<P> {
    plan: Arc<P>,
    /// Under which a repetition is answered and not carried out.
    key: Option<IdempotencyKey>,
    accesses: Vec<Access>,
    repositories: Arc<Repositories>,
}

impl<P: WritePlan> Prepared for Call<P> {
    fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    fn preview<'a>(&'a self, context: &'a PreviewContext) -> BoxFuture<'a, Result<Effects, ToolError>> {
        let (plan, repositories) = (Arc::clone(&self.plan), Arc::clone(&self.repositories));
        Box::pin(context.blocking(move |context| {
            let view = View::open(context, &repositories, plan.place())?;
            let draft = plan.draft(&view)?;
            Ok(draft.effects)
        }))
    }

    fn execute(
        self: Box<Self>,
        permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            context
                .blocking(move |context| {
                    // The permit is spent where the effect happens.
                    let _permit = permit;
                    run(&*self.plan, &self.repositories, context)
                })
                .await
        })
    }
}

fn run(
    plan: &impl WritePlan,
    repositories: &Repositories,
    context: &ExecContext,
) -> Result<RawOutput, ToolError> {
    let view = View::open(context, repositories, plan.place())?;
    let _turn = view.repository().turn(context)?;
    view.require_current()?;
    let Draft { effects, mut fields, stage } = plan.draft(&view)?;
    view.check_unmoved()?;
    fields.insert("changed".into(), stage.is_some().into());
    match stage {
        _ if plan.is_dry_run() => {
            fields.insert(DRY_RUN.into(), true.into());
        }
        None => {}
        Some(stage) => {
            let publish = stage()?;
            context.commit(&effects)?;
            publish(&mut fields)?;
            view.touch();
        }
    }
    view.finish(fields, false)
}
