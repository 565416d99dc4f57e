//! What a gateway needs besides its program: the state directory, the tokens in it, the policy, the audit chains; and which of its
//! settings are less safe than they could be. Looked at for each set of settings that the clients give, once.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use gitoma_audit::{Depth, Verdict, VerifyOptions, verify_with};
use gitoma_core::config::{Environment, Flags, PolicySettings, RepositoryConfig};
use gitoma_policy::{BUILT_IN, Enforcement, Source, WriteMode};

use super::Ward;
use super::arguments;
use super::found::{Entry, Way, environment};
use super::report::Report;
use super::trust::Trust;
use crate::Toolset;
use crate::failure::Failure;
use crate::gitoma::policy::text::catalogue;

/// The most bytes of audit log that are looked at here.
const MOST: u64 = 256 * 1024 * 1024;

pub(super) fn check(
    entries: &[Entry],
    trust: &Trust,
    ward: &Ward<'_>,
    tools: Toolset,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut seen: Vec<String> = Vec::new();
    for entry in entries {
        let Way::Program { added, .. } = &entry.way else { continue };
        // What is not started reads no settings either.
        if trust.doubt(entry, ward).is_some() {
            continue;
        }
        let Some(flags) = arguments::flags(entry) else {
            report.failed(
                &entry.subject(),
                "gives its program arguments that it does not know",
                "gitoma install writes the entry anew",
            )?;
            continue;
        };
        let flags = arguments::absolute(flags, &arguments::directory(entry, ward));
        let variables = Arc::new(environment(ward, added));
        let environment = Environment::from_lookup(move |name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        });
        let told = format!("{flags:?} {environment:?}");
        if seen.contains(&told) {
            continue;
        }
        seen.push(told);
        match PolicySettings::load(&flags, &environment) {
            Ok(settings) => look(&entry.subject(), &flags, &settings, tools, report)?,
            Err(error) => {
                let cause =
                    std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                report.failed(
                    &entry.subject(),
                    &format!("its settings do not load: {error}{cause}"),
                    "mend what it names",
                )?;
            }
        }
    }
    Ok(())
}

fn look(
    subject: &str,
    flags: &Flags,
    settings: &PolicySettings,
    tools: Toolset,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    policy(subject, settings, tools, report)?;
    let mode = settings.write_mode();
    report.ok(subject, &format!("write mode {}", mode.as_str()))?;
    if settings.direct_writes() == WriteMode::On {
        let next = "leave --direct-writes out: file tools then write to worktrees of their own";
        report.warning(subject, "direct writes are on: file tools may change what is checked out", next)?;
    }
    exposed(subject, flags, settings, report)?;
    match settings.state() {
        None => {
            report.failed(subject, "there is no place for the state directory", "name one with --state DIR")
        }
        Some(state) => {
            directory(subject, state, report)?;
            tokens(subject, state, settings.is_configured(), report)?;
            chains(subject, &state.join("audit"), report)
        }
    }
}

fn policy(
    subject: &str,
    settings: &PolicySettings,
    tools: Toolset,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let (name, text) = settings.policy().unwrap_or((BUILT_IN.name, BUILT_IN.text));
    let next = format!("gitoma policy check {name} says where and how to mend it");
    let Ok(checked) = gitoma_core::check_policy(Source { name, text }, &catalogue(tools)?, &settings.known())
    else {
        return report.failed(subject, &format!("the policy {name} does not load"), &next);
    };
    let Some(set) = &checked.policy else {
        return report.failed(subject, &format!("the policy {name} is refused"), &next);
    };
    let whose = if settings.policy().is_some() {
        format!("the policy {name}")
    } else {
        "the built-in policy".to_owned()
    };
    if set.enforcement() == Enforcement::Shadow {
        let next = "take `enforcement: shadow` out of it when it has been watched for long enough";
        report.warning(subject, &format!("{whose} is in shadow mode: its rules stop no read"), next)?;
    }
    if checked.findings.is_empty() {
        report.ok(subject, &format!("{whose} loads"))
    } else {
        let count = checked.findings.len().saturating_add(checked.omitted);
        report.warning(subject, &format!("{whose} loads, with {count} questionable"), &next)
    }
}

