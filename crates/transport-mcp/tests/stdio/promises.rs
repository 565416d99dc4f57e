//! Results over standard input and output are what the list of tools promises.

use serde_json::json;

use crate::eras::Session;
use crate::promised::{POLICY, converse, world};

#[test]
fn results_are_what_the_list_promises() {
    let world = world();
    let policy = world.repository().with_file_name("policy.yaml");
    #[expect(clippy::disallowed_methods, reason = "a test writes its own policy")]
    std::fs::write(&policy, POLICY).unwrap();
    let arguments = ["--policy", policy.to_str().unwrap(), "--write-mode", "on", "--direct-writes", "on"];
    let mut turn = 0;
    Session::each(&world, &arguments, |session| {
        let tools = session.ask("tools/list", &json!({}))["result"]["tools"].take();
        converse(&tools, turn, |tool, arguments| session.call(tool, arguments));
        turn += 1;
    });
}
