use super::*;

#[test]
fn a_room_is_a_principals_own_and_is_given_back() {
    let rooms = Rooms::new(2);
    let mine = rooms.of("a");
    let places: Vec<_> = (0..2).filter_map(|_| mine.request()).collect();
    assert_eq!(places.len(), 2);
    assert!(rooms.of("a").request().is_none(), "asking again finds the same room");
    assert!(rooms.of("b").request().is_some());
    drop(places);
    assert!(rooms.of("a").request().is_some());
}

#[test]
fn a_room_is_there_as_long_as_anything_in_it() {
    let rooms = Rooms::new(1);
    let places: Vec<_> = (0..LISTENING).filter_map(|_| rooms.of("a").listening()).collect();
    assert_eq!(places.len(), LISTENING);
    // Others come and go, and nobody but the streams holds the first room.
    drop((rooms.of("b"), rooms.of("c")));
    assert!(rooms.of("a").listening().is_none());
    drop(places);
    assert!(rooms.of("a").listening().is_some());
}
