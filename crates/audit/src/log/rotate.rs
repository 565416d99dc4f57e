//! Goes on in a new segment: `segment.close` on the disk, the next file made, `segment.open` and the file's name on the disk.
//! Nothing is renamed, and whatever step a crash comes after, the next start knows how to go on (`recover`).

use std::{
    sync::{Arc, MutexGuard},
    time::{Duration, Instant},
};

use super::{
    medium::Medium,
    state::{Shared, State},
    sync::Blocked,
};
use crate::{digest::Digest, field::Field, folder, limit, record, vocabulary::Kind};

/// When the writer goes on in a new segment: at whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The segment is as long as this, in bytes.
    pub bytes: u64,
    /// The segment is as old as this.
    pub age: Duration,
}

impl Default for Rotation {
    /// 64 MiB, or one day.
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, age: Duration::from_hours(24) }
    }
}

/// How long a rotation for which there was no room is put off.
const PAUSE: Duration = Duration::from_secs(1);

/// What is wrong with the log if a rotation fails half-way.
const NOT_ON_DISK: &str = "the disk did not take the end of a segment";
const NO_NEXT: &str = "the next segment could not be made";

impl State {
    /// Notes whether the segment is due to be followed by another.
    pub(super) fn note_rotation(&mut self, moment: jiff::Timestamp, rotation: Rotation) {
        let opened = *self.segment.opened.get_or_insert(moment);
        let age = moment.duration_since(opened).unsigned_abs();
        // a clock that was set back makes no segment old
        let due = self.length() >= rotation.bytes || (moment > opened && age >= rotation.age);
        self.due |= due && self.segment.put_off.is_none_or(|since| since.elapsed() >= PAUSE);
    }

    /// Gives up the outcomes that wait for the end of a rotation; their intents are left dangling.
    pub(super) fn forgo_deferred(&mut self) {
        self.open = self.open.saturating_sub(self.deferred.len());
        self.deferred.clear();
    }
}

impl Shared {
    /// Goes on in a new segment. The caller blocks for some syncs; who wants to write meanwhile waits, off the lock.
    pub(super) fn rotate<'lock>(
        &'lock self,
        mut state: MutexGuard<'lock, State>,
    ) -> MutexGuard<'lock, State> {
        state.due = false;
        let Some((closed, digest)) = self.close_segment(&mut state) else {
            if state.poisoned.is_some() {
                self.announce();
            }
            state.segment.put_off = Some(Instant::now());
            return state;
        };
        (state.syncing, state.rotating) = (true, true);
        state.dirty_since = None;
        let (length, first_seq) = (state.length(), state.next_seq);
        let offset = state.offset;
        if let Some(checkpoints) = &mut state.checkpoints {
            checkpoints.border(first_seq, offset);
        }
        drop(state);
        self.disclosures.write();

        let _blocked = Blocked(self);
        let made = make_next(&*closed, length, first_seq);
        let mut state = self.lock();
        let opened = made.and_then(|next| {
            state.go_on(Arc::clone(&next));
            let open = self.append_locked(&mut state, Kind::SegmentOpen, &|line| {
                line.integer(Field::FirstSeq, first_seq);
                line.digest(Field::PrevSegmentSha256, &digest);
            });
            open.map(|_| next).map_err(|_| NO_NEXT)
        });
        drop(state);
        let opened =
            opened.and_then(|next| next.sync().and_then(|()| next.sync_names()).map_err(|_| NO_NEXT));
        if opened.is_ok() {
            // a segment that stays writable is still a whole one, and the next start seals it
            drop(closed.seal());
        }

        let mut state = self.lock();
        (state.syncing, state.rotating) = (false, false);
        match opened {
            Ok(()) => {
                state.synced = state.offset;
                self.write_deferred(&mut state);
            }
            Err(reason) => {
                state.forgo_deferred();
                drop(state.poison(reason));
            }
        }
        self.announce();
        self.tell_followers();
        self.work.notify_one();
        self.rounds.notify_one();
        state
    }

    /// Writes `segment.close`, if there is room to go on behind it; returns the segment and its hash.
    fn close_segment(&self, state: &mut State) -> Option<(Arc<dyn Medium>, Digest)> {
        if state.poisoned.is_some() {
            return None;
        }
        // room for the next segment is asked for in this one, where a refusal changes nothing
        let (length, lines) = (state.length(), 2 * limit::LINE_BYTES as u64);
        let need = length.saturating_add(state.outcome_room().saturating_mul(2)).saturating_add(lines);
        state.segment.reserved = state.segment.medium.reserve(length, need).ok()?;
        let next = folder::segment_name(state.next_seq.saturating_add(1));
        self.append_locked(state, Kind::SegmentClose, &|line| line.text(Field::NextSegment, &next)).ok()?;
        Some((Arc::clone(&state.segment.medium), state.segment.hash.digest()))
    }

    /// Writes the outcomes of entries that were dropped while the log rotated.
    fn write_deferred(&self, state: &mut State) {
        for (call_id, seq, outcome) in std::mem::take(&mut state.deferred) {
            // nobody is there to be told; a log that fails here is poisoned or leaves the intent dangling
            let written = self.append_locked(state, Kind::Outcome, &|line| {
                record::outcome(line, call_id, seq, &outcome);
            });
            drop(written);
            state.open = state.open.saturating_sub(1);
        }
        if state.offset > state.synced {
            state.dirty_since = Some(Instant::now());
        }
    }
}

/// Makes what was closed durable, and only then the next segment.
fn make_next(closed: &dyn Medium, length: u64, first_seq: u64) -> Result<Arc<dyn Medium>, &'static str> {
    closed.sync().map_err(|_| NOT_ON_DISK)?;
    closed.still_there(length)?;
    // gives back what was set aside for outcomes, which now go to the next segment
    closed.truncate(length).map_err(|_| NOT_ON_DISK)?;
    closed.next(first_seq).map_err(|_| NO_NEXT)
}
