//! Setting and clearing parts of the kill switch, and keeping the record of it.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use gitoma_audit::Event;
use gitoma_redact::Redactor;

use super::marks::LONGEST_REASON;
use super::{Change, Halt, HaltSource, HaltStatus, Part, UNKEPT};
use crate::approval::shown_text as shown;
use crate::gateway::{Gateway, Inner};
use crate::refusal::RefusalKind;

/// How often the files are looked at where no call does.
const PERIOD: Duration = Duration::from_millis(250);

/// Why a part of the kill switch could not be cleared: it is still set.
#[derive(Debug, thiserror::Error)]
#[error(
    "the part of the kill switch that administrators set could not be cleared; its file cannot be taken away"
)]
pub struct HaltError(#[source] std::io::Error);

impl Halt {
    /// Sets a part that files do not say: of a signal, or of an administrator. What stands in the way of keeping the latter is returned; the
    /// part is set all the same.
    fn set(&self, source: HaltSource, reason: &str, who: Option<&Arc<str>>) -> std::io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let said = |_source| Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        let before = self.bits.load(std::sync::atomic::Ordering::Acquire);
        if source != HaltSource::Admin {
            self.apply(&mut known, before | source.bit(), who, said);
            return Ok(());
        }
        // At once; the file is for later, and for others.
        self.apply(&mut known, before | UNKEPT, who, said);
        let Some(marks) = &self.marks else { return Ok(()) };
        marks.set(source, reason)?;
        let after = before & !UNKEPT | source.bit();
        self.apply(&mut known, after, who, said);
        Ok(())
    }

    fn clear(&self, source: HaltSource, who: Option<&Arc<str>>) -> std::io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(marks) = &self.marks {
            marks.clear(source)?;
        }
        let before = self.bits.load(std::sync::atomic::Ordering::Acquire);
        let mask = if source == HaltSource::Admin { source.bit() | UNKEPT } else { source.bit() };
        self.apply(&mut known, before & !mask, who, |_source| None);
        Ok(())
    }

    fn status(&self, redactor: &Redactor) -> HaltStatus {
        let parts = self.parts();
        let by = HaltSource::ALL.into_iter().filter(|source| parts.iter().any(|part| part.source == *source));
        let reasons = parts.iter().filter_map(|part: &Part| part.reason.as_deref());
        HaltStatus {
            halted: !parts.is_empty(),
            by: by.collect(),
            at: parts.iter().map(|part| part.at).min(),
            reason: reasons.map(|reason| shown(redactor, reason)).next(),
        }
    }
}

impl Inner {
    /// Refuses while the kill switch is set.
    pub(crate) fn unless_halted(&self) -> Result<(), RefusalKind> {
        if self.halt.is_set() { Err(RefusalKind::Halted { executed: false }) } else { Ok(()) }
    }

    /// Puts on the record what was set and cleared since this was done last.
    pub(crate) async fn record_halts(&self) {
        let changes = {
            let mut known = self.halt.known.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut known.changes)
        };
        for Change { source, set, who, reason } in changes {
            let redactor = Arc::clone(&self.snapshot.load().redactor);
            let reason = reason.map(|reason| shown(&redactor, &reason));
            let (by, state) = (source.as_str(), if set { "set" } else { "cleared" });
            if set {
                tracing::error!(
                    target: "gitoma::gateway", by, principal = who.as_deref(), reason,
                    "the kill switch is set: every call is refused until it is cleared"
                );
            } else {
                tracing::warn!(target: "gitoma::gateway", by, principal = who.as_deref(), "a part of the kill switch is cleared");
            }
            let detail = match reason {
                Some(reason) => format!("by {by}: {reason}"),
                None => format!("by {by}"),
            };
            let event = Event::Switch { principal: who, switch: "halt", state, detail: Some(detail) };
            if let Err(failure) = self.log.note(event).await {
                tracing::error!(target: "gitoma::audit", error = %failure, "a turn of the kill switch could not be recorded");
            }
        }
    }

    /// Looks at the kill switch for as long as the gateway lives, so that it shows, and stops what runs, where no call comes.
    pub(crate) async fn keep_halting(inner: Weak<Self>) {
        loop {
            let Some(strong) = inner.upgrade() else { return };
            let closing = strong.closing.is_cancelled();
            strong.halt.is_set();
            strong.record_halts().await;
            if closing {
                return;
            }
            let halt = Arc::clone(&strong.halt);
            drop(strong);
            let _ = tokio::time::timeout(PERIOD, halt.changed.notified()).await;
        }
    }
}

impl Gateway {
    /// Sets a part of the kill switch: from now on every call is refused, what runs is stopped where its effect has not begun, and nobody
    /// decides approvals. `who` is on the record. An administrator's part outlives the process where there is a state directory.
    pub async fn halt(&self, source: HaltSource, reason: &str, who: Option<&str>) -> HaltStatus {
        let reason = clean(reason);
        let (halt, who) = (Arc::clone(&self.inner.halt), who.map(Arc::from));
        let set = tokio::task::spawn_blocking(move || halt.set(source, &reason, who.as_ref()));
        if let Ok(Err(error)) = set.await {
            tracing::error!(target: "gitoma::gateway", %error, "the kill switch is set, but no restart will know of it");
        }
        self.inner.record_halts().await;
        self.halt_status()
    }

    /// Clears a part of the kill switch; others may still be set. The operator's file is cleared by taking it away.
    ///
    /// # Errors
    /// [`HaltError`] if the part is kept in a file that cannot be taken away.
    pub async fn resume(&self, source: HaltSource, who: Option<&str>) -> Result<HaltStatus, HaltError> {
        let (halt, who) = (Arc::clone(&self.inner.halt), who.map(Arc::from));
        let cleared = tokio::task::spawn_blocking(move || halt.clear(source, who.as_ref())).await;
        cleared.unwrap_or(Ok(())).map_err(HaltError)?;
        self.inner.record_halts().await;
        Ok(self.halt_status())
    }

    /// The state of the kill switch.
    #[must_use]
    pub fn halt_status(&self) -> HaltStatus {
        self.inner.halt.status(&self.inner.snapshot.load().redactor)
    }
}

/// The first line, as long as one may be.
fn clean(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default().trim();
    let end = line.floor_char_boundary(LONGEST_REASON);
    line.get(..end).unwrap_or_default().to_owned()
}
