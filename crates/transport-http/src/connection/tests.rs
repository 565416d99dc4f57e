use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as Plain};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;

use super::*;

async fn in_turn(ConnectInfo(client): ConnectInfo<Client>, request: Request, next: Next) -> Response {
    let turn = client.answer();
    let response = next.run(request).await;
    turn.end_with(&response);
    response
}

const BRIEF: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(600);

async fn door(places: usize, patience: Duration) -> Door {
    Door::new(Socket::Tcp(TcpListener::bind("127.0.0.1:0").await.unwrap()), places, patience)
}

/// Serves `GET /` over `door`, and `GET /slow`, which takes four times its patience.
async fn served(door: Door) -> SocketAddr {
    let address = door.socket.address().unwrap();
    let slow = async || {
        tokio::time::sleep(4 * BRIEF).await;
        "slow"
    };
    let routes =
        Router::new().route("/", get(async || "fine")).route("/slow", get(slow)).layer(from_fn(in_turn));
    let service = routes.into_make_service_with_connect_info::<Client>();
    tokio::spawn(async move { axum::serve(door, service).await });
    address
}

/// Sends `head`, then reads whatever comes until the server closes the connection.
async fn exchange(address: SocketAddr, head: &'static str) -> String {
    spawn_blocking(move || {
        let mut socket = Plain::connect(address).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        // A reset is an end as well.
        let _ = socket.read_to_string(&mut answer);
        answer
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn accepted_sockets_do_not_wait_for_full_segments() {
    let mut door = door(1, LONG).await;
    let address = door.socket.address().unwrap();
    let (accepted, socket) = tokio::join!(door.accept(), TcpStream::connect(address));
    let Stream::Tcp(stream) = &accepted.0.stream else { panic!("{:?}", accepted.0) };
    assert!(stream.nodelay().unwrap());
    assert_eq!(accepted.1, Remote::Address(socket.unwrap().local_addr().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    let address = served(door(8, BRIEF).await).await;
    for head in ["", "GET / HTT", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        assert_eq!(exchange(address, head).await, "", "{head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_ends_after_its_answer() {
    let address = served(door(8, BRIEF).await).await;
    let answer = exchange(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("fine"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_s_own_time_is_not_the_client_s() {
    let address = served(door(8, BRIEF).await).await;
    let answer = exchange(address, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("slow"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_again_when_its_connection_ends() {
    let address = served(door(1, BRIEF).await).await;
    let silent = Plain::connect(address).unwrap();
    let answer = exchange(address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("fine"), "{answer}");
    drop(silent);
}

#[tokio::test]
async fn with_every_place_taken_nobody_else_is_let_in() {
    let mut door = door(1, LONG).await;
    let address = door.socket.address().unwrap();
    let (first, _one) = tokio::join!(door.accept(), TcpStream::connect(address));
    let _two = TcpStream::connect(address).await.unwrap();
    assert!(tokio::time::timeout(BRIEF, door.accept()).await.is_err());
    drop(first);
    door.accept().await;
}
