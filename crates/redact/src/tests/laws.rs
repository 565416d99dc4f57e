//! What holds for every text, and work that grows with length alone.

use super::encoded::base64;
use super::{Draw, clean, keeps};
use crate::vendor::VENDORS;
use crate::{Redactor, bytes};
use proptest::prelude::*;
use serde_json::json;

/// Fragments that anchors, quotes and escapes are made of: strung together they reach the corners of the grammar.
const FRAGMENTS: [&str; 78] = [
    "password",
    "token",
    "api_key",
    "secret",
    "auth",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "=",
    ":",
    "=>",
    "==",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\"",
    "'",
    "\\",
    "\\\"",
    "\\n",
    "\\\\",
    "\\u0041",
    "`",
    "<",
    ">",
    "</",
    "&",
    "?",
    "#",
    ",",
    ";",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "://",
    "@",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "MIIEpAIBAAKCAQEA1234567890abcdef",
    "eyJhbGciOiJIUzI1NiJ9",
    ".",
    "Bearer ",
    "Basic ",
    "hunter2",
    "***",
    "-",
    "+",
    "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "ghp_",
    "AKIA",
    "é",
    "12345678",
    "%3D",
    "%25",
    "%70",
    "\\u0070",
    "\\x3a",
    "\\u003d",
    "\\075",
    "&#112;",
    "&quot;",
    "&#x3d",
    "=3D",
    "=\n",
    "\\\n",
    "\u{200b}",
    "\u{1b}[31m",
    "\u{9b}",
    "\u{1b}]0;",
    "\u{fe0f}",
    "cGFzc3dvcmQ9aHVudGVyMg==",
    "cGFzc3dvcmQ9",
    "70617373776f72643d68756e74657232",
    "70 61 73 73 77 6f 72 64 3d 68 75 6e 74 65 72 32",
];

