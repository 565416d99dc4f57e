use std::net::{IpAddr, Ipv4Addr};

use axum::response::IntoResponse as _;

use super::*;

fn client() -> Client {
    Client::at(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[tokio::test]
async fn a_stream_holds_the_turn_and_an_answer_does_not() {
    let stream = ([(CONTENT_TYPE, "text/event-stream")], "data: x\n\n").into_response();
    let stream = held(&client(), stream);
    assert!(stream.extensions().get::<HeldTurn>().is_some());
    assert_eq!(stream.into_body().collect().await.unwrap().to_bytes(), "data: x\n\n");
    let answer = held(&client(), ([(CONTENT_TYPE, "application/json")], "{}").into_response());
    assert!(answer.extensions().get::<HeldTurn>().is_none());
}
