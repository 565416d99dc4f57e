//! Bytes to a policy set. Whatever they are, loading ends, in a set or in faults that each have a place; and a set that loads
//! says the same twice.
#![no_main]

use gitoma_policy::{Catalogue, PolicySet, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let source = Source { name: "fuzz.yaml", text };
    match PolicySet::load(source, &Catalogue::built_in()) {
        Ok(set) => {
            let again = PolicySet::load(source, &Catalogue::built_in()).expect("loads once, loads twice");
            assert_eq!(set.digest(), again.digest());
            assert_eq!(set.rule_count(), again.rule_count());
        }
        Err(error) => {
            assert!(!error.faults().is_empty() && error.faults().len() <= 100);
            let lines = text.lines().count().max(1);
            for fault in error.faults() {
                assert!(fault.line >= 1 && fault.column >= 1, "{fault:?}");
                assert!(usize::try_from(fault.line).expect("a line") <= lines + 1, "{fault:?}");
                assert!(!fault.message.is_empty());
                // What is shown of the file cannot drive a terminal.
                assert!(!fault.to_string().chars().any(|c| c.is_control() && c != '\n'), "{fault:?}");
            }
        }
    }
});
