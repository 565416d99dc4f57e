//! Resident memory of the released `gitoma-mcp` after many calls that each read a file: over stdio, and over HTTP from sixteen clients.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::wire::{Client, Era};
use crate::lines::Lines;
use crate::table::Table;

const CALLS: usize = 100_000;
const CLIENTS: usize = 16;
const TOKEN: &str = "a-token-of-the-peers-bench";

pub fn measure(table: &mut Table, program: &Path) -> anyhow::Result<()> {
    if !program.exists() {
        table.figure(
            "gitoma-mcp, memory",
            "left out: `cargo build --release` in the root makes it".to_owned(),
        );
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let repository = place.path().join("web");
    std::fs::create_dir(&repository)?;
    anyhow::ensure!(Command::new("git").args(["init", "-q"]).current_dir(&repository).status()?.success());
    std::fs::write(repository.join("file.txt"), "a line of the file\n".repeat(54))?;
    furnish(place.path())?;

    let mut lines = Lines::start(command(program, place.path(), "stdio", &[]))?;
    lines.round(r#"{"name":"repo_read_file","arguments":{"repo":"web","path":"file.txt"}}"#, CALLS)?;
    let figure = format!("{:.1} MiB", resident(lines.id())?);
    table.figure("gitoma-mcp over stdio, resident after 100,000 calls", figure);
    drop(lines);

    let mut child = Killed(
        command(program, place.path(), "http", &["--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()?,
    );
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
                let arguments = r#"{"repo":"web","path":"file.txt"}"#;
                let mut client = Client::open(address, era, TOKEN, "repo_read_file", arguments).await?;
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
        let figure = format!("{:.1} MiB", resident(child.0.id())?);
        table.figure("gitoma-mcp over HTTP, 16 clients, resident after 100,000 calls", figure);
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

fn command(program: &Path, place: &Path, state: &str, more: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(place.join("gitoma.yaml")).arg("--state").arg(place.join(state)).args(more);
    command
}

/// A configuration whose limits nobody comes up against.
fn furnish(place: &Path) -> anyhow::Result<()> {
    let text = "repositories: { web: { path: web } }\nlimits:\n  principal: { per_minute: 1000000, burst: 1000000 }\n  origin: { per_minute: \
                1000000, burst: 1000000 }\nprincipals:\n  - { name: agent, roles: [agent], token_file: agent.token }\n";
    std::fs::write(place.join("gitoma.yaml"), text)?;
    let token = place.join("agent.token");
    std::fs::write(&token, TOKEN)?;
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// In MiB.
fn resident(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let row = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(row.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
