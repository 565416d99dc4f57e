//! `gitoma approvals`: what waits for a person, and what that person says.

mod text;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gitoma_core::config::{Flags, OPERATOR};
use gitoma_core::{ApprovalRefusal, ApprovalRefusalKind, Credential, Decide, Refusal};
use serde::Serialize;

use super::opened::{ORIGIN, Opened, settings};
use super::refusal;
use super::status::Status;
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 the gateway failed, 2 wrong usage or settings, or no such approval, 3 refused.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub(super) enum ApprovalsCommand {
    /// Lists the approvals that are pending, or approved and not yet used
    List(ListArguments),
    /// Shows what an approval would let happen
    Show(ShowArguments),
    /// Approves: the same call, made again, runs once
    Approve(DecideArguments),
    /// Denies: the same call stays refused until the approval's time is over
    Deny(DecideArguments),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Also those that were denied, used, voided or have expired
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    approver: Approver,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// The approval's id, as the refused call has it
    #[arg(value_name = "ID")]
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    approver: Approver,
}

#[derive(Debug, Args)]
pub(super) struct DecideArguments {
    /// The approval's id
    #[arg(value_name = "ID")]
    id: String,
    /// What you say to it, for the record
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    approver: Approver,
}

/// Who decides, and on which state directory.
#[derive(Debug, Args)]
struct Approver {
    /// The principal to act as. `operator` needs the token STATE/operator_token, which is read by itself
    #[arg(long, value_name = "NAME", default_value = OPERATOR)]
    principal: String,
    /// The file with the token of whoever decides (0600), in place of a name
    #[arg(long, value_name = "FILE", conflicts_with = "principal")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Approver {
    /// The flags that lead to the same state directory, as a shell reads them; nothing if none were given.
    fn place(&self) -> String {
        let named = [("--config", &self.flags.config), ("--state", &self.flags.state)];
        let given = named.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)));
        given.map(|(flag, path)| format!(" {flag} {}", shell_word(&path.to_string_lossy()))).collect()
    }

    fn credential(&self, opened: &Opened) -> Result<Credential, Failure> {
        match &self.token_file {
            None => opened.credential(&self.principal),
            Some(file) => gitoma_core::read_token(file).map(Credential::Bearer).map_err(Failure::Operator),
        }
    }
}

pub(super) fn run(command: ApprovalsCommand, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    match command {
        ApprovalsCommand::List(arguments) => list(&arguments, tools, console),
        ApprovalsCommand::Show(arguments) => show(&arguments, tools, console),
        ApprovalsCommand::Approve(arguments) => decide(&arguments, Decide::Approve, tools, console),
        ApprovalsCommand::Deny(arguments) => decide(&arguments, Decide::Deny, tools, console),
    }
}

fn list(arguments: &ListArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let ListArguments { all, json, approver } = arguments;
    let opened = Opened::new(settings(&approver.flags)?, tools)?;
    let credential = approver.credential(&opened)?;
    let listed = opened.ask(async |gateway| gateway.approvals(credential, ORIGIN, *all).await);
    opened.close();
    match listed {
        Ok(listed) if *json => console.json(&listed)?,
        Ok(listed) => console.show(&text::list(&listed.approvals, *all))?,
        Err(refused) => return render(refused, approver, *json, console),
    }
    Ok(Status::Done)
}

fn show(arguments: &ShowArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let ShowArguments { id, json, approver } = arguments;
    let opened = Opened::new(settings(&approver.flags)?, tools)?;
    let credential = approver.credential(&opened)?;
    let shown = opened.ask(async |gateway| gateway.approval(credential, ORIGIN, id).await);
    opened.close();
    match shown {
        Ok(approval) if *json => console.json(&approval)?,
        Ok(approval) => console.show(&text::show(&approval, &approver.place()))?,
        Err(refused) => return render(refused, approver, *json, console),
    }
    Ok(Status::Done)
}

fn decide(
    arguments: &DecideArguments,
    say: Decide,
    tools: Toolset,
    console: &Console,
) -> Result<Status, Failure> {
    let DecideArguments { id, note, json, approver } = arguments;
    let opened = Opened::new(settings(&approver.flags)?, tools)?;
    let credential = approver.credential(&opened)?;
    let decide = async |gateway: &gitoma_core::Gateway| {
        gateway.decide_approval(credential, ORIGIN, id, say, note.as_deref()).await
    };
    let decided = opened.ask(decide);
    opened.close();
    match decided {
        Ok(approval) if *json => console.json(&approval)?,
        Ok(approval) => console.show(&text::decided(&approval))?,
        Err(refused) => return render(refused, approver, *json, console),
    }
    Ok(Status::Done)
}

/// The JSON form of a refusal, in the shape that the HTTP door sends.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    code: &'a str,
    error_id: String,
}

fn render(
    refused: ApprovalRefusal,
    approver: &Approver,
    json: bool,
    console: &Console,
) -> Result<Status, Failure> {
    let ApprovalRefusal { error_id, kind } = refused;
    let (code, mut detail) = (kind.code(), kind.to_string());
    if matches!(kind, ApprovalRefusalKind::NotFound) {
        // The refused call names no place: it may have been made by a gateway on another state directory.
        detail.push_str(&match approver.place() {
            place if place.is_empty() => {
                "; a gateway with a state directory of its own keeps its approvals there, and --state DIR names it".to_owned()
            }
            place => format!("; looked for with{place}, which must be the state directory of the gateway that asked"),
        });
    }
    let status = match kind {
        ApprovalRefusalKind::Refused(kind) => {
            let refused = Refusal { error_id, kind };
            refusal::render(&refused, &approver.principal, json, console)?;
            return Ok(Status::from(&refused.kind));
        }
        ApprovalRefusalKind::NotFound | ApprovalRefusalKind::LongNote => Status::Usage,
        ApprovalRefusalKind::Settled(_) | ApprovalRefusalKind::Own | ApprovalRefusalKind::RoleRequired => {
            Status::Refused
        }
        ApprovalRefusalKind::Unrecorded | ApprovalRefusalKind::Unavailable => Status::Failed,
    };
    if json {
        console.json(&Problem {
            kind: format!("urn:gitoma:error:{code}"),
            title: code.replace('_', " "),
            detail,
            code,
            error_id: error_id.to_string(),
        })?;
    } else {
        console.tell(&format!("refused: {detail}\n  code: {code}\n  error id: {error_id}"));
    }
    Ok(status)
}

/// `text` as one word of a POSIX shell (2.2.2, single quotes).
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
