use super::*;

fn peer(text: &str) -> Peer {
    Peer::Address(text.parse().unwrap())
}

#[test]
fn a_stranger_is_locked_out_for_longer_each_time() {
    let failures = Failures::default();
    let stranger = peer("203.0.113.9");
    let mut now = Instant::now();
    for _ in 0..FREE {
        failures.failed(stranger, now);
        assert_eq!(failures.locked(stranger, now), None);
    }
    let mut waits = Vec::new();
    for _ in 0..6 {
        failures.failed(stranger, now);
        let wait = failures.locked(stranger, now).unwrap();
        waits.push(wait);
        now += Duration::from_secs(wait);
        assert_eq!(failures.locked(stranger, now), None, "the lock ends");
    }
    assert_eq!(waits, [60, 120, 240, 480, 900, 900], "doubling to fifteen minutes");
    assert_eq!(failures.locked(peer("203.0.113.10"), now), None, "others are not locked");
}

#[test]
fn on_loopback_failures_are_only_delayed() {
    let failures = Failures::default();
    let now = Instant::now();
    let delays: Vec<_> = (0..100).map(|_| failures.failed(peer("127.0.0.1"), now)).collect();
    assert!(delays.windows(2).all(|pair| pair[0] <= pair[1]) && delays[99] == LONGEST_DELAY);
    assert_eq!(failures.locked(peer("127.0.0.1"), now), None);
}

#[test]
fn time_alone_forgives() {
    let failures = Failures::default();
    let now = Instant::now();
    let stranger = peer("203.0.113.9");
    for _ in 0..FREE {
        failures.failed(stranger, now);
    }
    failures.failed(stranger, now + MEMORY);
    assert_eq!(failures.locked(stranger, now + MEMORY), None, "after an hour the count begins anew");
}

#[test]
fn the_table_is_bounded() {
    let failures = Failures::default();
    let now = Instant::now();
    for n in 0..30_000_u32 {
        failures.failed(Peer::Address(std::net::Ipv4Addr::from(0xC000_0000 + n).into()), now);
    }
    assert!(failures.table.lock().unwrap().origins.len() <= CAPACITY);
}

/// Room is made beside the requests, and only of those who have not failed for long.
#[test]
fn a_sweep_makes_room_in_a_full_table_alone() {
    let failures = Failures::default();
    let known = || failures.table.lock().unwrap().origins.len();
    let fail =
        |n: u32, at| failures.failed(Peer::Address(std::net::Ipv4Addr::from(0xC000_0000 + n).into()), at);
    let now = Instant::now();
    fail(0, now);
    failures.sweep(now + 2 * MEMORY);
    assert_eq!(known(), 1, "there is room enough");
    let capacity = u32::try_from(CAPACITY).unwrap();
    for n in 1..capacity {
        fail(n, now + MEMORY);
    }
    fail(capacity, now + MEMORY);
    assert_eq!(known(), CAPACITY, "no request makes room");
    failures.sweep(now + MEMORY + SWEEP);
    assert_eq!(known(), CAPACITY - 1);
    assert_eq!(fail(capacity, now + MEMORY + SWEEP), Duration::from_millis(20), "there is room for it now");
}
