//! The answer as SARIF 2.1.0 (OASIS), which code hosts and editors read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::report::{Report, Secret};

/// One run, with a rule for each that found something. `compared` says whether there was a baseline.
pub(super) fn document(report: &Report, compared: bool) -> Value {
    let rules: BTreeSet<&str> = report.findings.iter().map(|secret| secret.rule).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let described: Vec<Value> = rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule,
                "shortDescription": { "text": format!("A secret, by the rule {rule}") },
                "help": { "text": "Take the secret away, and replace it where it is used: who could read it has it." },
                "defaultConfiguration": { "level": "error" },
            })
        })
        .collect();
    let notifications: Vec<Value> = report
        .unread
        .iter()
        .map(|unread| json!({ "level": "error", "message": { "text": format!("{}: {}", unread.path, unread.why) } }))
        .collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|secret| result(secret, rules.binary_search(&secret.rule), compared))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "gitoma", "version": env!("CARGO_PKG_VERSION"), "rules": described } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unread.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn result(secret: &Secret, rule: Result<usize, usize>, compared: bool) -> Value {
    let mut result = json!({
        "ruleId": secret.rule,
        "ruleIndex": rule.unwrap_or_default(),
        "level": "error",
        "message": { "text": format!("a secret stands here (rule {})", secret.rule) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&secret.raw_path), "uriBaseId": "%SRCROOT%" },
                "region": {
                    "startLine": secret.line,
                    "startColumn": secret.column,
                    "endLine": secret.end_line,
                    "endColumn": secret.end_column,
                },
            },
        }],
        "partialFingerprints": { "gitomaFinding/v1": secret.fingerprint },
    });
    if let Some(fields) = result.as_object_mut() {
        if compared {
            fields.insert("baselineState".into(), if secret.baselined { "unchanged" } else { "new" }.into());
        }
        if secret.baselined {
            fields.insert("suppressions".into(), json!([{ "kind": "external" }]));
        }
    }
    result
}

/// A path as a relative reference (RFC 3986), byte by byte.
fn uri(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
