//! A place for one test: a home, a state directory and a git repository, all thrown away afterwards.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Assembled here, so that nothing that looks like a live token stands in the source.
pub(crate) fn token() -> String {
    format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8")
}

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ended by itself"),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }
}

impl Said {
    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Requires the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// A program, with nothing of the tester's own environment that could reach it.
pub(crate) fn program(path: &str, home: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the program under test is a process of its own")]
    let mut command = Command::new(path);
    command.env_clear().env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(home);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com"),
        ("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"),
    ] {
        command.env(name, value);
    }
    command
}

/// Runs `command` with `input` on its standard input.
pub(crate) fn feed(mut command: Command, input: &[u8]) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

pub(crate) struct Place {
    root: tempfile::TempDir,
}

impl Place {
    /// A repository `web` with two commits: sources, a secret in a source, a `.env` and a key.
    pub(crate) fn new() -> Self {
        let place = Self { root: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.path("web/src")).unwrap();
        place.git(&["init", "-q", "-b", "main"]);
        place.file("web/src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n");
        place.commit("first light");
        place.file(
            "web/src/client.rs",
            &format!("const REGION: &str = \"eu\";\nlet key = \"{}\";\n", token()),
        );
        place.file("web/.env", "DATABASE_PASSWORD=correct-horse\n");
        place.file("web/server.pem", "not a real key\n");
        place.commit("add a client");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "a file of the test")]
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its name back, as a person in that folder would write it.
    pub(crate) fn named(&self, name: &str, text: &str) -> String {
        self.file(name, text);
        name.to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "a file of the test")]
    pub(crate) fn read(&self, path: &Path) -> Vec<u8> {
        std::fs::read(path).unwrap()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let status =
            program("git", self.root.path()).current_dir(self.path("web")).args(arguments).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    /// Adds a file whose blame takes longer than any patience here: each of many commits changes one of many lines.
    pub(crate) fn grow(&self) {
        const LINES: usize = 2_500;
        let mut import = program("git", self.root.path());
        import.args(["fast-import", "--quiet"]).current_dir(self.path("web")).stdin(Stdio::piped());
        let mut child = import.spawn().unwrap();
        let mut stream = child.stdin.take().unwrap();
        let mut lines: Vec<String> = (0..LINES).map(|line| format!("line {line}\n")).collect();
        let mut parent = "from refs/heads/main^0\n";
        for number in 0..LINES {
            lines[number] = format!("line {number}, changed\n");
            let (text, time) = (lines.concat(), 1_900_000_000 + number);
            let commit = format!(
                "commit refs/heads/main\ncommitter A <a@example.com> {time} +0000\ndata 1\nc\n{parent}\
                 M 100644 inline long.txt\ndata {}\n{text}\n",
                text.len()
            );
            stream.write_all(commit.as_bytes()).unwrap();
            parent = "";
        }
        drop(stream);
        assert!(child.wait().unwrap().success());
    }

    /// `gitoma`, in the folder that holds the repository, with its own state directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(env!("CARGO_BIN_EXE_gitoma"), self.root.path());
        command.args(arguments);
        command
    }

    pub(crate) fn gitoma(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// `gitoma …` on the repository `web`, with the state directory `state`.
    pub(crate) fn on_web(&self, arguments: &[&str]) -> Said {
        let mut all = arguments.to_vec();
        all.extend(["--repo", "web", "--state", "state"]);
        self.gitoma(&all)
    }

    pub(crate) fn audit_command(&self, arguments: &[&str]) -> Command {
        let mut command = program(env!("CARGO_BIN_EXE_gitoma-audit"), self.root.path());
        command.args(arguments);
        command
    }

    pub(crate) fn audit(&self, arguments: &[&str]) -> Said {
        self.audit_command(arguments).output().unwrap().into()
    }

    /// The log of the only chain.
    #[expect(clippy::disallowed_methods, reason = "looks for the log of the test")]
    pub(crate) fn log(&self) -> PathBuf {
        let chains = std::fs::read_dir(self.path("state/audit")).unwrap().map(|entry| entry.unwrap().path());
        let chains: Vec<_> = chains.filter(|path| path.is_dir()).collect();
        let [chain] = chains.as_slice() else { panic!("one chain is expected: {chains:?}") };
        let files = std::fs::read_dir(chain).unwrap().map(|entry| entry.unwrap().path());
        let logs: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        let [log] = logs.as_slice() else { panic!("one log is expected: {logs:?}") };
        log.clone()
    }

    /// The entries of the only chain, as JSON.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let text = String::from_utf8(self.read(&self.log())).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Whether an intent is on the record of a gateway that may just be starting.
    #[expect(clippy::disallowed_methods, reason = "looks for the log of the test")]
    pub(crate) fn has_begun(&self) -> bool {
        let Ok(chains) = std::fs::read_dir(self.path("state/audit")) else { return false };
        let files =
            chains.flatten().filter_map(|chain| std::fs::read_dir(chain.path()).ok()).flatten().flatten();
        let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        texts.into_iter().any(|text| text.contains("\"kind\":\"intent\""))
    }

    /// How many entries of each kind there are.
    pub(crate) fn kinds(&self, kind: &str) -> usize {
        self.entries().iter().filter(|entry| entry["kind"] == kind).count()
    }
}
