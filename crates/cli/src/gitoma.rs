//! The program `gitoma`: its command line, and the way from each subcommand to its own module.

mod approvals;
mod arguments;
mod call;
mod client;
mod doctor;
mod explain;
mod halt;
mod install;
mod opened;
mod policy;
mod redact;
mod refusal;
mod secrets;
mod status;
mod token;
mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gitoma_core::config::{AGENT, Flags};

use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use status::Status;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the tool or the gateway failed, 2 wrong usage or settings, 3 refused, 4 an \
                          approval is required.";

/// Calls tools through the policy gateway, decides approvals, explains policy, finds secrets and redacts text
///
/// Every call is judged against policy, run in confinement, stripped of secrets and recorded in an audit chain that
/// gitoma-audit verifies. Without a policy file the built-in policy holds: it allows reads and denies everything else.
#[derive(Debug, Parser)]
#[command(name = "gitoma", version, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the tools that you may call
    Tools(ToolsArguments),
    /// Calls a tool and prints its result as JSON
    ///
    /// The call is judged first. A refusal says on standard error which rule refused it; its error id is the call's id in
    /// the audit chain.
    #[command(after_help = EXIT_CODES)]
    Call(CallArguments),
    /// Lists, shows and decides the calls that policy asks about
    ///
    /// It acts as `operator`, by the token in the state directory, unless told otherwise.
    #[command(subcommand)]
    Approvals(approvals::ApprovalsCommand),
    /// Puts the gateway into the configuration of a client such as Claude Code, Codex or VS Code
    ///
    /// Only the entry changes; everything else in the file stays as it is written, and a copy of the file is kept beside it. No link is
    /// followed, and no token is written. Exit codes: 0 done, or nothing was to do, 2 refused, and nothing was changed.
    Install(Box<install::InstallArguments>),
    /// Checks that the clients set up here reach their gateway, by holding a session as each of them would
    ///
    /// Exit codes: 0 nothing failed, 1 something did.
    Doctor(doctor::DoctorArguments),
    /// Makes, lists and revokes the tokens that callers log in with
    ///
    /// Who may make them is whoever may write the state directory.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Stops every call of every gateway on the state directory, from the next one on
    ///
    /// It puts the file STATE/halt (or `halt_file` of the configuration) in its place; what runs is stopped where its effect has not begun.
    Halt(halt::HaltArguments),
    /// Takes `halt` back
    ///
    /// Exit code 3 if calls are still refused, since an administrator said so as well.
    Resume(halt::ResumeArguments),
    /// Checks, explains, tests and compares policy
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Finds secrets in files, in what is staged, in commits and in what a branch adds
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
    /// Copies standard input to standard output with secrets replaced by ***
    ///
    /// It writes as it reads, and waits for what follows where that matters, for 32 KiB at most: what has begun to look like
    /// a secret and has not ended by then is replaced whole. Bytes that are no UTF-8 come out as U+FFFD. Exit codes: 0 done, 1 the
    /// output cannot be written, 2 wrong usage, or the input cannot be read.
    Redact(redact::RedactArguments),
}

#[derive(Debug, Args)]
struct ToolsArguments {
    #[command(flatten)]
    caller: Caller,
    /// Print JSON, with the schemas of each tool's arguments and result
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CallArguments {
    #[command(flatten)]
    request: RequestArguments,
    #[command(flatten)]
    caller: Caller,
    /// What to give up for this call: read-only, dry-run, repos=ALIAS, separated by commas. It only tightens
    #[arg(long, value_name = "LIST")]
    restrict: Option<String>,
    /// Print the whole reply, or the refusal, as one line of JSON
    #[arg(long)]
    json: bool,
}

/// The call to make or to explain.
#[derive(Debug, Args)]
struct RequestArguments {
    /// The tool's name, as `gitoma tools` lists it
    #[arg(value_name = "TOOL")]
    tool: String,
    /// An argument of the tool. Taken as JSON where the tool wants a number, a boolean, a list or an object, else as text;
    /// repeated for a list. `repo` is filled in where there is one repository
    #[arg(long = "arg", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    single: Vec<String>,
    /// Arguments of the tool, as one JSON object
    #[arg(long = "args", value_name = "JSON")]
    object: Option<String>,
}

/// Who calls, and through which gateway.
#[derive(Debug, Args)]
struct Caller {
    /// The principal to act as. `operator` needs the token STATE/operator_token, which is read by itself
    #[arg(long, value_name = "NAME", default_value = AGENT)]
    principal: String,
    #[command(flatten)]
    flags: Flags,
}

/// See [`crate::gitoma`].
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>, tools: Toolset) -> ExitCode {
    let command = match crate::parse::<CommandLine>(arguments) {
        Ok(line) => line.command,
        Err(code) => return code,
    };
    let console = Console::default();
    match dispatch(command, tools, &console) {
        Ok(status) => status.into(),
        Err(failure) => failure.report(&console),
    }
}

fn dispatch(command: Command, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    match command {
        Command::Tools(arguments) => tools::run(&arguments, tools, console),
        Command::Call(arguments) => call::run(&arguments, tools, console),
        Command::Approvals(command) => approvals::run(command, tools, console),
        Command::Install(arguments) => install::run(&arguments, tools, console),
        Command::Doctor(arguments) => doctor::run(&arguments, tools, console),
        Command::Token(command) => token::run(command, console),
        Command::Halt(arguments) => halt::halt(&arguments, console),
        Command::Resume(arguments) => halt::resume(&arguments, console),
        Command::Policy(command) => policy::run(command, tools, console),
        Command::Secrets(command) => secrets::run(command, tools, console),
        Command::Redact(arguments) => redact::run(&arguments, tools, console),
    }
}
