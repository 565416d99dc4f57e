//! Starts a log: takes the oldest chain that no process holds, or makes a new one.
//! A chain is made under another name and renamed when it is durable, so that no crash leaves half a chain.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Log,
    checkpoints::{Begin, CheckpointOptions, Checkpointer, PATIENCE, Progress},
    error::{Action as _, OpenError},
    floor::{self, Succession},
    medium::{Medium, SegmentFile},
    recover,
    rotate::Rotation,
    segment::Position,
    state::{Clock, Holder, Receipt, Shared, Urgency},
    sync::Syncer,
};
use crate::{
    checkpoint::{Checkpoint, rotation::KeyRotation},
    digest::{Digest, Running},
    field::Field,
    files,
    folder::{self, ChainFolder, LOCK, UNFINISHED},
    key::SigningKey,
    limit,
    line::{FORMAT, write::LineWriter},
    lock::Locked,
    private::PrivateFolder,
    tree::range::Tree,
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
    /// How checkpoints are made and where they go; without it none are.
    pub checkpoints: Option<CheckpointOptions>,
    /// The chain to take, and no other; without it the oldest that nobody holds, or a new one.
    pub chain: Option<Uuid>,
}

impl LogOptions {
    /// A log in `directory` of `program`, that knows no policy, rotates as usual and makes no checkpoints.
    pub fn new(directory: impl Into<PathBuf>, program: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            program: program.into(),
            policy_digest: None,
            rotation: Rotation::default(),
            checkpoints: None,
            chain: None,
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
    /// How long a sink that does not answer is waited for.
    pub(crate) patience: Duration,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Box::new(Timestamp::now),
            identifiers: Box::new(Uuid::now_v7),
            medium: Box::new(|file| Arc::new(file)),
            room: limit::OPEN_ENTRIES,
            patience: PATIENCE,
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
    if let Some(checkpoints) = &options.checkpoints {
        floor::outside(&checkpoints.sinks, directory)?;
    }
    let (chains, _) = folder::chains(directory).action("list the chains")?;
    for folder in chains {
        let wanted = |chain: &Uuid| options.chain.is_none_or(|wanted| wanted == *chain);
        let Some(chain) = folder.chain_id.filter(wanted) else { continue };
        let Some(lock) = lock(&folder.lock()).action("lock a chain")? else { continue };
        // a chain that is damaged refuses the start: a new one beside it would hide the damage
        let checkpoints = options.checkpoints.as_ref();
        if let Some(found) = recover::take_up(&folder, chain, checkpoints, surroundings.patience)? {
            return take_up(options, surroundings, &folder, chain, lock, found);
        }
    }
    if let Some(chain) = options.chain {
        return Err(OpenError::NotFree { chain });
    }
    let chain = (surroundings.identifiers)();
    create(options, surroundings, chain)
}

/// Takes a lock; `None` if another process, or another log of this one, holds it.
fn lock(path: &Path) -> io::Result<Option<Locked>> {
    Locked::take(files::open_or_create(path)?)
}

fn take_up(
    options: &LogOptions,
    mut surroundings: Surroundings,
    folder: &ChainFolder,
    chain: Uuid,
    lock: Locked,
    found: recover::Found,
) -> Result<Log, OpenError> {
    let recover::Found { segment, position, follows, torn, ground } = found;
    let next_seq = position.next_seq;
    let newest = ground.as_ref().map_or(0, |ground| ground.newest);
    let holder = holder(options, &mut surroundings, chain, lock, newest);
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
    let uncovered = ground.as_ref().map_or(0, |ground| ground.uncovered);
    let (_, mut offset) = shared.append_blocking(Kind::Start, Urgency::Led, |line| {
        start(line, options);
        if uncovered > 0 {
            line.integer(Field::Uncovered, uncovered);
        }
    })?;
    let key = ground.as_ref().map_or(Succession::Same, |ground| ground.key);
    if let Some(checkpoints) = options.checkpoints.as_ref().filter(|_| key != Succession::Same) {
        offset = rotate_key(&shared, checkpoints, key)?;
    }
    let news = follows.is_some() || !torn.is_empty() || key != Succession::Same;
    if news {
        shared.durable_blocking(offset)?;
        medium.sync_names().action("make a segment durable")?;
    }
    let begin = ground.map(|ground| Begin {
        tree: ground.tree,
        folder: folder.checkpoints(),
        states: ground.states,
        copies: ground.copies,
        soon: news,
    });
    finish(shared, options, (surroundings.room, surroundings.patience), begin)
}

/// Records that the configured key signs from here on; returns the offset behind it.
fn rotate_key(
    shared: &Shared,
    checkpoints: &CheckpointOptions,
    succession: Succession,
) -> Result<u64, OpenError> {
    let key = checkpoints.key.verifier().to_string();
    let (epoch, statement) = match (succession, checkpoints.former()) {
        (Succession::Follow { epoch }, Some(former)) => {
            let statement = KeyRotation::sign(shared.chain_id, epoch, former, &checkpoints.key);
            (epoch, Some(statement.map_err(|_| OpenError::KeysAlike)?))
        }
        _ => (0, None),
    };
    let (_, offset) = shared.append_blocking(Kind::KeyRotate, Urgency::Led, |line| {
        line.text(Field::CheckpointKey, &key);
        line.integer(Field::Epoch, epoch);
        line.optional_text(Field::Signature, statement.as_deref());
    })?;
    Ok(offset)
}

/// This process as the writer of `chain`, whose newest checkpoint is of `newest` entries.
fn holder(
    options: &LogOptions,
    surroundings: &mut Surroundings,
    chain: Uuid,
    lock: Locked,
    newest: u64,
) -> Holder {
    let clock = std::mem::replace(&mut surroundings.clock, Box::new(Timestamp::now));
    let writer = (surroundings.identifiers)();
    let progress = |checkpoints: &CheckpointOptions| {
        Progress::new(newest, checkpoints.sinks.len(), surroundings.patience)
    };
    let checkpoints = options.checkpoints.as_ref().map(progress);
    let private = PrivateFolder::of(&options.directory.join(chain.to_string()));
    Holder { chain_id: chain, writer, clock, rotation: options.rotation, lock, checkpoints, private }
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
    let holder = holder(options, &mut surroundings, chain, lock, 0);
    let medium = (surroundings.medium)(segment);
    let position =
        Position { next_seq: 0, head: Digest::ZERO, length: 0, hash: Running::default(), opened: None };
    let shared = Shared::new(holder, Arc::clone(&medium), position);
    let (opened, _) = shared.append_blocking(Kind::ChainOpen, Urgency::Led, |line| {
        line.optional_text(Field::PolicyDigest, options.policy_digest.as_deref());
        line.text(Field::Program, &options.program);
        line.text(Field::Format, FORMAT);
        if let Some(checkpoints) = &options.checkpoints {
            line.text(Field::CheckpointKey, &checkpoints.key.verifier().to_string());
            line.integer(Field::Epoch, 0);
        }
    })?;
    let (begun, offset) = shared.append_blocking(Kind::Start, Urgency::Led, |line| start(line, options))?;
    medium.sync().action(action)?;
    if let Some(checkpoints) = &options.checkpoints {
        first_checkpoint(&ChainFolder::new(unfinished.clone()), &checkpoints.key, [opened, begun])?;
    }
    files::sync_directory(&unfinished).action(action)?;
    std::fs::rename(&unfinished, &folder.path).action(action)?;
    files::sync_directory(&options.directory).action(action)?;
    let mut state = shared.lock();
    state.synced = offset;
    state.dirty_since = None;
    drop(state);
    let begin = options.checkpoints.as_ref().map(|checkpoints| Begin {
        // the hashes of the first two entries wait for the thread like all others; what it signs of them the sinks get too
        tree: Tree::new(),
        folder: folder.checkpoints(),
        states: vec![begun.seq.saturating_add(1)],
        copies: vec![None; checkpoints.sinks.len()],
        soon: false,
    });
    finish(shared, options, (surroundings.room, surroundings.patience), begin)
}

/// Makes the checkpoint of a chain's first two entries. It comes with the chain, so that one that names a key and has no checkpoint is
/// never what a crash has left.
fn first_checkpoint(folder: &ChainFolder, key: &SigningKey, entries: [Receipt; 2]) -> Result<(), OpenError> {
    let action = "make the first checkpoint";
    let mut tree = Tree::new();
    entries.iter().for_each(|entry| tree.append(&entry.entry_hash));
    let [Receipt { chain_id, .. }, _] = entries;
    let checkpoint = Checkpoint { chain_id, head: tree.head() };
    let note = checkpoint.sign(&[key]).map_err(io::Error::other).action(action)?;
    let notes = folder.checkpoints();
    notes.keep_tree(tree.size(), &tree.state()).action(action)?;
    notes.keep_note(tree.size(), &note).action(action)
}

fn start(line: &mut LineWriter<'_>, options: &LogOptions) {
    line.optional_text(Field::PolicyDigest, options.policy_digest.as_deref());
    line.text(Field::Program, &options.program);
}

fn finish(
    shared: Shared,
    options: &LogOptions,
    (room, patience): (usize, Duration),
    begin: Option<Begin>,
) -> Result<Log, OpenError> {
    let shared = Arc::new(shared);
    let syncer = Syncer::start(Arc::clone(&shared)).action("start the syncing thread")?;
    let checkpointer = match (&options.checkpoints, begin) {
        (Some(checkpoints), Some(begin)) => {
            let started = Checkpointer::start(&shared, checkpoints, begin, patience);
            Some(started.action("start the checkpoint thread")?)
        }
        _ => None,
    };
    let folder = ChainFolder::new(options.directory.join(shared.chain_id.to_string()));
    Ok(Log { shared, folder, room, checkpointer, _syncer: syncer })
}
