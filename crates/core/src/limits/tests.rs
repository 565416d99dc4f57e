use std::time::Duration;

use governor::clock::FakeRelativeClock;

use super::*;

fn limits(config: &LimitsConfig) -> (Limits<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Limits::new(config, 2, clock.clone()), clock)
}

fn address(text: &str) -> Peer {
    Peer::Address(text.parse().unwrap())
}

#[test]
fn a_burst_then_a_wait_then_again() {
    let config = LimitsConfig { principal: Rate::new(60, 3), ..LimitsConfig::default() };
    let (limits, clock) = limits(&config);
    for _ in 0..3 {
        assert_eq!(limits.principal(0), Ok(()));
    }
    assert_eq!(limits.principal(0), Err(Exceeded { scope: "principal", retry_after: 1 }));
    assert_eq!(limits.principal(1), Ok(()), "principals do not share a budget");
    clock.advance(Duration::from_secs(1));
    assert_eq!(limits.principal(0), Ok(()));
}

#[test]
fn writes_have_a_budget_of_their_own() {
    let config = LimitsConfig { writes: Rate::new(1, 1), ..LimitsConfig::default() };
    let (limits, _) = limits(&config);
    assert_eq!(limits.write(0), Ok(()));
    assert_eq!(limits.write(0), Err(Exceeded { scope: "write", retry_after: 60 }));
    assert_eq!(limits.principal(0), Ok(()));
}

#[test]
fn a_tool_may_be_limited_by_itself_for_each_principal() {
    let slow = ToolLimits { rate: Some(Rate::new(60, 2)), concurrent: None };
    let config = LimitsConfig { tools: [("git_blame".to_owned(), slow)].into(), ..LimitsConfig::default() };
    let (limits, clock) = limits(&config);
    assert_eq!([limits.tool(0, "git_blame"), limits.tool(0, "git_blame")], [Ok(()), Ok(())]);
    assert_eq!(limits.tool(0, "git_blame"), Err(Exceeded { scope: "tool", retry_after: 1 }));
    assert_eq!(limits.tool(1, "git_blame"), Ok(()), "principals do not share a budget");
    assert_eq!(limits.tool(0, "git_log"), Ok(()));
    clock.advance(Duration::from_secs(1));
    assert_eq!(limits.tool(0, "git_blame"), Ok(()));
}

#[test]
fn a_principal_has_so_many_places() {
    let config = LimitsConfig { principal_concurrent_calls: 2, ..LimitsConfig::default() };
    let (limits, _) = limits(&config);
    let places = [limits.place(0), limits.place(0)];
    assert!(places.iter().all(Option::is_some) && limits.place(0).is_none());
    assert!(limits.place(1).is_some(), "another has its own");
    drop(places);
    assert!(limits.place(0).is_some());
}

#[test]
fn a_subscriber_is_one_origin() {
    let config = LimitsConfig { origin: Rate::new(1, 1), ..LimitsConfig::default() };
    let (limits, _) = limits(&config);
    assert_eq!(limits.origin(address("2001:db8::1")), Ok(()));
    assert!(limits.origin(address("2001:db8::2")).is_err(), "one /64");
    assert_eq!(limits.origin(address("2001:db8:0:1::1")), Ok(()));
    assert_eq!(limits.origin(address("192.0.2.1")), Ok(()));
    assert!(limits.origin(address("::ffff:192.0.2.1")).is_err(), "a mapped address is the IPv4 one");
    for _ in 0..10 {
        assert_eq!(limits.origin(Peer::Local), Ok(()), "a local peer has no address to charge");
    }
}

#[test]
fn the_table_is_bounded_and_the_rest_share_one_bucket() {
    let config = LimitsConfig { origin: Rate::new(60, 1), origins: 160, ..LimitsConfig::default() };
    let (limits, clock) = limits(&config);
    let flood = |limits: &Limits<_>| {
        (0..10_000_u32)
            .filter(|n| limits.origin(Peer::Address(std::net::Ipv4Addr::from(*n).into())).is_ok())
            .count()
    };
    assert_eq!(flood(&limits), 161, "so many told apart, and one for all others");
    assert_eq!(limits.origins_known(), 160);
    limits.sweep();
    assert_eq!(limits.origins_known(), 160, "who has asked lately is not forgotten");
    clock.advance(Duration::from_secs(10));
    limits.sweep();
    assert_eq!(limits.origins_known(), 0, "rested origins make room");
    assert_eq!(flood(&limits), 161);
}