fn strung() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(FRAGMENTS.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

/// What is taken away brings what stood behind a window's end into view, again and again.
#[test]
fn what_no_number_of_rounds_finds_goes_by_lines() {
    let mut draw = Draw(52);
    let options: String = (0..300).map(|_| format!(" -p{}", draw.alnum(100))).collect();
    for text in [
        format!("before\nmysql{options}\nafter"),
        json!({"a": format!("mysql{options}"), "b": 1}).to_string(),
    ] {
        let seen = clean(&text);
        assert!(seen == "before\n***\nafter" || seen == "{\"***\":\"***\",\"***\":\"***\"}", "{seen}");
    }
}

/// In a crowd of names without a secret nothing is looked at, and all of it goes; so does the secret at its end.
#[test]
fn what_stands_in_a_crowd_of_names_goes_unseen() {
    let mut draw = Draw(53);
    for unit in ["pass=", "password=a\\", "token\n", "Authorization:/", "tokens: [x, "] {
        let secret = draw.alnum(24);
        let text = format!("{}{}password={secret}\n{}", "x\n".repeat(9), unit.repeat(400), "y\n".repeat(9));
        let seen = clean(&text);
        assert!(!seen.contains(&secret), "{unit:?}");
        assert!(seen.matches(unit).count() < 150, "{unit:?}: {seen}");
        assert!(seen.starts_with("x\nx\n") && seen.ends_with("y\ny\n"));
    }
}

/// Settings whose values go are no crowd, before or after.
#[test]
fn many_settings_keep_their_names() {
    let mut draw = Draw(54);
    let lines = |draw: &mut Draw, length| -> (String, String) {
        let line = |number: usize, value: &str| format!("SERVICE{number}_PASSWORD={value}\n");
        (0..500).map(|number| (line(number, &draw.alnum(length)), line(number, "***"))).unzip()
    };
    for length in [8, 24, 200] {
        let (text, expected) = lines(&mut draw, length);
        assert_eq!(clean(&text), expected);
    }
    keeps(&"let token = self.next(); // the token after this one decides what it is\n".repeat(500));
}

fn leaf() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        strung().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ]
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((strung(), inner), 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// `clean` asserts order, boundaries, idempotence and valid JSON.
    #[test]
    fn any_text(text in any::<String>()) {
        clean(&text);
    }

    #[test]
    fn any_grammar(text in strung()) {
        let seen = clean(&text);
        let findings = Redactor::new().find(&text);
        prop_assert!(seen.len() <= text.len() + findings.len() * 40);
        for finding in &findings {
            prop_assert!(text.get(finding.span.clone()).is_some_and(|secret| !secret.is_empty()));
        }
    }

    #[test]
    fn any_json_text(value in tree()) {
        clean(&value.to_string());
        clean(&serde_json::to_string_pretty(&value).unwrap());
        clean(&serde_json::Value::from(value.to_string()).to_string());
    }

    #[test]
    fn any_json_value(value in tree()) {
        let redactor = Redactor::new();
        let mut once = value;
        let _ = redactor.redact_json(&mut once);
        let mut twice = once.clone();
        let tally = redactor.redact_json(&mut twice);
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(tally.findings, 0);
    }

    #[test]
    fn line_ends_outside_armour_stay(text in strung().prop_filter("armour", |text| !text.contains("BEGIN"))) {
        prop_assert_eq!(clean(&text).matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn known_values_never_pass(secret in "[!-~]{8,24}", before in strung(), after in strung()) {
        prop_assume!(!secret.contains("***"));
        let redactor = Redactor::new().with_known_values([&secret]);
        let redacted = redactor.redact(&format!("{before}{secret}{after}")).text.into_owned();
        prop_assert!(!redacted.contains(&secret));
        prop_assert_eq!(redactor.redact(&redacted).text, redacted.as_str());
    }
}

/// How many bytes the matchers read of a text.
fn work(text: &str) -> usize {
    bytes::work::take();
    std::hint::black_box(Redactor::new().redact(text));
    bytes::work::take()
}

/// Eight times the text may cost little more than eight times the work; quadratic work would be sixty-four times.
#[test]
fn work_is_linear_in_hostile_texts() {
    let key = Draw(51).base64(64);
    let units = [
        "-----BEGIN RSA PRIVATE KEY-----\n".to_owned(),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n"),
        format!("-----BEGIN PRIVATE KEY-----{key}"),
        format!("-----BEGIN PRIVATE KEY-----\n{key}$\n"),
        "eyJaaaaaaaaaaaaaaaaaaaaaaaa.".to_owned(),
        "eyJ".to_owned(),
        "key".to_owned(),
        "password=".to_owned(),
        "password: \"".to_owned(),
        "\\\"password\\\": \\\"".to_owned(),
        "Authorization: Bearer ".to_owned(),
        "authorization:".to_owned(),
        "Cookie: a=b;".to_owned(),
        "https://a:".to_owned(),
        "://".to_owned(),
        "a://b@".to_owned(),
        "sk-proj-".to_owned(),
        "xoxb-".to_owned(),
        ":AA1".to_owned(),
        "curl -u a:".to_owned(),
        "@tcp(:".to_owned(),
        ":5432:a:a:b".to_owned(),
        "password=a'b".to_owned(),
        "password:\n  ".to_owned(),
        "passwords:\n - ".to_owned(),
        "tokens: [\"".to_owned(),
        "tokens: [\"a1B2c3D4e5F6g7H8\",".to_owned(),
        "password='a''b''".to_owned(),
        "://a:#a1B2@b".to_owned(),
        "-----END PRIVATE KEY-----\n".to_owned(),
        format!("{key}\n-----END PRIVATE KEY-----\n"),
        "?token=&".to_owned(),
        "<password>".to_owned(),
        "\\".to_owned(),
        "\"".to_owned(),
        "***".to_owned(),
        "token\n".to_owned(),
    ];
    for unit in units {
        is_linear(&unit, 40_000);
    }
}

fn is_linear(unit: &str, size: usize) {
    let count = size / unit.len();
    let (small, large) = (work(&unit.repeat(count)), work(&unit.repeat(8 * count)));
    let shown: String = unit.chars().take(60).collect();
    assert!(large <= small * 9 + 100_000, "{shown:?}: {small} became {large}");
    assert!(large <= 8 * size * 400, "{shown:?}: {large} bytes read");
}

/// Matchers that look at a window before or behind each hit, on texts where the windows lie on top of each other.
#[test]
fn windows_are_not_read_again_and_again() {
    let units = [
        ("@tcp(:", 80),
        (":5432:a:a:b", 40),
        ("password=a'b", 400),
        ("%1b]", 100),
        ("&#27;]", 100),
        ("AQE/", 120),
    ];
    for (unit, most) in units {
        let size = 16_000;
        let read = work(&unit.repeat(size / unit.len())) / size;
        assert!(read <= most, "{unit:?}: {read} reads of each byte");
    }
}

/// Prefixes again and again, with signs between at which a token may start and which many alphabets hold: a run that one prefix
/// begins must not be read to its end for each of the others.
#[test]
fn work_is_linear_in_prefixes() {
    for prefix in VENDORS.iter().flat_map(|vendor| vendor.prefixes) {
        for sign in ["/", "-", "_", "a1B2/"] {
            is_linear(&format!("{prefix}{sign}"), 1_500);
        }
    }
}

#[test]
fn work_is_linear_in_hostile_encodings() {
    let units = [
        "%25".to_owned(),
        "%2525".to_owned(),
        "%".to_owned(),
        "%70assword=".to_owned(),
        "\\u0070assword=".to_owned(),
        "\\u005c".to_owned(),
        "\\x".to_owned(),
        "\\\n".to_owned(),
        "\\\n+".to_owned(),
        "=\n".to_owned(),
        "a=\n".to_owned(),
        "=3D".to_owned(),
        "&#38;#38;".to_owned(),
        "&#38".to_owned(),
        "&amp;".to_owned(),
        "&".to_owned(),
        "\u{1b}".to_owned(),
        "\u{1b}[".to_owned(),
        "\u{1b}]".to_owned(),
        "\u{1b}]aaaaaaaaaaaaaaaa".to_owned(),
        "\u{9d}".to_owned(),
        "%1b]".to_owned(),
        "&#27;]".to_owned(),
        "\\x1bP".to_owned(),
        "\u{9b}1".to_owned(),
        "\u{200b}".to_owned(),
        "a\u{200b}".to_owned(),
        format!("%41{}", "a".repeat(300)),
        format!("%41{}", "a".repeat(5000)),
        format!("%41{}\n", "a".repeat(300)),
        format!("\\u0041{}\n{}\n", " x".repeat(500), "a".repeat(60)),
        "%41-----BEGIN PRIVATE KEY-----".to_owned(),
        format!("%41-----BEGIN PRIVATE KEY-----{}\n", " x".repeat(300)),
        base64("password=".repeat(600).as_bytes(), false, true),
        base64(base64("key: ".repeat(600).as_bytes(), false, true).as_bytes(), false, true),
        base64("%25".repeat(600).as_bytes(), false, true),
        format!("{}\n", base64(b"password=hunter2 and token: hunter2hunter2 ", false, true)),
        "dGV4dCBhbmQg".to_owned(),
        "dGV4dCBhbmQg\n".to_owned(),
        "dGV4dCBhbmQgdGV4dCBhbmQg\n+ ".to_owned(),
        "dGV4dCBhbmQgdGV4dCBhbmQg\\n".to_owned(),
        "dGV4dCBhbmQg AAAA\n".to_owned(),
        "a-".to_owned(),
        "abcdefgh/".to_owned(),
        "74657874".to_owned(),
        "74 65 ".to_owned(),
        "0x74, ".to_owned(),
        "74:\n".to_owned(),
        "ab ".to_owned(),
        "a ".to_owned(),
    ];
    for unit in units {
        is_linear(&unit, 16_000);
    }
}
