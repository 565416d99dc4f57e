//! Gitoma's redactor beside secret scanners. The output is Markdown.
//!
//! - `corpus [--seed N] [--samples 1] [--python PYTHON [--peer NAME]...]`: recall and precision on the corpus of `crates/redact/tests/corpus`, drawn from the
//!   seed, or from a new one. With a Python that has them, the peers of `peers.py` beside it. Samples name what is missed.
//! - `clean [--samples N] [--python PYTHON [--peer NAME]...] PATH...`: findings, bytes taken and speed on trees of real files.
//!   Samples show so many findings of each rule.
//! - `hostile [--seed N --samples COUNT] [UNIT]...`: the time for texts that were made to be slow, one unit again and again, and for
//!   four times as much, whole and in pieces. With a seed, for the slowest of so many that are put together from those.
//!
//! `cargo run --release -p gitoma-peers-redact -- corpus`

#[path = "../../../../crates/redact/tests/corpus/cases.rs"]
mod cases;
mod clean;
mod corpus;
mod encoded;
mod hostile;
#[path = "../../../../crates/redact/tests/corpus/keys.rs"]
mod keys;
mod peer;
#[path = "../../../../crates/redact/tests/corpus/random.rs"]
mod random;

use std::path::PathBuf;

use anyhow::Context as _;

/// The command line, but for its first word.
#[derive(Default)]
struct Options {
    seed: Option<u64>,
    samples: usize,
    python: Option<String>,
    /// The peers wanted; all if none is named.
    peers: Vec<String>,
    paths: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match &*argument {
            "--seed" => options.seed = Some(value()?.parse()?),
            "--samples" => options.samples = value()?.parse()?,
            "--python" => options.python = Some(value()?),
            "--peer" => options.peers.push(value()?),
            _ => options.paths.push(PathBuf::from(argument)),
        }
    }
    match &*command {
        "corpus" => corpus::run(&options),
        "clean" => clean::run(&options),
        "hostile" => hostile::run(&options),
        _ => anyhow::bail!("usage: gitoma-peers-redact corpus|clean|hostile [OPTION]... [PATH]..."),
    }
}
