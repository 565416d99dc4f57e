//! What is said of a change that widens; the rest is tested through the gateway's door.

use std::sync::Arc;

use super::PolicyChanges;
use crate::gateway::Gateway;

fn entries(directory: &std::path::Path) -> Vec<gitoma_audit::Entry> {
    gitoma_audit::Reader::open(directory).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_gets_wider_is_a_second_entry_of_the_generation() {
    let state = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder().audit_directory(state.path()).build().unwrap();
    let snapshot = gateway.inner.snapshot.load_full();
    let change = |widens| PolicyChanges { widens, summary: "git_log: denied, now allowed".to_owned() };
    let before = entries(state.path()).len();
    gateway.say(&snapshot, &change(false)).await;
    assert_eq!(entries(state.path()).len(), before, "what gets tighter is no warning");
    gateway.say(&snapshot, &change(true)).await;
    let said = entries(state.path()).pop().unwrap();
    assert_eq!(said.kind, gitoma_audit::Kind::PolicyLoad);
    assert_eq!(said.policy_generation, Some(1));
    assert_eq!(said.policy_digest.as_deref(), Some(&*snapshot.digest));
    assert_eq!(said.detail.as_deref(), Some("git_log: denied, now allowed"));
    assert_eq!(Arc::strong_count(&gateway.inner), 1);
}
