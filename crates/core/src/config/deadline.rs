//! The deadline of a process that was told to stop. Every wait of an orderly end has a limit of its own, but a disk that hangs can hold the
//! very thread that counts it: behind the last limit stands a thread that does nothing else.

use std::io;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::logging;
use crate::shutdown::ShutdownWaits;

/// Seconds that are a deadline. Below the first no end would be orderly.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=3_600;

/// How long a process may take from the signal that tells it to stop until it is gone: 1 second to 1 hour, by itself 60 seconds. An orchestrator
/// kills at its own deadline (Kubernetes after 30 seconds, systemd after 90); this one should be the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopDeadline(Duration);

/// What was given is no number of seconds, or none from 1 to 3600.
#[derive(Debug, thiserror::Error)]
#[error("a whole number of seconds from 1 to 3600 is wanted")]
pub struct BadDeadline;

impl Default for StopDeadline {
    fn default() -> Self {
        Self(Duration::from_mins(1))
    }
}

impl FromStr for StopDeadline {
    type Err = BadDeadline;

    fn from_str(text: &str) -> Result<Self, BadDeadline> {
        let seconds = text.parse().ok().filter(|seconds| SECONDS.contains(seconds));
        seconds.map(|seconds| Self(Duration::from_secs(seconds))).ok_or(BadDeadline)
    }
}

impl std::fmt::Display for StopDeadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.as_secs())
    }
}

impl StopDeadline {
    /// How long it is, in seconds.
    pub(super) const fn seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// What requests that are being answered have of it: a sixth.
    #[must_use]
    pub fn grace(self) -> Duration {
        self.0 / 6
    }

    /// What the gateway has of it once those are over: for running calls a sixth, for writes that had begun five twelfths, for the end of the
    /// record a sixth. A twelfth is left over.
    #[must_use]
    pub fn waits(self) -> ShutdownWaits {
        ShutdownWaits { calls: self.0 / 6, writes: self.0 * 5 / 12, record: self.0 / 6 }
    }

    /// From now on the process has this long: whatever hangs then, it ends, with exit code 1. Nothing that was acknowledged is lost, since it is
    /// on the disk; an outcome that could not be written is missing from the record, which the next start goes on with.
    ///
    /// Only the first time counts.
    ///
    /// # Errors
    /// [`io::Error`] if the thread cannot be started.
    pub fn begin(self) -> io::Result<()> {
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if BEGUN.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let limit = self.0;
        let watch = thread::Builder::new().name("stop-deadline".to_owned());
        let watching = watch.spawn(move || {
            thread::sleep(limit);
            tracing::error!(
                target: "gitoma::gateway",
                seconds = limit.as_secs(),
                "the process did not end in time and is ended; outcomes of what still ran are missing from the record"
            );
            logging::flush();
            // the only way out where a thread hangs in the system
            std::process::exit(1);
        });
        watching.map(drop).inspect_err(|_| BEGUN.store(false, Ordering::Relaxed))
    }
}
