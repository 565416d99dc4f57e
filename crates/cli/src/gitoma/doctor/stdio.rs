//! A session with a program over its standard input and output.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use gitoma_confine::{Conversation, Ended, Heard, LineLimits, Program};
use serde_json::Value;

use super::protocol::{Broken, Era, Held, Peer, hold};

/// What a server may say: a line is an answer, and an answer is capped by the gateway.
const LIMITS: LineLimits = LineLimits { line: 4 * 1024 * 1024, all: 16 * 1024 * 1024, stderr: 64 * 1024 };
/// The most messages that are listened to for one answer.
const MESSAGES: usize = 1_000;

/// Starts `program`, holds a session in `era` and has it end.
pub(super) fn session(program: &Program<'_>, era: Era, patience: Duration) -> Result<Held, Broken> {
    let conversation = Conversation::start(program, LIMITS).map_err(|_| Broken::Start)?;
    let mut peer = Pipes { conversation, patience };
    let held = hold(era, &mut peer)?;
    let mut stray = None;
    let finished = peer.conversation.end(patience, |heard| match heard {
        Heard::Line(line) if message(&line).is_some() => {}
        Heard::TooMuch => stray = Some(Broken::Flood),
        _ => stray = Some(Broken::Noise),
    });
    match (finished.map_err(|_| Broken::Stays)?.ended, stray) {
        (_, Some(broken)) => Err(broken),
        (Ended::Exited(0), None) => Ok(held),
        (Ended::Exited(code), None) => Err(Broken::Code(code)),
        (Ended::TimedOut | Ended::Stopped, None) => Err(Broken::Stays),
        (Ended::Killed, None) => Err(Broken::Ended(String::new())),
    }
}

/// A message of JSON-RPC 2.0.
fn message(line: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(line).ok()?;
    (value.get("jsonrpc").and_then(Value::as_str) == Some("2.0")).then_some(value)
}

struct Pipes {
    conversation: Conversation,
    patience: Duration,
}

impl Pipes {
    /// Says `message`. Whether there is anybody left to hear it is seen when an answer is waited for: a program that is gone may have said
    /// why before.
    fn say(&mut self, message: &Value) {
        let _heard = self.conversation.say(message.to_string().as_bytes());
    }

    /// Why it ended, if it said so.
    fn ended(&self) -> Broken {
        let complaints = self.conversation.complaints();
        let text = String::from_utf8_lossy(&complaints);
        let last = text.lines().rev().find(|line| line.starts_with("error: "));
        let last = last.map(|line| format!(", saying: {}", line.chars().take(400).collect::<String>()));
        Broken::Ended(last.unwrap_or_default())
    }
}

impl Peer for Pipes {
    fn ask(&mut self, method: &'static str, request: &Value) -> Result<Value, Broken> {
        self.say(request);
        let deadline = Instant::now() + self.patience;
        for _message in 0..MESSAGES {
            let line = match self.conversation.hear(deadline) {
                Heard::Line(line) => line,
                Heard::Torn(_) => return Err(Broken::Noise),
                Heard::TooMuch => return Err(Broken::Flood),
                Heard::Ended => return Err(self.ended()),
                Heard::Silence => return Err(Broken::Silence(self.patience.as_secs())),
            };
            let message = message(&line).ok_or(Broken::Noise)?;
            if message.get("method").is_some() {
                continue;
            }
            if message.get("id") == request.get("id") {
                return Ok(message);
            }
            return Err(Broken::Answer(method));
        }
        Err(Broken::Flood)
    }

    fn tell(&mut self, message: &Value) -> Result<(), Broken> {
        self.say(message);
        Ok(())
    }
}

/// A program with owned parts, as an entry names it.
pub(super) fn program<'a>(
    path: &'a Path,
    arguments: &'a [OsString],
    environment: &'a [(OsString, OsString)],
    directory: &'a Path,
) -> Program<'a> {
    Program { path, arguments, environment, directory }
}
