//! What signals tell a running gateway: SIGHUP, to read the policy's file and the tokens again; SIGUSR1, to halt, and
//! SIGUSR2, to take that back.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::watch::Principals;
use super::{ConfigError, Settings};
use crate::gateway::Gateway;
use crate::halt::HaltSource;
use crate::principal::{PrincipalConfig, Secret, TokenConfig, token_digest};
use crate::reload::ReloadError;
use crate::state::read_token;

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

/// Reads the policy's file and the tokens again at each signal.
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
        if let Err(error) = tokens(&sources, &gateway).await {
            tracing::error!(target: "gitoma::principals", error, "the tokens do not load; those before stay in force");
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

async fn tokens(sources: &Principals, gateway: &Gateway) -> Result<(), String> {
    let shared = sources.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let (listed, tokens) = shared.read_again()?;
        let principals = shared.gather_with(listed.clone())?;
        Ok((listed, principals, tokens))
    });
    let read = reading.await.map_err(|_lost| "an internal error".to_owned())?;
    let (listed, principals, tokens) = read.map_err(|error: ConfigError| error.to_string())?;
    // Hidden before anybody can use them.
    gateway.hide(&tokens).await;
    gateway.replace_principals(principals).await.map_err(|error| error.to_string())?;
    sources.list(&listed);
    Ok(())
}

impl Principals {
    /// Reads the files of tokens again: those that are listed, with the tokens they have now, and these tokens.
    fn read_again(&self) -> Result<(Vec<PrincipalConfig>, Vec<Secret>), ConfigError> {
        let mut listed = self.listed.load().to_vec();
        let mut found = Vec::new();
        for (name, path) in &self.files {
            let token = read_token(path)?;
            let principal = listed.iter_mut().find(|principal| principal.name == *name);
            if let Some(principal) = principal {
                principal.tokens = vec![TokenConfig::new(token_digest(token.expose()))];
            }
            found.push(token);
        }
        Ok((listed, found))
    }
}
