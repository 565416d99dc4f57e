//! The file that a gateway's policy comes from, read anew when somebody says so or when it has changed. What does not load leaves the
//! policy before in force, and the gateway says so for as long as that is how things are: a stale policy is an alarm.

use std::fmt;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use gitoma_audit::Event;
use gitoma_policy::yaml::Limits;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::config::open_ordinary;
use crate::gateway::{Gateway, Inner};
use crate::principal::Principal;
use crate::reload::{PolicyReport, ReloadError};

/// What tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    place: (u64, u64),
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            place: (metadata.dev(), metadata.ino()),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The state of what `path` leads to: links are followed, since a mounted configuration is one that is put elsewhere.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of)
    }
}

/// SHA-256 of a policy's text.
type TextDigest = [u8; 32];

fn text_digest(text: &str) -> TextDigest {
    Sha256::digest(text.as_bytes()).into()
}

/// The policy's file, and what became of what it said.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    path: PathBuf,
    seen: tokio::sync::Mutex<Seen>,
    fault: ArcSwapOption<PolicyFault>,
}

/// What the file said before.
#[derive(Debug)]
struct Seen {
    /// The text that took effect last, and as which generation.
    taken: (u64, TextDigest),
    /// What was read last, whatever became of it; nothing if it could not be read.
    last: Option<TextDigest>,
}

/// Why what the file says is not in force.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PolicyFault {
    /// When that was found.
    pub at: Timestamp,
    /// Where the file is wrong and how to mend it, redacted.
    pub message: String,
}

/// Why the file's text is not at hand.
#[derive(Debug)]
enum Unread {
    /// It changed while it was read: whoever writes it has not done.
    Moving,
    Failed(io::Error),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moving => f.write_str("the policy file changed while it was read"),
            Self::Failed(error) => write!(f, "the policy file cannot be read: {}", error.kind()),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads the whole of a file, or nothing of it.
fn read(path: &Path) -> Result<String, Unread> {
    let most = u64::try_from(Limits::POLICY.bytes).unwrap_or(u64::MAX).saturating_add(1);
    let file = open_ordinary(path)?;
    let before = file.metadata()?;
    let mut bytes = Vec::new();
    let mut rest = (&file).take(most);
    rest.read_to_end(&mut bytes)?;
    if Stamp::of(&before) != Stamp::of(&file.metadata()?) {
        return Err(Unread::Moving);
    }
    String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData).into())
}

impl PolicyFile {
    /// The file at `path`, whose `text` is in force as the first generation.
    pub(crate) fn new(path: PathBuf, text: &str) -> Self {
        let digest = text_digest(text);
        let seen = Seen { taken: (1, digest), last: Some(digest) };
        Self { path, seen: tokio::sync::Mutex::new(seen), fault: ArcSwapOption::empty() }
    }

    fn name(&self) -> String {
        let path = &self.path;
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }
}

impl Inner {
    /// Why what the policy's file says is not in force, if it is not.
    pub(crate) fn policy_fault(&self) -> Option<Arc<PolicyFault>> {
        self.policy_file.as_ref()?.fault.load_full()
    }

    fn set_fault(&self, file: &PolicyFile, message: Option<String>) {
        let redactor = Arc::clone(&self.snapshot.load().redactor);
        let fault = message.map(|message| {
            let message = redactor.redact(&message).text.into_owned();
            Arc::new(PolicyFault { at: Timestamp::now(), message })
        });
        self.metrics.policy_stale(fault.is_some());
        let before = file.fault.swap(fault.clone());
        match (before.is_some(), fault) {
            (_, Some(fault)) => tracing::error!(
                target: "gitoma::policy",
                fault = fault.message,
                "the policy is stale: what its file says now does not load, and the policy before stays in force"
            ),
            (true, None) => {
                tracing::info!(target: "gitoma::policy", "the policy is not stale any more: what its file says is in force");
            }
            (false, None) => {}
        }
    }
}

impl Gateway {
    /// Reads the policy's file again and puts what it says in force; nothing changes where that is in force already.
    ///
    /// # Errors
    /// [`ReloadError`]; the policy before then stays in force, and is stale.
    pub async fn reload_policy(&self) -> Result<PolicyReport, ReloadError> {
        let report = self.take_up(true).await?;
        Ok(report.unwrap_or_else(|| {
            let policy = self.inner.snapshot.load().stamp();
            PolicyReport { before: policy.clone(), policy, changes: None }
        }))
    }

