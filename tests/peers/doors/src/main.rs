//! Gitoma beside its floors, in one run and on one machine: an echo tool over MCP stdio beside a bare rmcp server, over HTTP beside
//! a bare axum server; a file at a revision beside plain gix; start-up and resident memory. Rounds alternate, medians are quoted.
//!
//! `cargo run --release -- load` compares HTTP under load, `-- soak [SECONDS]` looks at memory. `-- mcp` compares the MCP door with bare
//! rmcp and with other servers of files and of git, which `just mcp-peers` installs: `--part stdio|http|others|memory` (repeatable) measures
//! that part alone, `--tools FOLDER` and `--gitoma-mcp FILE` say where things are. Without an argument, `cargo run --release` (after `cargo
//! build --release` in the repository's root, whose binaries are started too).

mod echo;
mod floors;
mod git;
mod http;
mod lines;
mod load;
mod mcp;
mod process;
mod stdio;
mod table;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        // The two servers of the echo over stdio: this very program, so that both are built alike.
        Some("serve-bare-mcp") => floors::serve_bare_mcp(),
        Some("serve-gitoma-mcp") => echo::serve_gitoma_mcp(),
        Some("mcp") => mcp::compare(arguments),
        Some("load") => load::compare(),
        Some("soak") => {
            let seconds = arguments.next().map_or(Ok(600), |seconds| seconds.parse())?;
            load::soak(std::time::Duration::from_secs(seconds))
        }
        Some(mode) => match load::Kind::named(mode) {
            Some(kind) => load::serve(kind),
            None => anyhow::bail!("unknown mode {mode}"),
        },
        None => {
            let mut table = table::Table::default();
            stdio::compare(&mut table)?;
            http::compare(&mut table)?;
            git::compare(&mut table)?;
            process::measure(&mut table)?;
            table.print();
            Ok(())
        }
    }
}
