//! The gateway as a service that embeds it calls it.

use gitoma_core::{
    ArgError, BoxFuture, Credential, Gateway, Origin, Peer, RawArgs, RawCall, Refusal, RefusalKind, Reply,
    Restriction, Secret, Transport,
};
use serde_json::{Value, json};

use super::{Answer, Door, dry};

const ORIGIN: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

pub(crate) struct Embedded {
    gateway: Gateway,
    token: String,
}

impl Embedded {
    pub(crate) fn new(gateway: Gateway, token: &str) -> Self {
        Self { gateway, token: token.to_owned() }
    }

    fn credential(&self) -> Credential {
        Credential::Bearer(Secret::new(self.token.clone()))
    }

    fn raw(&self, restrict: Option<&str>, tool: &str, arguments: &Value) -> RawCall {
        let arguments = match arguments {
            Value::Object(arguments) => RawArgs::Object(arguments.clone()),
            Value::Null => RawArgs::Object(serde_json::Map::new()),
            _ => RawArgs::Malformed,
        };
        let mut call = RawCall::new(tool, arguments, self.credential(), ORIGIN);
        if let Some(restrict) = restrict {
            call.restriction = Restriction::parse(restrict);
        }
        call
    }
}

fn rules(refusal: &Refusal) -> Value {
    match &refusal.kind {
        RefusalKind::Confined { rule } => json!([{ "id": rule, "source": "built-in", "line": 0 }]),
        RefusalKind::InvalidArguments(ArgError::Refused { rule, .. }) => {
            json!([{ "id": rule, "source": "built-in", "line": 0 }])
        }
        _ => {
            let reasons = refusal.decision().map(|decision| decision.reasons.as_slice()).unwrap_or_default();
            let told = reasons
                .iter()
                .map(|reason| json!({ "id": reason.rule, "source": reason.source, "line": reason.line }));
            told.collect()
        }
    }
}

fn told(answer: Result<Reply, Refusal>) -> Answer {
    match answer {
        Ok(reply) => {
            let said = serde_json::to_value(&reply).unwrap();
            let text = said.to_string();
            Answer::ran(reply.result.into_value(), |name| said[name].clone(), text)
        }
        Err(Refusal { kind: RefusalKind::DryRun(judged), .. }) => {
            Answer::judged(serde_json::to_value(&judged).unwrap())
        }
        Err(refusal) => {
            let text = refusal.to_string();
            let said = json!({
                "code": refusal.code(),
                "message": text,
                "rules": rules(&refusal),
                "retry_after": refusal.retry_after(),
                "executed": refusal.executed(),
                "approval": { "id": refusal.approval().map(|needed| needed.id.as_str().to_owned()) },
            });
            Answer::refused(&said, "message", text)
        }
    }
}

impl Door for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move { told(self.gateway.handle(self.raw(restrict, tool, arguments)).await) })
    }

    fn decide<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match self.gateway.decide(self.raw(Some(&dry(restrict)), tool, arguments)).await {
                Ok(verdict) => {
                    let mut said = serde_json::to_value(&verdict).unwrap();
                    said["executed"] = false.into();
                    Answer::judged(said)
                }
                Err(refusal) => told(Err(refusal)),
            }
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let restriction = Restriction::parse(restrict).unwrap();
            let specs = self.gateway.tools(self.credential(), ORIGIN).await.unwrap();
            specs
                .into_iter()
                .filter(|spec| restriction.leaves(spec))
                .map(|spec| spec.name.into_owned())
                .collect()
        })
    }
}
