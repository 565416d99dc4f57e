//! What the tests of the binary share: a real repository, a running `gitoma-http`, and a client that sends exactly the bytes it is
//! given. The client knows HTTP/1.1 as far as these answers use it: a status line, headers, a body up to the end of the connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

/// A token of the shape that GitHub gives out, of no account.
pub(crate) fn secret() -> String {
    format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8")
}

/// A command with nothing of this machine's configuration in its environment.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the tests run the real binary, and real git")]
    let mut command = Command::new(program);
    let path = option_env!("PATH").unwrap_or("/usr/bin:/bin");
    command.env_clear().env("PATH", path).env("HOME", home).current_dir(home);
    command
}

/// A folder with a home, a state directory and a repository called `web`.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let repository = place.repository();
        std::fs::create_dir_all(repository.join("src")).unwrap();
        place.git(&["init", "--quiet", "--initial-branch=main"]);
        place.write("README.md", "# Web\n");
        place.write("src/main.rs", "fn main() {}\n");
        place.write("deploy.txt", &format!("user = ci\nkey {}\n", secret()));
        place.write(".env", "PASSWORD=hunter2hunter2\n");
        place.git(&["add", "--all", "--force"]);
        place.git(&["commit", "--quiet", "--message", "begin"]);
        place
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("web")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    #[expect(clippy::disallowed_methods, reason = "writes the test's own files")]
    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.repository().join(path), text).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
    pub(crate) fn read(&self, path: &Path) -> Vec<u8> {
        std::fs::read(path).unwrap()
    }

    /// Puts another file with the content in the place of `path`, closed to others.
    #[expect(clippy::disallowed_methods, reason = "writes the test's own files")]
    pub(crate) fn replace(&self, path: &Path, content: &[u8]) {
        use std::os::unix::fs::PermissionsExt as _;
        let other = self.folder.path().join("other");
        std::fs::write(&other, content).unwrap();
        std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(&other, path).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let status = command("git", self.folder.path())
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.repository())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    /// Adds a file whose blame takes longer than any patience here: each of many commits changes one of many lines.
    pub(crate) fn grow(&self) {
        const LINES: usize = 2_500;
        let mut import = command("git", self.folder.path());
        import.args(["fast-import", "--quiet"]).current_dir(self.repository()).stdin(Stdio::piped());
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

    /// `gitoma-http` with this repository and state directory, on any free port.
    pub(crate) fn server(&self, more: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_gitoma-http"), self.folder.path());
        command.arg("--state").arg(self.state()).arg("--repo").arg(self.repository());
        command.args(["--listen", "127.0.0.1:0"]).args(more);
        command
    }

    /// Writes a configuration file and returns its path.
    #[expect(clippy::disallowed_methods, reason = "writes the test's own files")]
    pub(crate) fn configuration(&self, text: &str) -> String {
        let path = self.folder.path().join("gitoma.yaml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// A running `gitoma-http`. It is killed when it goes out of scope.
pub(crate) struct Server {
    pub(crate) place: Place,
    pub(crate) address: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(Place::new(), &[])
    }

    pub(crate) fn start_with(place: Place, more: &[&str]) -> Self {
        let command = place.server(more);
        Self::spawn(place, command, Stdio::null())
    }

    /// As [`Server::start_with`], with its log, at the finest level, in the file `log`.
    #[expect(clippy::disallowed_methods, reason = "makes the test's own file")]
    pub(crate) fn start_logging(place: Place, more: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        let mut command = place.server(more);
        command.env("GITOMA_LOG", "trace");
        Self::spawn(place, command, log.into())
    }

    /// Starts `command`, which is [`Place::server`] and more, with its log going to `log`.
    pub(crate) fn spawn(place: Place, mut command: Command, log: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("gitoma-http listening on http://");
        let address = address.unwrap_or_else(|| panic!("the first line is {first:?}")).to_owned();
        Self { place, address, child, stdout }
    }

    pub(crate) fn token(&self) -> String {
        self.token_of("runtime_token")
    }

    pub(crate) fn operator(&self) -> String {
        self.token_of("operator_token")
    }

    #[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
    pub(crate) fn token_of(&self, file: &str) -> String {
        std::fs::read_to_string(self.place.state().join(file)).unwrap().trim().to_owned()
    }

    /// Sends `head`, with this server's `Host` and an empty line added, then `body`.
    pub(crate) fn raw(&self, head: &str, body: &[u8]) -> Answer {
        let mut bytes = format!("{head}\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).into_bytes();
        bytes.extend_from_slice(body);
        self.exact(&bytes)
    }

    /// Sends exactly `bytes`.
    pub(crate) fn exact(&self, bytes: &[u8]) -> Answer {
        let mut socket = self.connect();
        // The server may answer, and close, before it has read everything.
        let _ = socket.write_all(bytes);
        Answer::read(&mut socket)
    }

    /// Sends the process a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            command("kill", Path::new("/")).args([&format!("-{name}"), &*id]).status().unwrap().success()
        );
    }

    /// The memory that the process holds, in KiB.
    #[expect(clippy::disallowed_methods, reason = "what the system says of the test's own process")]
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Sends a request with a token, to this server or another address of it.
    pub(crate) fn ask(&self, token: &str, line: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}");
        self.raw(&head, body.as_bytes())
    }

    /// What the server printed after its first line, up to the line that begins so.
    pub(crate) fn row(&mut self, label: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "no row {label}");
            if let Some(value) = line.trim_start().strip_prefix(label) {
                return value.trim().to_owned();
            }
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// `GET path`, with the agent's token.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {}", self.token()), b"")
    }

    /// `POST path` with `body`, with the agent's token.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}",
            self.token(),
            body.len()
        );
        self.raw(&head, body.as_bytes())
    }

    /// Calls `tool`, with the agent's token.
    pub(crate) fn call(&self, tool: &str, arguments: &Value) -> Answer {
        self.post(&format!("/api/v1/tools/{tool}"), &json!({ "arguments": arguments }).to_string())
    }

    /// Asks what would be decided about a call of `tool`.
    pub(crate) fn decide(&self, tool: &str, arguments: &Value) -> Answer {
        self.post("/api/v1/decide", &json!({ "tool": tool, "arguments": arguments }).to_string())
    }

    /// Every line of the audit chains.
    pub(crate) fn entries(&self) -> Vec<Value> {
        entries(&self.place.state())
    }

    /// The file that the audit log is written to.
    #[expect(clippy::disallowed_methods, reason = "looks for the test's own files")]
    fn segment(&self) -> PathBuf {
        let chain = std::fs::read_dir(self.place.state().join("audit")).unwrap().next().unwrap().unwrap();
        chain.path().join("seg-00000000000000000000.jsonl")
    }

    /// The lines of the audit log as they stand there.
    #[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
    pub(crate) fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(self.segment()).unwrap().lines().map(str::to_owned).collect()
    }

    /// Changes the audit log in place, without changing its length.
    #[expect(clippy::disallowed_methods, reason = "changes the test's own files")]
    pub(crate) fn edit_log(&self, edit: impl Fn(&str) -> String) {
        let text = std::fs::read_to_string(self.segment()).unwrap();
        let edited = edit(&text);
        assert!(edited != text && edited.len() == text.len());
        let mut file = std::fs::OpenOptions::new().write(true).open(self.segment()).unwrap();
        file.write_all(edited.as_bytes()).unwrap();
    }

    /// The entries of the call that `answer` answers.
    pub(crate) fn entries_of(&self, answer: &Answer) -> Vec<Value> {
        let call_id = answer.header("x-gitoma-call-id").expect("a call id").to_owned();
        self.entries().into_iter().filter(|entry| entry["call_id"] == call_id.as_str()).collect()
    }

    /// Tells the server to stop, waits for it, and returns what it printed after its first line.
    pub(crate) fn stop(mut self) -> (ExitStatus, String, Place) {
        let id = self.child.id().to_string();
        assert!(command("kill", Path::new("/")).args(["-TERM", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        let place = std::mem::replace(&mut self.place, Place { folder: tempfile::tempdir().unwrap() });
        (status, rest, place)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every line of the audit chains beneath `state`.
#[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
pub(crate) fn entries(state: &Path) -> Vec<Value> {
    let mut lines = Vec::new();
    for chain in std::fs::read_dir(state.join("audit")).unwrap() {
        let Ok(files) = std::fs::read_dir(chain.unwrap().path()) else { continue };
        for file in files.map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "jsonl") {
                let text = std::fs::read_to_string(file).unwrap();
                // What is being written this moment is no line yet.
                let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
                lines.extend(whole.map(|line| serde_json::from_str(line).unwrap()));
            }
        }
    }
    lines
}

/// Waits for something that takes its time.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 20, "never happened: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(socket: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let _ = socket.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer but {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Asserts that this is a well-formed problem with `status` and `code`, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:gitoma:error:{code}"));
        assert_eq!(problem["error_id"].as_str(), self.header("x-gitoma-call-id"));
        assert_eq!(problem["instance"], format!("urn:uuid:{}", problem["error_id"].as_str().unwrap()));
        problem
    }
}
