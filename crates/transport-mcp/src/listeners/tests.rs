use std::cell::Cell;

use gitoma_core::{Credential, Gateway, Peer as Remote};

use super::*;
use crate::caller::Caller;
use crate::http::nobody;
use crate::server::Server;

#[tokio::test]
async fn a_session_that_says_again_that_it_is_ready_has_nothing_looked_up() {
    let state = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder().audit_directory(state.path()).policy("p.yaml", "version: 1\n");
    let gateway = gateway.build().unwrap();
    let server = Server::new(gateway.clone(), Caller::new(Credential::Absent, Remote::Local));
    let (listeners, peer, looked) = (Listeners::new(), nobody(&gateway, None), Cell::new(0));
    for _ in 0..3 {
        listeners.tell(peer.clone(), || {
            looked.set(looked.get() + 1);
            server.all_changes()
        });
    }
    assert_eq!(looked.get(), 1);
    listeners.end();
}
