#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

mod checkpoints;
mod failing;
mod floor;
mod full;
mod killed;
mod recovery;
mod rotation;

use std::{
    fs,
    future::Future,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Waker},
    thread,
};

use jiff::Timestamp;
use tempfile::tempdir;

use super::{
    Log, Surroundings,
    error::{AuditError, OpenError},
    medium::{Medium, SegmentFile},
};
use crate::{
    call::{CallFields, Refused},
    digest::Digest,
    event::{Aggregate, Event},
    line::entry::Entry,
    reader::Reader,
    specimen::{self, id, log, ok, options, read, write},
    verify::{report::Verdict, verify},
    vocabulary::{Kind, OutcomeStatus},
};

fn all(directory: &Path) -> Vec<Entry> {
    Reader::open(directory).unwrap().collect::<Result<_, _>>().unwrap()
}

fn kinds(directory: &Path) -> Vec<Kind> {
    all(directory).into_iter().map(|entry| entry.kind).collect()
}

fn assert_intact(directory: &Path) {
    let report = verify(directory).unwrap();
    assert_eq!(report.verdict, Verdict::Intact, "{report:?}");
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_new_log_is_private_and_says_what_it_is() {
    let state = tempdir().unwrap();
    let directory = state.path().join("audit");
    drop(log(&directory, 1));
    let entries = all(&directory);
    assert_eq!(entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Kind::ChainOpen, Kind::Start]);
    assert_eq!(entries[0].program.as_deref(), Some("gitoma-http 0.1.0"));
    assert_eq!(entries[0].policy_digest.as_deref(), Some("sha256:5f1d"));
    let segment = specimen::segment(&directory, 1);
    let chain = segment.parent().unwrap();
    let modes = [&directory, chain, &segment, &chain.join("lock")]
        .map(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777);
    assert_eq!(modes, [0o700, 0o700, 0o600, 0o600]);
}

#[test]
fn a_second_start_goes_on_with_the_chain() {
    let state = tempdir().unwrap();
    let first = log(state.path(), 1);
    first.begin_blocking(write(16)).unwrap().finish_blocking(ok()).unwrap();
    let head = first.close_blocking().unwrap();
    drop(first);
    let second = log(state.path(), 7);
    assert_eq!(second.status().chain_id, id(1));
    assert_eq!(second.status().last_seq, head.seq + 1);
    drop(second);
    let expected = [Kind::ChainOpen, Kind::Start, Kind::Intent, Kind::Outcome, Kind::Stop, Kind::Start];
    assert_eq!(kinds(state.path()), expected);
    let writers: Vec<_> = all(state.path()).iter().map(|entry| entry.writer).collect();
    assert_eq!(writers, [[id(2); 5].as_slice(), &[id(7)]].concat());
    assert_intact(state.path());
}

#[test]
fn each_writer_has_a_chain_and_the_oldest_free_one_is_taken() {
    let state = tempdir().unwrap();
    let (first, second) = (log(state.path(), 10), log(state.path(), 20));
    assert_eq!((first.status().chain_id, second.status().chain_id), (id(10), id(20)));
    drop(second);
    let third = log(state.path(), 30);
    assert_eq!(third.status().chain_id, id(20));
    drop((first, third));
    assert_eq!(log(state.path(), 40).status().chain_id, id(10));
    assert_intact(state.path());
}

#[test]
fn an_open_entry_keeps_the_chain() {
    let state = tempdir().unwrap();
    let first = log(state.path(), 10);
    let entry = first.begin_blocking(read(16)).unwrap();
    drop(first);
    assert_eq!(log(state.path(), 20).status().chain_id, id(20));
    entry.finish_blocking(ok()).unwrap();
    assert_eq!(log(state.path(), 30).status().chain_id, id(10));
    assert_intact(state.path());
}

#[test]
fn a_closed_chain_is_left_alone() {
    let state = tempdir().unwrap();
    let first = log(state.path(), 1);
    first.shared.append_blocking(Kind::ChainClose, super::Urgency::Relaxed, |_| {}).unwrap();
    drop(first);
    assert_eq!(log(state.path(), 10).status().chain_id, id(10));
    assert_intact(state.path());
}

