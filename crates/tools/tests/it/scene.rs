//! A repository made by real git, and a gateway over it. Git runs here and only here, without the user's configuration.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use gitoma_core::config::{PushTarget, RepositoryConfig, WriteSettings};
use gitoma_core::{
    Approval, ApprovalRefusal, Credential, Decide, Gateway, LimitsConfig, Origin, Peer, PrincipalConfig,
    Rate, RawArgs, RawCall, Refusal, Reply, Role, Secret, Tool, Transport, WriteMode,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::promised;

/// Reads are allowed, and nothing else is said.
const OPEN_POLICY: &str =
    "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"] }\n";

/// Reads are allowed, and the agent may write whatever the gates leave it.
pub(crate) const WRITING_POLICY: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"] }
repositories:
  web: { write: allow }
";

/// The token of who approves.
const BOSS: &str = "the-token-of-who-approves";

/// A repository in a directory of its own, with room beside it for what must not be reached.
pub(crate) struct Scene {
    directory: TempDir,
    /// Seconds since 2024; each commit is a minute after the one before.
    clock: Cell<u64>,
}

impl Scene {
    /// An empty directory named `repo`, with a repository in it.
    pub(crate) fn new() -> Self {
        Self::within(TempDir::new().unwrap())
    }

    /// The same in `directory`.
    pub(crate) fn within(directory: TempDir) -> Self {
        let scene = Self { directory, clock: Cell::new(0) };
        std::fs::create_dir(scene.root()).unwrap();
        scene.git(&["init", "--quiet", "--initial-branch=main", "."]);
        scene
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("repo")
    }

    /// A place outside of the repository.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Runs git in the repository and returns what it printed, without the last line feed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root(), arguments)
    }

    pub(crate) fn git_in(&self, directory: &Path, arguments: &[&str]) -> String {
        self.git_with(&[], directory, arguments)
    }

    /// The same with more of an environment.
    pub(crate) fn git_with(
        &self,
        environment: &[(&str, PathBuf)],
        directory: &Path,
        arguments: &[&str],
    ) -> String {
        let printed = self.run(environment, directory, arguments);
        assert!(printed.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&printed.stderr));
        String::from_utf8(printed.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    /// What git printed, byte for byte.
    pub(crate) fn git_bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let printed = self.run(&[], &self.root(), arguments);
        assert!(printed.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&printed.stderr));
        printed.stdout
    }

    /// Whether git takes the arguments.
    pub(crate) fn git_succeeds_in(&self, directory: &Path, arguments: &[&str]) -> bool {
        let ceiling = [("GIT_CEILING_DIRECTORIES", self.directory.path().into())];
        self.git_succeeds_with(&ceiling, directory, arguments)
    }

    /// The same with more of an environment.
    pub(crate) fn git_succeeds_with(
        &self,
        environment: &[(&str, PathBuf)],
        directory: &Path,
        arguments: &[&str],
    ) -> bool {
        self.run(environment, directory, arguments).status.success()
    }

    fn run(&self, environment: &[(&str, PathBuf)], directory: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new("git");
        let time = format!("{} +0000", 1_704_067_200 + self.clock.get());
        command
            .current_dir(directory)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs([
                ("HOME", "/nonexistent"),
                ("LC_ALL", "C"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
                ("GIT_COMMITTER_NAME", "Grace"),
                ("GIT_COMMITTER_EMAIL", "grace@example.org"),
                ("GIT_AUTHOR_DATE", &time),
                ("GIT_COMMITTER_DATE", &time),
            ])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap()
    }

    /// Commits everything in the work tree.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 60);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Moves the clock on for the next commit of any command.
    pub(crate) fn tick(&self) {
        self.clock.set(self.clock.get() + 60);
    }

    pub(crate) fn config(&self) -> RepositoryConfig {
        RepositoryConfig { alias: "web".into(), path: self.root(), git_dir: None }
    }

    /// A gateway over the repository, alias `web`, where every read is allowed.
    pub(crate) fn stage(&self) -> Stage {
        Stage::new(&[self.config()], OPEN_POLICY)
    }

    /// A gateway with write mode on and every tool, where everything is allowed that some policy can allow.
    pub(crate) fn writing_stage(&self) -> Stage {
        Stage::writing(&[self.config()], WRITING_POLICY, true)
    }

    /// A gateway with `rules` beside the one that allows reads.
    pub(crate) fn stage_with(&self, rules: &str) -> Stage {
        Stage::new(&[self.config()], &format!("{OPEN_POLICY}{rules}"))
    }
}

const ORIGIN: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

pub(crate) fn limits() -> LimitsConfig {
    LimitsConfig { writes: Rate::new(1_000_000, 1_000_000), ..LimitsConfig::default() }
}

fn boss() -> Credential {
    Credential::Bearer(Secret::new(BOSS.to_owned()))
}

/// A gateway and the runtime it lives on.
pub(crate) struct Stage {
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
    state: TempDir,
}

impl Stage {
    pub(crate) fn new(repositories: &[RepositoryConfig], policy: &str) -> Self {
        Self::with(
            TempDir::new().unwrap(),
            policy,
            gitoma_tools::standard(repositories).unwrap(),
            WriteMode::Off,
        )
    }

    /// A gateway with write mode on and every tool; `direct` says whether the checked-out tree may be changed.
    pub(crate) fn writing(repositories: &[RepositoryConfig], policy: &str, direct: bool) -> Self {
        Self::pushing(repositories, policy, direct, None)
    }

