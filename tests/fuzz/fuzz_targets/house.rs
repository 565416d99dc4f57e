//! A gateway over a real repository with the read tools, for the doors that hostile messages come through.

use std::{fs, path::PathBuf, process::Command};

use gitoma_core::config::RepositoryConfig;
use gitoma_core::{Gateway, LimitsConfig, PrincipalConfig, Rate, Role, Secret};
use serde_json::Value;
use tokio::runtime::Runtime;

/// What no answer may hold: a credential that no service has issued, in a shape that one does issue.
pub const SECRET: &str = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
/// What stands in a file that nobody may read.
pub const HIDDEN: &str = "hidden-from-everybody";
/// The token of who comes over HTTP.
pub const TOKEN: &str = "the-token-of-who-comes-over-http";

const POLICY: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: a-person-looks, effect: ask, tools: [git_blame] }
";
const PLENTY: Rate = Rate::new(1_000_000, 1_000_000);

pub struct House {
    pub runtime: Runtime,
    pub gateway: Gateway,
}

impl House {
    /// Everything lies in memory where there is such a place: each refused call is written to the audit log.
    pub fn open() -> Self {
        let base = ["/dev/shm", "/tmp"].into_iter().map(PathBuf::from).find(|base| base.is_dir());
        let base = base.unwrap_or_default();
        // A fuzzer ends without a last word: what one before this left is taken away here.
        for left in fs::read_dir(&base).expect("a folder").flatten() {
            let name = left.file_name().into_string().unwrap_or_default();
            let whose = name.strip_prefix("gitoma-fuzz-").and_then(|rest| rest.strip_suffix("-doors"));
            if whose.is_some_and(|process| !PathBuf::from("/proc").join(process).exists()) {
                let _ = fs::remove_dir_all(left.path());
            }
        }
        let folder = base.join(format!("gitoma-fuzz-{}-doors", std::process::id()));
        let repository = folder.join("repository");
        fs::create_dir_all(repository.join("src")).expect("a folder");
        for (path, text) in [
            ("README.md", format!("# demo\ntoken {SECRET}\n")),
            ("src/main.rs", "fn main() {}\n".to_owned()),
            (".env", format!("PASSWORD={HIDDEN}\n")),
        ] {
            fs::write(repository.join(path), text).expect("a file");
        }
        let who = ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid"];
        for arguments in [&["init", "-q", "-b", "main"][..], &["add", "-A", "-f"], &["commit", "-q", "-m", "first"]] {
            let mut git = Command::new("git");
            git.arg("-C").arg(&repository).args(who).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
            assert!(git.status().expect("git").success(), "git {arguments:?}");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let config = RepositoryConfig { alias: "demo".to_owned(), path: repository, git_dir: None };
        let gateway = runtime.block_on(async {
            Gateway::builder()
                .audit_directory(folder.join("audit"))
                .approvals_directory(folder.join("approvals"))
                .policy("fuzz.yaml", POLICY)
                .principal(PrincipalConfig::local("local", &[Role::Agent]))
                .principal(PrincipalConfig::with_token("remote", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
                .principal(PrincipalConfig::with_token("boss", &[Role::Approver], &Secret::new("the-token-of-the-boss".to_owned())))
                .serves(["demo".to_owned()])
                .tools(gitoma_tools::standard(&[config]).expect("the tools"))
                .limits(LimitsConfig { principal: PLENTY, ..LimitsConfig::default() })
                .build()
                .expect("a gateway")
        });
        Self { runtime, gateway }
    }
}

/// What holds of every message that leaves: it is JSON-RPC 2.0, an answer or a notification, and gives nothing away.
pub fn require_message(text: &str) -> Value {
    let message: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    let fields = message.as_object().expect("an object");
    assert_eq!(fields["jsonrpc"], "2.0", "{text}");
    let (answers, errs, tells) = (fields.contains_key("result"), fields.contains_key("error"), fields.contains_key("method"));
    assert_eq!(u8::from(answers) + u8::from(errs) + u8::from(tells), 1, "{text}");
    assert!(answers || errs || !fields.contains_key("id"), "nothing is asked of a client: {text}");
    require_secrecy(text);
    message
}

/// Nothing that is hidden is in `text`.
pub fn require_secrecy(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(HIDDEN), "{text}");
    assert!(!text.contains("gitoma-fuzz-"), "no path of this machine: {text}");
}
