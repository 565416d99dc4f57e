//! What the sinks remember of a chain. A sink that cannot say refuses the start: it is there to notice that a log was put back, and
//! whoever puts one back would take the sink away too.

use std::{
    io,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::{
    checkpoint::sink::CheckpointSink,
    files,
    log::error::{Action as _, OpenError},
};

/// Asks every sink for its newest note of a chain, and waits for `patience` at most.
///
/// # Errors
/// [`OpenError::Sink`] if one cannot say.
pub(super) fn newest(
    sinks: &[Arc<dyn CheckpointSink>],
    chain: Uuid,
    patience: Duration,
) -> Result<Vec<Option<Vec<u8>>>, OpenError> {
    let deadline = Instant::now() + patience;
    let mut answers = Vec::new();
    for sink in sinks {
        let (answer, answered) = mpsc::channel();
        let sink = Arc::clone(sink);
        let ask = move || {
            // who has given up waiting needs no answer
            drop(answer.send(sink.newest(chain)));
        };
        thread::Builder::new().name("audit-copy".to_owned()).spawn(ask).action("start a thread")?;
        answers.push(answered);
    }
    let answer = |answered: mpsc::Receiver<io::Result<_>>| {
        let left = deadline.saturating_duration_since(Instant::now());
        answered.recv_timeout(left).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    };
    answers.into_iter().map(answer).collect::<io::Result<_>>().map_err(OpenError::Sink)
}

/// Demands that no sink writes to the audit directory.
///
/// # Errors
/// [`OpenError::SinkInside`] if one does, and [`OpenError::Sink`] if it cannot be looked at.
pub(in crate::log) fn outside(sinks: &[Arc<dyn CheckpointSink>], directory: &Path) -> Result<(), OpenError> {
    for place in sinks.iter().filter_map(|sink| sink.directory()) {
        if files::is_within(place, directory).map_err(OpenError::Sink)? {
            return Err(OpenError::SinkInside);
        }
    }
    Ok(())
}
