//! `approvals` of the configuration file: how long approvals live and how many there may be.

use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;
use super::file::value;
use crate::approval::ApprovalLimits;

/// The entry as the file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ApprovalsEntry {
    minutes: Option<u32>,
    pending: Option<u32>,
    pending_per_principal: Option<u32>,
    kept_days: Option<u32>,
}

impl ApprovalsEntry {
    pub(super) fn resolve(&self) -> Result<ApprovalLimits, ConfigError> {
        let default = ApprovalLimits::default();
        let lifetime = match self.minutes {
            None => default.lifetime,
            Some(minutes @ 1..=1440) => Duration::from_mins(minutes.into()),
            Some(_) => return Err(value("`approvals.minutes`", "be from 1 to 1440")),
        };
        let kept = match self.kept_days {
            None => default.kept,
            Some(days @ 0..=365) => Duration::from_hours(u64::from(days).saturating_mul(24)),
            Some(_) => return Err(value("`approvals.kept_days`", "be from 0 to 365")),
        };
        Ok(ApprovalLimits {
            lifetime,
            pending: count("`approvals.pending`", self.pending, default.pending)?,
            pending_per_principal: count(
                "`approvals.pending_per_principal`",
                self.pending_per_principal,
                default.pending_per_principal,
            )?,
            kept,
        })
    }
}

fn count(setting: &str, count: Option<u32>, default: usize) -> Result<usize, ConfigError> {
    match count {
        None => Ok(default),
        Some(count @ 1..=1024) => Ok(usize::try_from(count).unwrap_or(default)),
        Some(_) => Err(value(setting, "be from 1 to 1024")),
    }
}
