mod laws;
mod listed;
mod model;
mod reference;
mod table;

use serde_json::{Map, Value};

use super::*;
use crate::document::Switch;
use crate::model::{Access, Transport};
use crate::{Catalogue, Source};

/// A call that owns what a [`Request`] borrows.
#[derive(Debug, Clone)]
struct Call {
    principal: &'static str,
    roles: Vec<Arc<str>>,
    transport: Transport,
    tool: &'static str,
    accesses: Vec<Access>,
    arguments: Option<Map<String, Value>>,
    write_mode: WriteMode,
    narrowing: Narrowing,
}

impl Call {
    fn to(tool: &'static str) -> Self {
        Self {
            principal: "agent",
            roles: vec!["agent".into()],
            transport: Transport::Mcp,
            tool,
            accesses: Vec::new(),
            arguments: None,
            write_mode: WriteMode::On,
            narrowing: Narrowing::default(),
        }
    }

    fn on(mut self, repo: &str, paths: &[&str]) -> Self {
        let paths = Paths::Named(paths.iter().map(|path| (*path).to_owned()).collect());
        self.accesses.push(Access { paths, ..Access::repository(repo) });
        self
    }

    fn discovering(mut self, repo: &str) -> Self {
        self.accesses.push(Access { paths: Paths::Discovered, ..Access::repository(repo) });
        self
    }

    fn reference(mut self, reference: &str) -> Self {
        self.accesses.last_mut().expect("an access").reference = Some(reference.to_owned());
        self
    }

    fn host(mut self, host: &str) -> Self {
        self.accesses.last_mut().expect("an access").host = Some(host.to_owned());
        self
    }

    fn arguments(mut self, arguments: &Value) -> Self {
        self.arguments = arguments.as_object().cloned();
        self
    }

    fn request(&self) -> Request<'_> {
        Request {
            principal: self.principal,
            roles: &self.roles,
            transport: self.transport,
            tool: self.tool,
            capability: catalogue().capability(self.tool).unwrap_or(Capability::Read),
            accesses: &self.accesses,
            arguments: self.arguments.as_ref(),
            write_mode: self.write_mode,
            narrowing: &self.narrowing,
            scope: crate::Scope::everything(),
        }
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("job_start", Capability::Automation);
    catalogue
}

fn load(text: &str) -> PolicySet {
    crate::compile::load_with(Source { name: "p.yaml", text }, &catalogue(), |_, _| ())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}
