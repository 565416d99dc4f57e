//! `audit.checkpoints` of the configuration file: which key signs the audit log, how often, and where else its checkpoints are kept.
//! Keys are read when a gateway is to start, and not by commands that only look at the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gitoma_audit::{CheckpointOptions, CheckpointSink, FileSink, SigningKey};
use serde::Deserialize;

use super::file::value;
use super::{ConfigError, beside};

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

    /// Reads the keys and looks at the directories.
    pub(super) fn resolve(&self) -> Result<CheckpointOptions, ConfigError> {
        let default = CheckpointOptions::new(read("`audit.checkpoints.key`", &self.key)?);
        let interval = match self.every_seconds {
            None => default.interval,
            Some(seconds @ 1..=3600) => Duration::from_secs(seconds.into()),
            Some(_) => return Err(value("`audit.checkpoints.every_seconds`", "be from 1 to 3600")),
        };
        let former = self.former_key.as_deref().map(|path| read("`audit.checkpoints.former_key`", path));
        let sink = |path: &PathBuf| match FileSink::open(path) {
            Ok(sink) => Ok(Arc::new(sink) as Arc<dyn CheckpointSink>),
            Err(source) => Err(ConfigError::Copies { source }),
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

fn read(setting: &'static str, path: &Path) -> Result<SigningKey, ConfigError> {
    SigningKey::read(path).map_err(|source| ConfigError::Key { setting, source })
}
