//! The checks of one server in a client's configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Ward;
use super::found::{Authorization, Entry, Way, environment, resolved};
use super::http::{self, Address};
use super::protocol::{Broken, Era, Held};
use super::report::Report;
use super::stdio;
use crate::failure::Failure;
use crate::gitoma::client::Scope;
use crate::gitoma::install::{PROGRAM, Server};

/// What to do about a program that is not accepted.
const REINSTALL: &str = "gitoma install writes the entry anew";

pub(super) fn check(entry: &Entry, ward: &Ward<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let subject = entry.subject();
    if entry.is_off {
        report.warning(
            &subject,
            "is switched off in the client",
            "switch it on in the client, if it is to be used",
        )?;
    }
    match &entry.way {
        Way::Unclear(why) => report.failed(&subject, why, REINSTALL),
        Way::Program { command, arguments, added, directory } => {
            program(entry, (command, arguments), added, directory.as_deref(), ward, report)
        }
        Way::Address { url, authorization } => address(&subject, url, authorization, ward, report),
    }
}

fn program(
    entry: &Entry,
    (command, arguments): (&str, &[String]),
    added: &[(String, String)],
    directory: Option<&str>,
    ward: &Ward<'_>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let subject = entry.subject();
    let environment = environment(ward, added);
    if Path::new(command).file_name().is_none_or(|name| name != PROGRAM) {
        return report.failed(
            &subject,
            "starts a program that is not called gitoma-mcp; it was not started",
            REINSTALL,
        );
    }
    let Some(path) = resolved(command, &environment) else {
        return report.failed(&subject, "names a program that is not found; it was not started", REINSTALL);
    };
    if !Path::new(command).is_absolute() {
        let said =
            "names its program by no absolute path, so which one runs depends on where the client is started";
        report.warning(&subject, said, REINSTALL)?;
    }
    let server = match Server::at(&path) {
        Ok(server) => server,
        Err(unfit) => {
            return report.failed(&subject, &format!("its program {} {unfit}", path.display()), REINSTALL);
        }
    };
    if let Some(why) = distrusted(entry, &server, added) {
        let next = "if you trust the file, run gitoma doctor of that installation, or start the client";
        return report.failed(
            &subject,
            &format!("{why}; it was not started, since anybody may have written a project's file"),
            next,
        );
    }
    if let Err(unfit) = server.version() {
        return report.failed(&subject, &format!("its program {} {unfit}", path.display()), REINSTALL);
    }
    report.ok(&subject, &format!("starts {} of this version", path.display()))?;
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    // Where a client starts a server differs; none of them is told to rely on it.
    let directory = match (directory, entry.scope) {
        (Some(directory), _) => PathBuf::from(directory),
        (None, Scope::Project) => ward.project.to_owned(),
        (None, Scope::User) => ward.around.home().to_owned(),
    };
    let program = stdio::program(&path, &arguments, &environment, &directory);
    for era in Era::BOTH {
        session(&subject, era, stdio::session(&program, era, ward.patience), report)?;
    }
    Ok(())
}

/// Why a program that a project's file names is not to be run: it is not the one beside this program, or is to be loaded otherwise.
fn distrusted(entry: &Entry, server: &Server, added: &[(String, String)]) -> Option<&'static str> {
    if entry.scope == Scope::User {
        return None;
    }
    if !Server::beside().is_some_and(|own| server.is(&own)) {
        return Some("the project names a program that is not the gitoma-mcp beside this gitoma");
    }
    let is_foreign = |(name, _): &(String, String)| !name.starts_with("GITOMA_");
    added.iter().any(is_foreign).then_some("the project gives the program variables that are not Gitoma's")
}

fn address(
    subject: &str,
    url: &str,
    authorization: &Authorization,
    ward: &Ward<'_>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let Some(address) = Address::here(url) else {
        return report.warning(
            subject,
            "calls an address that is not looked at: only http:// on this machine is, so that no token leaves it",
            "look at the gateway where it runs, with its /healthz",
        );
    };
    let token = match authorization {
        Authorization::Set(value) => Some(value.as_str()),
        Authorization::Written(value) => {
            let next = "gitoma install --url writes the name of a variable instead; then revoke the token";
            report.warning(subject, "has a token in the file itself", next)?;
            Some(value.as_str())
        }
        Authorization::Unset(name) => {
            return report.failed(
                subject,
                &format!("takes its token from the variable {name}, which is not set here, or not a project's to ask for"),
                &format!("set {name} where the client is started, and here for this check"),
            );
        }
        Authorization::Kept | Authorization::None => None,
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    for era in Era::BOTH {
        let held = http::session(&runtime, &address, token, era, ward.patience);
        match held {
            Err(Broken::NoToken) if *authorization == Authorization::Kept => report.warning(
                subject,
                &format!("session {}: it answers and asks for a token, which the client keeps and nobody else sees", era.version()),
                "look in the client whether the server runs",
            )?,
            held => session(subject, era, held, report)?,
        }
    }
    Ok(())
}

fn session(
    subject: &str,
    era: Era,
    held: Result<Held, Broken>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    match held {
        Ok(held) => report.ok(subject, &held.told(era)),
        Err(broken) if broken.passes() => {
            report.warning(subject, &format!("session {}: {broken}", era.version()), broken.next())
        }
        Err(broken) => report.failed(subject, &format!("session {}: {broken}", era.version()), broken.next()),
    }
}
