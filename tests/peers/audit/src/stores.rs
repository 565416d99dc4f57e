//! What is measured: Gitoma's log through both of its doors, three stores, and the bare file beneath all of them.
//! A store commits a batch at once; group commit around it is the same for all, so that none is measured by its lack of one.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use fjall::{Database as Fjall, Keyspace, KeyspaceCreateOptions, PersistMode};
use gitoma_audit::{
    Access, CallFields, Capability, CheckpointOptions, Effect, Log, LogOptions, Refused, RuleRef, SigningKey,
};
use redb::{Database as Redb, Durability, TableDefinition};
use rusqlite::Connection;

/// Bytes of an entry, with its line end.
pub const ENTRY: usize = 688;

/// Something that makes a batch of entries durable.
pub trait Store: Send {
    fn commit(&mut self, batch: &[Vec<u8>]) -> anyhow::Result<()>;
}

/// One write and one `fdatasync` a batch.
pub struct Bare(File);

impl Bare {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self(File::options().create_new(true).append(true).open(folder.join("bare"))?))
    }
}

impl Store for Bare {
    fn commit(&mut self, batch: &[Vec<u8>]) -> anyhow::Result<()> {
        self.0.write_all(&batch.concat())?;
        Ok(self.0.sync_data()?)
    }
}

/// SQLite: WAL, `synchronous=FULL`, one transaction a batch.
pub struct Sqlite(Connection);

impl Sqlite {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(folder.join("sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, line BLOB NOT NULL)", ())?;
        Ok(Self(connection))
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &[Vec<u8>]) -> anyhow::Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO entries (line) VALUES (?1)")?;
            for line in batch {
                insert.execute((line,))?;
            }
        }
        Ok(transaction.commit()?)
    }
}

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");

/// redb: `Durability::Immediate`, one transaction a batch.
pub struct RedbStore {
    database: Redb,
    seq: u64,
}

impl RedbStore {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { database: Redb::create(folder.join("redb"))?, seq: 0 })
    }
}

impl Store for RedbStore {
    fn commit(&mut self, batch: &[Vec<u8>]) -> anyhow::Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut table = transaction.open_table(ENTRIES)?;
            for line in batch {
                table.insert(self.seq, line.as_slice())?;
                self.seq += 1;
            }
        }
        Ok(transaction.commit()?)
    }
}

/// fjall: one batch, then `PersistMode::SyncData`.
pub struct FjallStore {
    database: Fjall,
    entries: Keyspace,
    seq: u64,
}

impl FjallStore {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let database = Fjall::builder(folder.join("fjall")).open()?;
        let entries = database.keyspace("entries", KeyspaceCreateOptions::default)?;
        Ok(Self { database, entries, seq: 0 })
    }
}

impl Store for FjallStore {
    fn commit(&mut self, batch: &[Vec<u8>]) -> anyhow::Result<()> {
        let mut together = self.database.batch();
        for line in batch {
            together.insert(&self.entries, self.seq.to_be_bytes(), line.as_slice());
            self.seq += 1;
        }
        together.commit()?;
        Ok(self.database.persist(PersistMode::SyncData)?)
    }
}

/// Gitoma's log, whose group commit is its own; with a checkpoint every second, or without.
pub fn gitoma(folder: &Path, signed: bool) -> anyhow::Result<Log> {
    let key = || anyhow::Ok(SigningKey::generate("bench.example/gitoma".parse()?)?);
    let checkpoints = signed
        .then(key)
        .transpose()?
        .map(|key| CheckpointOptions { interval: Duration::from_secs(1), ..CheckpointOptions::new(key) });
    Ok(Log::open(LogOptions { checkpoints, ..LogOptions::new(folder.join("audit"), "bench 1") })?)
}

/// An entry of [`ENTRY`] bytes for which a caller waits until it is on the disk.
pub fn entry() -> Refused {
    let call = CallFields {
        principal: Some("agent".into()),
        roles: ["agent".into()].into(),
        tool: Some("repo_write_file".into()),
        capability: Some(Capability::Write),
        accesses: vec![Access {
            repo: Some("acme/web".into()),
            paths: vec!["src/lib.rs".to_owned()],
            ..Access::default()
        }],
        write_mode: Some("on"),
        effect: Some(Effect::Allow),
        enforced: Some(true),
        rules: vec![RuleRef { id: "write-all".into(), line: 14 }],
        policy_generation: Some(1),
        ..CallFields::new(uuid::Uuid::now_v7(), "http")
    };
    Refused { call, executed: true }
}
