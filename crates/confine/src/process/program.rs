//! A program that a person at the terminal names, by themselves or by the configuration of their client.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::ProcessError;
use super::run::{Finished, Terms, run};

/// A program and what it is started with. No call of a tool gets here, and nothing of it may come from a repository unless whoever
/// calls has made sure that it names a program of ours.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// The program's file. The search path is not asked.
    pub path: &'a Path,
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// Its whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// Where it runs.
    pub directory: &'a Path,
}

impl Program<'_> {
    /// Runs it, with nothing to read, until it ends or `time` is over; `output` bytes of each stream are kept.
    ///
    /// # Errors
    /// [`ProcessError`] if it could not be started. That it failed is an [`Ended`](super::Ended).
    pub fn run(&self, time: Duration, output: usize) -> Result<Finished, ProcessError> {
        run(self.command(), &Terms { passed: None, time, output, stopped: &|| false })
    }

    /// The command, complete.
    pub(super) fn command(&self) -> Command {
        #[expect(
            clippy::disallowed_methods,
            reason = "the place where a program that a person named is started"
        )]
        let mut command = Command::new(self.path);
        command.args(self.arguments).current_dir(self.directory).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
