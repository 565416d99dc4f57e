//! A real repository with a place for state, what `gitoma-mcp` leaves there, and the command that starts it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Nothing takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// A credential that no service has issued, in a shape that one does issue.
pub(crate) const SECRET: &str = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";

/// A folder with a repository and a place for state.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        world.write("hello.txt", &format!("hello\ntoken {SECRET}\nbye\n"));
        world.write(".env", "PASSWORD=never\n");
        world.git(&["init", "--quiet", "--initial-branch=main", "."]);
        world.commit();
        world
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.repository().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test makes its own repository")]
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all", "--force"]);
        self.git(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "--quiet",
            "--message=change",
        ]);
    }

    /// Adds enough text that a search through it is still running when the next frame arrives.
    pub(crate) fn grow(&self) {
        let text = "the quick brown fox jumps over the lazy dog 0123456789\n".repeat(30_000);
        for number in 0..24 {
            self.write(&format!("large/{number}.txt"), &text);
        }
        self.commit();
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    pub(crate) fn audit(&self) -> PathBuf {
        self.folder.path().join("state/audit")
    }

    fn git(&self, arguments: &[&str]) {
        #[expect(clippy::disallowed_methods, reason = "a test makes its own repository with real git")]
        let mut command = Command::new("git");
        let run = command.args(arguments).current_dir(self.repository()).env("HOME", self.folder.path());
        assert!(run.env("GIT_CONFIG_NOSYSTEM", "1").status().unwrap().success(), "git {arguments:?}");
    }

    /// The program with this repository as `demo`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "a test starts the program under test")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_gitoma-mcp"));
        command.arg("--repo").arg(format!("{}=demo", self.repository().display()));
        command.arg("--state").arg(self.folder.path().join("state")).args(arguments);
        command.env_clear().env("HOME", self.folder.path());
        command
    }

    /// The entries of all chains, in order of writing.
    pub(crate) fn entries(&self) -> Vec<Value> {
        entries(&self.audit())
    }

    /// `kind/code-or-outcome` of each entry that a call has left.
    pub(crate) fn story(&self) -> Vec<String> {
        let told = |entry: Value| {
            let kind = entry["kind"].as_str()?;
            let detail = entry.get(if kind == "outcome" { "outcome" } else { "code" })?.as_str()?;
            entry.get("call_id")?;
            Some(format!("{kind}/{detail}"))
        };
        self.entries().into_iter().filter_map(told).collect()
    }

    /// Waits until the chain holds an intent.
    pub(crate) fn wait_for_intent(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.story().iter().any(|entry| entry.starts_with("intent/")) {
            assert!(Instant::now() < deadline, "the call never began");
            std::thread::yield_now();
        }
    }

    /// The chain is intact and no intent is without an outcome.
    pub(crate) fn assert_intact(&self) {
        let report = gitoma_audit::verify(&self.audit()).unwrap();
        assert_eq!(report.verdict, gitoma_audit::Verdict::Intact, "{report:?}");
        assert!(report.chains.iter().all(|chain| chain.dangling == 0), "{report:?}");
    }
}

/// The entries of all chains in `folder`, in order of writing.
pub(crate) fn entries(folder: &Path) -> Vec<Value> {
    // A chain that begins takes its own name only when it is whole, and is then no longer where it was found.
    let all = std::iter::repeat_with(|| texts(folder)).find_map(Result::ok).unwrap();
    let lines = all.iter().flat_map(|text| text.split_inclusive('\n')).filter(|line| line.ends_with('\n'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The segments of all chains in `folder`; an error if one is gone before it is read.
fn texts(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let text = |path: &PathBuf| {
        #[expect(clippy::disallowed_methods, reason = "a test reads the audit log")]
        let read = std::fs::read_to_string(path);
        assert!(!matches!(&read, Err(error) if error.kind() != std::io::ErrorKind::NotFound), "{read:?}");
        read
    };
    files.iter().map(text).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    #[expect(clippy::disallowed_methods, reason = "a test reads the audit log")]
    let entries = std::fs::read_dir(folder);
    for entry in entries.into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
}
