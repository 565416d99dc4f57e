//! What finds secrets in a text: Gitoma's redactor, and scanners behind `peers.py`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use gitoma_redact::Redactor;
use serde::Deserialize;

use crate::Options;

/// Findings as they would be replaced in the text, and the processor's time that they took.
pub struct Found {
    /// How many findings there are; a peer's may stand at several places.
    pub count: usize,
    pub spans: Vec<Range<usize>>,
    pub rules: Vec<&'static str>,
    pub time: Duration,
}

pub enum Engine {
    Gitoma(Redactor),
    Peer { name: &'static str, child: Child, input: ChildStdin, output: BufReader<ChildStdout> },
}

const DRIVER: &str = include_str!("../peers.py");
const PEERS: [&str; 2] = ["betterleaks", "detect-secrets"];

#[derive(Deserialize)]
struct Answer {
    secrets: Vec<String>,
    seconds: f64,
    error: Option<String>,
}

impl Engine {
    /// Gitoma, and the peers if there is a Python to run them.
    pub fn all(options: &Options) -> anyhow::Result<Vec<Self>> {
        let mut engines = vec![Self::Gitoma(Redactor::new())];
        let Some(python) = &options.python else { return Ok(engines) };
        let wanted = |name: &str| options.peers.is_empty() || options.peers.iter().any(|peer| peer == name);
        for name in PEERS.iter().filter(|name| wanted(name)) {
            let mut child = Command::new(python)
                .args(["-c", DRIVER, name])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .with_context(|| format!("{name} does not start"))?;
            let input = child.stdin.take().context("no input")?;
            let output = BufReader::new(child.stdout.take().context("no output")?);
            engines.push(Self::Peer { name, child, input, output });
        }
        Ok(engines)
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Gitoma(_) => "**gitoma**",
            Self::Peer { name, .. } => name,
        }
    }

    pub fn find(&mut self, text: &str) -> anyhow::Result<Found> {
        match self {
            Self::Gitoma(redactor) => {
                let begin = processor_time();
                let redacted = redactor.redact(text);
                let time = processor_time().saturating_sub(begin);
                let rules = redacted.findings.iter().map(|finding| finding.rule).collect();
                let spans: Vec<_> = redacted.findings.into_iter().map(|finding| finding.span).collect();
                Ok(Found { count: spans.len(), spans, rules, time })
            }
            Self::Peer { name, input, output, .. } => {
                writeln!(input, "{}", serde_json::to_string(text)?)?;
                input.flush()?;
                let mut line = String::new();
                output.read_line(&mut line)?;
                let answer: Answer =
                    serde_json::from_str(&line).with_context(|| format!("{name} stopped"))?;
                if let Some(error) = answer.error {
                    eprintln!("{name}: {error}");
                }
                let mut spans = Vec::new();
                for secret in answer.secrets.iter().filter(|secret| !secret.is_empty()) {
                    spans.extend(text.match_indices(secret).map(|(at, found)| at..at + found.len()));
                }
                let time = Duration::from_secs_f64(answer.seconds);
                let rules = vec![*name; spans.len()];
                Ok(Found { count: answer.secrets.len(), rules, spans, time })
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Self::Peer { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The time that this thread has been on a processor: what else runs on the machine is not counted.
pub fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}
