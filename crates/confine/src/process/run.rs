//! One process from its start to its end, with everything it started.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::credential::Passed;
use super::error::ProcessError;
use super::output::Output;
use super::stray;

/// How long a process that should stop may take to do so by itself.
const GRACE: Duration = Duration::from_secs(5);
/// How long the last words of a process that has ended may take.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often is looked whether a process has ended: at first, and at most.
const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// Held while a process is started: only then a descriptor may be inherited, and only by the one it is for.
static STARTING: Mutex<()> = Mutex::new(());

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal of somebody else.
    Killed,
    /// Its time was over, and it was killed.
    TimedOut,
    /// Nobody wanted it any more, and it was killed.
    Stopped,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// What it wrote to standard output, as far as it was kept.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, as far as it was kept.
    pub stderr: Vec<u8>,
}

/// What a process is given besides its command.
pub(super) struct Terms<'a> {
    /// What it inherits.
    pub(super) passed: Option<&'a Passed>,
    /// How long it may take.
    pub(super) time: Duration,
    /// How many bytes of each stream are kept.
    pub(super) output: usize,
    /// Whether nobody wants it any more.
    pub(super) stopped: &'a dyn Fn() -> bool,
}

/// Runs `command`, whose environment is complete, and returns once nothing of it is left.
pub(super) fn run(mut command: Command, terms: &Terms<'_>) -> Result<Finished, ProcessError> {
    let (mut running, stdout, stderr) = Running::start(&mut command, terms.passed, Stdio::null())?;
    let stdout = Output::read(stdout, terms.output).map_err(ProcessError::Start)?;
    let stderr = Output::read(stderr, terms.output).map_err(ProcessError::Start)?;
    let ended = running.wait(terms)?;
    if !(stdout.ends(LAST_WORDS) && stderr.ends(LAST_WORDS)) {
        // Somebody who left the group still holds the other end.
        running.sweep();
        let _ = stdout.ends(LAST_WORDS) && stderr.ends(LAST_WORDS);
    }
    Ok(Finished { ended, stdout: stdout.take(), stderr: stderr.take() })
}

fn start(command: &mut Command, passed: Option<&Passed>) -> Result<Child, ProcessError> {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(passed) = passed else {
        return command.spawn().map_err(ProcessError::Start);
    };
    passed.inherit(true).map_err(ProcessError::Start)?;
    let started = command.spawn();
    // It is closed with the run at the latest, and until then no other process is to get it.
    let closed = passed.inherit(false);
    let mut child = started.map_err(ProcessError::Start)?;
    if let Err(error) = closed {
        let _ = child.kill();
        let _ = child.wait();
        return Err(ProcessError::Start(error));
    }
    Ok(child)
}

/// A process that was started. Whoever leaves it alone has it killed.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    mark: String,
    is_over: bool,
}

impl Running {
    /// Starts `command` as the first of a group of its own; both of its outputs are pipes.
    pub(super) fn start(
        command: &mut Command,
        passed: Option<&Passed>,
        stdin: Stdio,
    ) -> Result<(Self, ChildStdout, ChildStderr), ProcessError> {
        let mark = stray::mark().map_err(ProcessError::Start)?;
        command
            .env(stray::MARK, &mark)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut running = Self { child: start(command, passed)?, mark, is_over: false };
        match (running.child.stdout.take(), running.child.stderr.take()) {
            (Some(stdout), Some(stderr)) => Ok((running, stdout, stderr)),
            _ => Err(ProcessError::Start(std::io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Kills whatever of it has left its group.
    pub(super) fn sweep(&self) {
        stray::sweep(&self.mark);
    }

    /// Waits until it has ended, or makes it.
    pub(super) fn wait(&mut self, terms: &Terms<'_>) -> Result<Ended, ProcessError> {
        let deadline = Instant::now().checked_add(terms.time);
        let mut pause = POLL.0;
        loop {
            if let Some(status) = self.child.try_wait().map_err(ProcessError::Start)? {
                self.end_group(Duration::ZERO);
                return Ok(ended(status));
            }
            let why = if (terms.stopped)() {
                Some(Ended::Stopped)
            } else {
                deadline.is_none_or(|deadline| Instant::now() >= deadline).then_some(Ended::TimedOut)
            };
            if let Some(why) = why {
                self.stop();
                return Ok(why);
            }
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2).min(POLL.1);
        }
    }

    /// Asks the process and its group to end, and makes them.
    fn stop(&mut self) {
        self.signal(Signal::TERM);
        let begun = Instant::now();
        while begun.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(POLL.1);
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
        self.end_group(GRACE.saturating_sub(begun.elapsed()));
        stray::sweep(&self.mark);
    }

    /// Ends what is left of the group once its first process is gone: at once, or when `grace` has passed.
    ///
    /// As long as anybody is left in it, no other process can have the group's number.
    fn end_group(&mut self, grace: Duration) {
        let begun = Instant::now();
        while self.has_group() {
            if begun.elapsed() >= grace {
                self.signal(Signal::KILL);
                break;
            }
            std::thread::sleep(POLL.1);
        }
        self.is_over = true;
    }

    fn has_group(&self) -> bool {
        test_kill_process_group(Pid::from_child(&self.child)).is_ok()
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
            stray::sweep(&self.mark);
        }
    }
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exited(code),
        (None, _) => Ended::Killed,
    }
}
