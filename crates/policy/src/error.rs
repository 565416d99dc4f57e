//! Why a policy text was refused: every fault found, each with its place, the offending line and what to write
//! instead. The words are for the operator who wrote the file, not for callers.

use std::fmt;

use serde::Serialize;

use crate::Source;
use crate::yaml::{Snippet, YamlError, excerpt};

/// A place in a policy text: line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// One thing that is wrong with a policy text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// The text's name, as it was given to the loader.
    pub source: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead, when that can be said.
    pub fix: Option<String>,
    /// The offending line.
    pub snippet: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, line, column, message, fix, snippet } = self;
        write!(f, "{source}:{line}:{column}: {message}")?;
        write!(f, "{}", Snippet { line: *line, column: *column, text: snippet })?;
        fix.as_ref().map_or(Ok(()), |fix| write!(f, "\n  fix: {fix}"))
    }
}

/// A policy text was refused. Nothing of it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    faults: Vec<Fault>,
}

impl LoadError {
    /// A refusal for one fault at `line` and `column` of `source`: for callers that compile part of a policy themselves,
    /// such as [`RedactPattern`](crate::RedactPattern)s.
    #[must_use]
    pub fn at(
        source: Source<'_>,
        (line, column): (u32, u32),
        message: impl Into<String>,
        fix: Option<&str>,
    ) -> Self {
        let mut faults = Faults::new(source);
        faults.note(Place { line, column }, message, fix);
        faults.into()
    }

    /// The faults in the order of their places; never empty, at most 100.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            write!(f, "{gap}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

impl From<YamlError> for LoadError {
    fn from(error: YamlError) -> Self {
        let YamlError { name, line, column, message, fix, snippet } = error;
        Self { faults: vec![Fault { source: name, line, column, message, fix, snippet }] }
    }
}

impl From<Faults<'_>> for LoadError {
    fn from(faults: Faults<'_>) -> Self {
        Self { faults: faults.shown() }
    }
}

/// Gathers faults while a document is compiled.
pub(crate) struct Faults<'a> {
    source: Source<'a>,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    /// More than these help nobody.
    const MOST: usize = 100;

    pub(crate) const fn new(source: Source<'a>) -> Self {
        Self { source, found: Vec::new() }
    }

    /// How many were noted and kept.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether a further fault would be dropped.
    pub(crate) fn is_full(&self) -> bool {
        self.count() >= Self::MOST
    }

    /// Notes a fault.
    pub(crate) fn note(&mut self, place: Place, message: impl Into<String>, fix: Option<&str>) {
        if self.is_full() {
            return;
        }
        self.found.push(Fault {
            source: self.source.name.to_owned(),
            line: place.line,
            column: place.column,
            message: message.into(),
            fix: fix.map(str::to_owned),
            // Filled in when all are known: each would cost a walk to its line.
            snippet: String::new(),
        });
    }

    /// `Ok` if nothing was noted.
    pub(crate) fn finish(self) -> Result<(), LoadError> {
        if self.found.is_empty() { Ok(()) } else { Err(self.into()) }
    }

    /// The faults in the order of their places, each with its line: one walk over the text finds them all.
    fn shown(self) -> Vec<Fault> {
        let Self { source, found: mut faults } = self;
        faults.sort_by_key(|fault| (fault.line, fault.column));
        let mut lines = source.text.lines().zip(1u32..).peekable();
        for fault in &mut faults {
            while lines.next_if(|(_, line)| *line < fault.line).is_some() {}
            if let Some((text, line)) = lines.peek()
                && *line == fault.line
            {
                fault.snippet = excerpt(text, fault.column);
            }
        }
        faults
    }
}
