//! MCP over stdio: the same JSON-RPC lines to a bare rmcp server and to the gateway, each a child of this program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::table::Table;

const ROUNDS: usize = 10;
const CALLS: usize = 500;

struct Client {
    child: Child,
    writer: ChildStdin,
    reader: BufReader<ChildStdout>,
    line: String,
    next: u64,
}

impl Client {
    fn start(mode: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let writer = child.stdin.take().expect("piped");
        let reader = BufReader::new(child.stdout.take().expect("piped"));
        let mut client = Self { child, writer, reader, line: String::new(), next: 0 };
        client.ask("initialize", r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"peers","version":"1"}}"#)?;
        client.writer.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")?;
        Ok(client)
    }

    fn ask(&mut self, method: &str, parameters: &str) -> anyhow::Result<()> {
        self.next += 1;
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{method}\",\"params\":{parameters}}}\n",
            self.next
        );
        self.writer.write_all(request.as_bytes())?;
        self.line.clear();
        self.reader.read_line(&mut self.line)?;
        anyhow::ensure!(
            self.line.contains("\"result\"") && !self.line.contains("\"isError\":true"),
            "{}",
            self.line
        );
        Ok(())
    }

    fn round(&mut self) -> anyhow::Result<Vec<Duration>> {
        (0..CALLS)
            .map(|_| {
                let start = Instant::now();
                self.ask("tools/call", r#"{"name":"echo","arguments":{"text":"hello, gateway"}}"#)?;
                Ok(start.elapsed())
            })
            .collect()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn compare(table: &mut Table) -> anyhow::Result<()> {
    let mut bare = Client::start("serve-bare-mcp")?;
    let mut ours = Client::start("serve-gitoma-mcp")?;
    let (mut floor_timings, mut our_timings) = (Vec::new(), Vec::new());
    bare.round()?;
    ours.round()?;
    for _ in 0..ROUNDS {
        floor_timings.extend(bare.round()?);
        our_timings.extend(ours.round()?);
    }
    table.compare("MCP stdio, echo, beside bare rmcp", floor_timings, our_timings);
    Ok(())
}
