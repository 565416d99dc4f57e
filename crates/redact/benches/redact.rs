//! Throughput of the redactor on benign, dirty and hostile text, and its cost on one small clean result. All text is made
//! at run time.

use divan::Bencher;
use divan::counter::BytesCount;
use gitoma_redact::{Patterns, RedactingStream, Redactor, elide_json, reveal_json};

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

/// What the pipeline does to the result of a tool before it leaves: searches it, takes out what nobody sees, and elides payloads.
#[divan::bench]
fn clean_result_of_two_kibibytes(bencher: Bencher<'_, '_>) {
    let redactor = Redactor::new();
    let content: String = of(SOURCE, 4096).chars().take(2048).collect();
    let result = serde_json::json!({"path": "src/settings.rs", "content": content});
    bencher.with_inputs(|| result.clone()).bench_local_values(|mut result| {
        let tally = redactor.redact_json(&mut result);
        (tally, reveal_json(&mut result), elide_json(&mut result), result)
    });
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

/// Units of hostile texts, among them the slowest of a hundred thousand that were drawn (`tests/peers`, `hostile --seed`).
const HOSTILE: [&str; 30] = [
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "eyJ",
    "password=",
    "password: \"",
    "Authorization: Bearer ",
    "https://a:",
    "sk-proj-",
    "curl -u a:",
    "token\n",
    "\\\"key\\\": \\\"",
    "%25",
    "%70assword=",
    "\\u0041",
    "\u{1b}[",
    "a\u{200b}",
    "dGV4dCBhbmQgdGV4dCBhbmQg",
    "cGFzc3dvcmQ9",
    "70 61 ",
    "Cookie: a=b;",
    "mysql -p",
    "kind: Secret\ndata:\n",
    "<password>",
    "password=a\\",
    "ghp_a\\password=\u{200b}dp.p&",
    "-----{pass\n%1b",
    "tokens: [\"a1B2c3D4e5F6g7H8\",&#27;]\"",
    "SG.a%25xoxb-'password=",
    "token\n%25%1b]:",
    "be\n",
    "s-Q~Q~Q~",
];

#[divan::bench(args = HOSTILE)]
fn hostile(bencher: Bencher<'_, '_>, unit: &str) {
    run(bencher, &of(unit, MEBIBYTE));
}

/// The same as a stream that is read from a pipe.
#[divan::bench(args = HOSTILE)]
fn hostile_stream(bencher: Bencher<'_, '_>, unit: &str) {
    let text = of(unit, MEBIBYTE);
    let redactor = Redactor::new();
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut stream = RedactingStream::new(redactor.clone());
        let mut clean = String::new();
        text.as_bytes().chunks(64 << 10).for_each(|piece| stream.push(divan::black_box(piece), &mut clean));
        (stream.finish(&mut clean), clean)
    });
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
