//! What attacks on the tools that write begin with: a scene with a bit of everything, calls as they are mostly made, a look at the
//! state directory, and a gateway of its own for what a stage does not set.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gitoma_core::config::{RepositoryConfig, WriteSettings};
use gitoma_core::{Gateway, PrincipalConfig, Refusal, Reply, Role, WriteMode};
use serde_json::{Value, json};

use crate::promised;
use crate::scene::{Scene, limits, raw};

/// A repository with a link, a place for what is hidden, and something ignored.
pub(crate) fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.write("private/plan.md", "the plan is to win\n");
    scene.write(".gitignore", "target/\n");
    symlink("README.md", scene.root().join("alias")).unwrap();
    scene.commit("begin");
    scene
}

/// Arguments of a call in the worktree for `branch`.
pub(crate) fn on(branch: &str, more: &Value) -> Value {
    let mut arguments = json!({"repo": "web", "worktree": branch});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    arguments
}

/// Arguments of `git_commit_files`.
pub(crate) fn commit(branch: &str, files: &Value) -> Value {
    json!({"repo": "web", "branch": branch, "message": "Change things", "files": files})
}

/// What lies where worktrees are, in the state directory `state`.
pub(crate) fn trees(state: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(state.join("worktrees")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

pub(crate) fn bytes_beneath(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_beneath(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// The code of a refusal, or `ok`.
pub(crate) fn outcome(answer: Result<Reply, Refusal>) -> String {
    answer.map_or_else(|no| no.code().to_owned(), |_| "ok".to_owned())
}

/// A gateway of its own, for what a stage does not set: settings, repositories, a state directory that is shared.
#[derive(Clone)]
pub(crate) struct Door {
    gateway: Gateway,
    runtime: Arc<tokio::runtime::Runtime>,
}

impl Door {
    pub(crate) fn new(
        repositories: &[RepositoryConfig],
        state: &Path,
        name: &str,
        policy: &str,
        settings: WriteSettings,
    ) -> Self {
        let writes = WriteSettings { worktrees: state.join("worktrees"), ..settings };
        let tools = gitoma_tools::with_writes(repositories, &writes).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let guard = runtime.enter();
        let gateway = Gateway::builder()
            .audit_directory(state.join(format!("audit-{name}")))
            .approvals_directory(state.join("approvals"))
            .replies_directory(state.join("replies"))
            .principal(PrincipalConfig::local("agent", &[Role::Agent]))
            .principal(PrincipalConfig::local("other", &[Role::Agent]))
            .policy("test.yaml", policy.to_owned())
            .tools(tools)
            .write_mode(WriteMode::On)
            .limits(limits())
            .build()
            .unwrap();
        drop(guard);
        Self { gateway, runtime: Arc::new(runtime) }
    }

    pub(crate) fn call(&self, principal: &str, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
        let answer = self.runtime.block_on(self.gateway.handle(raw(principal, tool, arguments)));
        answer.inspect(|reply| promised::require(tool, reply.result.as_value()))
    }

    pub(crate) fn good(&self, principal: &str, tool: &str, arguments: Value) -> Value {
        self.call(principal, tool, arguments).unwrap().result.into_value()
    }

    pub(crate) fn replace_policy(&self, policy: &str) {
        self.runtime.block_on(self.gateway.replace_policy("test.yaml", policy)).unwrap();
    }

    /// Calls on a worker, where the call goes on by itself; aborting it hangs up.
    pub(crate) fn start(
        &self,
        principal: &str,
        tool: &str,
        arguments: Value,
    ) -> tokio::task::JoinHandle<Result<Reply, Refusal>> {
        let (gateway, call, tool) = (self.gateway.clone(), raw(principal, tool, arguments), tool.to_owned());
        self.runtime.spawn(async move {
            let answer = gateway.handle(call).await;
            answer.inspect(|reply| promised::require(&tool, reply.result.as_value()))
        })
    }
}
