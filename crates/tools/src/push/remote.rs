//! The remote, through git's command line: which branches it has, and the one change that is asked of it. What it says is sorted into few
//! kinds; its own words reach nobody but redacted and short.

use std::collections::BTreeMap;
use std::time::Duration;

use gitoma_confine::{Credential, Ended, Finished, Git, GitCall, link_askpass};
use gitoma_core::config::PushTarget;
use gitoma_core::{ExecContext, ToolError};
use gix::ObjectId;

use super::Home;
use crate::object::unavailable;
use crate::place::BranchName;

/// How long a remote may take to say what it has.
const ASKING: Duration = Duration::from_secs(20);
/// How long a push may take. Its caller waits for it: once it has begun, nobody else knows whether it took effect.
const PUSHING: Duration = Duration::from_secs(120);
/// How much of the list of branches is read, in bytes.
const LIST_BYTES: usize = 4 * 1024 * 1024;
/// How much is read of what a push says, in bytes.
const REPORT_BYTES: usize = 64 * 1024;
/// How much of the remote's own words a caller is shown, in bytes.
const WORDS_BYTES: usize = 300;

/// What a remote failed in. The words are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemoteFault {
    #[error("the remote did not answer in time")]
    Slow,
    #[error("the remote does not take the credential, or wants one and there is none")]
    Credential,
    #[error("the remote could not be reached, or has no such repository")]
    Unreachable,
    #[error("the remote lists more branches than are looked at")]
    TooMany,
}

impl RemoteFault {
    fn what(self) -> &'static str {
        match self {
            Self::Slow => "remote (it did not answer in time)",
            Self::Credential => {
                "remote (it does not take the gateway's credential; the operator can change that)"
            }
            Self::Unreachable => "remote (it cannot be reached, or has no such repository)",
            Self::TooMany => "remote (it has more branches than are looked at)",
        }
    }
}

impl From<RemoteFault> for ToolError {
    fn from(fault: RemoteFault) -> Self {
        Self::unavailable(fault.what(), fault)
    }
}

/// The branches of a remote.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Branches {
    /// The one that it shows first, by its short name.
    pub(crate) default: Option<String>,
    /// Where each is, by its short name.
    pub(crate) tips: BTreeMap<String, ObjectId>,
}

/// What became of a push.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// The branch is there.
    Done,
    /// The branch is no longer where it was, and nothing was changed.
    Moved,
    /// The remote does not want it, and nothing was changed. What it says of it, still as it came.
    Rejected(String),
    /// It is not known whether the branch is there.
    Unclear(RemoteFault),
}

/// A remote that can be asked.
pub(crate) struct Remote<'a> {
    target: &'a PushTarget,
    home: Home,
    git: Git,
    origin: String,
}

