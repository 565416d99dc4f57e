//! [`AuditTail`]: the audit log as it grows, for one who follows it. Whoever is slow is behind and nothing else: nobody waits for them, and
//! when they are too far behind the oldest entries are passed over, which they are told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gitoma_audit::{Most, ReadError, Tail};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::entries::unreadable;
use super::{GatewayStatus, Seat, WATCHERS};
use crate::call::{Origin, RawArgs, RawCall};
use crate::gateway::Gateway;
use crate::principal::{Credential, Principal};
use crate::refusal::{Refusal, RefusalKind};

/// How far behind somebody may be.
const BEHIND: Most = Most { lines: 4_096, bytes: 4 * 1024 * 1024 };
/// How much is read at once.
const BATCH: Most = Most { lines: 256, bytes: 256 * 1024 };
/// The least time between two looks: under load entries come in batches.
const PACE: Duration = Duration::from_millis(20);
/// How often it is looked whether the one who follows still may, and whether there is something to tell of the gateway.
const LOOK: Duration = Duration::from_secs(1);
/// How often the gateway's status is told, whatever it is.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where following begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// Behind an entry.
    After(u64),
    /// With the newest, so many.
    Last(u64),
}

/// What somebody who follows the log is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailEvent {
    /// An entry.
    Entry {
        /// Its place.
        seq: u64,
        /// Its line as it was written.
        line: String,
    },
    /// Entries were left out, since they were too many behind.
    Lag {
        /// How many.
        skipped: u64,
        /// The place of the entry that comes next.
        next: u64,
    },
    /// The state of the gateway.
    Status(GatewayStatus),
    /// Nothing comes any more.
    End(TailEnd),
}

/// Why nothing comes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailEnd {
    /// The gateway is shutting down.
    Shutdown,
    /// The caller may no longer follow: its token was revoked, or its time is over, or its roles changed.
    Revoked,
    /// The log cannot be read as it was written: have it verified.
    Chain,
}

/// What a look at the log brought.
struct Batch {
    tail: Tail,
    events: VecDeque<TailEvent>,
    more: bool,
    failed: Option<ReadError>,
}

/// The audit log as it grows. What it holds in memory is bounded, however slow it is asked.
pub struct AuditTail {
    gateway: Gateway,
    credential: Credential,
    principal: Arc<Principal>,
    /// None while somebody reads.
    tail: Option<Tail>,
    reading: Option<JoinHandle<Batch>>,
    appended: watch::Receiver<()>,
    /// Whether there may be more than was read.
    behind: bool,
    paced: Instant,
    /// When it is looked again whether the caller still may, and how the gateway is.
    look_at: Instant,
    looking: Option<JoinHandle<GatewayStatus>>,
    told: Option<(Instant, GatewayStatus)>,
    events: VecDeque<TailEvent>,
    ended: bool,
    _seat: Seat,
}

impl std::fmt::Debug for AuditTail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditTail").field("principal", &self.principal.name()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Follows the audit log from `start` on, for auditors and admins: 64 at once, 8 as one principal.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted, or every place is taken.
    pub async fn audit_tail(
        &self,
        credential: Credential,
        origin: Origin,
        start: TailStart,
    ) -> Result<AuditTail, Refusal> {
        let principal = self.authenticate_as(credential.clone(), origin, WATCHERS).await?;
        let Some(seat) = self.inner.watchers.seat(principal.shared_name()) else {
            let call = RawCall::new(String::new(), RawArgs::Malformed, credential, origin);
            let mut record = self.record(&call);
            record.principal = Some(principal);
            return Err(self.refuse(&record, RefusalKind::Busy).await);
        };
        let appended = self.inner.log.appended();
        let end = self.inner.log.status().last_seq.saturating_add(1);
        let next = match start {
            TailStart::After(seq) => seq.saturating_add(1).min(end),
            TailStart::Last(count) => end.saturating_sub(count),
        };
        Ok(AuditTail {
            gateway: self.clone(),
            credential,
            principal,
            tail: Some(self.inner.log.tail(next)),
            reading: None,
            appended,
            behind: true,
            paced: Instant::now(),
            look_at: Instant::now(),
            looking: None,
            told: None,
            events: VecDeque::new(),
            ended: false,
            _seat: seat,
        })
    }
}

