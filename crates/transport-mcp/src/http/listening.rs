//! `GET` and `DELETE`, which sessions have: a stream for what the server has to say of itself, and the end of the session.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rmcp::model::ServerJsonRpcMessage;
use tokio::sync::mpsc;

use super::era::Era;
use super::headers::{EVENTS, SESSION, single, takes};
use super::line::Line;
use super::session::Session;
use super::{Visit, answers, era};
use crate::changes::{Changes, offered};

/// How many news may wait for the client to read them. What comes meanwhile is told once.
pub(super) const WAITING: usize = 2;

impl Visit {
    /// Opens the stream of a session for what the server has to say of itself: that lists are others.
    pub(super) async fn get(self, headers: &HeaderMap) -> Response {
        self.listen(headers).await.unwrap_or_else(|refused| *refused)
    }

    async fn listen(&self, headers: &HeaderMap) -> Result<Response, Box<Response>> {
        self.charge().await?;
        of_sessions(headers)?;
        if !takes(headers, EVENTS) {
            let what = "the Accept header must have text/event-stream";
            return Err(Box::new(answers::invalid(StatusCode::NOT_ACCEPTABLE, what)));
        }
        let session = self.session(headers).await?;
        let restriction = self.server().left_by_headers().await;
        let restriction =
            restriction.map_err(|error| Box::new(answers::error(StatusCode::BAD_REQUEST, None, error)))?;
        let listening = session.listen();
        // The end of the server, too, ends the stream.
        let (end, stopping) = (listening.end().clone(), self.inner.stopping.clone());
        let (sender, frames) = mpsc::channel(WAITING);
        let ended = end.clone();
        let mut changes = Changes::new(self.inner.gateway.clone(), self.caller.clone(), restriction);
        tokio::spawn(async move {
            loop {
                let changed = tokio::select! {
                    biased;
                    () = stopping.cancelled() => return,
                    () = ended.cancelled() => return,
                    changed = changes.next() => changed,
                };
                let Some(changed) = changed else { return };
                for notice in changed.told(&offered()) {
                    // Who is gone needs no news.
                    drop(sender.send(ServerJsonRpcMessage::notification(notice)).await);
                }
            }
        });
        Ok(Line { first: answers::SILENCE, frames, end, look: self.look(), held: listening }.answer())
    }

    /// Ends a session.
    pub(super) async fn delete(self, headers: &HeaderMap) -> Response {
        self.end(headers).await.unwrap_or_else(|refused| *refused)
    }

    async fn end(&self, headers: &HeaderMap) -> Result<Response, Box<Response>> {
        self.charge().await?;
        of_sessions(headers)?;
        let session = self.session(headers).await?;
        self.inner.sessions.end(session.id(), self.principal.name());
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    /// The session that `headers` name, if it is the caller's, who was charged for the request.
    pub(super) async fn session(&self, headers: &HeaderMap) -> Result<Arc<Session>, Box<Response>> {
        match self.find_session(headers) {
            Ok(session) => Ok(session),
            Err(missing) => Err(self.without_session(missing).await),
        }
    }

    /// The same, and nothing said to anybody.
    pub(super) fn find_session(&self, headers: &HeaderMap) -> Result<Arc<Session>, MissingSession> {
        let Ok(Some(id)) = single(headers, &SESSION) else { return Err(MissingSession::Unnamed) };
        self.inner.sessions.find(id, self.principal.name()).ok_or(MissingSession::Unknown)
    }

    /// The answer to a request, which was charged, that belongs to no session of the caller. One that names a session, which may be
    /// somebody else's, is on the record.
    pub(super) async fn without_session(&self, missing: MissingSession) -> Box<Response> {
        match missing {
            MissingSession::Unnamed => {
                Box::new(answers::invalid(StatusCode::BAD_REQUEST, &missing.to_string()))
            }
            MissingSession::Unknown => {
                let answer = answers::invalid(StatusCode::NOT_FOUND, &missing.to_string());
                self.turn_away("unknown_session", answer).await
            }
        }
    }
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MissingSession {
    /// No header names one, or several do.
    #[error(
        "the Mcp-Session-Id header must be given once; a request that is not `initialize` belongs to a session"
    )]
    Unnamed,
    /// The caller has none of that name. Whether somebody else has is not told.
    #[error("there is no such session; begin a new one with `initialize`")]
    Unknown,
}

/// Requires that the version the headers name is one that has sessions.
fn of_sessions(headers: &HeaderMap) -> Result<(), Box<Response>> {
    match era::of_headers(headers) {
        Ok(Era::Session) => Ok(()),
        Ok(Era::Alone) => Err(Box::new(answers::unknown_method(answers::ONE_METHOD))),
        Err(error) => Err(Box::new(answers::error(StatusCode::BAD_REQUEST, None, error))),
    }
}
