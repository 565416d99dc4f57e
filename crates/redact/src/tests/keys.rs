//! Armoured private keys in every dress.

use super::{Draw, clean, keeps};

const LABELS: [&str; 6] = [
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
];

fn lines(draw: &mut Draw, count: usize) -> Vec<String> {
    let mut lines: Vec<String> = (0..count).map(|_| draw.base64(64)).collect();
    lines.push(format!("{}==", draw.base64(22)));
    lines
}

/// Every line of the body is gone, the armour lines stay, and what follows stays.
#[track_caller]
fn check(text: &str, body: &[String], after: &str) -> String {
    let seen = clean(text);
    for line in body {
        let inner: String = line.chars().skip(4).take(12).collect();
        assert!(!seen.contains(&inner), "{inner} of {text:?} is still in {seen:?}");
    }
    assert!(
        seen.contains("PRIVATE KEY") && seen.contains("***") && seen.ends_with(after),
        "{text:?} became {seen:?}"
    );
    seen
}

#[test]
fn whole_blocks() {
    let mut draw = Draw(31);
    for label in LABELS {
        let body = lines(&mut draw, 6);
        let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
        for (separator, before) in [
            ("\n", ""),
            ("\r\n", ""),
            ("\\n", "{\"key\": \""),
            ("\\r\\n", "{\"key\": \""),
            ("\\\\n", "\"{\\\"key\\\": \\\""),
            ("\n+", "+"),
            ("\n-", "-"),
            ("\n ", " "),
            ("\n    ", "key: |\n    "),
            ("\n> ", "> "),
            ("\n# ", "# "),
            ("\n// ", "// "),
            (" ", ""),
            ("\\n\" +\n  \"", "\""),
            ("\",\n  \"", "[\""),
            ("\n    12\t", "    12\t"),
            ("\n12 | ", "12 | "),
            ("\n│ ", "│ "),
            ("<br>", "<p>"),
            ("<br/>\r\n", "<p>"),
            ("\n@@ -1,4 +1,4 @@\n", ""),
        ] {
            let tail = format!("{separator}{end} tail");
            let text = format!("{before}{begin}{separator}{}{tail}", body.join(separator));
            check(&text, &body, &tail);
        }
    }
}

#[test]
fn the_body_becomes_one_placeholder() {
    let mut draw = Draw(32);
    let body = lines(&mut draw, 3).join("\n+");
    let text = format!("+a\n+-----BEGIN PRIVATE KEY-----\n+{body}\n+-----END PRIVATE KEY-----\n+z");
    assert_eq!(clean(&text), "+a\n+-----BEGIN PRIVATE KEY-----\n+***\n+-----END PRIVATE KEY-----\n+z");
}

#[test]
fn a_missing_end_hides_what_looks_like_the_body() {
    let mut draw = Draw(33);
    for count in [1, 3, 20] {
        let body = lines(&mut draw, count);
        for (separator, after) in
            [("\n", "\nfn main() {}\n"), ("\r\n", "\r\n{\"a\": 1}"), ("\n+", "\n return 1;"), ("\n", "")]
        {
            let text = format!("-----BEGIN RSA PRIVATE KEY-----{separator}{}{after}", body.join(separator));
            check(&text, &body, after);
        }
        let cut: String = body[count - 1].chars().take(30).collect();
        let text = format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n{cut}", body[..count - 1].join("\n"));
        check(&text, &body[..count - 1], "***");
    }
}

#[test]
fn a_missing_begin_hides_what_looks_like_the_body() {
    let mut draw = Draw(37);
    let body = lines(&mut draw, 5);
    for separator in ["\n", "\r\n", "\n+", "\n    ", "\nid_rsa:12:", "\nid_rsa-12-", "\n    12\t"] {
        let after = format!("{separator}-----END RSA PRIVATE KEY-----\nfn main() {{}}");
        let text = format!("{}{after}", body.join(separator));
        check(&text, &body, &after);
        check(&format!("let a = 1;{separator}{text}"), &body, &after);
    }
    keeps("see below\n-----END RSA PRIVATE KEY-----");
    keeps(
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA1234567890abcdefMIIEpAIBAAKCAQEA1234567890abcdef\n-----END CERTIFICATE-----",
    );
}

#[test]
fn headers_within_the_armour() {
    let mut draw = Draw(34);
    let body = lines(&mut draw, 3);
    for headers in [
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF",
        "Version: GnuPG v2\nComment: a key",
    ] {
        let text = format!(
            "-----BEGIN X PRIVATE KEY-----\n{headers}\n\n{}\n-----END X PRIVATE KEY-----",
            body.join("\n")
        );
        check(&text, &body, "\n-----END X PRIVATE KEY-----");
    }
}

#[test]
fn listings_with_line_numbers() {
    let mut draw = Draw(35);
    let body = lines(&mut draw, 4);
    let listed: String =
        body.iter().enumerate().map(|(number, line)| format!("id_rsa:{}:{line}\n", number + 2)).collect();
    let seen = clean(&format!("id_rsa:1:-----BEGIN RSA PRIVATE KEY-----\n{listed}"));
    assert!(!seen.contains(body[3].get(8..40).unwrap()), "{seen}");
}

#[test]
fn json_strings_stay_apart() {
    let mut draw = Draw(36);
    let body = lines(&mut draw, 2);
    let text =
        serde_json::json!({"a": ["-----BEGIN PRIVATE KEY-----", body[0], body[1]], "b": body[1], "c": 1})
            .to_string();
    let seen: serde_json::Value = serde_json::from_str(&clean(&text)).unwrap();
    assert_eq!(seen["a"], serde_json::json!(["-----BEGIN PRIVATE KEY-----", "***", "***"]));
    assert_eq!(seen["c"], 1);
}

#[test]
fn what_follows_a_key_without_an_end_stays() {
    let mut draw = Draw(38);
    let body = lines(&mut draw, 3);
    for cut in [3, 4] {
        for word in ["return", "applicationname", "initializeApplicationServer", "CREATE"] {
            let head = format!("+-----BEGIN PRIVATE KEY-----\n+{}", body[..cut].join("\n+"));
            check(&format!("{head}\n+{word}\n+}}\n"), &body[..cut], &format!("\n+***\n+{word}\n+}}\n"));
        }
        for member in ["client", "identifierOfTheClient", "clientidentification"] {
            for (between, last) in [(",", "\n"), (", ", ""), (",\n  ", "\n")] {
                let head = format!("{{\"key\":\"-----BEGIN PRIVATE KEY-----\\n{}", body[..cut].join("\\n"));
                let after = format!("\"{between}\"{member}\":\"abc\"}}{last}");
                check(&format!("{head}{after}"), &body[..cut], &format!("\\n***{after}"));
                let inner = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
                let (head, after) = (inner(&head), inner(&after));
                check(&format!("sent {head}{after}"), &body[..cut], &format!("\\\\n***{after}"));
            }
        }
    }
}

#[test]
fn an_emptied_block_stays() {
    keeps("-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\nfn main() {}");
    keeps("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----");
}
