//! Text to the redactor. What it finds lies on character boundaries, in order; what is left redacts to itself, stays JSON if it was
//! JSON, and holds no known value, however that is spelt.
#![no_main]

use gitoma_redact::Redactor;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const KNOWN: &str = "correct-horse-1";

fuzz_target!(|text: &str| {
    let redactor = Redactor::new().with_known_values([KNOWN]);
    let redacted = redactor.redact(text);
    let mut last = 0;
    for finding in &redacted.findings {
        assert!(last <= finding.span.start && finding.span.start < finding.span.end);
        assert!(text.get(finding.span.clone()).is_some());
        last = finding.span.end;
    }
    assert!(!redacted.text.contains(KNOWN));
    assert_eq!(redactor.redact(&redacted.text).text, redacted.text);
    if serde_json::from_str::<Value>(text).is_ok() {
        assert!(serde_json::from_str::<Value>(&redacted.text).is_ok());
    }
});
