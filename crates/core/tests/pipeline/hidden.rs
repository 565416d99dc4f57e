//! What nobody sees, and what nobody reads: neither leaves in a result, and the reply says so.

use serde_json::json;

use crate::support::{build, house};

#[tokio::test]
async fn what_a_reader_does_not_see_is_taken_out_and_counted() {
    let house = house();
    // a comment that is none, instructions in tag characters, a screen that is written over
    let text = "ok \u{202e}nimda\u{2066} \u{e0069}\u{e0067}\u{e006e}\u{1b}[2Kdone";
    let reply = house.call("look", json!({"text": text})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "ok nimda done");
    assert_eq!((reply.hidden, reply.redactions, reply.elided), (6, 0, 0));
    // nor does it hide a secret
    let token = format!("ghp_{}", "a1B2c3".repeat(6));
    let split = token.replacen("a1", "a\u{200b}1", 1);
    let reply = house.call("look", json!({"text": split})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "***");
    assert!(reply.redactions > 0);
    let reply = house.call("look", json!({"text": "plain, ümläut and 👩\u{200d}👧"})).await.unwrap();
    assert_eq!(reply.hidden, 0);
}

#[tokio::test]
async fn a_large_payload_gives_way_to_its_digest_unless_somebody_looks_for_a_fault() {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let draw = |n: usize| alphabet[n.wrapping_mul(2_654_435_761) % 4_294_967_291 % 64];
    let digits: String = (0..16_000).map(draw).collect();
    let text = format!("<img src=\"data:image/png;base64,{digits}\">");
    let house = house();
    let reply = house.call("look", json!({"text": text})).await.unwrap();
    let shown = reply.result.as_value()["text"].as_str().unwrap();
    assert!(
        shown.starts_with("<img src=\"data:image/png;base64,[base64 payload of 12000 bytes elided, sha256:"),
        "{shown}"
    );
    assert!(shown.ends_with("]\">") && shown.len() < 200, "{shown}");
    assert_eq!(reply.elided, 1);
    let outcome = house.entries().pop().unwrap();
    assert_eq!(outcome["bytes_out"], reply.result.as_value().to_string().len());
    let kept = build(|builder| builder.keep_payloads(true));
    let reply = kept.call("look", json!({"text": text})).await.unwrap();
    assert_eq!((reply.result.as_value()["text"].as_str().unwrap(), reply.elided), (&*text, 0));
}