    /// As [`Stage::writing`], with a remote for the repository `web`.
    pub(crate) fn pushing(
        repositories: &[RepositoryConfig],
        policy: &str,
        direct: bool,
        target: Option<PushTarget>,
    ) -> Self {
        let state = TempDir::new().unwrap();
        let writes = WriteSettings {
            worktrees: state.path().join("worktrees"),
            push: state.path().join("push"),
            targets: target.map(|target| ("web".to_owned(), target)).into_iter().collect(),
            direct,
            ..WriteSettings::default()
        };
        let tools = gitoma_tools::with_writes(repositories, &writes).unwrap();
        Self::with(state, policy, tools, WriteMode::On)
    }

    /// As [`Stage::writing`], where a principal may write no more than `kib` at once.
    pub(crate) fn with_written_kib(repositories: &[RepositoryConfig], policy: &str, kib: NonZeroU32) -> Self {
        let state = TempDir::new().unwrap();
        let writes = WriteSettings {
            worktrees: state.path().join("worktrees"),
            push: state.path().join("push"),
            direct: true,
            ..WriteSettings::default()
        };
        let tools = gitoma_tools::with_writes(repositories, &writes).unwrap();
        Self::limited(state, policy, tools, WriteMode::On, LimitsConfig { written_kib: kib, ..limits() })
    }

    fn with(state: TempDir, policy: &str, tools: Vec<Arc<dyn Tool>>, write_mode: WriteMode) -> Self {
        Self::limited(state, policy, tools, write_mode, limits())
    }

    fn limited(
        state: TempDir,
        policy: &str,
        tools: Vec<Arc<dyn Tool>>,
        write_mode: WriteMode,
        limits: LimitsConfig,
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let _guard = runtime.enter();
        let gateway = Gateway::builder()
            .audit_directory(state.path().join("audit"))
            .approvals_directory(state.path().join("approvals"))
            .principal(PrincipalConfig::with_token("boss", &[Role::Approver], &Secret::new(BOSS.to_owned())))
            .replies_directory(state.path().join("replies"))
            .principal(PrincipalConfig::local("agent", &[Role::Agent]))
            .principal(PrincipalConfig::local("other", &[Role::Agent]))
            .policy("test.yaml", policy.to_owned())
            .tools(tools)
            .write_mode(write_mode)
            .limits(limits)
            .build()
            .unwrap();
        drop(_guard);
        Self { gateway, runtime, state }
    }

    pub(crate) fn try_call(&self, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
        self.try_call_as("agent", tool, arguments)
    }

    /// Whether `tool` is in the agent's list.
    pub(crate) fn offers(&self, tool: &str) -> bool {
        let listed = self.runtime.block_on(self.gateway.tools(Credential::Local("agent".into()), ORIGIN));
        listed.unwrap().iter().any(|spec| spec.name == tool)
    }

    pub(crate) fn call_as(&self, principal: &str, tool: &str, arguments: Value) -> Value {
        self.try_call_as(principal, tool, arguments).unwrap().result.into_value()
    }

    pub(crate) fn refusal_of(&self, principal: &str, tool: &str, arguments: Value) -> Refusal {
        self.try_call_as(principal, tool, arguments).unwrap_err()
    }

    fn try_call_as(&self, principal: &str, tool: &str, arguments: Value) -> Result<Reply, Refusal> {
        let answer = self.runtime.block_on(self.gateway.handle(raw(principal, tool, arguments)));
        answer.inspect(|reply| promised::require(tool, reply.result.as_value()))
    }

    /// Calls, and hangs up after `patience` unless there is an answer by then.
    pub(crate) fn call_for(&self, patience: Duration, tool: &str, arguments: Value) -> Option<Refusal> {
        let call = self.gateway.handle(raw("agent", tool, arguments));
        let answer = self.runtime.block_on(async { tokio::time::timeout(patience, call).await });
        answer.ok().map(Result::unwrap_err)
    }

    /// The result of a call that must succeed.
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> Value {
        let given = arguments.to_string();
        match self.try_call(tool, arguments) {
            Ok(reply) => reply.result.into_value(),
            Err(refusal) => panic!("{tool} {given}: {refusal:?}"),
        }
    }

    /// The approval of that id, as an approver sees it.
    pub(crate) fn approval(&self, id: &str) -> Approval {
        self.runtime.block_on(self.gateway.approval(boss(), ORIGIN, id)).unwrap()
    }

    pub(crate) fn decide(&self, id: &str, say: Decide) -> Result<Approval, ApprovalRefusal> {
        self.runtime.block_on(self.gateway.decide_approval(boss(), ORIGIN, id, say, None))
    }

    pub(crate) fn decide_as_agent(&self, id: &str) -> Result<Approval, ApprovalRefusal> {
        let agent = Credential::Local("agent".into());
        self.runtime.block_on(self.gateway.decide_approval(agent, ORIGIN, id, Decide::Approve, None))
    }

    /// The state directory.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// The refusal of a call that must be refused.
    pub(crate) fn refusal(&self, tool: &str, arguments: Value) -> Refusal {
        let given = arguments.to_string();
        match self.try_call(tool, arguments) {
            Ok(reply) => panic!("{tool} {given}: {:?}", reply.result),
            Err(refusal) => refusal,
        }
    }

    /// The code of a call that must be refused.
    pub(crate) fn refused(&self, tool: &str, arguments: Value) -> String {
        self.refusal(tool, arguments).code().to_owned()
    }
}

pub(crate) fn raw(principal: &str, tool: &str, arguments: Value) -> RawCall {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
    RawCall::new(tool, RawArgs::Object(arguments), Credential::Local(principal.into()), origin)
}

/// The strings at `field` of each item of the list `list`.
pub(crate) fn column(result: &Value, list: &str, field: &str) -> Vec<String> {
    result[list]
        .as_array()
        .unwrap_or_else(|| panic!("no list `{list}` in {result}"))
        .iter()
        .map(|item| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned))
        .collect()
}
