//! Throughput of the redactor on benign, dirty and hostile text, and its cost on one small clean result. All text is made
//! at run time.

use divan::Bencher;
use divan::counter::BytesCount;
use gitoma_redact::{Patterns, Redactor};

const MEBIBYTE: usize = 1 << 20;

const SOURCE: &str = r#"
//! Reads the configuration of the server and checks it before anything starts.
use std::collections::BTreeMap;

/// What a caller may set; every field has a default.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub listen: Option<String>,
    pub token: Option<String>,
    pub limits: BTreeMap<String, u64>,
}

impl Settings {
    pub fn parse(input: &str) -> Result<Self, Error> {
        let mut settings = Self::default();
        for (number, line) in input.lines().enumerate() {
            let Some((key, value)) = line.split_once('=') else {
                return Err(Error::Malformed { line: number + 1 });
            };
            match key.trim() {
                "listen" => settings.listen = Some(value.trim().to_owned()),
                "token" => settings.token = Some(value.trim().to_owned()),
                name => { settings.limits.insert(name.to_owned(), value.parse()?); }
            }
        }
        tracing::debug!(checksum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "read");
        Ok(settings) // see https://docs.test/settings#limits for what each means
    }
}
"#;

const PROSE: &str = "The gateway decides every call before it runs, and keeps a record of what it decided. A reader who \
wants to know why a call was refused finds the rule, its file and its line in the answer; nothing else is said.\n";

fn main() {
    divan::main();
}

fn of(text: &str, size: usize) -> String {
    text.repeat(size / text.len() + 1)
}

fn run(bencher: Bencher<'_, '_>, text: &str) {
    let redactor = Redactor::new();
    bencher
        .counter(BytesCount::of_str(text))
        .bench(|| redactor.redact(divan::black_box(text)).findings.len());
}

#[divan::bench(args = ["source", "prose", "hashes", "escaped"])]
fn benign(bencher: Bencher<'_, '_>, kind: &str) {
    let line = |number: usize| format!("{:040x} {:064x} object {number}\n", number * 7919, number * 104_729);
    let text = match kind {
        "source" => of(SOURCE, MEBIBYTE),
        "prose" => of(PROSE, MEBIBYTE),
        "escaped" => of(&SOURCE.replace('"', "&quot;").replace('<', "&lt;"), MEBIBYTE),
        _ => (0..MEBIBYTE / 120).map(line).collect(),
    };
    run(bencher, &text);
}

#[divan::bench]
fn clean_two_kibibytes(bencher: Bencher<'_, '_>) {
    let text: String = of(SOURCE, 4096).chars().take(2048).collect();
    run(bencher, &text);
}

#[divan::bench]
fn with_known_values(bencher: Bencher<'_, '_>) {
    let redactor = Redactor::new().with_known_values(["correct-horse-battery", "another-long-value"]);
    let text = of(SOURCE, MEBIBYTE);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| redactor.redact(divan::black_box(&text)).findings.len());
}

#[divan::bench]
fn one_secret_in_a_hundred_lines(bencher: Bencher<'_, '_>) {
    let secret = format!("{}{}", "ghp_", "a1B2c3D4e5F6".repeat(3));
    let text = of(&format!("{}\nTOKEN={secret}\n", of(SOURCE, 4000)), MEBIBYTE);
    run(bencher, &text);
}

#[divan::bench(args = [
    "-----BEGIN RSA PRIVATE KEY-----\n", "eyJ", "password=", "password: \"", "Authorization: Bearer ", "https://a:",
    "sk-proj-", "curl -u a:", "token\n", "\\\"key\\\": \\\"",
    "%25", "%70assword=", "\\u0041", "\u{1b}[", "a\u{200b}", "dGV4dCBhbmQgdGV4dCBhbmQg", "cGFzc3dvcmQ9", "70 61 ",
    "Cookie: a=b;", "mysql -p", "kind: Secret\ndata:\n", "<password>",
])]
fn hostile(bencher: Bencher<'_, '_>, unit: &str) {
    run(bencher, &of(unit, MEBIBYTE));
}

#[expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]
fn patterned(texts: &[&'static str]) -> Redactor {
    Redactor::new().with_patterns(Patterns::compile(texts.iter().copied()).unwrap())
}

#[divan::bench]
fn with_eight_patterns(bencher: Bencher<'_, '_>) {
    let redactor = patterned(&[
        "ACME-[0-9]{6}",
        "(?i)project-[a-z]+",
        "corp_(?:live|test)_[A-Za-z0-9]{32}",
        r"\bcustomer-\w+\b",
        r"[a-z]{1,40}\.internal\.example",
        "KD-[0-9]+",
        "beta[0-9]+|gamma[0-9]+",
        "eu-west-[0-9]{1,9}",
    ]);
    let text = of(SOURCE, MEBIBYTE);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| redactor.redact(divan::black_box(&text)).findings.len());
}

/// Texts made to be read again and again: each match is followed by a long run that could have been part of a longer one.
#[divan::bench(args = ["abc", "abc!"])]
fn hostile_to_a_pattern(bencher: Bencher<'_, '_>, unit: &str) {
    let redactor = patterned(&["abc[a-c]{0,28}x|abc", "abc[^x]+"]);
    let text = of(unit, MEBIBYTE);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| redactor.redact(divan::black_box(&text)).findings.len());
}
