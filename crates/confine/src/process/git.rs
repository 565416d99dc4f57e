//! Git's command line, as deaf to its surroundings as it can be made: no configuration but that of a repository the gateway made, no
//! hook, no pager, no editor, no helper, one protocol, and a credential only over a descriptor.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::askpass::DESCRIPTOR;
use super::credential::{Credential, Passed};
use super::error::ProcessError;
use super::run::{Finished, Terms, run};

/// Where git is looked for.
const FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// What git may not do, whatever a configuration says. A key that an older git does not know does no harm.
const SETTINGS: [&str; 34] = [
    "advice.pushUpdateRejected=false",
    "commit.gpgSign=false",
    "core.alternateRefsCommand=false",
    "core.attributesFile=/dev/null",
    "core.commitGraph=false",
    "core.editor=false",
    "core.fsmonitor=false",
    "core.gitProxy=false",
    "core.hooksPath=/dev/null",
    "core.multiPackIndex=false",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.useReplaceRefs=false",
    "credential.helper=",
    "credential.useHttpPath=false",
    "gc.auto=0",
    "gc.autoDetach=false",
    "http.cookieFile=",
    "http.emptyAuth=false",
    "http.followRedirects=false",
    "http.proxy=",
    "http.saveCookies=false",
    "http.sslVerify=true",
    "log.showSignature=false",
    "maintenance.auto=false",
    "pack.useBitmaps=false",
    "protocol.allow=never",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.negotiate=false",
    "push.recurseSubmodules=no",
    "push.useForceIfIncludes=false",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
];

/// The git of this machine.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
}

/// One call of git.
#[derive(Debug, Clone, Copy)]
pub struct GitCall<'a> {
    /// A repository that the gateway made, and nobody else can write to.
    pub git_dir: &'a Path,
    /// An empty directory, for what a home directory would be looked at.
    pub home: &'a Path,
    /// The one protocol that may be spoken: `https` or `file`.
    pub protocol: &'a str,
    /// What a remote that asks is told, and the program that tells it ([`link_askpass`](super::link_askpass)).
    pub credential: Option<(Credential<'a>, &'a Path)>,
    /// The command and its arguments.
    pub arguments: &'a [&'a str],
    /// How long it may take.
    pub time: Duration,
    /// How many bytes of each stream are kept.
    pub output: usize,
}

impl Git {
    /// Finds git. The search path of the environment is not asked.
    ///
    /// # Errors
    /// [`ProcessError::NoGit`] if there is none.
    pub fn find() -> Result<Self, ProcessError> {
        let programs = FOLDERS.iter().map(|folder| Path::new(folder).join("git"));
        programs
            .into_iter()
            .find(|program| program.is_file())
            .map(|program| Self { program })
            .ok_or(ProcessError::NoGit)
    }

    /// Which program it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs git until it ends, `call`'s time is over, or `stopped` says that nobody waits for it any more.
    ///
    /// # Errors
    /// [`ProcessError`] if it could not be started. That it failed is an [`Ended`](super::Ended).
    pub fn run(&self, call: &GitCall<'_>, stopped: &dyn Fn() -> bool) -> Result<Finished, ProcessError> {
        let passed = call.credential.map(|(credential, _)| Passed::new(&credential)).transpose()?;
        #[expect(clippy::disallowed_methods, reason = "the one place that starts a program")]
        let mut command = Command::new(&self.program);
        command.current_dir(call.home).env_clear().envs([
            ("PATH", FOLDERS.join(":").as_str()),
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", "false"),
            ("GIT_EDITOR", "false"),
            ("GIT_PAGER", "cat"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_PROTOCOL_FROM_USER", "0"),
            ("GIT_ALLOW_PROTOCOL", call.protocol),
        ]);
        command.env("HOME", call.home);
        if let (Some(passed), Some((_, program))) = (&passed, call.credential) {
            command.env("GIT_ASKPASS", program).env(DESCRIPTOR, passed.number());
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.arg("-c").arg(format!("protocol.{}.allow=always", call.protocol));
        let mut git_dir = std::ffi::OsString::from("--git-dir=");
        git_dir.push(call.git_dir);
        command.arg(git_dir).args(call.arguments);
        let terms = Terms { passed: passed.as_ref(), time: call.time, output: call.output, stopped };
        run(command, &terms)
    }
}
