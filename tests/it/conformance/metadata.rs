//! No OAuth is offered, and so nothing is said of it: neither metadata of a protected resource (RFC 9728), nor where it would be. A client that
//! found any would look for an authorization server that there is not.

use super::doors::{self, Connection};
use super::house::{House, TOKEN};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_door_sends_a_client_to_an_authorization_server() {
    let house = House::build();
    for address in
        [doors::beside_http(house.gateway.clone()).await, doors::by_itself(house.gateway.clone()).await]
    {
        for token in [TOKEN, ""] {
            for place in
                ["oauth-protected-resource", "oauth-protected-resource/mcp", "oauth-authorization-server"]
            {
                let mut stranger = Connection::open(address, token).await;
                let answer = stranger.ask(&format!("GET /.well-known/{place}"), &[], "").await;
                assert_eq!(answer.status, 404, "{address} {place}");
            }
        }
        let accepted = [("Accept", "application/json, text/event-stream")];
        let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        for (token, status, code) in
            [("", 401, "unauthenticated"), ("a-wrong-token", 403, "invalid_credential")]
        {
            let refused = Connection::open(address, token).await.ask("POST /mcp", &accepted, ping).await;
            assert_eq!((refused.status, refused.json()["code"].as_str()), (status, Some(code)), "{address}");
            let challenge = refused.header("www-authenticate").unwrap_or_default();
            assert_eq!(challenge.starts_with("Bearer"), status == 401, "{address} {challenge}");
            assert!(!challenge.contains("resource_metadata"), "{address} {challenge}");
        }
        // The place that clients do know is there.
        let mut caller = Connection::open(address, TOKEN).await;
        assert_ne!(caller.ask("POST /mcp", &accepted, ping).await.status, 404, "{address}");
    }
}