#[test]
fn threads_share_one_chain() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    thread::scope(|scope| {
        for number in 0..8_u64 {
            let log = &log;
            scope.spawn(move || {
                for turn in 0..100 {
                    let call = 1_000 + number * 100 + turn;
                    let intent = if turn % 10 == 0 { write(call) } else { read(call) };
                    log.begin_blocking(intent).unwrap().finish_blocking(ok()).unwrap();
                }
            });
        }
    });
    log.close_blocking().unwrap();
    drop(log);
    let report = verify(state.path()).unwrap();
    assert_eq!((report.verdict, report.chains[0].entries), (Verdict::Intact, 2 + 8 * 200 + 1));
    assert_eq!(report.chains[0].dangling, 0);
}

#[test]
fn tasks_share_one_chain() {
    let state = tempdir().unwrap();
    let log = Arc::new(log(state.path(), 1));
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for call in 0..100 {
            let log = Arc::clone(&log);
            tasks.spawn(async move {
                let entry = log.begin(write(1_000 + call)).await?;
                let refused = Refused { call: CallFields::new(id(call), "mcp"), executed: false };
                log.refused(refused).await?;
                entry.finish(ok()).await
            });
        }
        while let Some(receipt) = tasks.join_next().await {
            receipt.unwrap().unwrap();
        }
        log.close().await.unwrap();
    });
    assert_eq!(log.status().unsynced, 0);
    let report = verify(state.path()).unwrap();
    assert_eq!(
        (report.verdict, report.chains[0].entries, report.chains[0].live),
        (Verdict::Intact, 303, true)
    );
}

#[test]
fn a_receipt_is_what_stands_in_the_file() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    let entry = log.begin_blocking(read(16)).unwrap();
    let intent = entry.receipt();
    let outcome = entry.finish_blocking(ok()).unwrap();
    for receipt in [intent, outcome] {
        let found = &all(state.path())[usize::try_from(receipt.seq).unwrap()];
        assert_eq!(
            (found.chain_id, found.seq, found.entry_hash),
            (receipt.chain_id, receipt.seq, receipt.entry_hash)
        );
    }
    assert_eq!((log.status().last_seq, log.status().head), (outcome.seq, outcome.entry_hash));
}

#[test]
fn a_dropped_entry_is_abandoned() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    let entry = log.begin_blocking(read(16)).unwrap();
    let seq = entry.seq();
    assert_eq!(log.status().open_entries, 1);
    drop(entry);
    assert_eq!(log.status().open_entries, 0);
    let last = all(state.path()).pop().unwrap();
    assert_eq!(
        (last.kind, last.outcome, last.ref_seq),
        (Kind::Outcome, Some(OutcomeStatus::Abandoned), Some(seq))
    );
}

#[test]
fn a_dropped_begin_is_abandoned() {
    let state = tempdir().unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let log = Log::open_in(&options(state.path()), failing::held(held)).unwrap();
    {
        let mut begin = pin!(log.begin(write(16)));
        // the disk does not answer, so the future cannot be ready
        let polled = begin.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
    }
    drop(hold);
    let last = all(state.path()).pop().unwrap();
    assert_eq!((last.kind, last.outcome), (Kind::Outcome, Some(OutcomeStatus::Abandoned)));
    assert_eq!(log.status().open_entries, 0);
}

#[test]
fn room_is_bounded_and_given_back() {
    let state = tempdir().unwrap();
    let surroundings = Surroundings { room: 2, ..specimen::surroundings(1) };
    let log = Log::open_in(&options(state.path()), surroundings).unwrap();
    let (first, second) = (log.begin_blocking(read(16)).unwrap(), log.begin_blocking(read(17)).unwrap());
    assert!(matches!(run(log.begin(read(18))), Err(AuditError::Busy)));
    assert!(matches!(log.begin_blocking(read(18)), Err(AuditError::Busy)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| run(log.begin(read(19))).map(|entry| entry.seq()));
        while log.shared.lock().waiting == 0 {
            thread::yield_now();
        }
        first.finish_blocking(ok()).unwrap();
        assert!(waiting.join().unwrap().is_ok());
    });
    second.finish_blocking(ok()).unwrap();
    assert_eq!((log.status().open_entries, log.shared.lock().waiting), (0, 0));
    assert_intact(state.path());
}

