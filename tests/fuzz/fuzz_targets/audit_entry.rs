//! Bytes to the reader of entries: as a line, and as what stands before a right hash, so that the fuzzer gets past it. What is read is an
//! object of JSON that says the same to a common parser, in one spelling, within the limits.
#![no_main]

use gitoma_audit::{Digest, Entry, FaultClass, limit};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::parse(bytes) {
        read(&entry, bytes);
    }
    let mut line = bytes.to_vec();
    line.extend_from_slice(format!(",\"entry_hash\":\"{}\"}}", Digest::of(bytes)).as_bytes());
    match Entry::parse(&line) {
        Ok(entry) => read(&entry, &line),
        // the hash is right by construction
        Err(class) => assert_ne!(class, FaultClass::HashMismatch),
    }
});

fn read(entry: &Entry, line: &[u8]) {
    assert_eq!(entry.raw.as_bytes(), line);
    assert!(line.len() < limit::LINE_BYTES);
    assert!(entry.raw.chars().all(|character| !character.is_control()));
    let value: Value = serde_json::from_str(&entry.raw).expect("JSON");
    // a second key of one name would be lost here, and the text would be longer than the value
    assert_eq!(serde_json::to_string(&value).expect("JSON").len(), plain(&entry.raw));
    let fields = value.as_object().expect("an object");
    assert_eq!(fields["seq"], entry.seq);
    assert_eq!(fields["kind"], entry.kind.as_str());
    assert_eq!(fields["chain_id"], entry.chain_id.to_string());
    assert_eq!(fields["prev_hash"], entry.prev_hash.to_string());
    assert_eq!(fields["entry_hash"], entry.entry_hash.to_string());
    assert_eq!(fields["ts"], format!("{:.6}", entry.moment));
    numbers(&value);
}

/// How long a text is if characters that a common writer does not escape stand as they are.
fn plain(text: &str) -> usize {
    let mut length = 0;
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        length += before.len();
        let taken = if escape.as_bytes()[1] == b'u' { 6 } else { 2 };
        let character = match u32::from_str_radix(escape.get(2..taken).unwrap_or(""), 16) {
            Ok(code) if code >= 0x20 => char::from_u32(code).expect("no surrogate").len_utf8(),
            _ => taken,
        };
        length += character;
        rest = &escape[taken..];
    }
    length + rest.len()
}

fn numbers(value: &Value) {
    match value {
        Value::Number(number) => assert!(number.as_u64().is_some_and(|number| number <= limit::INTEGER)),
        Value::Array(items) => items.iter().for_each(numbers),
        Value::Object(fields) => fields.values().for_each(numbers),
        Value::Null => panic!("null is never read"),
        Value::Bool(_) | Value::String(_) => {}
    }
}
