//! The checks of one server in a client's configuration.

use std::ffi::OsString;
use std::path::Path;

use super::Ward;
use super::arguments;
use super::found::{Authorization, Entry, Source, Way, environment, resolved};
use super::http::{self, Address};
use super::protocol::{Broken, Era, Held};
use super::report::Report;
use super::stdio;
use super::trust::{Doubt, Trust};
use crate::failure::Failure;
use crate::gitoma::install::{PROGRAM, Server};

/// What to do about a program that is not accepted.
const REINSTALL: &str = "gitoma install writes the entry anew";

pub(super) fn check(
    entry: &Entry,
    trust: &Trust,
    ward: &Ward<'_>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
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
        Way::Program { command, arguments, added, .. } => {
            program(entry, (command, arguments), added, (trust, ward), report)
        }
        Way::Address { url, authorization } => address(entry, url, authorization, ward, report),
    }
}

fn program(
    entry: &Entry,
    (command, arguments): (&str, &[String]),
    added: &[(String, String)],
    (trust, ward): (&Trust, &Ward<'_>),
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
    match trust.doubt(entry, ward) {
        None => {}
        Some(Doubt::Program(why)) => {
            let said = format!(
                "the project {why}; it was not started, since anybody may have written a project's file"
            );
            let next = "if you trust the file, run gitoma doctor of that installation, or start the client";
            return report.failed(&subject, &said, next);
        }
        Some(Doubt::Place) => {
            let said = "the project names a state directory or a configuration that nothing of your own names; it was not started, \
                        since anybody may have written a project's file";
            let next =
                "if you trust the file, set GITOMA_STATE, or GITOMA_CONFIG, to that place for this check";
            return report.warning(&subject, said, next);
        }
    }
    if let Err(unfit) = server.version() {
        return report.failed(&subject, &format!("its program {} {unfit}", path.display()), REINSTALL);
    }
    report.ok(&subject, &format!("starts {} of this version", path.display()))?;
    let directory = arguments::directory(entry, ward);
    if let Some(alias) = arguments::flags(entry).and_then(|flags| arguments::missing(&flags, &directory)) {
        let next = "put the folder back, or name another with gitoma install and its --repo";
        return report.failed(
            &subject,
            &format!("serves the repository {alias}, whose folder is not there; it was not started"),
            next,
        );
    }
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let program = stdio::program(&path, &arguments, &environment, &directory);
    for era in Era::BOTH {
        session(&subject, era, stdio::session(&program, era, ward.patience), report)?;
    }
    Ok(())
}

fn address(
    entry: &Entry,
    url: &str,
    authorization: &Authorization,
    ward: &Ward<'_>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let subject = &entry.subject();
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
            let next = if entry.source == Source::Local {
                "claude mcp remove --scope local takes the entry out; gitoma install --url writes one with the name of a variable; then \
                 revoke the token"
            } else {
                "gitoma install --url writes the name of a variable instead; then revoke the token"
            };
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
