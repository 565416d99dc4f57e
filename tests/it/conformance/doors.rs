//! The doors, each reduced to: a tool, its arguments and what the caller gives up in, and what was answered out.

mod embedded;
mod http;
mod mcp;
mod shell;
mod streamable;
mod wire;

use gitoma_core::{BoxFuture, Gateway, Restriction};
use serde_json::{Value, json};

pub(crate) use embedded::Embedded;
pub(crate) use http::{Http, serve_http};
pub(crate) use mcp::{Era, Mcp};
pub(crate) use shell::{Shell, program};
pub(crate) use streamable::{Place, Streamable, beside_http, by_itself};
pub(crate) use wire::Connection;

use super::house::TOKEN;

/// What a door answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `ok`, `dry_run`, or the refusal's code.
    pub(crate) code: String,
    pub(crate) result: Option<Value>,
    /// What is said besides: of a refusal its `message`, `rules`, `retry_after` and `executed`, of a result what was done to it.
    pub(crate) aside: Value,
    /// The approval that the call waits for, or was denied.
    pub(crate) approval: Option<String>,
    /// What doors of the Model Context Protocol alone have: the category of a refusal, and what a model gets to read.
    pub(crate) rendered: Option<Value>,
    /// Everything the caller got to see.
    pub(crate) text: String,
}

impl Answer {
    /// The answer to a dry run: its verdict, without the id of the call.
    fn judged(mut verdict: Value) -> Self {
        let text = verdict.to_string();
        assert_eq!(verdict["executed"], false, "{text}");
        verdict.as_object_mut().unwrap().remove("call_id");
        let code = "dry_run".to_owned();
        Self { code, result: Some(verdict), aside: json!({}), approval: None, rendered: None, text }
    }

    /// The answer of a call that ran, of whose reply `aside` tells.
    fn ran(result: Value, aside: impl Fn(&str) -> Value, text: String) -> Self {
        let told = ["redactions", "hidden", "elided", "truncated"].map(|name| (name.to_owned(), aside(name)));
        let mut aside =
            Value::Object(told.into_iter().chain([("repeated".to_owned(), aside("repeated"))]).collect());
        if aside["repeated"].is_null() {
            aside["repeated"] = false.into();
        }
        Self { code: "ok".to_owned(), result: Some(result), aside, approval: None, rendered: None, text }
    }

    /// A refusal, from an object with the members that every door has, the message being called `message` there.
    fn refused(refusal: &Value, message: &str, text: String) -> Self {
        let code = refusal["code"].as_str().unwrap_or("no code").to_owned();
        let rules = refusal.get("rules").cloned().unwrap_or_else(|| json!([]));
        let said = refusal[message].as_str().unwrap_or_default();
        let said = without_place(said);
        let aside = json!({
            "message": said,
            "rules": rules,
            "retry_after": refusal["retry_after"],
            "executed": refusal["executed"],
        });
        let approval = refusal["approval"]["id"].as_str().map(str::to_owned);
        Self { code, result: None, aside, approval, rendered: None, text }
    }

    /// The same of a door that says `executed` only where a caller could wonder: what it leaves out had no effect.
    fn without_doubt(mut self) -> Self {
        if self.aside.get("executed").is_some_and(Value::is_null) {
            self.aside["executed"] = false.into();
        }
        self
    }
}

/// What is said of something that cannot be read, without the member or header that holds it, which is each door's own.
fn without_place(said: &str) -> &str {
    let own = ["Gitoma-Restrict: ", "_meta.gitoma/restrict: "];
    own.iter().find_map(|place| said.strip_prefix(place)).unwrap_or(said)
}

/// Arguments are an object, or null where the caller gives none; anything else is malformed.
pub(crate) trait Door: Send {
    fn name(&self) -> &'static str;

    /// Asks for a call whose caller gives `restrict` up, if anything.
    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer>;

    /// Asks what would become of that call, as this door has it asked.
    fn decide<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move { self.call(Some(&dry(restrict)), tool, arguments).await })
    }

    /// The names of the tools that a caller who gives `restrict` up is shown.
    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>>;
}

/// What gives up what `restrict` does, and running the call besides. What cannot be read stays so: with something added, it might be read.
fn dry(restrict: Option<&str>) -> String {
    match restrict {
        None => "dry-run".to_owned(),
        Some(bad) if Restriction::parse(bad).is_err() => bad.to_owned(),
        Some(good) => format!("{good},dry-run"),
    }
}

fn names(tools: &Value) -> Vec<String> {
    tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// How many doors [`open`] opens.
pub(crate) const OPEN: usize = 4;

/// Opens the doors of one gateway that need no process of their own.
pub(crate) async fn open(gateway: &Gateway) -> Vec<Box<dyn Door>> {
    vec![
        Box::new(Embedded::new(gateway.clone(), TOKEN)),
        Box::new(Http::open(gateway.clone(), TOKEN).await),
        Box::new(Mcp::open(gateway.clone(), "agent", Era::Session).await),
        Box::new(Mcp::open(gateway.clone(), "agent", Era::Alone).await),
    ]
}
