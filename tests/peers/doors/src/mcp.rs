//! The MCP door: an echo over stdio and over Streamable HTTP beside bare rmcp, and the released `gitoma-mcp`: its tools beside other servers'
//! of git and of files, and its memory after many calls.

mod http;
mod memory;
mod others;
mod program;
mod wire;

use std::path::{Path, PathBuf};

use crate::stdio;
use crate::table::Table;

/// What is asked for.
struct Options {
    /// The parts to measure; all of them if none is named.
    parts: Vec<String>,
    /// What `just mcp-peers` has installed.
    tools: PathBuf,
    /// The released `gitoma-mcp`.
    gitoma_mcp: PathBuf,
}

/// Prints the tables for docs/performance.md.
pub fn compare(arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let options = options(arguments)?;
    let wants = |part: &str| options.parts.is_empty() || options.parts.iter().any(|wanted| wanted == part);
    let mut table = Table::default();
    if wants("stdio") {
        stdio::compare(&mut table)?;
    }
    if wants("http") {
        http::compare(&mut table)?;
    }
    if wants("others") {
        others::compare(&mut table, &options.tools, &options.gitoma_mcp)?;
    }
    if wants("memory") {
        memory::measure(&mut table, &options.gitoma_mcp)?;
    }
    table.print();
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target");
    let mut options = Options {
        parts: Vec::new(),
        tools: target.join("test-tools"),
        gitoma_mcp: target.join("release/gitoma-mcp"),
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| anyhow::anyhow!("{option} needs a value"))?;
        match option.as_str() {
            "--part" => options.parts.push(value),
            "--tools" => options.tools = value.into(),
            "--gitoma-mcp" => options.gitoma_mcp = value.into(),
            _ => anyhow::bail!("unknown option {option}"),
        }
    }
    Ok(options)
}
