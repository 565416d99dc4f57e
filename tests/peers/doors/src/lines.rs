//! A client of MCP over standard input and output: JSON-RPC lines to a child, one after the other. The same for every server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const OPENING: &str =
    r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"peers","version":"1"}}"#;

/// A server and the pipes to it; dropping it ends the server.
pub struct Lines {
    child: Child,
    writer: ChildStdin,
    reader: BufReader<ChildStdout>,
    line: String,
    next: u64,
    /// What the server leaves behind is thrown away with it.
    _place: tempfile::TempDir,
}

impl Lines {
    /// Starts this very program in another `mode`, so that both sides are built alike.
    pub fn own(mode: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(mode);
        Self::start(command)
    }

    /// Starts a server and opens a session.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let place = tempfile::tempdir()?;
        command.env("TMPDIR", place.path());
        // A log is kept, as clients keep it.
        let log = std::fs::File::create(place.path().join("log"))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn()?;
        let writer = child.stdin.take().expect("piped");
        let reader = BufReader::new(child.stdout.take().expect("piped"));
        let mut client = Self { child, writer, reader, line: String::new(), next: 0, _place: place };
        client.ask("initialize", OPENING)?;
        client.writer.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        Ok(client)
    }

    /// The server's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks, and reads up to the answer, which must be no error.
    pub fn ask(&mut self, method: &str, parameters: &str) -> anyhow::Result<()> {
        self.next += 1;
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{method}\",\"params\":{parameters}}}\n",
            self.next
        );
        self.writer.write_all(request.as_bytes())?;
        loop {
            self.line.clear();
            anyhow::ensure!(self.reader.read_line(&mut self.line)? > 0, "the server hung up");
            // Some servers tell things meanwhile.
            if !self.line.contains("\"method\":") {
                break;
            }
        }
        let good = self.line.contains("\"result\"") && !self.line.contains("\"isError\":true");
        anyhow::ensure!(good, "{}", self.line);
        Ok(())
    }

    /// The timings of `calls` calls with `parameters`, one after the other.
    pub fn round(&mut self, parameters: &str, calls: usize) -> anyhow::Result<Vec<Duration>> {
        (0..calls)
            .map(|_| {
                let start = Instant::now();
                self.ask("tools/call", parameters)?;
                Ok(start.elapsed())
            })
            .collect()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
