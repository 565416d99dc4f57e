use gitoma_audit::{Digest, Entry, limit};
use serde_json::Value;

use super::{EVENT_BYTES, event};

/// An intent with these fields behind its call.
fn intent(fields: &str) -> Entry {
    let id = "019aa5b4-2c00-7000-8000-000000000001";
    let body = format!(
        "{{\"v\":1,\"chain_id\":\"{id}\",\"seq\":7,\"ts\":\"2025-11-21T00:00:00.000000Z\",\"writer\":\"{id}\",\"kind\":\"intent\",\
         \"call_id\":\"{id}\"{fields},\"prev_hash\":\"{}\"",
        Digest::ZERO
    );
    let line = format!("{body},\"entry_hash\":\"{}\"}}", Digest::of(body.as_bytes()));
    assert!(line.len() < limit::LINE_BYTES, "{}", line.len());
    Entry::parse(line.as_bytes()).unwrap_or_else(|class| panic!("{class}: {line}"))
}

/// A list of so many texts of `length` characters, each of which takes three times its bytes where it may reach a terminal.
fn marks(count: usize, length: usize) -> String {
    let texts: Vec<_> = (0..count).map(|_| format!("\"{}\"", "\u{61c}".repeat(length))).collect();
    format!("[{}]", texts.join(","))
}

#[test]
fn no_event_is_longer_than_what_is_forwarded() {
    for (paths, roles) in [(0, 0), (10, 0), (21, 0), (0, 21), (8, 21), (28, 21)] {
        let paths = if paths == 0 {
            String::new()
        } else {
            format!(",\"accesses\":[{{\"repo\":\"web\",\"paths\":{}}}]", marks(paths, 512))
        };
        let roles = if roles == 0 { String::new() } else { format!(",\"roles\":{}", marks(roles, 512)) };
        let entry = intent(&format!("{roles},\"transport\":\"cli\"{paths},\"code\":\"allowed\""));
        let text = event(&entry).unwrap();
        assert!(text.len() <= EVENT_BYTES, "{} of {}", text.len(), entry.raw.len());
        assert!(!text.contains('\u{61c}'));
        let (event, whole): (Value, Value) =
            (serde_json::from_str(&text).unwrap(), serde_json::from_str(&entry.raw).unwrap());
        let (data, whole) = (event["data"].as_object().unwrap(), whole.as_object().unwrap());
        // nothing is missing without a word, and nothing is changed
        let short = whole.keys().any(|name| !data.contains_key(name));
        assert_eq!(data.contains_key("left_out"), short);
        assert!(data.iter().all(|(name, value)| name == "left_out" || whole[name] == *value));
        assert!(["seq", "call_id", "code", "transport"].iter().all(|name| data.contains_key(*name)));
    }
}
