//! Results over HTTP are what the list of tools promises.

use gitoma_core::WriteMode;
use gitoma_core::config::{RepositoryConfig, WriteSettings};
use gitoma_mcp::Bounds;
use serde_json::json;

use crate::house::{ANN, House};
use crate::promised::{POLICY, converse, world};
use crate::wire::Client;

#[test]
fn results_are_what_the_list_promises() {
    let world = world();
    let repository = RepositoryConfig { alias: "demo".into(), path: world.repository(), git_dir: None };
    let settings = WriteSettings { direct: true, ..WriteSettings::default() };
    let tools = gitoma_tools::with_writes(&[repository], &settings).unwrap();
    let house = House::with(Bounds::default(), |builder| {
        builder.tools(tools).policy("test.yaml", POLICY).write_mode(WriteMode::On)
    });
    for (turn, client) in Client::both(house.address, ANN).into_iter().enumerate() {
        let tools = client.ask(1, "tools/list", &json!({})).json()["result"]["tools"].take();
        converse(&tools, turn, |tool, arguments| client.call(2, tool, arguments).json());
    }
}
