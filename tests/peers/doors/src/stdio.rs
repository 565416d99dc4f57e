//! MCP over stdio: the same JSON-RPC lines to a bare rmcp server and to the gateway, each a child of this program.

use crate::lines::Lines;
use crate::table::Table;

const ROUNDS: usize = 10;
const CALLS: usize = 500;
const CALL: &str = r#"{"name":"echo","arguments":{"text":"hello, gateway"}}"#;

pub fn compare(table: &mut Table) -> anyhow::Result<()> {
    let (mut bare, mut ours) = (Lines::own(&["serve-bare-mcp"])?, Lines::own(&["serve-gitoma-mcp"])?);
    let (mut floor_timings, mut our_timings) = (Vec::new(), Vec::new());
    bare.round(CALL, CALLS)?;
    ours.round(CALL, CALLS)?;
    for _ in 0..ROUNDS {
        floor_timings.extend(bare.round(CALL, CALLS)?);
        our_timings.extend(ours.round(CALL, CALLS)?);
    }
    table.compare("MCP stdio, echo, beside bare rmcp", floor_timings, our_timings);
    Ok(())
}