#[test]
fn a_principal_writes_so_much_in_an_hour() {
    let clock = FakeRelativeClock::default();
    let config = LimitsConfig { written_kib: NonZeroU32::new(100).unwrap(), ..LimitsConfig::default() };
    let limits = Limits::new(&config, 2, clock.clone());
    let kib = |count: u64| count * 1024;
    assert_eq!(limits.written(0, 0), Ok(()));
    assert_eq!(limits.written(0, kib(60)), Ok(()));
    assert_eq!(limits.written(0, 1), Ok(()), "a byte counts as a KiB");
    assert!(matches!(limits.written(0, kib(60)), Err(Some(wait)) if wait > 0));
    assert_eq!(limits.written(0, kib(101)), Err(None), "more than an hour's worth never fits");
    assert_eq!(limits.written(0, u64::MAX), Err(None));
    assert_eq!(limits.written(1, kib(100)), Ok(()), "another principal's is its own");
    clock.advance(Duration::from_hours(1));
    assert_eq!(limits.written(0, kib(100)), Ok(()));
}

#[test]
fn what_is_left_is_known_and_grows_with_time() {
    let config =
        LimitsConfig { principal: Rate::new(60, 30), writes: Rate::new(6, 2), ..LimitsConfig::default() };
    let (limits, clock) = limits(&config);
    let left = |limits: &Limits<_>| {
        limits.allowances(0).unwrap().map(|one| (one.scope, one.quota, one.window, one.left, one.reset))
    };
    assert_eq!(left(&limits), [("principal", 30, 30, 30, 0), ("write", 2, 20, 2, 0)]);
    for _ in 0..12 {
        limits.principal(0).unwrap();
    }
    limits.write(0).unwrap();
    assert_eq!(left(&limits), [("principal", 30, 30, 18, 12), ("write", 2, 20, 1, 10)]);
    clock.advance(Duration::from_secs(5));
    assert_eq!(left(&limits), [("principal", 30, 30, 23, 7), ("write", 2, 20, 1, 10)]);
    clock.advance(Duration::from_secs(5));
    assert_eq!(left(&limits), [("principal", 30, 30, 28, 2), ("write", 2, 20, 2, 0)]);
    clock.advance(Duration::from_hours(1));
    assert_eq!(left(&limits)[0], ("principal", 30, 30, 30, 0));
    for _ in 0..30 {
        limits.principal(0).unwrap();
    }
    limits.principal(0).unwrap_err();
    assert_eq!(left(&limits)[0], ("principal", 30, 30, 0, 30));
    assert_eq!(limits.allowances(2), None);
}

/// Whoever has many addresses takes no more than the table, and whoever floods it does not keep the rest out for good.
#[test]
fn a_million_origins_leave_the_table_as_it_is() {
    let (limits, _) = limits(&LimitsConfig::default());
    for number in 0..1_000_000_u32 {
        let _ = limits.origin(Peer::Address(std::net::Ipv4Addr::from(number).into()));
    }
    assert_eq!(limits.origins_known(), LimitsConfig::default().origins);
}

#[test]
fn to_look_at_an_origin_takes_no_place() {
    let config = LimitsConfig { origin: Rate::new(60, 1), origins: 16, ..LimitsConfig::default() };
    let (limits, _) = limits(&config);
    assert!(!limits.is_over(address("192.0.2.1")));
    assert_eq!(limits.origins_known(), 0);
    assert!(limits.origin(address("192.0.2.1")).is_ok());
    assert!(limits.origin(address("192.0.2.1")).is_err());
    assert!(limits.is_over(address("192.0.2.1")) && !limits.is_over(address("192.0.2.2")));
    assert_eq!(limits.origins_known(), 1);
}
