//! The tools a gateway knows, by name, in a stable order.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::tool::{Tool, ToolSpec};

/// A registered tool with what the pipeline keeps beside it.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) tool: Arc<dyn Tool>,
    pub(crate) name: Arc<str>,
    pub(crate) running: Arc<Semaphore>,
}

/// The registered tools. Names are unique and the order is alphabetical, so that lists are stable.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    tools: BTreeMap<Arc<str>, Registered>,
}

impl Registry {
    /// Adds `tool`, of which `most` calls run at once if the tool itself takes more; `false` if its name is taken or not a name.
    pub(crate) fn insert(&mut self, tool: Arc<dyn Tool>, most: Option<usize>) -> bool {
        let spec = tool.spec();
        let name: Arc<str> = spec.name.as_ref().into();
        let good = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !good || self.tools.contains_key(&name) {
            return false;
        }
        let running = Arc::new(Semaphore::new(spec.concurrency.min(most.unwrap_or(usize::MAX)).max(1)));
        self.tools.insert(Arc::clone(&name), Registered { tool, name, running });
        true
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Registered> {
        self.tools.get(name)
    }

    pub(crate) fn offered(&self) -> impl Iterator<Item = &ToolSpec> {
        let offered = self.tools.values().filter(|registered| registered.tool.is_offered());
        offered.map(|registered| registered.tool.spec())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.tools.keys()).finish()
    }
}
