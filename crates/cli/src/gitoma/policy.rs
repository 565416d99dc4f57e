//! `gitoma policy …`: what a policy says, is, and would change. Only `explain` judges through a gateway, and leaves an entry; the
//! others read files, write none (but for `fmt`) and need neither a repository nor a state directory.

mod check;
mod describe;
mod diff;
mod format;
mod replay;
mod schema;
mod show;
mod test;
pub(super) mod text;
mod who_can;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gitoma_policy::Transport;

use super::status::Status;
use super::{CallArguments, explain};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Checks policy files, and runs the examples in them
    ///
    /// Every fault is named with file, line and column, the line itself, and what to write instead; so is what loads and is
    /// questionable all the same. Without FILE the policy that would be in force is checked, with the principals of the
    /// configuration. Exit codes: 0 sound, 1 faulty, 2 a file cannot be read.
    Check(CheckArguments),
    /// Says how policy judges a call, and by which rules, without running it
    ///
    /// The call goes the way of `gitoma call` up to the decision, and leaves one entry in the audit chain. With --describe it is
    /// only described: nothing is opened, nothing recorded, and every tool can be asked about, those included that the caller
    /// may never call. Exit codes as for `gitoma call`: 0 allowed, 3 denied, 4 an approval is required.
    Explain(Box<ExplainArguments>),
    /// Runs suites of calls against a policy, and says which verdict is not the expected one
    ///
    /// The examples in the policy run as well. Exit codes: 0 all as expected, 1 not, or with --coverage a rule that nothing
    /// touches, 2 a file cannot be read.
    Test(TestArguments),
    /// Says who may call a tool on a repository, and by which rules
    ///
    /// Asks for the principals of the configuration, if there are any, else for those that the policy names, their roles, and
    /// anyone else.
    WhoCan(WhoCanArguments),
    /// Lists what policy B allows and policy A does not, and the reverse
    ///
    /// Exit codes: 0 done, 1 a policy does not load or, with --fail-on-widening, B allows more than A, 2 a file cannot be read.
    Diff(DiffArguments),
    /// Judges the calls of an audit directory by another policy, and lists those whose verdict would change
    ///
    /// What cannot be decided from the record is listed as undeterminable, never as unchanged. Exit codes: 0 no call changes,
    /// 1 the policy does not load or a line is no entry, 2 a file cannot be read, 3 some call changes or cannot be determined.
    Replay(ReplayArguments),
    /// Prints the JSON Schema of policy files, for editors
    Schema(SchemaArguments),
    /// Lays policy files out in the one way, comments kept
    ///
    /// Exit codes: 0 done, 1 a file cannot be laid out or, with --check, is laid out otherwise, 2 a file cannot be read or
    /// written.
    Fmt(FormatArguments),
    /// Prints the policy in force: the configured file, or the built-in policy
    Show(ShowArguments),
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    call: CallArguments,
    /// Describe the call with the flags below instead of preparing it with the tool
    #[arg(long)]
    describe: bool,
    /// The repository, by its alias
    #[arg(long, value_name = "ALIAS", requires = "describe")]
    on: Option<String>,
    /// A path in it; repeated for several. Without one, the paths are found while the tool runs, if it finds some
    #[arg(long = "path", value_name = "PATH", requires = "describe")]
    paths: Vec<String>,
    /// A branch, tag or revision
    #[arg(long = "ref", value_name = "REF", requires = "describe")]
    reference: Option<String>,
    /// A remote host
    #[arg(long, value_name = "HOST", requires = "describe")]
    host: Option<String>,
    /// A role of the caller; repeated for several. Without one, the roles that the configuration gives the principal
    #[arg(long = "role", value_name = "ROLE", requires = "describe")]
    roles: Vec<String>,
    /// The door: http, mcp, cli or embedded
    #[arg(long, value_name = "DOOR", requires = "describe", value_parser = door, default_value = "mcp")]
    transport: Transport,
}

/// The door of that name.
fn door(name: &str) -> Result<Transport, String> {
    Transport::ALL
        .into_iter()
        .find(|door| door.as_str() == name)
        .ok_or_else(|| "must be http, mcp, cli or embedded".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Policy files
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The configuration file, whose principals, roles and repositories the policy is held against
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take what is questionable for a fault
    #[arg(long)]
    strict: bool,
    /// Print one line of JSON for each file
    #[arg(long)]
    json: bool,
}

/// The policy to ask: a file, or the one in force.
#[derive(Debug, Args)]
pub(super) struct PolicyChoice {
    /// The policy file; without it the policy in force is asked
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    /// Suites: YAML files of calls and the verdicts expected of them
    #[arg(value_name = "SUITE")]
    suites: Vec<PathBuf>,
    #[command(flatten)]
    choice: PolicyChoice,
    /// Name the rules that no example and no suite touches
    #[arg(long)]
    coverage: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct WhoCanArguments {
    /// The tool's name
    #[arg(value_name = "TOOL")]
    tool: String,
    /// The repository, by the alias that the policy speaks of
    #[arg(value_name = "REPO")]
    repo: String,
    /// A path in the repository
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// A branch, tag or revision
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    #[command(flatten)]
    choice: PolicyChoice,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The policy before
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The policy after
    #[arg(value_name = "B")]
    after: PathBuf,
    /// End with 1 if B allows, or lets ask, what A does not
    #[arg(long)]
    fail_on_widening: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// An audit directory, or the folder of one chain
    #[arg(long, value_name = "DIR")]
    audit: PathBuf,
    /// The policy to judge by
    #[arg(long, value_name = "FILE")]
    candidate: PathBuf,
    /// Print one line of JSON for each call that changes or cannot be determined, and one for the sums
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Print the schema of suites instead
    #[arg(long)]
    suite: bool,
}

#[derive(Debug, Args)]
pub(super) struct FormatArguments {
    /// Policy files and suites, which are rewritten
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write nothing; name the files that are laid out otherwise
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    choice: PolicyChoice,
}

pub(super) fn run(command: PolicyCommand, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    match command {
        PolicyCommand::Check(arguments) => check::run(arguments, tools, console),
        PolicyCommand::Explain(arguments) if arguments.describe => describe::run(*arguments, tools, console),
        PolicyCommand::Explain(arguments) if describe::is_left_out(&arguments, tools)? => {
            describe::run_left_out(*arguments, tools, console)
        }
        PolicyCommand::Explain(arguments) => explain::run(&arguments.call, tools, console),
        PolicyCommand::Test(arguments) => test::run(arguments, tools, console),
        PolicyCommand::WhoCan(arguments) => who_can::run(arguments, tools, console),
        PolicyCommand::Diff(arguments) => diff::run(&arguments, tools, console),
        PolicyCommand::Replay(arguments) => replay::run(&arguments, tools, console),
        PolicyCommand::Schema(arguments) => schema::run(&arguments, console),
        PolicyCommand::Fmt(arguments) => format::run(&arguments, console),
        PolicyCommand::Show(arguments) => show::run(arguments, console),
    }
}
