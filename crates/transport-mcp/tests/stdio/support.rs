//! A real repository, a real `gitoma-mcp`, and a client of a few lines that speaks to it through pipes or a socket.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer takes this long unless it never comes.
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

    pub(crate) fn start(&self) -> Client {
        Client::over_pipes(self.command(&[]))
    }

    /// The entries of all chains, in order of writing.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let mut files = Vec::new();
        collect(&self.audit(), &mut files);
        files.sort();
        let text = |path: &PathBuf| {
            #[expect(clippy::disallowed_methods, reason = "a test reads the audit log")]
            std::fs::read_to_string(path).unwrap()
        };
        let all: Vec<String> = files.iter().map(text).collect();
        let lines =
            all.iter().flat_map(|text| text.split_inclusive('\n')).filter(|line| line.ends_with('\n'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
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

/// A client: writes frames, reads lines, and remembers everything the server wrote.
pub(crate) struct Client {
    pub(crate) child: Child,
    input: Option<Box<dyn Write + Send>>,
    lines: Receiver<String>,
    log: JoinHandle<String>,
    seen: Vec<Value>,
}

/// What is left of a server that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
    /// Every line of standard output.
    pub(crate) seen: Vec<Value>,
}

impl Client {
    pub(crate) fn over_pipes(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self::new(child, Box::new(input), output)
    }

    /// As some clients start their servers: with a socket for each stream.
    pub(crate) fn over_sockets(mut command: Command) -> Self {
        let (input, theirs_in) = UnixStream::pair().unwrap();
        let (output, theirs_out) = UnixStream::pair().unwrap();
        command.stdin(OwnedFd::from(theirs_in)).stdout(OwnedFd::from(theirs_out)).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        Self::new(child, Box::new(input), output)
    }

    fn new(mut child: Child, input: Box<dyn Write + Send>, output: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _gone = sender.send(line);
            }
        });
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, input: Some(input), lines, log, seen: Vec::new() }
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn send(&mut self, frame: &Value) {
        self.send_bytes(format!("{frame}\n").as_bytes());
    }

    /// The next line, which must be JSON-RPC.
    pub(crate) fn receive(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("the server answers");
        self.take(&line)
    }

    fn take(&mut self, line: &str) -> Value {
        let frame: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert_eq!(frame["jsonrpc"], "2.0", "{line}");
        self.seen.push(frame.clone());
        frame
    }

    /// Sends a request and waits for the answer with its id.
    pub(crate) fn ask(&mut self, id: impl Into<Value>, method: &str, params: &Value) -> Value {
        let id = id.into();
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let frame = self.receive();
            if frame["id"] == id {
                return frame;
            }
        }
    }

    pub(crate) fn initialize(&mut self) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let answer = self.ask("init", "initialize", &params);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    pub(crate) fn call(&mut self, id: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
        self.ask(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    /// The server answers a ping.
    pub(crate) fn assert_alive(&mut self) {
        let answer = self.ask("alive", "ping", &json!({}));
        assert_eq!(answer["result"], json!({}));
    }

    /// Ends the input, and waits for the server to end.
    pub(crate) fn end(mut self) -> Ended {
        self.input = None;
        self.wait()
    }

    /// Waits for the server to end of itself.
    pub(crate) fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server did not end");
            std::thread::sleep(Duration::from_millis(2));
        };
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.take(&line);
        }
        Ended { status, log: self.log.join().unwrap(), seen: self.seen }
    }
}
