//! A client of either era: the same request, with what each has it carry.

use serde_json::{Value, json};

use crate::support::{Client, World};

/// An open session, and what it has asked.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) modern: bool,
    asked: u64,
}

impl Session {
    /// A session with the server that `arguments` start on `world`.
    pub(crate) fn open(world: &World, arguments: &[&str], modern: bool) -> Self {
        Self::with_log(world, arguments, modern, "info")
    }

    /// The same, with a log of this level.
    pub(crate) fn with_log(world: &World, arguments: &[&str], modern: bool, level: &str) -> Self {
        let mut command = world.command(arguments);
        command.env("GITOMA_LOG", level);
        let mut client = Client::over_pipes(command);
        if !modern {
            client.initialize();
        }
        Self { client, modern, asked: 0 }
    }

    /// One of each era.
    pub(crate) fn each(world: &World, arguments: &[&str], mut test: impl FnMut(&mut Self)) {
        for modern in [false, true] {
            let mut session = Self::open(world, arguments, modern);
            test(&mut session);
            assert!(session.client.end().status.success());
        }
        world.assert_intact();
    }

    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let mut params = params.clone();
        if self.modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        self.client.ask(self.asked, method, &params)
    }

    pub(crate) fn read(&mut self, uri: &str) -> Value {
        self.ask("resources/read", &json!({"uri": uri}))
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    /// The code of what does not exist: each era has its own.
    pub(crate) fn not_found(&self) -> i64 {
        if self.modern { -32602 } else { -32002 }
    }
}
