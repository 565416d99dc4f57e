//! Entries on their way to standard output, as rows for people or as they stand in the file.

use std::collections::VecDeque;

use gitoma_audit::{Entry, FaultClass, ReadError};

use super::{UNKNOWN, calls::Calls, filter::Filter, row};
use crate::console::Console;
use crate::failure::Failure;

/// How much is gathered before it is written, in bytes.
const CHUNK: usize = 32 * 1024;

/// An entry that is wanted, ready to be printed.
struct Shown {
    chain: String,
    line: String,
}

/// Prints the entries that a filter wants.
pub(super) struct Listing<'a> {
    console: &'a Console,
    filter: &'a Filter,
    json: bool,
    /// Of the entries that come now only so many are wanted, the last ones.
    limit: Option<usize>,
    last: VecDeque<Shown>,
    calls: Calls,
    pending: String,
    chain: String,
}

impl<'a> Listing<'a> {
    pub(super) fn new(console: &'a Console, filter: &'a Filter, json: bool, limit: Option<usize>) -> Self {
        let (last, pending, chain) = (VecDeque::new(), String::new(), String::new());
        Self { console, filter, json, limit, last, calls: Calls::default(), pending, chain }
    }

    /// Takes the next entry, or tells why a line is none; returns the exit code that this amounts to.
    pub(super) fn take(&mut self, entry: Result<Entry, ReadError>) -> Result<u8, Failure> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.flush()?;
                return Ok(unreadable(&error, self.console));
            }
        };
        let (filter, json) = (self.filter, self.json);
        let shown = self.calls.with(entry, |entry, intent| {
            let line = || if json { entry.raw.clone() } else { row::row(entry, intent) };
            let wanted = filter.wants(entry, intent);
            wanted.then(|| Shown { chain: entry.chain_id.to_string(), line: line() })
        });
        if let Some(shown) = shown {
            self.add(shown)?;
        }
        Ok(0)
    }

    fn add(&mut self, shown: Shown) -> Result<(), Failure> {
        let Some(limit) = self.limit else { return self.print(&shown) };
        self.last.push_back(shown);
        if self.last.len() > limit {
            self.last.pop_front();
        }
        Ok(())
    }

    fn print(&mut self, shown: &Shown) -> Result<(), Failure> {
        if !self.json && self.chain != shown.chain {
            self.chain.clone_from(&shown.chain);
            self.pending.push_str(&format!("chain {}\n", shown.chain));
        }
        self.pending.push_str(&shown.line);
        self.pending.push('\n');
        if self.pending.len() < CHUNK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Ok(self.console.print(&std::mem::take(&mut self.pending))?)
    }

    /// Prints what is gathered; from here on every entry is wanted.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.limit = None;
        for shown in std::mem::take(&mut self.last) {
            self.print(&shown)?;
        }
        self.flush()
    }
}

/// Says why a line gave no entry; returns the exit code.
pub(super) fn unreadable(error: &ReadError, console: &Console) -> u8 {
    let (text, code) = match error {
        ReadError::Line { file, line, class } => {
            let code = if *class == FaultClass::TornTail { 4 } else { 1 };
            (format!("{file}, line {line}: no entry ({class}); gitoma-audit verify says more"), code)
        }
        ReadError::Replaced { .. } => (
            format!(
                "{error}, so nothing more of the chain is shown; gitoma-audit verify says what is there now"
            ),
            1,
        ),
        ReadError::Io(cause) => (format!("the audit log cannot be read: {cause}"), UNKNOWN),
        other => (other.to_string(), UNKNOWN),
    };
    console.tell(&format!("error: {text}"));
    code
}

/// The gravest of several exit codes.
pub(super) fn gravest(codes: impl IntoIterator<Item = u8>) -> u8 {
    let weight = |code: &u8| match *code {
        0 => 0,
        4 => 1,
        1 => 2,
        _ => 3,
    };
    codes.into_iter().max_by_key(weight).unwrap_or(0)
}
