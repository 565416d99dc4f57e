//! A program that is spoken to by lines on its standard input and answers by lines on its standard output, such as a server of the Model
//! Context Protocol.
//!
//! Holds the pipes, the bounds and the end; what the lines say is the caller's.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::error::ProcessError;
use super::output::Output;
use super::program::Program;
use super::run::{Ended, Finished, LAST_WORDS, Running, Terms};

/// Lines that were read and nobody has taken yet. A program that says more waits.
const WAITING: usize = 16;

/// What a program may say.
#[derive(Debug, Clone, Copy)]
pub struct LineLimits {
    /// The longest line, in bytes.
    pub line: usize,
    /// The bytes on standard output altogether; beyond them it counts as [`Heard::TooMuch`].
    pub all: usize,
    /// How much is kept of standard error, in bytes.
    pub stderr: usize,
}

/// What was heard of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// Bytes after which standard output ended without a line end.
    Torn(Vec<u8>),
    /// More than it may say, in a line or altogether. Nothing more is heard.
    TooMuch,
    /// Standard output has ended.
    Ended,
    /// Nothing until the time was over.
    Silence,
}

/// A program that was started. Dropped, it is killed with what it started.
#[derive(Debug)]
pub struct Conversation {
    running: Running,
    stdin: Option<ChildStdin>,
    lines: Receiver<Heard>,
    stderr: Output,
}

impl Conversation {
    /// Starts `program`.
    ///
    /// # Errors
    /// [`ProcessError`] if it could not be started.
    pub fn start(program: &Program<'_>, limits: LineLimits) -> Result<Self, ProcessError> {
        let (mut running, stdout, stderr) = Running::start(&mut program.command(), None, Stdio::piped())?;
        let stdin = running.child.stdin.take();
        let stderr = Output::read(stderr, limits.stderr).map_err(ProcessError::Start)?;
        let (say, lines) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name("gitoma-lines".to_owned())
            .spawn(move || read(stdout, limits, &say))
            .map_err(ProcessError::Start)?;
        Ok(Self { running, stdin, lines, stderr })
    }

    /// Says a line, of less than what a pipe holds (4 KiB at least); `false` if nobody listens any more.
    pub fn say(&mut self, line: &[u8]) -> bool {
        let Some(stdin) = &mut self.stdin else { return false };
        stdin.write_all(line).and_then(|()| stdin.write_all(b"\n")).and_then(|()| stdin.flush()).is_ok()
    }

    /// The next thing that is heard before `deadline`.
    pub fn hear(&self, deadline: Instant) -> Heard {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::Ended,
        }
    }

    /// Ends its standard input and waits up to `time` until it has ended; then it is killed.
    ///
    /// What it still says is handed to `rest`.
    ///
    /// # Errors
    /// [`ProcessError`] if the system does not tell how it ended.
    pub fn end(mut self, time: Duration, mut rest: impl FnMut(Heard)) -> Result<Finished, ProcessError> {
        self.stdin = None;
        let deadline = Instant::now().checked_add(time);
        // Taken while it is waited for, so that it does not wait for us in turn.
        let ended = loop {
            match self.hear(Instant::now() + LAST_WORDS.min(time)) {
                Heard::Ended => {
                    let left = deadline.map_or(time, |end| end.saturating_duration_since(Instant::now()));
                    let terms = Terms { passed: None, time: left, output: 0, stopped: &|| false };
                    break self.running.wait(&terms)?;
                }
                Heard::Silence if deadline.is_some_and(|end| Instant::now() < end) => {}
                Heard::Silence => break self.stop()?,
                heard => {
                    let is_over =
                        heard == Heard::TooMuch || deadline.is_some_and(|end| Instant::now() >= end);
                    rest(heard);
                    if is_over {
                        break self.stop()?;
                    }
                }
            }
        };
        if !self.stderr.ends(LAST_WORDS) {
            self.running.sweep();
            let _ = self.stderr.ends(LAST_WORDS);
        }
        Ok(Finished { ended, stdout: Vec::new(), stderr: self.stderr.take() })
    }

    /// Its time is over.
    fn stop(&mut self) -> Result<Ended, ProcessError> {
        self.running.wait(&Terms { passed: None, time: Duration::ZERO, output: 0, stopped: &|| false })
    }

    /// What it has said on standard error so far, as far as that is kept. Each byte is given once.
    #[must_use]
    pub fn complaints(&self) -> Vec<u8> {
        // Whoever ends mostly says why just before.
        let _ = self.stderr.ends(LAST_WORDS);
        self.stderr.take()
    }
}

/// Reads lines until the end, or until nobody takes them.
fn read(stdout: ChildStdout, limits: LineLimits, say: &SyncSender<Heard>) {
    let mut stdout = BufReader::new(stdout.take(u64::try_from(limits.all).unwrap_or(u64::MAX)));
    loop {
        let mut line = Vec::new();
        let longest = u64::try_from(limits.line).unwrap_or(u64::MAX).saturating_add(1);
        let read = std::io::Read::take(&mut stdout, longest).read_until(b'\n', &mut line);
        let is_all = stdout.get_ref().limit() == 0 && stdout.buffer().is_empty();
        let heard = match read {
            Err(_) | Ok(0) if is_all => Heard::TooMuch,
            Err(_) | Ok(0) => return,
            Ok(_) if line.last() == Some(&b'\n') => {
                line.pop();
                Heard::Line(line)
            }
            Ok(_) if line.len() > limits.line || is_all => Heard::TooMuch,
            Ok(_) => Heard::Torn(line),
        };
        let is_last = heard == Heard::TooMuch;
        if say.send(heard).is_err() || is_last {
            return;
        }
    }
}
