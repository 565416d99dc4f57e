//! `gitoma install`: puts the gateway into the configuration of clients of the Model Context Protocol, and takes it out again.
//!
//! All files are looked at before the first is changed, and all are changed or none. A token never goes into a file, only the name of the variable that holds it.

mod door;
mod ownership;
mod server;
mod target;
mod together;

use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use gitoma_core::config::Flags;
use serde_json::{Map, Value};

use super::client::document::{Document, Format};
use super::client::door::{Door, Fields};
use super::client::place::Surroundings;
use super::client::{Client, Scope};
use super::status::Status;
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use ownership::{Asked, NAME, is_ours};
pub(super) use server::{PROGRAM, Server};
use target::{Opened, Site};

/// The most clients that one run may name.
const MOST: usize = 16;

/// What `--client` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    One(Client),
    /// Those that are set up here.
    All,
}

impl ValueEnum for Choice {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Choice; 8] = [
            Choice::One(Client::ClaudeCode),
            Choice::One(Client::ClaudeDesktop),
            Choice::One(Client::Codex),
            Choice::One(Client::Cursor),
            Choice::One(Client::VsCode),
            Choice::One(Client::Gemini),
            Choice::One(Client::Zed),
            Choice::All,
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::One(client) => client.to_possible_value(),
            Self::All => Some(PossibleValue::new("all")),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct InstallArguments {
    /// Whose configuration is changed; `all` means those that are set up here. May be repeated
    #[arg(long = "client", value_name = "CLIENT", required = true)]
    clients: Vec<Choice>,
    /// Your own configuration, or that of the project
    #[arg(long, value_name = "SCOPE", default_value = "user")]
    scope: Scope,
    /// The root of the project (default: the current directory)
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// The principal that the client's calls are made by (default: agent)
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// What the client calls the server
    #[arg(long, value_name = "NAME", default_value = NAME)]
    name: String,
    /// The address of a gateway that runs, such as http://127.0.0.1:4310/mcp, instead of a program to start
    #[arg(long, value_name = "URL", conflicts_with_all = ["repo", "git_dir", "policy", "config", "state", "write_mode", "direct_writes", "principal", "server"])]
    url: Option<String>,
    /// The variable of the client's environment that holds the token for --url
    #[arg(long, value_name = "NAME", requires = "url", default_value = "GITOMA_TOKEN")]
    token_env: String,
    /// The gitoma-mcp to start (default: the one beside this program)
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Print what would be written, and where, and write nothing
    #[arg(long, conflicts_with = "remove")]
    print: bool,
    /// Take the entry out
    #[arg(long)]
    remove: bool,
    /// Change an entry of this name even if it is not Gitoma's
    #[arg(long)]
    force: bool,
}

pub(super) fn run(
    arguments: &InstallArguments,
    tools: Toolset,
    console: &Console,
) -> Result<Status, Failure> {
    if arguments.clients.len() > MOST {
        return Err(Failure::Usage(format!("--client may be given {MOST} times at most")));
    }
    if !is_server_name(&arguments.name) {
        return Err(Failure::Usage("--name must be 1 to 64 of `A-Za-z0-9_-`".to_owned()));
    }
    let around = Surroundings::read()?;
    let project = match arguments.scope {
        Scope::Project => target::project(arguments.project.as_deref(), &around)?,
        Scope::User if arguments.project.is_some() => {
            return Err(Failure::Usage("--project goes with --scope project alone".to_owned()));
        }
        Scope::User => PathBuf::new(),
    };
    let clients = chosen(&arguments.clients, arguments.scope, &around)?;
    let sites = clients.iter().map(|client| {
        let file = client.file(arguments.scope, &around, &project)?;
        Ok(Site { client: *client, scope: arguments.scope, file })
    });
    let sites = sites.collect::<Result<Vec<_>, Failure>>()?;
    if arguments.remove {
        return remove(arguments, &sites, console);
    }
    let server = match &arguments.url {
        Some(_) => None,
        None => Some(Server::find(arguments.server.as_deref())?),
    };
    let door = door::door(arguments, server.as_ref(), &around, tools)?;
    for site in &sites {
        door::require_literal(site.client, &door)?;
    }
    if arguments.print {
        if let Some(server) = &server {
            server.require_version()?;
        }
        return print(&arguments.name, &sites, &door, console);
    }
    put(arguments, &sites, &door, server.as_ref(), console)
}

/// The name of a server, as every client takes it.
fn is_server_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The clients that are meant, each once.
fn chosen(choices: &[Choice], scope: Scope, around: &Surroundings) -> Result<Vec<Client>, Failure> {
    let is_meant = |client: &Client| {
        let is_named = choices.contains(&Choice::One(*client));
        let fits = scope == Scope::User || client.project_file().is_some();
        is_named || (choices.contains(&Choice::All) && fits && client.is_here(around))
    };
    let clients: Vec<_> = Client::ALL.into_iter().filter(is_meant).collect();
    if clients.is_empty() {
        return Err(Failure::Usage("none of the clients is set up here; name one with --client".to_owned()));
    }
    Ok(clients)
}

/// What is to be done to one file.
struct Plan<'a> {
    opened: &'a Opened,
    target: target::Target<'a>,
    /// The new text; none if it says everything already.
    text: Option<String>,
    is_new: bool,
}

/// The entry of the name that was asked for, if there is one, and it is ours or is to go whosever it is.
fn own_entry<'document>(
    arguments: &InstallArguments,
    site: &Site,
    document: &'document Document<'_>,
    door: &Door,
) -> Result<Option<&'document Value>, Failure> {
    let entry = document.entry(&arguments.name).map_err(|fault| site.faulty(fault))?;
    let asked = Asked { name: &arguments.name, variable: &arguments.token_env, door };
    match entry {
        Some(entry) if !arguments.force && !is_ours(entry, asked) => Err(site.foreign(&arguments.name)),
        entry => Ok(entry),
    }
}

