//! `gitoma`: tool calls, policy and redaction from the shell. The composition root: it hands the built-in tools in.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(answered) = gitoma_tools::askpass() {
        return answered;
    }
    gitoma_cli::gitoma(std::env::args_os(), |repositories, writes| {
        gitoma_tools::with_writes(repositories, writes).map_err(Into::into)
    })
}
