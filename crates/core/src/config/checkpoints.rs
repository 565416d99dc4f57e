//! `audit.checkpoints` of the configuration file: which key signs the audit log, how often, and where else its checkpoints are kept.
//! Keys are read when a gateway is to start, and not by commands that only look at the file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gitoma_audit::{CheckpointOptions, CheckpointSink, FileSink, SigningKey};
use serde::Deserialize;

use super::file::value;
use super::reach::{Reach, canonical};
use super::{ConfigError, beside};

const KEY: &str = "`audit.checkpoints.key`";
const FORMER_KEY: &str = "`audit.checkpoints.former_key`";
const COPIES: &str = "`audit.checkpoints.copies`";

/// The entry as the file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointsEntry {
    key: PathBuf,
    #[serde(default)]
    former_key: Option<PathBuf>,
    #[serde(default)]
    every_seconds: Option<u32>,
    #[serde(default)]
    before_writes: bool,
    #[serde(default)]
    copies: Vec<PathBuf>,
}

impl CheckpointsEntry {
    /// Makes relative paths absolute.
    pub(super) fn beside(mut self, base: &Path) -> Self {
        self.key = beside(base, self.key);
        self.former_key = self.former_key.map(|path| beside(base, path));
        self.copies = self.copies.into_iter().map(|path| beside(base, path)).collect();
        self
    }

    /// Reads the keys and looks at the directories, none of which may lie where `reach` says that others come.
    pub(super) fn resolve(&self, reach: &Reach<'_>) -> Result<CheckpointOptions, ConfigError> {
        let read = |setting, path: &Path| {
            let key = SigningKey::read(path).map_err(|source| ConfigError::Key { setting, source })?;
            reach.refuse(setting, path).map(|()| key)
        };
        let default = CheckpointOptions::new(read(KEY, &self.key)?);
        let interval = match self.every_seconds {
            None => default.interval,
            Some(seconds @ 1..=3600) => Duration::from_secs(seconds.into()),
            Some(_) => return Err(value("`audit.checkpoints.every_seconds`", "be from 1 to 3600")),
        };
        let former = self.former_key.as_deref().map(|path| read(FORMER_KEY, path));
        let mut places = HashSet::new();
        let sink = |path: &PathBuf| {
            let sink = FileSink::open(path).map_err(|source| ConfigError::Copies { source })?;
            reach.refuse(COPIES, path)?;
            if !places.insert(canonical(COPIES, path)?) {
                return Err(value(COPIES, "name each directory once"));
            }
            Ok(Arc::new(sink) as Arc<dyn CheckpointSink>)
        };
        Ok(CheckpointOptions {
            interval,
            former_key: former.transpose()?.map(Arc::new),
            before_writes: self.before_writes,
            sinks: self.copies.iter().map(sink).collect::<Result<_, _>>()?,
            ..default
        })
    }
}
