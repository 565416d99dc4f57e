//! What signals tell a running gateway: SIGHUP, to read the policy's file, the principals and their tokens again; SIGUSR1, to halt, and
//! SIGUSR2, to take that back; SIGTERM and SIGINT, to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::watch::{Changed, Principals, Stale};
use super::{Settings, StopDeadline};
use crate::gateway::Gateway;
use crate::halt::HaltSource;
use crate::reload::ReloadError;

impl Settings {
    /// Obeys signals for as long as `gateway`, which these settings made, is there. The handlers stand when this returns. Must be called
    /// within a Tokio runtime.
    ///
    /// # Errors
    /// [`io::Error`] if a signal cannot be listened for.
    pub fn obey_signals(&self, gateway: &Gateway) -> io::Result<()> {
        let hang_up = signal(SignalKind::hangup())?;
        let (stop, go_on) = (signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?);
        tokio::spawn(halt(stop, go_on, gateway.clone()));
        tokio::spawn(read_again(hang_up, self.sources.clone(), gateway.clone()));
        Ok(())
    }
}

/// Ready when the process is told to stop, from which moment on it has until `deadline`. The handlers stand before this returns, and whoever
/// tells it again is told that it is ending. Must be called within a Tokio runtime.
///
/// # Errors
/// [`io::Error`] if a signal cannot be listened for.
pub fn stop_signal(deadline: StopDeadline) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let mut signals = (terminate, interrupt);
        any(&mut signals).await;
        let seconds = deadline.to_string();
        if let Err(error) = deadline.begin() {
            tracing::error!(target: "gitoma::gateway", %error, "no deadline can be set, and the end takes as long as the disk");
        }
        tracing::info!(target: "gitoma::gateway", within = seconds, "told to stop; running requests are finished first");
        tokio::spawn(async move {
            while any(&mut signals).await {
                tracing::info!(target: "gitoma::gateway", within = seconds, "told to stop again, and stopping since before");
            }
        });
    })
}

/// Waits for one of two signals; false once none can come.
async fn any((one, other): &mut (Signal, Signal)) -> bool {
    tokio::select! {
        told = one.recv() => told.is_some(),
        told = other.recv() => told.is_some(),
    }
}

/// Reads the policy's file, the principals and their tokens again at each signal.
async fn read_again(mut signal: Signal, sources: Principals, gateway: Gateway) {
    let inner = std::sync::Arc::downgrade(&gateway.inner);
    drop(gateway);
    while signal.recv().await.is_some() {
        let Some(inner) = inner.upgrade() else { return };
        let gateway = Gateway { inner };
        tracing::info!(target: "gitoma::gateway", "told to read the policy and the tokens again");
        match gateway.reload_policy().await {
            // The gateway has said itself what is wrong with the file.
            Ok(_) | Err(ReloadError::NoFile | ReloadError::Policy(_)) => {}
            Err(error) => tracing::error!(target: "gitoma::policy", %error, "the policy was not read again"),
        }
        if let Err(Stale { why, .. }) =
            sources.take_up(&gateway, Changed { config: true, tokens: true }).await
        {
            tracing::error!(
                target: "gitoma::principals", error = why,
                "the principals or their tokens do not load; those before stay in force"
            );
        }
    }
}

/// Sets and clears the signals' part of the kill switch.
async fn halt(mut stop: Signal, mut go_on: Signal, gateway: Gateway) {
    let inner = std::sync::Arc::downgrade(&gateway.inner);
    drop(gateway);
    loop {
        let set = tokio::select! {
            biased;
            told = stop.recv() => told.map(|()| true),
            told = go_on.recv() => told.map(|()| false),
        };
        let (Some(set), Some(inner)) = (set, inner.upgrade()) else { return };
        let gateway = Gateway { inner };
        if set {
            gateway.halt(HaltSource::Signal, "", None).await;
        } else if let Err(error) = gateway.resume(HaltSource::Signal, None).await {
            tracing::error!(target: "gitoma::gateway", %error, "the kill switch was not cleared");
        }
    }
}
