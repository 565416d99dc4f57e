//! Anything at all on standard input. Standard output carries messages of the protocol and nothing else, no more answers than there were
//! lines, nothing that is hidden; the connection ends when its input does, and the gateway answers the next one.
#![no_main]

mod house;

use std::sync::LazyLock;
use std::time::Duration;

use house::{House, require_message};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

/// Above what a connection waits for calls that run when its input ends.
const PATIENCE: Duration = Duration::from_secs(20);
const ROOM: usize = 64 * 1024;
/// What a client of each era asks that knows what it does.
const GOOD: [&str; 2] = [
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\
     \"clientInfo\":{\"name\":\"good\",\"version\":\"1\"}}}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\
     {\"jsonrpc\":\"2.0\",\"id\":\"good\",\"method\":\"tools/list\"}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":\"good\",\"method\":\"tools/list\",\"params\":{\"_meta\":{\
     \"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{},\
     \"io.modelcontextprotocol/clientInfo\":{\"name\":\"good\",\"version\":\"1\"}}}}\n",
];

static HOUSE: LazyLock<House> = LazyLock::new(House::open);

/// What is said on a connection on which the client says `input` and then nothing more.
async fn converse(input: Vec<u8>) -> String {
    let (client, server) = tokio::io::duplex(ROOM);
    let (reader, writer) = tokio::io::split(server);
    let (mut hears, mut says) = tokio::io::split(client);
    let serving = tokio::spawn(gitoma_mcp::serve(HOUSE.gateway.clone(), "local", reader, writer, CancellationToken::new()));
    let saying = async move {
        // The server may have ended, which is seen by what it said.
        let _ = says.write_all(&input).await;
        let _ = says.shutdown().await;
    };
    let mut said = Vec::new();
    let all = async { tokio::join!(saying, hears.read_to_end(&mut said), serving) };
    let (_, heard, served) = tokio::time::timeout(PATIENCE, all).await.expect("the connection ends with its input");
    heard.expect("heard");
    // How it ended is the client's doing; that its task did not panic is ours.
    let _ = served.expect("no panic");
    String::from_utf8(said).expect("UTF-8")
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes.to_vec();
    input.push(b'\n');
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    let said = HOUSE.runtime.block_on(converse(input));
    let answers = said.lines().map(require_message).filter(|message| message.get("method").is_none()).count();
    assert!(answers <= lines, "{answers} answers to {lines} lines: {said}");
    let good = GOOD[usize::from(bytes.first().copied().unwrap_or_default() % 2)];
    let said = HOUSE.runtime.block_on(converse(good.into()));
    let listed = said.lines().map(require_message).any(|message| message["id"] == "good" && message["result"]["tools"].is_array());
    assert!(listed, "{said}");
});
