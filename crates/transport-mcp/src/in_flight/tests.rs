use std::time::Duration;

use super::*;

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test);
}

async fn full(in_flight: &InFlight, bytes: usize) -> bool {
    let entering = in_flight.enter(RequestId::Number(-1), bytes);
    tokio::time::timeout(Duration::from_millis(1), entering).await.is_err()
}

#[test]
fn a_place_is_given_back_when_dropped() {
    run(async {
        let in_flight = InFlight::new(2, 100);
        let id = RequestId::Number(1);
        let place = in_flight.enter(id.clone(), 1).await.unwrap();
        assert!(in_flight.has(&id));
        assert!(!full(&in_flight, 1).await);
        let other = in_flight.enter(RequestId::Number(2), 1).await.unwrap();
        assert!(full(&in_flight, 1).await, "two small requests are all");
        drop((place, other));
        assert!(!in_flight.has(&id));
        assert!(!full(&in_flight, 1).await);
    });
}

#[test]
fn bytes_count_and_one_request_always_fits() {
    run(async {
        let in_flight = InFlight::new(10, 100);
        let place = in_flight.enter(RequestId::Number(1), 95).await.unwrap();
        assert!(full(&in_flight, 1).await);
        drop(place);
        assert!(!full(&in_flight, 1_000_000).await, "larger than all room, but alone");
    });
}
