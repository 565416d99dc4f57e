//! `gitoma-audit`: verifies and shows audit chains.

use std::process::ExitCode;

fn main() -> ExitCode {
    gitoma_cli::gitoma_audit(std::env::args_os())
}
