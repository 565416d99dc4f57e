//! Logs of a gateway process: JSON lines on standard error, each redacted as it leaves. The protocol library is held at warnings,
//! since at finer levels it logs whole requests and results.

use gitoma_redact::Redactor;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

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
}

/// Sends the process's log to standard error as JSON lines; `filter` is what `GITOMA_LOG` says (default `info`).
///
/// # Errors
/// [`LoggingError`] if the filter is malformed or a logger is installed already.
pub fn initialise(filter: Option<&str>) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(filter.unwrap_or("info")).map_err(LoggingError::Filter)?;
    let calm = tracing_subscriber::filter::filter_fn(|metadata| {
        !metadata.target().starts_with("rmcp") || *metadata.level() <= LevelFilter::WARN
    });
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(RedactedStderr { redactor: Redactor::new() })
        .with_filter(calm);
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(LoggingError::Installed)?;
    // A panic's own text may hold what a tool was working on; the log says where, and the outcome says which call.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(target: "gitoma::panic", place, "panicked");
    }));
    Ok(())
}

/// Standard error, with each line redacted.
struct RedactedStderr {
    redactor: Redactor,
}

impl<'a> MakeWriter<'a> for RedactedStderr {
    type Writer = RedactedLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactedLine { redactor: &self.redactor }
    }
}

/// One line: the formatter hands over whole events.
struct RedactedLine<'a> {
    redactor: &'a Redactor,
}

impl std::io::Write for RedactedLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        std::io::stderr().lock().write_all(self.redactor.redact_line(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
