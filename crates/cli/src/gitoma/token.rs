//! `gitoma token`: hands out, lists and takes back the tokens that callers log in with.

mod end;

use std::time::SystemTime;

use clap::{Args, Subcommand};
use gitoma_core::config::Flags;
use gitoma_core::{Capability, NewToken, Role, StoredToken, Timestamp};

use super::opened::settings;
use super::status::Status;
use crate::console::Console;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Makes a token and prints it, once: it is kept as a digest alone
    ///
    /// A gateway that runs on the same state directory takes it up within a second.
    New(NewArguments),
    /// Lists the tokens: id, principal, roles, end and scope
    List(ListArguments),
    /// Takes a token back: a gateway that runs on the same state directory refuses it within a second
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// Who logs in with it: 1 to 64 of A-Za-z0-9._-
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    /// A role of a new principal: agent (the default), approver, auditor, admin. Repeated for several
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
    /// Only these tools: a name, or a pattern such as git_*. Repeated for several
    #[arg(long = "tool", value_name = "PATTERN")]
    tools: Vec<String>,
    /// Only these repositories: an alias, or a pattern such as acme/*. Repeated for several
    #[arg(long = "on", value_name = "PATTERN")]
    repositories: Vec<String>,
    /// Only this capability: read, write, automation. Repeated for several
    #[arg(long = "capability", value_name = "CAPABILITY", value_parser = capability)]
    capabilities: Vec<Capability>,
    /// When it ends: after 90m, 12h, 30d or 8w, or at a time such as 2027-01-31T00:00:00Z. Never unless said
    #[arg(long, value_name = "WHEN", value_parser = end::parse)]
    expires: Option<end::End>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
pub(super) struct RevokeArguments {
    /// The token's id, as `gitoma token list` shows it
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    flags: Flags,
}

fn role(text: &str) -> Result<Role, &'static str> {
    let role = Role::ALL.into_iter().find(|role| role.as_str() == text);
    role.ok_or("a role is agent, approver, auditor or admin")
}

fn capability(text: &str) -> Result<Capability, &'static str> {
    let all = [Capability::Read, Capability::Write, Capability::Automation];
    let capability = all.into_iter().find(|capability| capability.as_str() == text);
    capability.ok_or("a capability is read, write or automation")
}

pub(super) fn run(command: TokenCommand, console: &Console) -> Result<Status, Failure> {
    match command {
        TokenCommand::New(arguments) => new(arguments, console),
        TokenCommand::List(arguments) => list(&arguments, console),
        TokenCommand::Revoke(arguments) => revoke(&arguments, console),
    }
}

fn new(arguments: NewArguments, console: &Console) -> Result<Status, Failure> {
    let NewArguments { principal, roles, tools, repositories, capabilities, expires, flags } = arguments;
    let settings = settings(&flags)?;
    let (listed, file) = settings.tokens();
    let expires = expires.map(|end| end.from(SystemTime::now())).transpose().map_err(Failure::Usage)?;
    let wanted = NewToken {
        principal,
        roles,
        expires,
        tools: some(tools),
        repositories: some(repositories),
        capabilities: some(capabilities),
    };
    let (secret, token) = file.mint(&wanted, listed)?;
    console.print(&format!("{}\n", secret.expose()))?;
    console.tell(&format!(
        "the token {} of {}, {}; it is shown only now",
        token.id,
        token.principal,
        until(&token)
    ));
    Ok(Status::Done)
}

fn list(arguments: &ListArguments, console: &Console) -> Result<Status, Failure> {
    let settings = settings(&arguments.flags)?;
    let tokens = settings.tokens().1.tokens()?;
    if arguments.json {
        console.json(&serde_json::json!({ "tokens": tokens }))?;
        return Ok(Status::Done);
    }
    if tokens.is_empty() {
        console.show("no token: gitoma token new makes one")?;
        return Ok(Status::Done);
    }
    let principals = settings.principals();
    let rows = tokens.iter().map(|token| {
        let roles = principals.iter().find(|principal| principal.name == token.principal);
        let roles = roles.map(|principal| {
            let names: Vec<_> = principal.roles.iter().map(|role| role.as_str()).collect();
            names.join(",")
        });
        // The principal was listed in a configuration file once.
        let roles = roles.unwrap_or_else(|| "belongs to nobody".to_owned());
        format!("{}  {}  {roles}  {}{}", token.id, token.principal, until(token), scope(token))
    });
    console.show(&rows.collect::<Vec<_>>().join("\n"))?;
    Ok(Status::Done)
}

fn revoke(arguments: &RevokeArguments, console: &Console) -> Result<Status, Failure> {
    let settings = settings(&arguments.flags)?;
    let token = settings.tokens().1.revoke(&arguments.id)?;
    console.show(&format!("revoked: {} of {}", token.id, token.principal))?;
    Ok(Status::Done)
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn until(token: &StoredToken) -> String {
    match token.expires {
        None => "without an end".to_owned(),
        Some(end) if end <= Timestamp::now() => format!("expired {end}"),
        Some(end) => format!("until {end}"),
    }
}

fn scope(token: &StoredToken) -> String {
    let names = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.join(","));
    let capabilities = token.capabilities.as_ref().map(|capabilities| {
        let names: Vec<_> = capabilities.iter().map(|capability| capability.as_str()).collect();
        names.join(",")
    });
    let parts = [("tools", names(&token.tools)), ("on", names(&token.repositories)), ("", capabilities)];
    let said = parts.into_iter().filter_map(|(what, names)| names.map(|names| format!("  {what} {names}")));
    said.collect::<String>().replace("   ", "  ")
}