impl AuditTail {
    /// What comes next, as soon as it does; none behind the end. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<TailEvent> {
        loop {
            if self.ended {
                return None;
            }
            let closing = self.gateway.inner.closing.clone();
            // Whoever does not read fast enough is still told in time that it is over.
            if closing.is_cancelled() {
                return Some(self.end(TailEnd::Shutdown));
            }
            if Instant::now() >= self.look_at {
                if !self.still_may() {
                    return Some(self.end(TailEnd::Revoked));
                }
                self.look_at = Instant::now() + LOOK;
                let gateway = self.gateway.clone();
                self.looking = Some(tokio::spawn(async move { gateway.watched_status().await }));
            }
            if let Some(event) = self.events.pop_front() {
                self.ended = matches!(event, TailEvent::End(_));
                return Some(event);
            }
            // How the gateway is comes first of all.
            let may_read = self.behind && self.reading.is_none() && self.told.is_some();
            if may_read && Instant::now() >= self.paced {
                self.begin_to_read();
            }
            let waits = may_read && self.reading.is_none();
            tokio::select! {
                biased;
                () = closing.cancelled() => return Some(self.end(TailEnd::Shutdown)),
                () = tokio::time::sleep_until(self.look_at) => {}
                status = done(&mut self.looking) => {
                    self.looking = None;
                    self.tell(status);
                }
                batch = done(&mut self.reading) => {
                    self.reading = None;
                    if let Some(end) = self.take(batch) {
                        return Some(end);
                    }
                }
                () = tokio::time::sleep_until(self.paced), if waits => {}
                changed = self.appended.changed(), if !self.behind => match changed {
                    Ok(()) => self.behind = true,
                    Err(_closed) => return Some(self.end(TailEnd::Shutdown)),
                },
            }
        }
    }

    /// Begins to read what there is.
    fn begin_to_read(&mut self) {
        let Some(tail) = self.tail.take() else { return };
        self.paced = Instant::now() + PACE;
        self.appended.mark_unchanged();
        let through = self.gateway.inner.log.status().last_seq;
        self.reading = Some(tokio::task::spawn_blocking(move || batch(tail, through)));
    }

    /// Takes what was read; the event of the end if it could not be.
    fn take(&mut self, batch: Option<Batch>) -> Option<TailEvent> {
        let Some(Batch { tail, events, more, failed }) = batch else {
            return Some(self.end(TailEnd::Shutdown));
        };
        self.events.extend(events);
        self.tail = Some(tail);
        self.behind = more;
        let failed = failed?;
        drop(unreadable(&failed));
        // What was good before it comes first.
        self.events.push_back(TailEvent::End(TailEnd::Chain));
        self.behind = false;
        None
    }

    fn end(&mut self, why: TailEnd) -> TailEvent {
        self.ended = true;
        TailEvent::End(why)
    }

    /// Whether the caller would be admitted now as it was then.
    fn still_may(&self) -> bool {
        let authenticator = self.gateway.inner.authenticator.load();
        authenticator.authenticate(&self.credential, SystemTime::now()).is_ok_and(|now| {
            now.name() == self.principal.name() && now.has_one_of(WATCHERS) && now.is_whole()
        })
    }

    /// Tells how the gateway is: at the begin, when that has changed, and every so often.
    fn tell(&mut self, status: Option<GatewayStatus>) {
        let Some(status) = status else { return };
        let old = |(at, told): &(Instant, GatewayStatus)| at.elapsed() >= HEARTBEAT || !told.is_like(&status);
        if self.told.as_ref().is_none_or(old) {
            self.told = Some((Instant::now(), status.clone()));
            self.events.push_front(TailEvent::Status(status));
        }
    }
}

/// What comes of work that is under way; else nothing ever. The work goes on if the future is dropped.
async fn done<T>(work: &mut Option<JoinHandle<T>>) -> Option<T> {
    match work {
        Some(work) => work.await.ok(),
        None => std::future::pending().await,
    }
}

/// Reads up to the entry `through`.
fn batch(mut tail: Tail, through: u64) -> Batch {
    let mut events = VecDeque::new();
    let skipped = match tail.catch_up(through, BEHIND) {
        Ok(skipped) => skipped,
        Err(failed) => return Batch { tail, events, more: false, failed: Some(failed) },
    };
    if skipped > 0 {
        events.push_back(TailEvent::Lag { skipped, next: tail.next() });
    }
    let read = tail.read(through, BATCH, &mut |seq, line| {
        // The format is UTF-8, and every line is checked for it before it comes here.
        let line = String::from_utf8_lossy(line).into_owned();
        events.push_back(TailEvent::Entry { seq, line });
    });
    match read {
        Ok(more) => Batch { tail, events, more, failed: None },
        Err(failed) => Batch { tail, events, more: false, failed: Some(failed) },
    }
}
