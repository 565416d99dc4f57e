//! Which refusals get an entry of their own, and the counts of those that do not.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use gitoma_audit::{CheckpointFailure, Event, Kind};
use jiff::Timestamp;

use crate::aggregate::{Aggregate, Key, Subject};
use crate::call::{CallId, Origin, RawArgs, RawCall};
use crate::failures::LOCK_OUT;
use crate::gateway::{Gateway, Inner};
use crate::limits::OriginKey;
use crate::principal::{Credential, Principal};
use crate::record::Record;
use crate::refusal::{Refusal, RefusalKind};

/// How often ended windows are looked for.
const INTERVAL: Duration = Duration::from_secs(5);

impl Inner {
    /// After authentication every refusal gets an entry, but for rate limits; those, and refusals of strangers, get one a window
    /// and are counted for the rest of it.
    pub(crate) fn gets_an_entry(&self, record: &Record, refusal: &Refusal, now: SystemTime) -> bool {
        let subject = match refusal.kind {
            // The log is closed, or has failed: there is nothing to write to, and the gateway's state is seen elsewhere.
            RefusalKind::Sealed | RefusalKind::ShuttingDown => return false,
            RefusalKind::RateLimited { scope, .. } if scope != LOCK_OUT => Subject::RateLimit,
            _ if record.principal.is_none() => Subject::Authentication,
            _ => return true,
        };
        self.is_first(subject, record, refusal.code(), now)
    }

    /// Counts a refusal; whether it is the first of its window.
    fn is_first(&self, subject: Subject, record: &Record, code: &'static str, now: SystemTime) -> bool {
        let source = match &record.principal {
            Some(principal) => principal.name().to_owned(),
            None => OriginKey::of(record.origin.peer).map_or_else(|| "local".to_owned(), OriginKey::label),
        };
        self.aggregates.count(Key { subject, code, source }, now)
    }

    /// Writes the counts of the windows that have ended by `now`, or of all.
    pub(crate) async fn flush_aggregates(&self, now: Option<SystemTime>) {
        for aggregate in self.aggregates.ended(now) {
            if let Err(failure) = self.log.note(event(aggregate)).await {
                tracing::error!(target: "gitoma::audit", error = %failure, "an aggregate could not be recorded");
            }
        }
    }

    /// Says so when checkpoints begin to fail, fail otherwise, or are well again; `said` is what was said last.
    pub(crate) fn report_checkpoints(&self, said: &mut Option<CheckpointFailure>) {
        let status = self.log.status().checkpoints;
        let failing = status.and_then(|status| status.failing);
        if failing == std::mem::replace(said, failing) {
            return;
        }
        let size = status.map_or(0, |status| status.size);
        match failing {
            Some(failure) => tracing::error!(
                target: "gitoma::audit",
                code = failure.code(),
                size,
                "checkpoints of the audit log are not kept as they should be: {failure}"
            ),
            None => {
                tracing::info!(target: "gitoma::audit", size, "checkpoints of the audit log are kept again")
            }
        }
    }

    /// Says so, once, when what opens commitments cannot be kept. How many there are by now stands in health and metrics.
    pub(crate) fn report_undisclosed(&self) {
        let lost = self.log.status().undisclosed;
        if lost > 0 && !self.undisclosed_said.swap(true, Ordering::Relaxed) {
            tracing::error!(
                target: "gitoma::audit",
                lost,
                "what opens commitments of the audit log could not be kept, and nobody can open them; see to the disk, and to the \
                 rights of `private` in the chain's folder"
            );
        }
    }

    /// Flushes ended windows, and looks after the checkpoints and what is kept beside them, for as long as the gateway lives.
    pub(crate) async fn keep_flushing(inner: Weak<Self>) {
        let mut ticks = tokio::time::interval(INTERVAL);
        let mut failing = None;
        loop {
            ticks.tick().await;
            let Some(inner) = Weak::upgrade(&inner) else { return };
            if inner.closing.is_cancelled() {
                return;
            }
            let inner: Arc<Self> = inner;
            inner.flush_aggregates(Some(SystemTime::now())).await;
            inner.limits.sweep();
            inner.failures.sweep(tokio::time::Instant::now().into_std());
            inner.report_checkpoints(&mut failing);
            inner.report_undisclosed();
        }
    }
}

impl Gateway {
    /// Puts on the record that a transport refused by itself, under `code`, a request that is no call: of `principal`, or of somebody who
    /// was not asked who they are, which counts as the refusals of strangers do. A record that takes nothing more changes nothing about
    /// that refusal.
    pub async fn record_refusal(
        &self,
        error_id: CallId,
        principal: Option<Arc<Principal>>,
        origin: Origin,
        code: &'static str,
    ) {
        let inner = &self.inner;
        let call = RawCall::new(String::new(), RawArgs::Malformed, Credential::Absent, origin);
        let mut record = self.record(&call);
        record.call_id = error_id;
        record.principal = principal;
        let is_open = !inner.sealed.load(Ordering::Acquire) && !inner.closing.is_cancelled();
        let gets_an_entry = record.principal.is_some()
            || inner.is_first(Subject::Authentication, &record, code, SystemTime::now());
        if is_open && gets_an_entry && self.enter(&record, code, Kind::Refusal).await.is_err() {
            return;
        }
        let refused = if gets_an_entry {
            record.observe("refused", code, 0)
        } else {
            record.observation("refused", code, 0)
        };
        inner.metrics.observe(&refused);
    }
}

fn event(aggregate: Aggregate) -> Event {
    let Aggregate { key, count, start, end } = aggregate;
    let moment = |time: SystemTime| Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    let counted = gitoma_audit::Aggregate {
        count,
        window_start: moment(start),
        window_end: moment(end),
        scope: None,
        origin: Some(key.source),
        transport: None,
        principal: None,
        tool: None,
        code: Some(key.code),
    };
    match key.subject {
        Subject::Authentication => Event::AuthAggregate(counted),
        Subject::RateLimit => Event::LimitAggregate(counted),
    }
}