    /// [`Gateway::reload_policy`] for a principal, with an entry that says for whom.
    ///
    /// # Errors
    /// As there.
    pub async fn reload_policy_as(&self, principal: &Principal) -> Result<PolicyReport, ReloadError> {
        self.note_steering(principal, "reload").await?;
        self.reload_policy().await
    }

    /// [`Gateway::roll_back_policy`] for a principal, with an entry that says for whom.
    ///
    /// # Errors
    /// As there.
    pub async fn roll_back_policy_as(&self, principal: &Principal) -> Result<PolicyReport, ReloadError> {
        self.note_steering(principal, "rollback").await?;
        self.roll_back_policy().await
    }

    async fn note_steering(&self, principal: &Principal, state: &'static str) -> Result<(), ReloadError> {
        let principal = Some(principal.shared_name());
        let asked = Event::Switch { principal, switch: "policy", state, detail: None };
        self.inner.log.note(asked).await.map(|_| ()).map_err(ReloadError::Audit)
    }

    /// [`Gateway::reload_policy`] in a task of its own. Unless it is `asked` for, a text that was looked at before is left alone: one that does not load is
    /// on the record once, and one that was rolled back does not come again by itself. Nothing if nothing was done.
    ///
    /// # Errors
    /// As [`Gateway::reload_policy`].
    pub(crate) async fn take_up(&self, asked: bool) -> Result<Option<PolicyReport>, ReloadError> {
        let gateway = self.clone();
        let work = async move { gateway.take_up_now(asked).await };
        self.inner.tasks.spawn(work).await.unwrap_or(Err(ReloadError::Lost))
    }

    async fn take_up_now(&self, asked: bool) -> Result<Option<PolicyReport>, ReloadError> {
        let inner = &self.inner;
        let Some(file) = &inner.policy_file else { return Err(ReloadError::NoFile) };
        // One at a time: what is said of the file is said in order.
        let mut seen = file.seen.lock().await;
        let path = file.path.clone();
        let text =
            tokio::task::spawn_blocking(move || read(&path)).await.map_err(|_lost| ReloadError::Lost)?;
        let text = match text {
            Ok(text) => text,
            Err(unread @ Unread::Moving) => return Err(ReloadError::Unreadable(unread.to_string())),
            Err(unread) => {
                let told = seen.last.take().is_none();
                if asked || !told {
                    self.cannot_read(file, &unread).await;
                }
                return Err(ReloadError::Unreadable(unread.to_string()));
            }
        };
        let digest = text_digest(&text);
        let generation = inner.snapshot.load().generation;
        if seen.taken == (generation, digest) {
            seen.last = Some(digest);
            inner.set_fault(file, None);
            return Ok(None);
        }
        if seen.last.replace(digest) == Some(digest) && !asked {
            return Ok(None);
        }
        match self.replace_policy(&file.name(), &text).await {
            Ok(report) => {
                seen.taken = (report.policy.generation, digest);
                inner.set_fault(file, None);
                Ok(Some(report))
            }
            Err(error) => {
                let message = match &error {
                    ReloadError::Policy(fault) => fault.to_string(),
                    other => other.to_string(),
                };
                inner.set_fault(file, Some(message));
                Err(error)
            }
        }
    }

    /// Records that the file is not there, or cannot be read.
    async fn cannot_read(&self, file: &PolicyFile, unread: &Unread) {
        let inner = &self.inner;
        let stays = inner.snapshot.load_full();
        inner.metrics.reload("rejected");
        let rejected = Event::PolicyReject {
            policy_digest: Some(Arc::clone(&stays.digest)),
            policy_generation: Some(stays.generation),
            code: "unreadable",
            origin: Some(file.name()),
            detail: None,
        };
        if let Err(failure) = inner.log.note(rejected).await {
            tracing::error!(target: "gitoma::audit", error = %failure, "that the policy file cannot be read could not be recorded");
        }
        inner.set_fault(file, Some(unread.to_string()));
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;
