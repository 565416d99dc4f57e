use super::*;

fn session() -> Arc<Session> {
    Arc::new(Session::new("id".into(), "agent", ProtocolVersion::V_2025_11_25))
}

#[test]
fn an_id_is_used_once_at_a_time_and_cancelled_by_name() {
    let session = session();
    let one = RequestId::Number(1);
    let running = session.begin(&one, 2).unwrap();
    assert_eq!(session.begin(&one, 2).err(), Some(Unfit::InUse));
    let other = session.begin(&RequestId::Number(2), 2).unwrap();
    assert_eq!(session.begin(&RequestId::Number(3), 2).err(), Some(Unfit::Full));
    assert!(!session.cancel(&RequestId::Number(3)));
    assert!(session.cancel(&one));
    assert!(running.cancel().is_cancelled() && !other.cancel().is_cancelled());
    drop(running);
    assert!(!session.cancel(&one), "what is over cannot be cancelled");
    session.begin(&one, 2).unwrap();
}

#[test]
fn the_end_cancels_everything() {
    let session = session();
    let (running, listening) = (session.begin(&RequestId::Number(1), 1).unwrap(), session.listen());
    session.end();
    assert!(running.cancel().is_cancelled() && listening.end().is_cancelled());
}

#[test]
fn a_new_stream_takes_the_place_of_the_one_before() {
    let session = session();
    let first = session.listen();
    let second = session.listen();
    assert!(first.end().is_cancelled() && !second.end().is_cancelled());
    drop(first);
    assert_eq!(session.unused_since(), None, "the second is open still");
    drop(second);
    assert!(session.unused_since().is_some());
}
