//! Starts a log: takes the oldest chain that no process holds, or makes a new one.
//! A chain is made under another name and renamed when it is durable, so that no crash leaves half a chain.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Log,
    error::{Action as _, OpenError},
    medium::{Medium, SegmentFile},
    recover,
    rotate::Rotation,
    segment::Position,
    state::{Clock, Holder, Shared, Urgency},
    sync::Syncer,
};
use crate::{
    digest::{Digest, Running},
    field::Field,
    files,
    folder::{self, ChainFolder, LOCK, UNFINISHED},
    limit,
    line::{FORMAT, write::LineWriter},
    vocabulary::Kind,
};

/// What a log needs to know to start.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The audit directory, `STATE/audit`; made (0700) where it is missing.
    pub directory: PathBuf,
    /// Name and version of the program, such as `gitoma-http 0.1.0`.
    pub program: String,
    /// Digest of the policy in force at start.
    pub policy_digest: Option<String>,
    /// When the log goes on in a new segment.
    pub rotation: Rotation,
}

impl LogOptions {
    /// A log in `directory` of `program`, that knows no policy and rotates as usual.
    pub fn new(directory: impl Into<PathBuf>, program: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            program: program.into(),
            policy_digest: None,
            rotation: Rotation::default(),
        }
    }
}

/// What a log takes from its surroundings; tests replace it.
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    /// Makes UUIDv7.
    pub(crate) identifiers: Box<dyn FnMut() -> Uuid>,
    /// Wraps the segment that the log begins with.
    pub(crate) medium: Box<dyn FnOnce(SegmentFile) -> Arc<dyn Medium>>,
    /// How many entries may be open at once.
    pub(crate) room: usize,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Box::new(Timestamp::now),
            identifiers: Box::new(Uuid::now_v7),
            medium: Box::new(|file| Arc::new(file)),
            room: limit::OPEN_ENTRIES,
        }
    }
}

pub(super) fn open(options: &LogOptions, mut surroundings: Surroundings) -> Result<Log, OpenError> {
    let directory = &options.directory;
    if !directory.exists() {
        files::directory(directory).action("make the directory")?;
        if let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            files::sync_directory(parent).action("sync the parent directory")?;
        }
    }
    if files::others_may_write(directory).action("look at the directory")? {
        return Err(OpenError::Exposed);
    }
    let (chains, _) = folder::chains(directory).action("list the chains")?;
    for folder in chains {
        let Some(chain) = folder.chain_id else { continue };
        let Some(lock) = lock(&folder.lock()).action("lock a chain")? else { continue };
        // a chain that is damaged refuses the start: a new one beside it would hide the damage
        if let Some(found) = recover::take_up(&folder, chain)? {
            return take_up(options, surroundings, chain, lock, found);
        }
    }
    let chain = (surroundings.identifiers)();
    create(options, surroundings, chain)
}

/// Takes a lock; `None` if another process, or another log of this one, holds it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = files::open_or_create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // without locks two writers could fork the chain
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn take_up(
    options: &LogOptions,
    mut surroundings: Surroundings,
    chain: Uuid,
    lock: File,
    found: recover::Found,
) -> Result<Log, OpenError> {
    let recover::Found { segment, position, follows, torn } = found;
    let next_seq = position.next_seq;
    let holder = holder(options, &mut surroundings, chain, lock);
    let medium = (surroundings.medium)(segment);
    let shared = Shared::new(holder, Arc::clone(&medium), position);
    if let Some(sha256) = follows {
        shared.append_blocking(Kind::SegmentOpen, Urgency::Led, |line| {
            line.integer(Field::FirstSeq, next_seq);
            line.digest(Field::PrevSegmentSha256, &sha256);
        })?;
    }
    // before `start`: the first entry behind the tear says what was torn, however often a start is cut short
    for torn in &torn {
        shared.append_blocking(Kind::Recover, Urgency::Led, |line| {
            line.integer(Field::LastGoodSeq, next_seq.saturating_sub(1));
            line.integer(Field::TornBytes, torn.bytes);
            line.digest(Field::TornSha256, &torn.sha256);
            line.optional_text(Field::Quarantine, torn.name.as_deref());
        })?;
    }
    let (_, offset) = shared.append_blocking(Kind::Start, Urgency::Led, |line| start(line, options))?;
    if follows.is_some() || !torn.is_empty() {
        shared.durable_blocking(offset)?;
        medium.sync_names().action("make a segment durable")?;
    }
    finish(shared, surroundings.room)
}

/// This process as the writer of `chain`.
fn holder(options: &LogOptions, surroundings: &mut Surroundings, chain: Uuid, lock: File) -> Holder {
    let clock = std::mem::replace(&mut surroundings.clock, Box::new(Timestamp::now));
    let writer = (surroundings.identifiers)();
    Holder { chain_id: chain, writer, clock, rotation: options.rotation, lock }
}

fn create(options: &LogOptions, mut surroundings: Surroundings, chain: Uuid) -> Result<Log, OpenError> {
    let action = "make a chain";
    let unfinished = options.directory.join(format!("{UNFINISHED}{chain}"));
    let folder = ChainFolder::new(options.directory.join(chain.to_string()));
    files::directory(&unfinished).action(action)?;
    let Some(lock) = lock(&unfinished.join(LOCK)).action(action)? else {
        return Err(OpenError::Io { action, source: io::ErrorKind::AlreadyExists.into() });
    };
    let file = files::create(&unfinished.join(folder::segment_name(0))).action(action)?;
    let segment = SegmentFile::new(file, folder.clone(), 0).action(action)?;
    let holder = holder(options, &mut surroundings, chain, lock);
    let medium = (surroundings.medium)(segment);
    let position =
        Position { next_seq: 0, head: Digest::ZERO, length: 0, hash: Running::default(), opened: None };
    let shared = Shared::new(holder, Arc::clone(&medium), position);
    shared.append_blocking(Kind::ChainOpen, Urgency::Led, |line| {
        line.optional_text(Field::PolicyDigest, options.policy_digest.as_deref());
        line.text(Field::Program, &options.program);
        line.text(Field::Format, FORMAT);
    })?;
    let (_, offset) = shared.append_blocking(Kind::Start, Urgency::Led, |line| start(line, options))?;
    medium.sync().action(action)?;
    files::sync_directory(&unfinished).action(action)?;
    std::fs::rename(&unfinished, &folder.path).action(action)?;
    files::sync_directory(&options.directory).action(action)?;
    let mut state = shared.lock();
    state.synced = offset;
    state.dirty_since = None;
    drop(state);
    finish(shared, surroundings.room)
}

fn start(line: &mut LineWriter<'_>, options: &LogOptions) {
    line.optional_text(Field::PolicyDigest, options.policy_digest.as_deref());
    line.text(Field::Program, &options.program);
}

fn finish(shared: Shared, room: usize) -> Result<Log, OpenError> {
    let shared = Arc::new(shared);
    let syncer = Syncer::start(Arc::clone(&shared)).action("start the syncing thread")?;
    Ok(Log { shared, room, _syncer: syncer })
}
