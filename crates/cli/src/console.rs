//! The two streams of a command. A reader that closes standard output early (`| head`) is no failure: what would follow is
//! dropped in silence.

use std::cell::Cell;
use std::io::{self, Write as _};

use gitoma_redact::Redactor;
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal;

/// Standard output and standard error of a command.
#[derive(Debug, Default)]
pub(crate) struct Console {
    closed: Cell<bool>,
}

impl Console {
    /// Writes `text` to standard output as it is, without a line end.
    pub(crate) fn print(&self, text: &str) -> Result<(), io::Error> {
        if self.closed.get() {
            return Ok(());
        }
        let mut output = io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            written => written,
        }
    }

    /// Writes `text` to standard output for people: what misleads a terminal is written out, and the line is ended.
    pub(crate) fn show(&self, text: &str) -> Result<(), io::Error> {
        self.print(&format!("{}\n", terminal::lines(text)))
    }

    /// Writes `value` to standard output as one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = terminal::json(serde_json::to_string(value)?);
        Ok(self.print(&format!("{text}\n"))?)
    }

    /// Writes `value` to standard output as indented JSON.
    pub(crate) fn pretty_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = terminal::json(serde_json::to_string_pretty(value)?);
        Ok(self.print(&format!("{text}\n"))?)
    }

    /// Writes `text` to standard error for people, without secrets: an error may quote a line of a file. If nobody reads it, nobody
    /// can be told so.
    pub(crate) fn tell(&self, text: &str) {
        let clean = Redactor::new().redact(text).text;
        let _ = writeln!(io::stderr().lock(), "{}", terminal::lines(&clean));
    }

    /// Whether the reader of standard output has gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }
}
