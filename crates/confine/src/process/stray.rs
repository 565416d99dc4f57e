//! Processes that left their group. What a run starts carries a mark in its environment, and is found by it wherever it went, unless it
//! took pains to lose it.
#![expect(clippy::disallowed_methods, reason = "the system's own list of processes, never a repository path")]

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable that marks what a run starts.
pub(super) const MARK: &str = "GITOMA_RUN";
/// How often is looked again: what is being killed may start something meanwhile.
const ROUNDS: usize = 8;

/// A mark that no other run has.
pub(super) fn mark() -> std::io::Result<String> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(random)))
}

/// Kills whatever carries `mark`.
pub(super) fn sweep(mark: &str) {
    let mark = format!("{MARK}={mark}");
    for _round in 0..ROUNDS {
        if kill_marked(&mark) == 0 {
            return;
        }
    }
}

fn kill_marked(mark: &str) -> usize {
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid else { continue };
        // Held open first, so that what is looked at and what is killed are the same process.
        let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let carries = std::fs::read(entry.path().join("environ")).is_ok_and(|environment| {
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        });
        if carries && pidfd_send_signal(held, Signal::KILL).is_ok() {
            killed += 1;
        }
    }
    killed
}
