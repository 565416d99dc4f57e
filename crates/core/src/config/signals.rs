//! What signals tell a running gateway: SIGHUP, to read the policy's file, the principals and their tokens again; SIGUSR1, to halt, and
//! SIGUSR2, to take that back; SIGTERM and SIGINT, to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

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
/// tells it again is told that it is ending. A thread of its own listens: a disk that hangs can hold every thread of the runtime, and the
/// deadline must begin all the same.
///
/// # Errors
/// [`io::Error`] if a signal cannot be listened for.
pub fn stop_signal(deadline: StopDeadline) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let told = CancellationToken::new();
    let telling = told.clone();
    let (stand, standing) = std::sync::mpsc::sync_channel(1);
    let listener = std::thread::Builder::new().name("stop-signal".to_owned());
    listener.spawn(move || {
        let listening =
            tokio::runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
                let entered = runtime.enter();
                let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
                drop(entered);
                Ok((runtime, signals))
            });
        match listening {
            Ok((runtime, signals)) => {
                let _ = stand.send(Ok(()));
                runtime.block_on(listen(signals, deadline, &telling));
            }
            // Whoever waits for it is there.
            Err(error) => drop(stand.send(Err(error))),
        }
    })?;
    standing.recv().unwrap_or_else(|_gone| Err(io::ErrorKind::BrokenPipe.into()))?;
    Ok(told.cancelled_owned())
}

/// Tells of the first signal, and answers the others, for as long as there is a process.
async fn listen(mut signals: (Signal, Signal), deadline: StopDeadline, telling: &CancellationToken) {
    let within = deadline.seconds();
    if !any(&mut signals).await {
        return;
    }
    if let Err(error) = deadline.begin() {
        tracing::error!(target: "gitoma::gateway", %error, "no deadline can be set, and the end takes as long as the disk");
    }
    tracing::info!(target: "gitoma::gateway", within, "told to stop; running requests are finished first");
    telling.cancel();
    while any(&mut signals).await {
        tracing::info!(target: "gitoma::gateway", within, "told to stop again, and stopping since before");
    }
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
