//! The directory of approvals and its files (mode 0600 in 0700). A file appears whole or not at all, and never in the place of another:
//! it is written under another name, synced and then linked. What no gateway put there is passed over.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, OFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::id::ApprovalId;

/// No file of ours is longer.
const LONGEST: u64 = 4 * 1024 * 1024;
/// How long a gateway waits for another that is about to change something.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOCK: &str = "lock";
const REQUEST: &str = ".request.json";
const DECISION: &str = ".decision.json";
const END: &str = ".end.json";
const UNFINISHED: &str = ".tmp";
/// What a gateway that was stopped left half written is taken away after this time.
const ABANDONED: Duration = Duration::from_hours(1);

/// Why the directory of approvals cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be made, read or written.
    #[error("the directory of approvals cannot be used")]
    Io(#[from] std::io::Error),
    /// It is a link, a file, or belongs to another user.
    #[error(
        "the directory of approvals must be a real directory that belongs to the user who runs the gateway"
    )]
    Foreign,
    /// Another process holds it.
    #[error("another process holds the directory of approvals")]
    Held,
    /// An approval is larger than a file may be.
    #[error("what is to be approved is too long to be shown")]
    TooLong,
}

/// Which file of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Decision,
    End,
}

/// What the names of an approval's request file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestName {
    pub(super) subject: String,
    /// In seconds since the epoch.
    pub(super) expires: i64,
    pub(super) id: ApprovalId,
}

/// Which files of an approval there are.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) request: Option<RequestName>,
    pub(super) decision: bool,
    pub(super) end: bool,
}

/// Everything in the directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) approvals: BTreeMap<ApprovalId, Names>,
    /// How many names there are that no gateway gives.
    pub(super) foreign: usize,
}

/// The directory.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
}

/// Whoever holds it is the only one who changes anything.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is the open file that holds the lock")] File);

impl RequestName {
    fn file(&self) -> String {
        format!("{}-{}-{}{REQUEST}", self.subject, self.expires, self.id)
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(REQUEST)?.splitn(3, '-');
        let (subject, expires, id) = (parts.next()?, parts.next()?, parts.next()?);
        let named =
            Self { subject: subject.to_owned(), expires: expires.parse().ok()?, id: ApprovalId::parse(id)? };
        // One spelling only, so that no approval is there twice.
        (named.file() == name).then_some(named)
    }
}

impl Files {
    /// Opens `directory`, making it if it is not there and closing it to others.
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let metadata = std::fs::symlink_metadata(directory)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(StoreError::Foreign);
        }
        if metadata.mode() & 0o077 != 0 {
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { directory: directory.to_owned() })
    }

    /// Waits until no other thread or process is about to change something.
    pub(super) fn lock(&self) -> Result<Lock, StoreError> {
        let file = self.opened(LOCK, OpenOptions::new().write(true).create(true).mode(0o600))?;
        let mut waited = Duration::ZERO;
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Lock(file)),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) if waited < PATIENCE => {
                    std::thread::sleep(LOOK_AGAIN);
                    waited = waited.saturating_add(LOOK_AGAIN);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(StoreError::Held),
                Err(failed) => return Err(StoreError::Io(failed.into())),
            }
        }
    }

    pub(super) fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        #[expect(clippy::disallowed_methods, reason = "the state directory, not a repository path")]
        let entries = std::fs::read_dir(&self.directory)?;
        for entry in entries {
            let name = entry?.file_name();
            let name = name.to_str().unwrap_or("?");
            if let Some(named) = RequestName::parse(name) {
                let id = named.id.clone();
                listing.approvals.entry(id).or_default().request = Some(named);
            } else if let Some(id) = name.strip_suffix(DECISION).and_then(ApprovalId::parse) {
                listing.approvals.entry(id).or_default().decision = true;
            } else if let Some(id) = name.strip_suffix(END).and_then(ApprovalId::parse) {
                listing.approvals.entry(id).or_default().end = true;
            } else if name != LOCK && !name.ends_with(UNFINISHED) {
                listing.foreign = listing.foreign.saturating_add(1);
            }
        }
        Ok(listing)
    }

    pub(super) fn read_request<T: DeserializeOwned>(&self, name: &RequestName) -> Option<T> {
        self.read(&name.file())
    }

    pub(super) fn read_part<T: DeserializeOwned>(&self, id: &ApprovalId, part: Part) -> Option<T> {
        self.read(&part.file(id))
    }

    /// What the file holds; none if it is no file of ours, or torn.
    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let file = self.opened(name, OpenOptions::new().read(true)).ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > LONGEST {
            return None;
        }
        let mut text = Vec::new();
        file.take(LONGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(super) fn add_request(&self, name: &RequestName, request: &impl Serialize) -> Result<(), StoreError> {
        self.add(&name.file(), request).map(drop)
    }

    /// Makes the file, unless it is there: then this is `false`, and somebody else was first.
    pub(super) fn add_part(
        &self,
        id: &ApprovalId,
        part: Part,
        content: &impl Serialize,
    ) -> Result<bool, StoreError> {
        self.add(&part.file(id), content)
    }

    fn add(&self, name: &str, content: &impl Serialize) -> Result<bool, StoreError> {
        let text = serde_json::to_vec(content).map_err(std::io::Error::from)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
            return Err(StoreError::TooLong);
        }
        let temporary = format!("{}{UNFINISHED}", uuid::Uuid::now_v7().simple());
        let mut file =
            self.opened(&temporary, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        let linked = written
            .and_then(|()| std::fs::hard_link(self.directory.join(&temporary), self.directory.join(name)));
        self.remove(&temporary)?;
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.sync()?;
        Ok(true)
    }

    fn sync(&self) -> Result<(), std::io::Error> {
        self.opened("", OpenOptions::new().read(true))?.sync_all()
    }

    /// Takes an approval away: the request first, without which the rest means nothing.
    pub(super) fn forget(&self, id: &ApprovalId, names: &Names) -> Result<(), StoreError> {
        if let Some(request) = &names.request {
            self.remove(&request.file())?;
            self.sync()?;
        }
        if names.decision {
            self.remove(&Part::Decision.file(id))?;
        }
        if names.end {
            self.remove(&Part::End.file(id))?;
        }
        Ok(())
    }

    /// Takes away what was never finished.
    pub(super) fn forget_unfinished(&self, now: SystemTime) -> Result<(), StoreError> {
        #[expect(clippy::disallowed_methods, reason = "the state directory, not a repository path")]
        let entries = std::fs::read_dir(&self.directory)?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| name.ends_with(UNFINISHED)) else { continue };
            let made = entry.metadata().and_then(|metadata| metadata.modified());
            let old = made.is_ok_and(|made| now.duration_since(made).is_ok_and(|age| age > ABANDONED));
            if old {
                self.remove(name)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the state directory, not a repository path")]
    fn remove(&self, name: &str) -> Result<(), std::io::Error> {
        match std::fs::remove_file(self.directory.join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Opens a file of the directory, or itself, without following a link or waiting for a pipe.
    fn opened(&self, name: &str, options: &mut OpenOptions) -> Result<File, std::io::Error> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        #[expect(clippy::disallowed_methods, reason = "the state directory, not a repository path")]
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0)).open(self.directory.join(name))
    }
}

impl Part {
    fn file(self, id: &ApprovalId) -> String {
        match self {
            Self::Decision => format!("{id}{DECISION}"),
            Self::End => format!("{id}{END}"),
        }
    }
}
