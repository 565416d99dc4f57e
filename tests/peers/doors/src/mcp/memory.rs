//! Resident memory of the released `gitoma-mcp` after many calls, three in four of which read a file and one a log: over stdio, and over HTTP
//! from sixteen clients.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use super::others;
use super::program::{Program, TOKEN, resident};
use super::wire::{Client, Era};
use crate::lines::Lines;
use crate::table::Table;

const CALLS: usize = 100_000;
const CLIENTS: usize = 16;
const READ: (&str, &str) = ("repo_read_file", r#"{"repo":"web","path":"src/file-7.txt"}"#);
const LOG: (&str, &str) = ("git_log", r#"{"repo":"web","max_count":10}"#);

pub fn measure(table: &mut Table, binary: &Path) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let repository = place.path().join("web");
    others::repository(&repository, 20)?;
    let Some(program) = Program::find(table, binary, &[("web", &repository)])? else { return Ok(()) };

    let mut lines = Lines::start(program.command("stdio", &[]))?;
    let [read, log] =
        [READ, LOG].map(|(tool, arguments)| format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#));
    for _ in 0..CALLS / 4 {
        lines.round(&read, 3)?;
        lines.round(&log, 1)?;
    }
    table.figure("gitoma-mcp over stdio, resident after 100,000 calls", resident(lines.id())?);
    drop(lines);

    let mut child =
        Killed(program.command("http", &["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn()?);
    let mut log = BufReader::new(child.0.stderr.take().expect("piped"));
    let address = loop {
        let mut line = String::new();
        anyhow::ensure!(log.read_line(&mut line)? > 0, "gitoma-mcp does not listen");
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split('/').next().unwrap_or_default().parse::<std::net::SocketAddr>()?;
        }
    };
    // The log is read on, so that nobody waits for room in the pipe.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..CLIENTS {
            tasks.spawn(async move {
                let era = if number % 2 == 0 { Era::Alone } else { Era::Session };
                let (tool, arguments) = if number < CLIENTS / 4 { LOG } else { READ };
                let mut client = Client::open(address, era, TOKEN, tool, arguments).await?;
                for _ in 0..CALLS / CLIENTS {
                    client.call().await?;
                }
                anyhow::Ok(client)
            });
        }
        // Sessions are still open when memory is looked at.
        let mut clients = Vec::new();
        while let Some(client) = tasks.join_next().await {
            clients.push(client??);
        }
        let what = "gitoma-mcp over HTTP, 16 clients, resident after 100,000 calls";
        table.figure(what, resident(child.0.id())?);
        anyhow::Ok(())
    })
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
