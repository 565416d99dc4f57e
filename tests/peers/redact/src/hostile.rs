//! Texts that were made to be slow: one unit again and again. Each is measured whole and as a stream, at one size and at
//! four times that, by the time that the thread was on a processor: one core's, whatever else runs.

use std::cmp::Reverse;
use std::time::Duration;

use gitoma_redact::{RedactingStream, Redactor};

use crate::Options;
use crate::peer::processor_time;
use crate::random::Random;

const SIZE: usize = 256 << 10;
/// How long a text of a drawn unit is, and how many of them are measured as the others are.
const DRAWN: usize = 32 << 10;
const SHOWN: usize = 24;
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

/// One way to redact a text.
type Way<'w> = &'w dyn Fn(&str);

/// The pieces in which a text comes: as a pipe is read, and as a program prints lines.
const PIECES: [usize; 2] = [64 << 10, 1 << 10];

pub fn run(options: &Options) -> anyhow::Result<()> {
    let redactor = Redactor::new();
    let whole = |text: &str| {
        std::hint::black_box(redactor.redact(std::hint::black_box(text)));
    };
    let in_pieces = |text: &str, size: usize| {
        let mut stream = RedactingStream::new(redactor.clone());
        let mut clean = String::new();
        for piece in text.as_bytes().chunks(size) {
            stream.push(std::hint::black_box(piece), &mut clean);
            clean.clear();
        }
        let _ = std::hint::black_box(stream.finish(&mut clean));
    };
    let [large, small] = PIECES;
    let ways: [(&str, Way<'_>); 3] = [
        ("whole", &whole),
        ("in pieces of 64 KiB", &|text| in_pieces(text, large)),
        ("in pieces of 1 KiB", &|text| in_pieces(text, small)),
    ];
    let heads = ways.map(|(name, _)| format!("{name}, MB/s | four times as much"));
    println!("| unit | {} |\n|:--|{}", heads.join(" | "), "--:|".repeat(2 * heads.len()));
    let given: Vec<&str> = options.paths.iter().filter_map(|unit| unit.to_str()).collect();
    let drawn = options.seed.map(|seed| slowest_drawn(&redactor, seed, options.samples)).unwrap_or_default();
    let given: Vec<&str> = given.into_iter().chain(drawn.iter().map(String::as_str)).collect();
    let mut worst = ways.map(|_| Worst { slowest: (f64::MAX, ""), steepest: (0.0, "") });
    for unit in if given.is_empty() { &UNITS } else { given.as_slice() } {
        let (once, more) = (unit.repeat(SIZE / unit.len()), unit.repeat(4 * SIZE / unit.len()));
        print!("| `{unit:?}` |");
        for ((_, way), worst) in ways.iter().zip(&mut worst) {
            let (once, time) = measure(way, &once, &more);
            let speed = more.len() as f64 / 1e6 / time.as_secs_f64();
            let ratio = time.as_secs_f64() / once.as_secs_f64();
            worst.note(speed, ratio, unit);
            print!(" {speed:.0} | {ratio:.1} |");
        }
        println!();
    }
    for ((name, _), Worst { slowest, steepest }) in ways.iter().zip(worst) {
        let ((speed, slow), (ratio, steep)) = (slowest, steepest);
        println!(
            "\nThe slowest {name}: {speed:.1} MB/s ({slow:?}); the steepest: {ratio:.1} times ({steep:?})."
        );
    }
    Ok(())
}

/// Draws units: parts of those above, with signs between them and pieces of tokens. Answers the slowest.
fn slowest_drawn(redactor: &Redactor, seed: u64, count: usize) -> Vec<String> {
    const SIGNS: [&str; 24] = [
        "", "", "", " ", "\n", "=", ":", "\"", "'", "\\", "/", "-", "_", "@", "&", "?", "{", "<", "%25",
        "&#38;", "\\u0041", "a1B2c3", "YWJjZGVm", "\u{200b}",
    ];
    let random = &mut Random::new(seed);
    let mut drawn: Vec<(Duration, String)> = Vec::new();
    for _ in 0..count {
        let mut unit = String::new();
        for _ in 0..=random.below(4) {
            let part = UNITS.get(random.below(UNITS.len())).copied().unwrap_or_default();
            let end = part.ceil_char_boundary(1 + random.below(part.len()));
            unit.push_str(part.get(..end).unwrap_or(part));
            unit.push_str(SIGNS.get(random.below(SIGNS.len())).copied().unwrap_or_default());
        }
        let text = unit.repeat(DRAWN / unit.len() + 1);
        let begin = processor_time();
        std::hint::black_box(redactor.redact(std::hint::black_box(&text)));
        let time = processor_time().saturating_sub(begin).mul_f64(DRAWN as f64 / text.len() as f64);
        drawn.push((time, unit));
    }
    drawn.sort_by_key(|(time, _)| Reverse(*time));
    drawn.into_iter().take(SHOWN).map(|(_, unit)| unit).collect()
}

/// The unit that is read most slowly, and the one for which four times as much takes longest.
struct Worst<'u> {
    slowest: (f64, &'u str),
    steepest: (f64, &'u str),
}

impl<'u> Worst<'u> {
    fn note(&mut self, speed: f64, ratio: f64, unit: &'u str) {
        if speed < self.slowest.0 {
            self.slowest = (speed, unit);
        }
        if ratio > self.steepest.0 {
            self.steepest = (ratio, unit);
        }
    }
}

/// The best of five for each of two texts, which take turns: others may use the machine.
fn measure(way: Way<'_>, once: &str, more: &str) -> (Duration, Duration) {
    let time = |text: &str| {
        let begin = processor_time();
        way(text);
        processor_time().saturating_sub(begin)
    };
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        best = (best.0.min(time(once)), best.1.min(time(more)));
    }
    best
}