/// Files that decide what the gateway does and that its own callers, or the writers of its repositories, could change.
fn exposed(
    subject: &str,
    flags: &Flags,
    settings: &PolicySettings,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let repositories: Vec<_> =
        flags.repo.iter().filter_map(|text| RepositoryConfig::parse(text).ok()).collect();
    let named = [
        ("the policy", flags.policy.as_deref()),
        ("the configuration", flags.config.as_deref()),
        ("the state directory", settings.state()),
    ];
    for (what, path) in named {
        let Some(path) = path else { continue };
        let real = gitoma_confine::beneath(Path::new("/"), path);
        let inside = real.as_ref().is_ok_and(|real| {
            repositories.iter().any(|repository| gitoma_confine::beneath(&repository.path, real).is_ok())
        });
        if inside {
            let said = format!(
                "{what} lies in a repository that the gateway serves: whoever may write there decides for it"
            );
            report.warning(subject, &said, "keep it outside of every repository")?;
        }
        let is_open = std::fs::metadata(path).is_ok_and(|found| found.mode() & 0o002 != 0);
        if is_open {
            report.failed(
                subject,
                &format!("{what} may be changed by every user of this machine"),
                "run chmod o-w on it",
            )?;
        }
    }
    Ok(())
}

fn directory(subject: &str, state: &Path, report: &mut Report<'_>) -> Result<(), Failure> {
    let own = rustix::process::geteuid().as_raw();
    match std::fs::symlink_metadata(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.ok(subject, "the state directory is not there yet; the first start makes it")
        }
        Err(error) => report.failed(
            subject,
            &format!("the state directory cannot be looked at: {error}"),
            "let only its owner into it: mode 700",
        ),
        Ok(found) if !found.is_dir() => report.failed(
            subject,
            "the state directory is a link or a file",
            "name a real directory with --state DIR",
        ),
        Ok(found) if found.uid() != own => report.failed(
            subject,
            "the state directory belongs to another user",
            "name one of your own with --state DIR",
        ),
        Ok(found) if found.mode() & 0o077 != 0 => {
            report.failed(subject, "others may look into the state directory", "run chmod 700 on it")
        }
        Ok(_) => report.ok(subject, "the state directory is closed to others"),
    }
}

fn tokens(subject: &str, state: &Path, is_configured: bool, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut there = Vec::new();
    for name in ["runtime_token", "operator_token", "tokens.json"] {
        match std::fs::symlink_metadata(state.join(name)) {
            Err(_) => {}
            Ok(found) if !found.is_file() || found.mode() & 0o077 != 0 => {
                report.failed(
                    subject,
                    &format!("others may read {name} in the state directory"),
                    "run chmod 600 on it, and change the tokens in it",
                )?;
            }
            Ok(_) => there.push(name),
        }
    }
    match there.as_slice() {
        [] if is_configured => {
            report.ok(subject, "no tokens in the state directory; the configuration says who may call")
        }
        [] => report.ok(subject, "no tokens yet; the first start makes them"),
        there => report.ok(subject, &format!("only you may read {}", there.join(", "))),
    }
}

fn chains(subject: &str, audit: &Path, report: &mut Report<'_>) -> Result<(), Failure> {
    let Some(size) = size(audit) else { return report.ok(subject, "no audit log yet") };
    let own = "gitoma-audit verify STATE/audit says what and where";
    if size > MOST {
        let said = format!("the audit log has {size} bytes, which is more than is looked at here ({MOST})");
        return report.warning(subject, &said, own);
    }
    let mut options = VerifyOptions::default();
    options.depth = Depth::Hashes;
    let Ok(found) = verify_with(audit, &options) else {
        return report.failed(subject, "the audit log cannot be read", own);
    };
    let (count, entries) = (found.chains.len(), found.chains.iter().map(|chain| chain.entries).sum::<u64>());
    let said = format!("{count} audit chains with {entries} entries");
    match found.verdict {
        Verdict::Intact => report.ok(subject, &format!("{said}, hashes and links intact")),
        Verdict::Pruned => report.ok(subject, &format!("{said}, pruned on purpose, hashes and links intact")),
        Verdict::Torn => report.warning(
            subject,
            &format!("{said}, one with a torn tail, as a crash leaves it"),
            "the next start mends and records it",
        ),
        Verdict::Tampered | Verdict::NotAnchored => {
            report.failed(subject, &format!("{said}, and not as they were written"), own)
        }
    }
}

/// The bytes of all files in the folders of `audit`; none if there is no such folder.
fn size(audit: &Path) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the gateway's own state directory, never a repository path"
    )]
    let list = |folder: &Path| std::fs::read_dir(folder);
    let folders = list(audit).ok()?.flatten();
    let files = folders.filter_map(|folder| list(&folder.path()).ok()).flatten().flatten();
    Some(files.filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum())
}
