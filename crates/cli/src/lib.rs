//! The command-line doors of Gitoma: [`gitoma()`] calls tools through the gateway, explains policy, finds secrets and redacts text;
//! [`gitoma_audit()`] verifies and shows audit chains without any gateway.
//!
//! A door extracts, asks and renders. No decision is made here, and no tool is known by name: the binaries hand in the
//! set of tools ([`Toolset`]), and what a tool takes is read from its own schema. Exit codes are part of the interface;
//! they stand in docs/cli.md.

mod chain;
mod console;
mod failure;
mod gitoma;
mod replace;
mod terminal;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use console::Console;
use gitoma_core::Tool;
use gitoma_core::config::{RepositoryConfig, WriteSettings};
use gitoma_redact::Redactor;

/// Opens the repositories and gives the tools over them. Only the binaries, as composition roots, know a concrete one.
pub type Toolset =
    fn(&[RepositoryConfig], &WriteSettings) -> Result<Vec<Arc<dyn Tool>>, Box<dyn Error + Send + Sync>>;

/// Reads a command line. Where it asks for help or is wrong, that is answered, and the exit code comes back.
fn parse<C: clap::Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<C, ExitCode> {
    C::try_parse_from(arguments).map_err(|answer| {
        let said = answer.render().to_string();
        let is_secret = answer.use_stderr() && !Redactor::new().find(&said).is_empty();
        // If nobody reads the answer, nobody can be told so.
        if is_secret {
            Console::default().tell(&said);
        } else {
            let _ = answer.print();
        }
        ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2))
    })
}

/// Runs `gitoma` with the process's `arguments`, the first of which is the program's name.
///
/// Results go to standard output, everything else to standard error. The codes are 0 done, 1 failed, 2 usage,
/// 3 refused, 4 approval required.
pub fn gitoma(arguments: impl IntoIterator<Item = OsString>, tools: Toolset) -> ExitCode {
    let code = gitoma::run(arguments, tools);
    gitoma_core::logging::flush();
    code
}

/// Runs `gitoma-audit` with the process's `arguments`, the first of which is the program's name.
///
/// The codes are 0 intact, 1 tampered, 2 usage or input and output, 4 torn tail.
pub fn gitoma_audit(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    chain::run(arguments)
}
