//! Logs of a gateway process: JSON lines on standard error, each redacted as it leaves. A thread of its own writes them, since
//! whoever started the process may never read that pipe: a full pipe loses log lines, counted, and never stops a call. The record
//! that must be whole is the audit chain. The protocol library is held at errors, since at finer levels it logs whole requests.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use gitoma_redact::Redactor;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Lines that wait for standard error.
const WAITING: usize = 1_024;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoggingError {
    /// `GITOMA_LOG` is not a filter.
    #[error("GITOMA_LOG must be a level or a list of target=level")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Another logger is installed already.
    #[error("logging is set up already")]
    Installed(#[source] tracing_subscriber::util::TryInitError),
    /// The thread that writes the log could not be started.
    #[error("the log's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// Sends the process's log to standard error as JSON lines; `filter` is what `GITOMA_LOG` says (default `info`).
///
/// # Errors
/// [`LoggingError`] if the filter is malformed or a logger is installed already.
pub fn initialise(filter: Option<&str>) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(filter.unwrap_or("info")).map_err(LoggingError::Filter)?;
    let calm = tracing_subscriber::filter::filter_fn(|metadata| {
        !metadata.target().starts_with("rmcp") || *metadata.level() <= LevelFilter::ERROR
    });
    let writer = LogWriter::start().map_err(LoggingError::Thread)?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(calm);
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(LoggingError::Installed)?;
    // A panic's own text may hold what a tool was working on; the log says where, and the outcome says which call.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(target: "gitoma::panic", place, "panicked");
    }));
    Ok(())
}

/// Lines handed over and not yet written. The log is the process's, and so is this.
static UNWRITTEN: AtomicUsize = AtomicUsize::new(0);

/// How long the end of a process waits for its log to be read.
const PATIENCE: Duration = Duration::from_millis(200);

/// Waits until the lines logged so far are written, for 200 milliseconds at most; for the end of a process.
pub fn flush() {
    let deadline = Instant::now() + PATIENCE;
    while UNWRITTEN.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Hands lines to the thread that writes them.
struct LogWriter {
    lines: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

impl LogWriter {
    fn start() -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&waiting, &counted))?;
        Ok(Self { lines, lost })
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { writer: self }
    }
}

/// One line: the formatter hands over whole events.
struct Line<'a> {
    writer: &'a LogWriter,
}

impl std::io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        UNWRITTEN.fetch_add(1, Ordering::AcqRel);
        if self.writer.lines.try_send(bytes.to_vec()).is_err() {
            UNWRITTEN.fetch_sub(1, Ordering::AcqRel);
            self.writer.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the gateways of this process redact at present: the log is the process's, and holds lines of all of them.
static REDACTORS: Mutex<Vec<Weak<ArcSwap<Redactor>>>> = Mutex::new(Vec::new());

/// Redacts log lines by `redactor` too, for as long as it is held.
pub(crate) fn redact_by(redactor: &Arc<ArcSwap<Redactor>>) {
    let mut redactors = REDACTORS.lock().unwrap_or_else(PoisonError::into_inner);
    redactors.retain(|redactor| redactor.strong_count() > 0);
    redactors.push(Arc::downgrade(redactor));
}

/// A line without secrets: those of any shape, and those that a gateway of this process knows or its policy names.
fn redacted(line: &str, standard: &Redactor) -> String {
    let gateways: Vec<_> = {
        let redactors = REDACTORS.lock().unwrap_or_else(PoisonError::into_inner);
        redactors.iter().filter_map(Weak::upgrade).collect()
    };
    let mut line = standard.redact_line(line).into_owned();
    for redactor in gateways {
        if let Cow::Owned(clean) = redactor.load().redact_line(&line) {
            line = clean;
        }
    }
    line
}

fn write_all(waiting: &Receiver<Vec<u8>>, lost: &AtomicU64) {
    let standard = Redactor::new();
    while let Ok(line) = waiting.recv() {
        let text = String::from_utf8_lossy(&line);
        let mut out = redacted(&text, &standard);
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            out.push_str(&format!(
                "{{\"level\":\"WARN\",\"target\":\"gitoma::log\",\"message\":\"log lines were lost\",\"lines\":{missing}}}\n"
            ));
        }
        // With standard error closed there is nobody left to tell.
        let _ = std::io::stderr().write_all(out.as_bytes());
        UNWRITTEN.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
