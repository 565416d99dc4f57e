//! Reads through the whole pipeline (policy, audit, redaction) beside the same reads on the bare git engine: the difference is
//! what the gateway costs. The repository is made at run time: 200 files, 300 commits.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench makes its own repository, and ends where that fails"
)]

use std::path::Path;
use std::process::Command;

use divan::Bencher;
use gitoma_core::config::RepositoryConfig;
use gitoma_core::{
    Credential, Gateway, LimitsConfig, Origin, Peer, PrincipalConfig, Rate, RawArgs, RawCall, Role, Transport,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    let status = command
        .current_dir(directory)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .status()
        .unwrap();
    assert!(status.success());
}

fn repository() -> TempDir {
    let directory = TempDir::new().unwrap();
    git(directory.path(), &["init", "--quiet", "--initial-branch=main", "."]);
    for number in 0..200 {
        let folder = directory.path().join(format!("src/part{}", number % 10));
        std::fs::create_dir_all(&folder).unwrap();
        let body: String =
            (0..60).map(|line| format!("pub fn item_{number}_{line}() -> u32 {{ {line} }}\n")).collect();
        std::fs::write(folder.join(format!("file{number}.rs")), body).unwrap();
    }
    git(directory.path(), &["add", "--all"]);
    for commit in 0..300 {
        std::fs::write(directory.path().join("CHANGES"), format!("{commit}\n")).unwrap();
        git(directory.path(), &["add", "CHANGES"]);
        git(directory.path(), &["commit", "--quiet", "--message", &format!("change {commit}")]);
    }
    git(directory.path(), &["gc", "--quiet"]);
    directory
}

/// A gateway over a fresh repository, and the bare engine on the same.
struct Bench {
    directory: TempDir,
    _state: TempDir,
    runtime: Runtime,
    gateway: Gateway,
}

impl Bench {
    fn new() -> Self {
        let (directory, state) = (repository(), TempDir::new().unwrap());
        let runtime = Runtime::new().unwrap();
        let config = RepositoryConfig { alias: "web".into(), path: directory.path().into(), git_dir: None };
        let limits = LimitsConfig { principal: Rate::new(u32::MAX, u32::MAX), ..LimitsConfig::default() };
        let gateway = runtime.block_on(async {
            Gateway::builder()
                .audit_directory(state.path().join("audit"))
                .principal(PrincipalConfig::local("agent", &[Role::Agent]))
                .limits(limits)
                .tools(gitoma_tools::standard(&[config]).unwrap())
                .build()
                .unwrap()
        });
        Self { directory, _state: state, runtime, gateway }
    }

    fn call(&self, tool: &str, arguments: Value) -> Value {
        let Value::Object(arguments) = arguments else { unreachable!("arguments are objects") };
        let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
        let call = RawCall::new(tool, RawArgs::Object(arguments), Credential::Local("agent".into()), origin);
        self.runtime.block_on(self.gateway.handle(call)).unwrap().result.into_value()
    }

    fn engine(&self) -> gix::Repository {
        gix::open_opts(self.directory.path(), gix::open::Options::isolated()).unwrap()
    }
}

#[divan::bench]
fn read_file_gateway(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let arguments = json!({"repo": "web", "path": "src/part3/file3.rs", "ref": "HEAD"});
    bencher.bench_local(|| bench.call("repo_read_file", arguments.clone()));
}

#[divan::bench]
fn read_file_engine(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let engine = bench.engine();
    bencher.bench_local(|| {
        let tree = engine.head_commit().unwrap().tree().unwrap();
        let entry = tree.lookup_entry_by_path("src/part3/file3.rs").unwrap().unwrap();
        entry.object().unwrap().data.len()
    });
}

#[divan::bench]
fn log_50_gateway(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bencher.bench_local(|| bench.call("git_log", json!({"repo": "web", "max_count": 50})));
}

#[divan::bench]
fn log_50_engine(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let engine = bench.engine();
    bencher.bench_local(|| {
        let head = engine.head_id().unwrap();
        let walk = engine.rev_walk([head]).all().unwrap();
        walk.take(50).map(|info| info.unwrap().object().unwrap().message_raw().unwrap().len()).sum::<usize>()
    });
}

#[divan::bench]
fn tree_gateway(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bencher.bench_local(|| bench.call("repo_tree", json!({"repo": "web", "ref": "HEAD", "recursive": true})));
}

#[divan::bench]
fn tree_engine(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    let engine = bench.engine();
    bencher.bench_local(|| {
        let tree = engine.head_commit().unwrap().tree().unwrap();
        tree.traverse().breadthfirst.files().unwrap().len()
    });
}
