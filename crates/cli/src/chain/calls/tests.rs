use gitoma_audit::{Digest, Entry};

use super::{BYTES, Calls};

/// Entry `seq` of chain `chain`, as a log has it, with so many roles of the longest kind.
fn entry(chain: u64, seq: u64, kind: &str, roles: usize, fields: &str) -> Entry {
    let id = |number: u64| format!("019aa5b4-2c00-7000-8000-{number:012x}");
    let roles: Vec<_> = (0..roles).map(|role| format!("\"{role:01024}\"")).collect();
    let call = match kind {
        "start" => ",\"program\":\"test\"".to_owned(),
        "outcome" => format!(",\"call_id\":\"{}\"", id(seq)),
        _ if roles.is_empty() => format!(",\"call_id\":\"{}\"", id(seq)),
        _ => format!(",\"call_id\":\"{}\",\"roles\":[{}]", id(seq), roles.join(",")),
    };
    let body = format!(
        "{{\"v\":1,\"chain_id\":\"{}\",\"seq\":{seq},\"ts\":\"2025-11-21T00:00:00.000000Z\",\"writer\":\"{}\",\"kind\":\"{kind}\"{call}\
         {fields},\"prev_hash\":\"{}\"",
        id(chain),
        id(9),
        Digest::ZERO
    );
    let line = format!("{body},\"entry_hash\":\"{}\"}}", Digest::of(body.as_bytes()));
    Entry::parse(line.as_bytes()).unwrap_or_else(|class| panic!("{class}: {line}"))
}

fn intent(chain: u64, seq: u64, roles: usize) -> Entry {
    let fields = ",\"transport\":\"cli\",\"tool\":\"git_log\",\"capability\":\"read\",\"write_mode\":\"off\",\"effect\":\"allow\",\
                  \"enforced\":true,\"code\":\"allowed\",\"policy_digest\":\"5f1d\",\"policy_generation\":1";
    entry(chain, seq, "intent", roles, fields)
}

/// The number of the intent that an outcome is taken for the end of.
fn ended(calls: &mut Calls, chain: u64, seq: u64, of: u64) -> Option<u64> {
    let fields = format!(
        ",\"ref_seq\":{of},\"outcome\":\"ok\",\"bytes_out\":1,\"redactions\":0,\"dropped\":0,\"duration_us\":1"
    );
    calls.with(entry(chain, seq, "outcome", 0, &fields), |_, intent| intent.map(|intent| intent.seq))
}

#[test]
fn an_outcome_goes_with_the_intent_of_its_chain_and_process() {
    let mut calls = Calls::default();
    for chain in [1, 2] {
        calls.with(intent(chain, 5, 0), |_, before| assert!(before.is_none()));
    }
    assert_eq!(ended(&mut calls, 1, 6, 4), None);
    assert_eq!(ended(&mut calls, 1, 6, 5), Some(5));
    assert_eq!(ended(&mut calls, 1, 7, 5), None);
    calls.with(entry(2, 6, "start", 0, ""), |_, _| ());
    assert_eq!(ended(&mut calls, 2, 7, 5), None);
    assert_eq!((calls.bytes, calls.chains.len()), (0, 0));
}

#[test]
fn somebody_elses_log_takes_no_more_memory_than_it_may_and_hides_no_other() {
    let mut calls = Calls::default();
    calls.with(intent(2, 5, 0), |_, _| ());
    // as many as may be open, each nearly as long as a line can be; twice with the same number
    let long = intent(1, 0, 32);
    assert!(long.raw.len() > 32_000);
    let many = u64::try_from(3 * BYTES / long.raw.len()).unwrap();
    for seq in 0..many {
        let mut next = long.clone();
        next.seq = seq / 2;
        calls.with(next, |_, _| ());
        assert!(calls.bytes <= BYTES, "{seq}");
    }
    let each = |open: &super::Open| open.intents.values().map(|one| one.bytes).sum::<usize>();
    assert_eq!(calls.bytes, calls.chains.values().map(each).sum::<usize>());
    assert!(calls.chains.values().all(|open| open.bytes == each(open)));
    // the one that took most was forgotten, and is remembered anew from then on
    assert_eq!(ended(&mut calls, 1, many, 0), None);
    assert_eq!(ended(&mut calls, 1, many, many / 2 - 1), Some(many / 2 - 1));
    assert_eq!(ended(&mut calls, 2, 6, 5), Some(5));
    calls.with(entry(1, many + 1, "start", 0, ""), |_, _| ());
    assert_eq!((calls.bytes, calls.chains.len()), (0, 0));
    // as many as one chain may have open leave room for those of another
    for seq in 0..5_000 {
        calls.with(intent(1, seq, 0), |_, _| ());
    }
    calls.with(intent(2, 7, 0), |_, _| ());
    assert_eq!(ended(&mut calls, 2, 8, 7), Some(7));
    assert_eq!(ended(&mut calls, 1, 5_001, 4_999), None);
}
