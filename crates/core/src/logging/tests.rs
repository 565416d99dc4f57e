use std::sync::Arc;

use arc_swap::ArcSwap;
use gitoma_redact::Redactor;

use super::{Logged, redact_by, redactors};
use crate::{Gateway, Secret};

fn redacted(line: &str, standard: &Redactor) -> String {
    super::redacted(&Logged { line: line.into(), redactors: redactors() }, standard)
}

#[test]
fn lines_are_redacted_by_every_gateway_of_the_process() {
    let standard = Redactor::new();
    let one = Arc::new(ArcSwap::from_pointee(Redactor::new().with_known_values(["one-known-value"])));
    let other = Arc::new(ArcSwap::from_pointee(Redactor::new().with_names(["house_rule"])));
    let line = "one-known-value house_rule=soft-words";
    assert_eq!(redacted(line, &standard), line);
    redact_by(&one);
    redact_by(&other);
    assert_eq!(redacted(line, &standard), "*** house_rule=***");
    // as the policy changes
    other.store(Arc::new(Redactor::new()));
    assert_eq!(redacted(line, &standard), "*** house_rule=soft-words");
    // Before it is written, whose secret it holds may be gone.
    let logged = Logged { line: line.into(), redactors: redactors() };
    drop(one);
    assert_eq!(redacted(line, &standard), line);
    assert_eq!(super::redacted(&logged, &standard), "*** house_rule=soft-words");
}

#[tokio::test]
async fn a_gateways_own_tokens_do_not_reach_the_log() {
    let state = tempfile::tempdir().unwrap();
    let redact = "version: 1\nredact:\n  names: [house_word]\n";
    let builder = Gateway::builder().audit_directory(state.path().join("audit"));
    let gateway = builder
        .known_value(Secret::new("a-token-of-its-own".to_owned()))
        .policy("p.yaml", redact)
        .build()
        .unwrap();
    let line = "a-token-of-its-own 612d746f6b656e2d6f662d6974732d6f776e house_word=softly";
    assert_eq!(redacted(line, &Redactor::new()), "*** *** house_word=***");
    gateway.replace_policy("q.yaml", "version: 1\n").await.unwrap();
    assert_eq!(redacted(line, &Redactor::new()), "*** *** house_word=softly");
}
