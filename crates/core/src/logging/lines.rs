//! Lines on their way out, and the thread that writes them. Whoever logs does not wait for that, and while there is much to log does not even
//! wake the thread: it looks for lines by itself then. To wake an idle core takes longer than a small call, and every call logs a line.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use gitoma_redact::Redactor;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const WAITING: usize = 1_024;
/// How many bytes of lines are written in one go: as many as a pipe takes without mixing them with what others write (`PIPE_BUF`).
const TOGETHER: usize = 4_096;
/// How often the thread looks for lines while it is awake. So long a line waits at most, unless an earlier one is not taken.
const EVERY: Duration = Duration::from_millis(10);
/// How often it looks in vain before it sleeps until it is woken.
const LOOKS: u32 = 25;
/// How long the end of a process waits for its log to be read.
const PATIENCE: Duration = Duration::from_millis(200);

/// A line, and what gateways of the process redacted when it was logged: before it is written a gateway may be gone, or its policy another.
pub(super) struct Logged {
    pub(super) line: Vec<u8>,
    pub(super) redactors: Vec<Arc<Redactor>>,
}

/// What those that log and the thread know of each other.
#[derive(Debug, Default)]
struct Shared {
    /// Lines handed over and not yet written.
    unwritten: AtomicUsize,
    /// Lines for which there was no room, or that could not be written.
    lost: AtomicU64,
    /// The thread does not look for lines by itself.
    asleep: AtomicBool,
}

/// Hands lines to the thread that writes them, which lives as long as the process.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    lines: SyncSender<Logged>,
    shared: Arc<Shared>,
    thread: Thread,
}

impl LogWriter {
    /// Starts a thread that writes to `out` what `clean` makes of each line.
    ///
    /// # Errors
    /// What kept the thread from starting.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        clean: impl Fn(&Logged) -> String + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::start_looking(EVERY, out, clean)
    }

    fn start_looking(
        every: Duration,
        out: impl Write + Send + 'static,
        clean: impl Fn(&Logged) -> String + Send + 'static,
    ) -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let mut thread = Writing { waiting, shared: Arc::clone(&shared), every, out, lines: 0 };
        let work = move || thread.write_all(clean);
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(work)?.thread().clone();
        Ok(Self { lines, shared, thread })
    }

    /// Waits until the lines handed over so far are written, for 200 milliseconds at most.
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + PATIENCE;
        self.thread.unpark();
        while self.shared.unwritten.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn hand_over(&self, logged: Logged, urgent: bool) {
        let before = self.shared.unwritten.fetch_add(1, Ordering::AcqRel);
        if self.lines.try_send(logged).is_err() {
            self.shared.unwritten.fetch_sub(1, Ordering::AcqRel);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
        // Of two that come here while it falls asleep, either this one sees that it does, or it sees the line.
        fence(Ordering::SeqCst);
        if urgent || before == WAITING / 2 || self.shared.asleep.load(Ordering::Relaxed) {
            self.thread.unpark();
        }
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { writer: self, urgent: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        // The process may be about to fail.
        Line { writer: self, urgent: *metadata.level() <= Level::WARN }
    }
}

/// One line: the formatter hands over whole events.
pub(super) struct Line<'a> {
    writer: &'a LogWriter,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let logged = Logged { line: bytes.to_vec(), redactors: super::redactors() };
        self.writer.hand_over(logged, self.urgent);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The thread's side.
struct Writing<W> {
    waiting: Receiver<Logged>,
    shared: Arc<Shared>,
    every: Duration,
    out: W,
    /// Lines that are about to be written.
    lines: usize,
}

impl<W: Write> Writing<W> {
    fn write_all(&mut self, clean: impl Fn(&Logged) -> String) {
        while let Some(first) = self.next() {
            let mut text = clean(&first);
            self.lines = 1;
            while let Ok(another) = self.waiting.try_recv() {
                let line = clean(&another);
                if text.len() + line.len() > TOGETHER {
                    self.write(&text);
                    text.clear();
                }
                text.push_str(&line);
                self.lines += 1;
            }
            self.write(&text);
            let missing = self.shared.lost.swap(0, Ordering::Relaxed);
            if missing > 0 {
                self.write(&format!(
                    "{{\"level\":\"WARN\",\"target\":\"gitoma::log\",\"message\":\"log lines were lost\",\"lines\":{missing}}}\n"
                ));
            }
        }
    }

    /// Writes the lines that are about to be.
    fn write(&mut self, text: &str) {
        let lines = std::mem::take(&mut self.lines);
        if self.out.write_all(text.as_bytes()).is_err() {
            // With standard error closed there is nobody left to tell; whoever does not take this one may take another.
            self.shared.lost.fetch_add(lines as u64, Ordering::Relaxed);
        }
        self.shared.unwritten.fetch_sub(lines, Ordering::AcqRel);
    }

    /// The next line; `None` when nobody is left to log.
    fn next(&self) -> Option<Logged> {
        for _ in 0..LOOKS {
            match self.waiting.try_recv() {
                Ok(line) => return Some(line),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => std::thread::park_timeout(self.every),
            }
        }
        self.shared.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let line = loop {
            match self.waiting.try_recv() {
                Ok(line) => break Some(line),
                Err(TryRecvError::Disconnected) => break None,
                Err(TryRecvError::Empty) => std::thread::park(),
            }
        };
        self.shared.asleep.store(false, Ordering::Relaxed);
        line
    }
}

#[cfg(test)]
mod tests;
