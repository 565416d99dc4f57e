//! Texts that were made to be slow: one unit again and again. Each is measured at one size and at four times that.

use std::time::Duration;

use gitoma_redact::Redactor;

use crate::Options;
use crate::peer::processor_time;

const SIZE: usize = 256 << 10;
const UNITS: [&str; 64] = [
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN ",
    "---- BEGIN ",
    "Private-Lines: 9\n",
    "eyJ",
    "eyJa.",
    "eyJhbGciOiJ9.eyJhb.",
    "password=",
    "password: ",
    "password: \"",
    "password='",
    "password ",
    "password\n",
    "password>",
    "<password>",
    "password(",
    "passwordpassword=",
    "key=key&",
    "?key=&key=",
    "?token=a&",
    "token\n",
    "secret secret=",
    "\\\"key\\\": \\\"",
    "\"key\": \"",
    "Authorization: Bearer ",
    "Authorization: ",
    "Cookie: a=",
    "Cookie: a=b;",
    "a=b; ",
    "bearer ",
    "https://a:",
    "https://a:b@",
    "://",
    ":\\/\\/",
    "sk-proj-",
    "sk-",
    "ghp_",
    "ghp_a1B",
    "AAAAAAAAAAAAAAAAAAAAAA",
    "s.s.s.",
    "dp.pt.",
    "xoxb-",
    "SG.a.",
    "Q~Q~Q~",
    ".atlasv1.",
    "curl -u a:",
    "-u-u-u",
    "identified by '",
    "name: token\nvalue: ",
    "\"name\": \"token\", \"value\": \"",
    "kind: Secret\ndata:\n",
    "  a: YWJjZGVm\n",
    "\"d\":\"\"kty\"",
    "AKIAABCDEFGHIJKLMNOP ",
    "\\\\\\\\\"",
    "AQE/",
    "%1b]",
    "&#27;]",
    "@tcp(:",
    ":5432:a:a:b",
    "password=a'b",
    "password:\n  - ",
    "tokens: [\"a1B2c3D4e5F6g7H8\",",
];

pub fn run(options: &Options) -> anyhow::Result<()> {
    let redactor = Redactor::new();
    println!("| unit | MB/s | time for four times as much |\n|:--|--:|--:|");
    let (mut slowest, mut steepest) = (f64::MAX, 0.0_f64);
    let given: Vec<&str> = options.paths.iter().filter_map(|unit| unit.to_str()).collect();
    for unit in if given.is_empty() { &UNITS } else { given.as_slice() } {
        let once = measure(&redactor, &unit.repeat(SIZE / unit.len()));
        let more = measure(&redactor, &unit.repeat(4 * SIZE / unit.len()));
        let speed = 4.0 * SIZE as f64 / 1e6 / more.as_secs_f64();
        let ratio = more.as_secs_f64() / once.as_secs_f64();
        (slowest, steepest) = (slowest.min(speed), steepest.max(ratio));
        println!("| `{unit:?}` | {speed:.0} | {ratio:.1} |");
    }
    println!("\nThe slowest: {slowest:.1} MB/s; the steepest: {ratio:.1} times.", ratio = steepest);
    Ok(())
}

/// The best of three.
fn measure(redactor: &Redactor, text: &str) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let begin = processor_time();
        std::hint::black_box(redactor.redact(std::hint::black_box(text)));
        best = best.min(processor_time().saturating_sub(begin));
    }
    best
}
