//! A gateway over a repository made with real git, with secrets where secrets end up.

use std::path::Path;
use std::process::Command;

use gitoma_core::config::RepositoryConfig;
use gitoma_core::{Gateway, LimitsConfig, PrincipalConfig, Rate, Role, Secret};
use serde_json::Value;

pub(crate) const TOKEN: &str = "a-token-of-the-conformance-tests";

/// What differs from call to call in the entries: ids, times, hashes, commitments, whose salts are random, and the transport.
pub(crate) const VARYING: [&str; 12] = [
    "seq",
    "ts",
    "call_id",
    "transport",
    "prev_hash",
    "entry_hash",
    "duration_us",
    "ref_seq",
    "trace_id",
    "correlation_id",
    "args_commit",
    "result_commit",
];

pub(crate) struct House {
    pub(crate) gateway: Gateway,
    state: tempfile::TempDir,
    _repository: tempfile::TempDir,
    secrets: Vec<String>,
}

impl House {
    pub(crate) fn build() -> Self {
        let repository = tempfile::tempdir().unwrap();
        let secrets = vec![["gh", "p_", &"a1B2".repeat(9)].concat(), "hunter2-of-the-tests".to_owned()];
        populate(repository.path(), &secrets);
        let state = tempfile::tempdir().unwrap();
        let repositories = [RepositoryConfig {
            alias: "acme/web".to_owned(),
            path: repository.path().to_owned(),
            git_dir: None,
        }];
        let fast = Rate::new(1_000_000, 1_000_000);
        let gateway = Gateway::builder()
            .audit_directory(state.path().join("audit"))
            .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
            .limits(LimitsConfig { origin: fast, principal: fast, ..LimitsConfig::default() })
            .tools(gitoma_tools::standard(&repositories).unwrap())
            .build()
            .unwrap();
        Self { gateway, state, _repository: repository, secrets }
    }

    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The chain's text.
    pub(crate) fn log(&self) -> String {
        let chains = std::fs::read_dir(self.state.path().join("audit")).unwrap();
        let files = chains.flat_map(|chain| std::fs::read_dir(chain.unwrap().path()).unwrap());
        let segments = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
        segments.map(|segment| std::fs::read_to_string(segment).unwrap()).collect()
    }

    /// The entries of calls, without what differs from call to call.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let parsed =
            self.log().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        let calls = parsed.into_iter().filter(|entry| entry.get("call_id").is_some());
        calls
            .map(|mut entry| {
                entry.as_object_mut().unwrap().retain(|key, _| !VARYING.contains(&key.as_str()));
                entry
            })
            .collect()
    }

    pub(crate) fn verify(&self) {
        let report = gitoma_audit::verify(&self.state.path().join("audit")).unwrap();
        assert_eq!(report.verdict.exit_code(), 0, "{report:?}");
    }
}

fn populate(root: &Path, secrets: &[String]) {
    git(root, &["init", "-q", "-b", "main"]);
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    };
    write("src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n");
    write("settings.toml", &format!("name = \"web\"\ntoken = \"{}\"\n", secrets[0]));
    write(".env", &format!("PASSWORD={}\n", secrets[1]));
    write("tls/server.pem", "not really a key\n");
    std::os::unix::fs::symlink("/etc/hostname", root.join("link-canary")).unwrap();
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-q", "-m", "first"]);
    git(root, &["tag", "v1"]);
    write("src/main.rs", "fn main() {\n    println!(\"hello, world\");\n}\n");
    git(root, &["commit", "-q", "-a", "-m", &format!("second, and by mistake the token {}", secrets[0])]);
    write("src/new.rs", "fn new() {}\n");
    git(root, &["add", "src/new.rs"]);
    write("settings.toml", &format!("name = \"web\"\ntoken = \"{}\"\nmore = true\n", secrets[0]));
}

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .current_dir(root)
        .args(["-c", "user.name=tests", "-c", "user.email=tests@example.invalid"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(command.status().unwrap().success(), "git {arguments:?}");
}
