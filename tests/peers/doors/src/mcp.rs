//! The MCP door: over stdio and over Streamable HTTP beside bare rmcp, its tools beside other servers' of git and of files, and memory after
//! many calls.

mod http;
mod memory;
mod others;
mod wire;

use std::path::{Path, PathBuf};

use crate::stdio;
use crate::table::Table;

/// Where things are that are started.
struct Places {
    /// What `just mcp-peers` has installed.
    tools: PathBuf,
    /// The released `gitoma-mcp`.
    gitoma_mcp: PathBuf,
}

/// Prints the tables for docs/performance.md.
pub fn compare(arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let places = places(arguments)?;
    let mut table = Table::default();
    stdio::compare(&mut table)?;
    http::compare(&mut table)?;
    others::compare(&mut table, &places.tools)?;
    memory::measure(&mut table, &places.gitoma_mcp)?;
    table.print();
    Ok(())
}

fn places(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Places> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target");
    let mut places =
        Places { tools: target.join("test-tools"), gitoma_mcp: target.join("release/gitoma-mcp") };
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| anyhow::anyhow!("{option} needs a value"))?;
        match option.as_str() {
            "--tools" => places.tools = value.into(),
            "--gitoma-mcp" => places.gitoma_mcp = value.into(),
            _ => anyhow::bail!("unknown option {option}"),
        }
    }
    Ok(places)
}
