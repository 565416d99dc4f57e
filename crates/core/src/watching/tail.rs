//! [`AuditTail`]: the audit log as it grows, for one who follows it. Whoever is slow is behind and nothing else: nobody waits for them, and
//! when they are too far behind the oldest entries are passed over, which they are told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gitoma_audit::{Most, ReadError, Tail};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::entries::unreadable;
use super::event::{LagReason, NotResumed, TailEnd, TailEvent, TailStart};
use super::place::ChainPlace;
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
    /// The chain that is being written; it stays the same for as long as the gateway lives.
    chain_id: Uuid,
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
    /// First of all the chain is told, and where in it following begins ([`TailEvent::Chain`]). Whoever was here before and names a place
    /// that this chain has not got, since the gateway was started anew and writes another chain or was given an older state back, is told so
    /// and shown this chain from its begin: what they have seen of it, if anything, nobody knows. It is bounded as for everybody who is far
    /// behind, and what is left out is told.
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
        let log = self.inner.log.status();
        let (next, not_resumed) = begin(start, log.chain_id, log.last_seq.saturating_add(1));
        let chain = TailEvent::Chain { chain_id: log.chain_id, next, not_resumed };
        Ok(AuditTail {
            gateway: self.clone(),
            credential,
            principal,
            chain_id: log.chain_id,
            tail: Some(self.inner.log.tail(next)),
            reading: None,
            appended,
            behind: true,
            paced: Instant::now(),
            look_at: Instant::now(),
            looking: None,
            told: None,
            events: VecDeque::from([chain]),
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
            // How the gateway is comes before any entry.
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
        let (chain_id, through) = (self.chain_id, self.gateway.inner.log.status().last_seq);
        self.reading = Some(tokio::task::spawn_blocking(move || batch(tail, chain_id, through)));
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

/// Where in the chain, whose next entry will have the place `end`, following begins; and why not where it was asked to.
fn begin(start: TailStart, chain_id: Uuid, end: u64) -> (u64, Option<NotResumed>) {
    let seq = match start {
        TailStart::Last(count) => return (end.saturating_sub(count), None),
        TailStart::Resume(place) if place.chain_id != chain_id => return (0, Some(NotResumed::OtherChain)),
        TailStart::Resume(ChainPlace { seq, .. }) | TailStart::After(seq) => seq,
    };
    if seq < end { (seq.saturating_add(1), None) } else { (0, Some(NotResumed::NoSuchEntry)) }
}

/// Reads up to the entry `through`.
fn batch(mut tail: Tail, chain_id: Uuid, through: u64) -> Batch {
    let mut events = VecDeque::new();
    let mut next = tail.next();
    let skipped = match tail.catch_up(through, BEHIND) {
        Ok(skipped) => skipped,
        Err(failed) => return Batch { tail, events, more: false, failed: Some(failed) },
    };
    if skipped > 0 {
        let kept = tail.next().saturating_sub(skipped);
        tell_pruned(&mut events, next, kept);
        next = tail.next();
        events.push_back(TailEvent::Lag { skipped, next, reason: LagReason::Behind });
    }
    let read = tail.read(through, BATCH, &mut |seq, line| {
        tell_pruned(&mut events, next, seq);
        next = seq.saturating_add(1);
        // The format is UTF-8, and every line is checked for it before it comes here.
        let line = String::from_utf8_lossy(line).into_owned();
        events.push_back(TailEvent::Entry { place: ChainPlace { chain_id, seq }, line });
    });
    match read {
        Ok(more) => Batch { tail, events, more, failed: None },
        Err(failed) => Batch { tail, events, more: false, failed: Some(failed) },
    }
}

/// Tells of the entries from `next` on that are gone from the chain's front, if the first that is left is `kept`.
fn tell_pruned(events: &mut VecDeque<TailEvent>, next: u64, kept: u64) {
    if let skipped @ 1.. = kept.saturating_sub(next) {
        events.push_back(TailEvent::Lag { skipped, next: kept, reason: LagReason::Pruned });
    }
}
