//! What Gitoma needs of the machine: git for pushes, and a kernel that resolves names safely.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use gitoma_confine::{Ended, Git, Program, has_openat2};

use super::report::Report;
use crate::failure::Failure;

/// How long git may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn check(report: &mut Report<'_>) -> Result<(), Failure> {
    match git() {
        Some(version) => report.ok("git", &version)?,
        None => report.warning(
            "git",
            "is in none of /usr/bin, /usr/local/bin and /bin, or does not run; nothing can be pushed without it",
            "install git, if branches are to be pushed",
        )?,
    }
    if has_openat2() {
        report.ok("kernel", "openat2 resolves the names in repositories")
    } else {
        report.warning(
            "kernel",
            "openat2 is missing or forbidden, so names are resolved one by one: as safe but for mounts of the same device, and slower",
            "use Linux 5.6 or later, or a container runtime that lets openat2 through",
        )
    }
}

/// What git says of its version.
fn git() -> Option<String> {
    let git = Git::find().ok()?;
    let arguments = [OsString::from("--version")];
    let program =
        Program { path: git.program(), arguments: &arguments, environment: &[], directory: Path::new("/") };
    let finished = program.run(PATIENCE, 256).ok().filter(|finished| finished.ended == Ended::Exited(0))?;
    let said = String::from_utf8_lossy(&finished.stdout).trim().to_owned();
    said.strip_prefix("git version ").map(|version| format!("version {version}"))
}