impl<'a> Remote<'a> {
    pub(crate) fn new(target: &'a PushTarget, home: Home) -> Result<Self, ToolError> {
        let git = Git::find().map_err(unavailable("git program"))?;
        let origin = format!("{}://{}", target.url.scheme().as_str(), target.url.authority());
        Ok(Self { target, home, git, origin })
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The branches it has now.
    pub(crate) fn branches(&self, context: &ExecContext) -> Result<Branches, ToolError> {
        let arguments = ["ls-remote", "--symref", "--", self.target.url.as_str(), "HEAD", "refs/heads/*"];
        let finished = self.run(&arguments, ASKING, LIST_BYTES, &|| context.checkpoint().is_err())?;
        match finished.ended {
            Ended::Exited(0) if finished.stdout.len() >= LIST_BYTES => Err(RemoteFault::TooMany.into()),
            Ended::Exited(0) => Ok(listed(&finished.stdout)),
            Ended::Stopped => context.checkpoint().and(Err(ToolError::Cancelled)),
            _ => Err(fault(&finished).into()),
        }
    }

    /// Moves `branch` to `head`, if that is a step forward from wherever it is.
    pub(crate) fn push(&self, head: ObjectId, branch: &BranchName) -> Result<Pushed, ToolError> {
        let change = format!("{head}:{}", branch.full());
        let arguments = [
            "push",
            "--porcelain",
            "--no-progress",
            "--no-verify",
            "--no-signed",
            "--no-force",
            "--no-follow-tags",
            "--no-recurse-submodules",
            "--",
            self.target.url.as_str(),
            &change,
        ];
        let finished = self.run(&arguments, PUSHING, REPORT_BYTES, &|| false)?;
        Ok(outcome(&finished, &change))
    }

    fn run(
        &self,
        arguments: &[&str],
        time: Duration,
        output: usize,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Finished, ToolError> {
        let program = match &self.target.token {
            Some(_) => Some(link_askpass(&self.home.programs()).map_err(unavailable("git program"))?),
            None => None,
        };
        let credential = self.target.token.as_ref().zip(program.as_deref()).map(|(token, program)| {
            let credential = Credential {
                origin: &self.origin,
                username: &self.target.username,
                password: token.expose(),
            };
            (credential, program)
        });
        let call = GitCall {
            git_dir: &self.home.git_dir(),
            home: &self.home.home(),
            protocol: self.target.url.scheme().as_str(),
            credential,
            arguments,
            time,
            output,
        };
        self.git.run(&call, stopped).map_err(unavailable("git program"))
    }
}

/// Reads git's list of references.
pub(super) fn listed(text: &[u8]) -> Branches {
    let mut branches = Branches::default();
    for line in String::from_utf8_lossy(text).lines() {
        let Some((what, name)) = line.split_once('\t') else { continue };
        if let Some(target) = what.strip_prefix("ref: ") {
            if name == "HEAD" {
                branches.default = target.strip_prefix("refs/heads/").map(str::to_owned);
            }
        } else if let (Ok(id), Some(name)) =
            (ObjectId::from_hex(what.as_bytes()), name.strip_prefix("refs/heads/"))
        {
            branches.tips.insert(name.to_owned(), id);
        }
    }
    branches
}

/// Why git could not talk to the remote.
fn fault(finished: &Finished) -> RemoteFault {
    if finished.ended == Ended::TimedOut {
        return RemoteFault::Slow;
    }
    let said = String::from_utf8_lossy(&finished.stderr);
    let credential =
        ["Authentication failed", "could not read Username", "could not read Password", "error: 403"];
    if credential.iter().any(|words| said.contains(words)) {
        return RemoteFault::Credential;
    }
    RemoteFault::Unreachable
}

/// Reads git's report on the one change that was asked for.
pub(super) fn outcome(finished: &Finished, change: &str) -> Pushed {
    let report = String::from_utf8_lossy(&finished.stdout);
    let line = report.lines().find_map(|line| {
        let mut parts = line.splitn(3, '\t');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(flag), Some(what), Some(summary)) if what == change => Some((flag, summary)),
            _ => None,
        }
    });
    match (finished.ended, line) {
        (Ended::Exited(0), Some((" " | "*" | "=", _))) => Pushed::Done,
        (Ended::Exited(_), Some(("!", summary))) if summary.starts_with("[rejected]") => Pushed::Moved,
        (Ended::Exited(_), Some(("!", summary))) if summary.starts_with("[remote rejected]") => {
            let said = String::from_utf8_lossy(&finished.stderr);
            let words: Vec<&str> =
                said.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim).collect();
            Pushed::Rejected(words.join("\n"))
        }
        _ => Pushed::Unclear(fault(finished)),
    }
}

/// The remote's words as a caller may see them: without secrets, on one line, and short.
pub(crate) fn words(context: &ExecContext, said: &str) -> String {
    let clean = context.redactor().redact(said).text;
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = context.redactor().redact_line(&line).into_owned();
    let plain: String = line.chars().filter(|character| !character.is_control()).collect();
    let end = plain.floor_char_boundary(WORDS_BYTES);
    plain.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
