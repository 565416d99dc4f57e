use std::fmt::Write as _;

use gitoma_audit::{Digest, Entry};
use jiff::Timestamp;

use super::{LINES, NAMES, OTHERS, Stats, Tally};

/// A refusal of `tool` at a second, as the log has it.
fn refusal(second: i64, tool: &str) -> Entry {
    let id = "019aa5b4-2c00-7000-8000-000000000001";
    let moment = Timestamp::from_second(second).unwrap();
    let mut line = format!(
        "{{\"v\":1,\"chain_id\":\"{id}\",\"seq\":1,\"ts\":\"{moment:.6}\",\"writer\":\"{id}\",\"kind\":\"refusal\",\"call_id\":\"{id}\",\
         \"transport\":\"cli\",\"tool\":\"{tool}\",\"code\":\"denied\",\"executed\":false,\"prev_hash\":\"{}\"",
        "0".repeat(64)
    );
    let hash = Digest::of(line.as_bytes());
    write!(line, ",\"entry_hash\":\"{hash}\"}}").unwrap();
    Entry::parse(line.as_bytes()).unwrap()
}

#[test]
fn the_timeline_is_as_fine_as_fits() {
    let begin = 1_763_683_200;
    for (minutes, seconds) in [(1, 60), (48, 60), (49, 300), (48 * 60, 3_600), (60 * 24 * 60, 7 * 24 * 3_600)]
    {
        let mut stats = Stats::default();
        for minute in 0..minutes {
            stats.take(&refusal(begin + minute * 60, "git_log"), None);
        }
        let report = stats.report();
        assert_eq!(report.timeline[0].seconds, seconds, "{minutes} minutes");
        assert!(report.timeline.len() <= LINES);
        let calls: u64 = report.timeline.iter().map(|span| span.tally.calls).sum();
        assert_eq!(calls, u64::try_from(minutes).unwrap());
        assert!(report.timeline.is_sorted_by_key(|span| span.from));
    }
}

#[test]
fn names_and_times_take_bounded_memory_and_nothing_is_lost() {
    let mut stats = Stats::default();
    // one entry a week over centuries, each with a tool of its own
    let count = 20_000_u32;
    for number in 0..count {
        stats.take(&refusal(i64::from(number) * 7 * 24 * 3_600, &format!("tool_{number}")), None);
    }
    let report = stats.report();
    assert_eq!(report.tools.len(), NAMES + 1);
    let others = count - u32::try_from(NAMES).unwrap();
    assert_eq!(report.tools[OTHERS], Tally { calls: others.into(), refused: others.into(), failed: 0 });
    assert_eq!(report.all.calls, u64::from(count));
    let calls: u64 = report.timeline.iter().map(|span| span.tally.calls).sum();
    assert_eq!(calls, u64::from(count));
    assert!(stats.minutes.len() <= 16_384);
}
