//! `gitoma-audit show`: entries for people, or as they stand. Outcomes do not repeat what their intent said, so the intents that
//! are open are remembered: by them an outcome is shown, and found, as one of its tool.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use gitoma_audit::{Entry, FaultClass, Kind, ReadError, Reader};

use super::{ShowArguments, UNKNOWN, explained, row};
use crate::console::Console;
use crate::failure::Failure;

/// How much is gathered before it is written, in bytes.
const CHUNK: usize = 32 * 1024;

/// The most intents that are remembered; a genuine chain never has more open.
const MOST_OPEN: usize = 4_096;

/// An entry that matched, ready to be printed.
struct Shown {
    chain: String,
    line: String,
}

/// Entries on their way to standard output.
struct Listing<'a> {
    console: &'a Console,
    arguments: &'a ShowArguments,
    /// The last entries, where only so many are wanted.
    last: VecDeque<Shown>,
    pending: String,
    chain: String,
}

pub(super) fn run(arguments: &ShowArguments, console: &Console) -> Result<u8, Failure> {
    let mut listing =
        Listing { console, arguments, last: VecDeque::new(), pending: String::new(), chain: String::new() };
    let mut codes = Vec::new();
    for directory in &arguments.directories {
        codes.push(listing.directory(directory)?);
        if console.is_closed() {
            return Ok(0);
        }
    }
    listing.finish()?;
    let gravest = [UNKNOWN, 1, 4].into_iter().find(|code| codes.contains(code));
    Ok(gravest.unwrap_or(0))
}

impl Listing<'_> {
    /// Shows what is in `directory`; the answer is the exit code it amounts to.
    fn directory(&mut self, directory: &Path) -> Result<u8, Failure> {
        let reader = match Reader::open(directory) {
            Ok(reader) => reader,
            Err(error) => {
                self.console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
                return Ok(UNKNOWN);
            }
        };
        let mut code = 0;
        let mut open = HashMap::new();
        for entry in reader {
            match entry {
                Ok(entry) => self.entry(entry, &mut open)?,
                Err(error) => code = self.unreadable(&error, code)?,
            }
            if self.console.is_closed() {
                return Ok(0);
            }
        }
        Ok(code)
    }

    fn entry(&mut self, mut entry: Entry, open: &mut HashMap<u64, Entry>) -> Result<(), Failure> {
        // A chain is held by one process at a time; what an earlier one left open stays without an outcome.
        if matches!(entry.kind, Kind::ChainOpen | Kind::Start) {
            open.clear();
        }
        let intent = entry.ref_seq.and_then(|seq| open.remove(&seq));
        if self.matches(&entry, intent.as_ref()) {
            let line =
                if self.arguments.json { entry.raw.clone() } else { row::row(&entry, intent.as_ref()) };
            self.add(Shown { chain: entry.chain_id.to_string(), line })?;
        }
        if entry.kind == Kind::Intent && open.len() < MOST_OPEN {
            entry.raw = String::new();
            open.insert(entry.seq, entry);
        }
        Ok(())
    }

    fn matches(&self, entry: &Entry, intent: Option<&Entry>) -> bool {
        let ShowArguments { tool, call, .. } = self.arguments;
        let of_tool = entry.tool.as_ref().or_else(|| intent.and_then(|intent| intent.tool.as_ref()));
        let of_call = || entry.call_id.map(|id| id.to_string());
        tool.as_ref().is_none_or(|tool| of_tool == Some(tool))
            && call.as_ref().is_none_or(|call| of_call().is_some_and(|id| id.eq_ignore_ascii_case(call)))
    }

    fn unreadable(&mut self, error: &ReadError, code: u8) -> Result<u8, Failure> {
        self.flush()?;
        let (text, found) = match error {
            ReadError::Line { file, line, class } => {
                let code = if *class == FaultClass::TornTail { 4 } else { 1 };
                (format!("{file}, line {line}: no entry ({class}); gitoma-audit verify says more"), code)
            }
            ReadError::Io(cause) => (format!("the audit log cannot be read: {cause}"), UNKNOWN),
            other => (other.to_string(), UNKNOWN),
        };
        self.console.tell(&format!("error: {text}"));
        let gravest = [UNKNOWN, 1, 4].into_iter().find(|grave| [code, found].contains(grave));
        Ok(gravest.unwrap_or(0))
    }

    fn add(&mut self, shown: Shown) -> Result<(), Failure> {
        let Some(limit) = self.arguments.limit else { return self.print(&shown) };
        if self.last.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            self.last.pop_front();
        }
        self.last.push_back(shown);
        Ok(())
    }

    fn print(&mut self, shown: &Shown) -> Result<(), Failure> {
        if !self.arguments.json && self.chain != shown.chain {
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

    fn finish(&mut self) -> Result<(), Failure> {
        for shown in std::mem::take(&mut self.last) {
            self.print(&shown)?;
        }
        self.flush()
    }
}