fn put(
    arguments: &InstallArguments,
    sites: &[Site],
    door: &Door,
    server: Option<&Server>,
    console: &Console,
) -> Result<Status, Failure> {
    let opened = sites.iter().map(Site::open).collect::<Result<Vec<_>, _>>()?;
    let mut plans = Vec::new();
    for opened in &opened {
        let site = opened.site();
        let target = opened.look()?;
        let document = site.document(target.bytes())?;
        let old = own_entry(arguments, site, &document, door)?;
        let fields = fields(site.client, door, old)?;
        let text = document.with(&arguments.name, &fields).map_err(|fault| site.faulty(fault))?;
        plans.push(Plan { opened, is_new: old.is_none(), text, target });
    }
    if let Some(server) = server {
        server.require_version()?;
    }
    carry_out(plans, console, |is_new, is_changed| match (is_changed, is_new) {
        (false, _) => "unchanged",
        (true, true) => "written",
        (true, false) => "updated",
    })?;
    next(arguments, sites, door, console)?;
    Ok(Status::Done)
}

fn remove(arguments: &InstallArguments, sites: &[Site], console: &Console) -> Result<Status, Failure> {
    let door = door::removed(arguments.url.as_deref());
    let opened = sites.iter().map(Site::open).collect::<Result<Vec<_>, _>>()?;
    let mut plans = Vec::new();
    for opened in &opened {
        let site = opened.site();
        let target = opened.look()?;
        let document = site.document(target.bytes())?;
        own_entry(arguments, site, &document, &door)?;
        let text = document.without(&arguments.name).map_err(|fault| site.faulty(fault))?;
        plans.push(Plan { opened, target, text, is_new: false });
    }
    carry_out(plans, console, |_, is_changed| if is_changed { "removed" } else { "not there" })?;
    console.show("next: restart the client")?;
    Ok(Status::Done)
}

/// Changes all files or none, and says what became of each in the word of `outcome`, which is told whether the entry is new and whether the
/// file changes.
fn carry_out(
    plans: Vec<Plan<'_>>,
    console: &Console,
    outcome: impl Fn(bool, bool) -> &'static str,
) -> Result<(), Failure> {
    let (mut files, mut said) = (Vec::new(), Vec::new());
    for Plan { opened, target, text, is_new } in plans {
        said.push(format!("{}: {}", outcome(is_new, text.is_some()), opened.site().told()));
        if let Some(text) = text {
            files.push(opened.prepare(target, &text)?);
        }
    }
    together::publish(files)?;
    for line in said {
        console.show(&line)?;
    }
    Ok(())
}

fn fields(client: Client, door: &Door, old: Option<&Value>) -> Result<Fields, Failure> {
    client.fields(door, old).ok_or_else(|| Failure::Usage(client.without_reference().to_owned()))
}

/// Prints for each file where it is and what the entry would be, in a form that can be copied into it.
fn print(name: &str, sites: &[Site], door: &Door, console: &Console) -> Result<Status, Failure> {
    for site in sites {
        let fields = fields(site.client, door, None)?;
        let (mark, text) = if site.client.format() == Format::Toml {
            let text = Document::read(site.client, b"")
                .and_then(|empty| empty.with(name, &fields))
                .map_err(|fault| site.faulty(fault))?;
            ("#", text.unwrap_or_default())
        } else {
            let entry = Value::Object([(name.to_owned(), fields.entry())].into_iter().collect::<Map<_, _>>());
            let mut whole = Map::new();
            whole.extend(
                fields.input.as_ref().map(|input| ("inputs".to_owned(), Value::from(vec![input.clone()]))),
            );
            whole.insert(site.client.servers().to_owned(), entry);
            ("//", format!("{}\n", serde_json::to_string_pretty(&whole)?))
        };
        let place = site.file.display().to_string();
        console.print(&format!(
            "{mark} {}: {}\n{}",
            site.client.name(),
            crate::terminal::line(&place),
            crate::terminal::json(text)
        ))?;
    }
    Ok(Status::Done)
}

/// What the user does now.
fn next(arguments: &InstallArguments, sites: &[Site], door: &Door, console: &Console) -> Result<(), Failure> {
    let titles: Vec<_> = sites.iter().map(|site| site.client.title()).collect();
    let mut steps = Vec::new();
    if let Door::Address { variable, .. } = door {
        let asks = sites.iter().any(|site| site.client == Client::VsCode);
        if sites.iter().any(|site| site.client != Client::VsCode) {
            steps.push(format!("set {variable} where the client is started; gitoma token new makes a token"));
        }
        if asks {
            steps.push(
                "VS Code asks for the token when it first starts the server; gitoma token new makes one"
                    .to_owned(),
            );
        }
    }
    if arguments.scope == Scope::Project {
        steps.push("the file names places of this machine: think before you commit it".to_owned());
    }
    for site in sites {
        if let Some(what) = site.client.trusts(arguments.scope) {
            steps.push(format!(
                "have {} trust {what}: until then it leaves the entry alone",
                site.client.title()
            ));
        }
    }
    steps.push(format!("restart {}, then run gitoma doctor", titles.join(", ")));
    for step in steps {
        console.show(&format!("next: {step}"))?;
    }
    console.show(
        "note: a gateway beside an open door guards nothing: switch off the client's own file and shell tools for what Gitoma is to \
         guard, or start the client where it cannot reach the repository otherwise",
    )?;
    Ok(())
}

/// The directory in which this program lies, links resolved.
fn own_directory() -> Option<PathBuf> {
    std::env::current_exe().ok().as_deref().and_then(Path::parent).map(Path::to_owned)
}
