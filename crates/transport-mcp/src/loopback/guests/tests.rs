use std::time::Duration;

use super::*;

async fn wait() {
    tokio::time::advance(LEAST).await;
}

fn met(guests: &Guests, known: bool) -> Arc<Guest> {
    let guest = Arc::new(guests.meet());
    if known {
        let answering = guest.begin().unwrap();
        assert_eq!(guest.let_in("ann"), Entry::Stays);
        drop(answering);
    }
    guest
}

fn left(of: &[&Arc<Guest>]) -> Vec<bool> {
    of.iter().map(|guest| !guest.gives_way.is_cancelled()).collect()
}

#[tokio::test(start_paused = true)]
async fn strangers_give_way_first_and_the_oldest_first_of_each() {
    let guests = Guests::new(100);
    let idle = met(&guests, true);
    let (first, second) = (met(&guests, false), met(&guests, false));
    let later = met(&guests, true);
    let all = [&idle, &first, &second, &later];
    assert!(!guests.make_way(), "nobody is sent away at once");
    wait().await;
    for expected in
        [[true, false, true, true], [true, false, false, true], [false, false, false, true], [false; 4]]
    {
        assert!(guests.make_way());
        assert_eq!(left(&all), expected);
    }
    assert!(!guests.make_way());
}

#[tokio::test(start_paused = true)]
async fn strangers_drive_nobody_out_who_is_known() {
    let guests = Guests::new(100);
    let idle = met(&guests, true);
    wait().await;
    let stranger = met(&guests, false);
    assert!(!guests.make_way());
    wait().await;
    assert!(guests.make_way());
    assert_eq!(left(&[&idle, &stranger]), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_answered_stays_and_waits_anew_afterwards() {
    let guests = Guests::new(100);
    let (busy, idle) = (met(&guests, true), met(&guests, true));
    let answering = busy.begin().unwrap();
    wait().await;
    assert!(guests.make_way() && !guests.make_way());
    assert_eq!(left(&[&busy, &idle]), [true, false]);
    drop(answering);
    tokio::time::advance(LEAST - Duration::from_millis(1)).await;
    assert!(!guests.make_way());
    wait().await;
    assert!(guests.make_way());
    assert!(busy.begin().is_none(), "nothing comes of what it asks for in that instant");
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_of_the_first_request_of_one_that_was_sent_away() {
    let guests = Guests::new(100);
    let stranger = met(&guests, false);
    wait().await;
    let _answering = stranger.begin().unwrap();
    assert!(guests.make_way());
    assert_eq!(stranger.let_in("ann"), Entry::Gone);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_gone_is_not_asked_to_go() {
    let guests = Guests::new(100);
    let (gone, known) = (met(&guests, false), met(&guests, true));
    // The answer may outlive the connection that it was for.
    let answering = known.begin().unwrap();
    drop((gone, known));
    drop(answering);
    wait().await;
    assert!(!guests.make_way() && guests.table().waiting.is_empty() && guests.table().held.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_has_more_than_a_share() {
    let guests = Guests::new(2);
    let (first, second) = (met(&guests, true), met(&guests, true));
    let running = second.begin().unwrap();
    // It asks on a third connection: the one that it does nothing on goes for that.
    let third = Arc::new(guests.meet());
    let asking = third.begin().unwrap();
    assert_eq!(third.let_in("ann"), Entry::Stays);
    assert_eq!(left(&[&first, &second, &third]), [false, true, true]);
    drop(first);
    let fourth = Arc::new(guests.meet());
    assert_eq!(fourth.let_in("ann"), Entry::Full);
    assert!(fourth.is_strange(), "and is the first to give way");
    assert_eq!(Arc::new(guests.meet()).let_in("bob"), Entry::Stays, "others have a share of their own");
    drop((running, second));
    assert_eq!(fourth.let_in("ann"), Entry::Stays);
    drop((asking, third, fourth));
    assert!(guests.table().waiting.is_empty() && guests.table().held.is_empty());
}
