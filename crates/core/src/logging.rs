//! Logs of a gateway process: JSON lines on standard error, each redacted as it leaves. A thread of its own writes them, since
//! whoever started the process may never read that pipe: a full pipe loses log lines, counted, and never stops a call. The record
//! that must be whole is the audit chain. The protocol library is held at errors, since at finer levels it logs whole requests.

mod lines;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::ArcSwap;
use gitoma_redact::Redactor;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use lines::{LogWriter, Logged};

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
    let standard = Redactor::new();
    let clean = move |logged: &Logged| redacted(logged, &standard);
    let writer = LogWriter::start(std::io::stderr(), clean).map_err(LoggingError::Thread)?;
    let writer = WRITER.get_or_init(|| writer).clone();
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

/// The log is the process's, and so is what writes it.
static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// Waits until the lines logged so far are written, for 200 milliseconds at most; for the end of a process.
pub fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
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

/// What the gateways of this process redact now.
fn redactors() -> Vec<Arc<Redactor>> {
    let redactors = REDACTORS.lock().unwrap_or_else(PoisonError::into_inner);
    redactors.iter().filter_map(|redactor| Some(redactor.upgrade()?.load_full())).collect()
}

/// A line without secrets: those of any shape, and those that a gateway of this process knew or its policy named.
fn redacted(Logged { line, redactors }: &Logged, standard: &Redactor) -> String {
    let line = String::from_utf8_lossy(line);
    // What one policy lets through is no secret in its results; in the log of the process it is.
    let mut line = standard.redact_line(&line).into_owned();
    for redactor in redactors {
        if let Cow::Owned(clean) = redactor.redact_line(&line) {
            line = clean;
        }
    }
    line
}

#[cfg(test)]
mod tests;
