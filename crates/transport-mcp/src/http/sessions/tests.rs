use std::time::Duration;

use rmcp::model::RequestId;

use super::*;

const VERSION: ProtocolVersion = ProtocolVersion::V_2025_11_25;

fn sessions(all: usize, own: usize) -> Sessions {
    Sessions::new(Bounds { sessions: all, principal_sessions: own, ..Bounds::default() })
}

#[test]
fn a_session_is_its_principals_and_nobody_elses() {
    let sessions = sessions(9, 9);
    let mine = sessions.open("a", VERSION).unwrap();
    assert!(sessions.find(mine.id(), "a").is_some());
    assert!(sessions.find(mine.id(), "b").is_none());
    assert!(sessions.find("", "a").is_none());
    assert!(!sessions.end(mine.id(), "b") && !mine.ended().is_cancelled());
    assert!(sessions.end(mine.id(), "a") && mine.ended().is_cancelled());
    assert!(!sessions.end(mine.id(), "a") && sessions.count() == 0);
}

#[test]
fn ids_are_long_and_never_the_same() {
    let sessions = sessions(100, 100);
    let ids: std::collections::HashSet<_> =
        (0..100).map(|_| Arc::clone(sessions.open("a", VERSION).unwrap().id())).collect();
    assert_eq!(ids.len(), 100);
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
}

#[test]
fn whoever_opens_more_loses_the_oldest_of_its_own() {
    let sessions = sessions(4, 2);
    let theirs = sessions.open("b", VERSION).unwrap();
    let first = sessions.open("a", VERSION).unwrap();
    let busy = first.begin(&RequestId::Number(1), 1).unwrap();
    let second = sessions.open("a", VERSION).unwrap();
    let third = sessions.open("a", VERSION).unwrap();
    assert!(second.ended().is_cancelled(), "the first was older, and is in use");
    drop(busy);
    third.touch();
    sessions.open("a", VERSION).unwrap();
    assert!(first.ended().is_cancelled() || third.ended().is_cancelled());
    assert!(!theirs.ended().is_cancelled());
    assert_eq!(sessions.count(), 3);
}

#[test]
fn where_there_is_no_room_nobody_else_makes_it() {
    let sessions = sessions(2, 2);
    let theirs = [sessions.open("b", VERSION).unwrap(), sessions.open("b", VERSION).unwrap()];
    assert!(sessions.open("a", VERSION).is_none());
    assert!(theirs.iter().all(|session| !session.ended().is_cancelled()));
    let _busy: Vec<_> =
        theirs.iter().map(|session| session.begin(&RequestId::Number(1), 1).unwrap()).collect();
    assert!(sessions.open("b", VERSION).is_none(), "what is in use is not ended");
}

#[tokio::test(start_paused = true)]
async fn what_is_unused_for_long_ends() {
    let sessions = sessions(9, 9);
    let (idle, used, busy) = (
        sessions.open("a", VERSION).unwrap(),
        sessions.open("a", VERSION).unwrap(),
        sessions.open("a", VERSION).unwrap(),
    );
    let running = busy.begin(&RequestId::Number(1), 1).unwrap();
    tokio::time::advance(Duration::from_secs(20 * 60)).await;
    assert!(sessions.find(used.id(), "a").is_some());
    tokio::time::advance(Duration::from_secs(20 * 60)).await;
    assert!(sessions.find(idle.id(), "a").is_none() && idle.ended().is_cancelled());
    assert!(sessions.find(used.id(), "a").is_some() && sessions.find(busy.id(), "a").is_some());
    drop(running);
    tokio::time::advance(Duration::from_secs(40 * 60)).await;
    sessions.open("b", VERSION).unwrap();
    assert_eq!(sessions.count(), 1, "a new one sweeps out the old");
    assert!(used.ended().is_cancelled());
}
