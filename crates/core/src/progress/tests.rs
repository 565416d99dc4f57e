use super::*;

#[test]
fn a_few_come_at_once_and_then_ten_a_second() {
    let (mut pace, start) = (Pace::default(), Instant::now());
    let mut told = 0;
    for millisecond in 0..=2_000 {
        told += u32::from(pace.admits(millisecond, start + Duration::from_millis(millisecond)));
    }
    assert_eq!(told, AT_ONCE + 20);
    assert!((0..=2).all(|done| Pace::default().admits(done, start)), "the first is told whatever it says");
}

#[test]
fn what_does_not_grow_is_not_told() {
    let (mut pace, start) = (Pace::default(), Instant::now());
    let later = |seconds| start + Duration::from_secs(seconds);
    assert!(pace.admits(5, start));
    assert!(!pace.admits(5, later(1)));
    assert!(!pace.admits(4, later(2)));
    assert!(pace.admits(6, later(3)));
}

#[test]
fn the_latest_is_read_and_the_end_is_seen() {
    let (sink, mut reports) = ProgressSink::new();
    let progress = |done| Progress { done, total: Some(9), counted: "things done" };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        sink.report(progress(1));
        sink.report(progress(2));
        assert_eq!(reports.next().await, Some(progress(2)), "who reads slowly misses the first");
        sink.report(progress(3));
        drop(sink);
        assert_eq!(reports.next().await, Some(progress(3)), "what was told before the end is read");
        assert_eq!(reports.next().await, None);
    });
}
