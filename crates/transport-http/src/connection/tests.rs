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
    Door::new(
        Socket::Tcp(TcpListener::bind("127.0.0.1:0").await.unwrap()),
        (places, Connections::default()),
        patience,
        Report::new(|_, _| {}),
    )
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

/// What no socket holds at once.
const LARGE: usize = 16 * 1024 * 1024;

/// Serves an answer of [`LARGE`] bytes over a door of one place, until the returned sender says to end. The task ends with the server.
async fn serving_much(
    patience: Duration,
) -> (SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let door = door(1, patience).await;
    let (address, closing) = (door.socket.address().unwrap(), door.closing());
    let routes = Router::new().route("/", get(async || vec![b'x'; LARGE])).layer(from_fn(in_turn));
    let service = routes.into_make_service_with_connect_info::<Client>();
    let (end, told) = tokio::sync::oneshot::channel();
    let stop = async move {
        let _ = told.await;
        closing.begin();
    };
    let served = async move { axum::serve(door, service).with_graceful_shutdown(stop).await.unwrap() };
    (address, end, tokio::spawn(served))
}

/// Asks, and reads the begin of the answer.
fn begin(address: SocketAddr) -> Plain {
    let mut socket = Plain::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    socket.read_exact(&mut [0; 1024]).unwrap();
    socket
}

/// How much still comes, taken piece by piece with `pause` after each.
fn take(mut socket: Plain, pause: Duration) -> usize {
    let (mut taken, mut piece) = (1024, vec![0; LARGE / 16]);
    while let Ok(read @ 1..) = socket.read(&mut piece) {
        taken += read;
        std::thread::sleep(pause);
    }
    taken
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

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_taken_slowly_is_not_broken_off() {
    let (address, _end, _serving) = serving_much(4 * BRIEF).await;
    let taken = spawn_blocking(move || take(begin(address), BRIEF)).await.unwrap();
    assert!(taken > LARGE, "{taken} of {LARGE}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_being_taken_outlasts_the_end() {
    let (address, end, serving) = serving_much(LONG).await;
    let taken = spawn_blocking(move || {
        let socket = begin(address);
        end.send(()).unwrap();
        take(socket, BRIEF)
    });
    let taken = taken.await.unwrap();
    assert!(taken > LARGE, "{taken} of {LARGE}");
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_nothing_does_not_hold_up_the_end() {
    let (address, end, serving) = serving_much(LONG).await;
    let socket = spawn_blocking(move || begin(address)).await.unwrap();
    end.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(8), serving).await.expect("the end does not wait").unwrap();
    drop(socket);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_the_server_waiting_longest_gives_way() {
    let address = served(door(2, LONG).await).await;
    let answer = || exchange(address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let open = |said: &'static str| {
        spawn_blocking(move || {
            let mut socket = Plain::connect(address).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            socket.write_all(said.as_bytes()).unwrap();
            socket
        })
    };
    // One says nothing, one half a head: both places are taken.
    let mut first = open("").await.unwrap();
    tokio::time::sleep(BRIEF).await;
    let second = open("GET / HTT").await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(20), answer()).await.expect("a place in time");
    assert!(answer.ends_with("fine"), "{answer}");
    let closed = spawn_blocking(move || first.read(&mut [0]).is_ok_and(|read| read == 0)).await.unwrap();
    assert!(closed, "who waited longest went first");
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_nothing_gives_way() {
    let (address, _end, _serving) = serving_much(LONG).await;
    let stuck = spawn_blocking(move || begin(address)).await.unwrap();
    let taken = spawn_blocking(move || take(begin(address), Duration::ZERO));
    let taken = tokio::time::timeout(Duration::from_secs(20), taken).await.expect("a place in time");
    assert!(taken.unwrap() > LARGE);
    drop(stuck);
}

/// Whoever was silent for long, and then asks, keeps nobody waiting any more, even before the task that reads has noticed.
#[tokio::test(start_paused = true)]
async fn nobody_gives_way_whose_request_has_come() {
    let crowd = Crowd::new(1, Connections::default());
    let place = crowd.place().await;
    let client = Client { remote: Remote::Nobody, turn: Turn::default(), body: Some(place.body_wait()) };
    assert!(place.wait(std::task::Waker::noop()));
    tokio::time::advance(Duration::from_secs(20)).await;
    let answering = client.answer();
    assert!(tokio::time::timeout(Duration::from_millis(500), crowd.place()).await.is_err());
    assert!(place.wait(std::task::Waker::noop()), "it stays");
    drop(answering);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(tokio::time::timeout(Duration::from_millis(500), crowd.place()).await.is_err());
    assert!(!place.wait(std::task::Waker::noop()), "then it has kept another one waiting");
}