#[test]
fn a_closed_log_takes_nothing_new_but_ends_what_runs() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    let entry = log.begin_blocking(read(16)).unwrap();
    log.close_blocking().unwrap();
    assert!(matches!(log.begin_blocking(read(17)), Err(AuditError::Closed)));
    assert!(matches!(run(log.begin(read(17))), Err(AuditError::Closed)));
    let refused = Refused { call: CallFields::new(id(5), "mcp"), executed: false };
    assert!(matches!(log.refused_blocking(refused), Err(AuditError::Closed)));
    assert!(matches!(log.close_blocking(), Err(AuditError::Closed)));
    entry.finish_blocking(ok()).unwrap();
    assert_eq!(kinds(state.path())[2..], [Kind::Intent, Kind::Stop, Kind::Outcome]);
    assert_intact(state.path());
}

#[test]
fn what_happens_beside_the_calls_is_recorded_in_full() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    let moment = Timestamp::from_microsecond(1_763_683_200_000_000).unwrap();
    let aggregate = Aggregate {
        count: 41,
        window_start: moment,
        window_end: moment,
        scope: Some("peer"),
        origin: Some("192.0.2.0/24".to_owned()),
        transport: Some("http"),
        principal: Some("agent".into()),
        tool: Some("git_log".into()),
        code: Some("rate_limited"),
    };
    let events = [
        Event::PolicyReject {
            policy_digest: Some("sha256:5f1d".into()),
            policy_generation: Some(3),
            code: "unknown_key",
            origin: Some("default.yaml".to_owned()),
            detail: Some("line 3\u{1b}[31m".to_owned()),
        },
        Event::AuthAggregate(aggregate.clone()),
        Event::LimitAggregate(aggregate),
        Event::Switch {
            principal: Some("operator".into()),
            switch: "write_mode",
            state: "off",
            detail: Some("maintenance".to_owned()),
        },
        Event::Approval {
            call_id: Some(id(16)),
            principal: Some("operator".into()),
            tool: Some("git_push".into()),
            approval_id: "a-1".to_owned(),
            state: "approved",
            effect_digest: Some(Digest::of(b"effect")),
            expires_at: Some(moment),
            detail: None,
        },
    ];
    for event in events {
        run(log.note(event)).unwrap();
    }
    run(log.judged(specimen::read_call(17))).unwrap();
    let entries = all(state.path());
    let [reject, auth, limit, switch, approval, judged] = &entries[2..] else { panic!("six entries") };
    assert_eq!((reject.kind, reject.policy_generation), (Kind::PolicyReject, Some(3)));
    assert_eq!(
        (reject.code.as_deref(), reject.detail.as_deref()),
        (Some("unknown_key"), Some("line 3\u{1b}[31m"))
    );
    assert_eq!((auth.kind, limit.kind), (Kind::AuthAggregate, Kind::LimitAggregate));
    assert_eq!((auth.count, auth.window_start, auth.window_end), (Some(41), Some(moment), Some(moment)));
    assert_eq!((limit.scope.as_deref(), limit.origin.as_deref()), (Some("peer"), Some("192.0.2.0/24")));
    assert_eq!((switch.switch.as_deref(), switch.state.as_deref()), (Some("write_mode"), Some("off")));
    assert_eq!((approval.call_id, approval.approval_id.as_deref()), (Some(id(16)), Some("a-1")));
    assert_eq!((approval.effect_digest, approval.expires_at), (Some(Digest::of(b"effect")), Some(moment)));
    assert_eq!((judged.kind, judged.call_id, judged.rules.len()), (Kind::Judged, Some(id(17)), 1));
    assert_intact(state.path());
}

#[test]
fn a_directory_that_others_may_write_is_refused() {
    let state = tempdir().unwrap();
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(state.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(Log::open(options(state.path())), Err(OpenError::Exposed)));
    }
    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o700)).unwrap();
    Log::open(options(state.path())).unwrap();
}
