//! `POST`: one message of the client. What it is decides how it is taken; whatever it is, it was let in first, and is charged to the
//! caller's limits once.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rmcp::ServerHandler as _;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, GetMeta as _, InitializeRequest,
    JsonRpcMessage, JsonRpcRequest, ProtocolVersion, RequestId, ServerJsonRpcMessage, ServerResult,
};

use super::body::{self, MAX_BODY, Read};
use super::era::{self, Era};
use super::exchange::{Asked, Exchange, Held};
use super::headers::{EVENTS, JSON, SESSION, is_json, takes};
use super::line::Look;
use super::room::Place;
use super::session::{Session, Unfit};
use super::{Visit, answers, mirror};
use crate::frame::{self, Unreadable};

/// Either is an answer; the second one cut the way short.
type Answered = Result<Response, Box<Response>>;

impl Visit {
    pub(super) async fn post(self, request: Request) -> Response {
        self.take(request).await.unwrap_or_else(|refused| *refused)
    }

    async fn take(self, request: Request) -> Answered {
        let (head, body) = request.into_parts();
        let headers = head.headers;
        if !is_json(&headers) {
            self.charge().await?;
            let what = "the Content-Type header must be application/json";
            return Err(Box::new(answers::invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, what)));
        }
        if !(takes(&headers, JSON) && takes(&headers, EVENTS)) {
            self.charge().await?;
            let what = "the Accept header must have application/json and text/event-stream";
            return Err(Box::new(answers::invalid(StatusCode::NOT_ACCEPTABLE, what)));
        }
        let place = self.room.body(body::extent(&body)).ok_or_else(|| Box::new(answers::busy(None)))?;
        let message = match body::read(body).await {
            Read::Whole(bytes) => {
                frame::read(&bytes).map_err(|unreadable| (StatusCode::BAD_REQUEST, unreadable))
            }
            Read::TooLarge(beginning) => {
                Err((StatusCode::PAYLOAD_TOO_LARGE, Unreadable::too_large(&beginning, MAX_BODY)))
            }
            Read::Broken => {
                self.charge().await?;
                let what = "the body broke off, or took longer than 30 s";
                return Err(Box::new(answers::invalid(StatusCode::BAD_REQUEST, what)));
            }
        };
        let message = match message {
            Ok(message) => message,
            Err((status, unreadable)) => {
                return Err(Box::new(self.refuse(&headers, status, *unreadable).await));
            }
        };
        match era::of(&headers, &message) {
            Ok(Era::Alone) => self.alone(&headers, message, place).await,
            Ok(Era::Session) => self.of_session(&headers, message, place).await,
            Err(error) => {
                self.charge().await?;
                let status = match error.code {
                    ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
                    _ => StatusCode::BAD_REQUEST,
                };
                Err(Box::new(answers::error(status, id_of(&message), error)))
            }
        }
    }

    /// Refuses what could not be read. If it was a tool call, the gateway refuses it, and records that.
    async fn refuse(&self, headers: &HeaderMap, status: StatusCode, unreadable: Unreadable) -> Response {
        let Unreadable { id, call, opens, error } = unreadable;
        let Some(call) = call else {
            if let Err(refused) = self.charge().await {
                return *refused;
            }
            let era = era::of_headers(headers);
            let error = match (error.code, &era) {
                (ErrorCode::INVALID_PARAMS, Ok(Era::Alone)) if opens => frame::unknown_method(),
                _ => error,
            };
            // 2026-07-28 has a status for this; before, an error was an answer like any other.
            let status = match (error.code, era) {
                (ErrorCode::METHOD_NOT_FOUND, Ok(Era::Alone)) => StatusCode::NOT_FOUND,
                (ErrorCode::METHOD_NOT_FOUND, _) => StatusCode::OK,
                _ => status,
            };
            return answers::error(status, id, error);
        };
        let (error, refusal) = self.server().refuse_unread(call).await;
        let waits = refusal.is_some_and(|refusal| refusal.retry_after().is_some());
        answers::error(if waits { StatusCode::TOO_MANY_REQUESTS } else { status }, id, error)
    }

    /// A message that says by itself all that must be known.
    async fn alone(self, headers: &HeaderMap, message: ClientJsonRpcMessage, place: Place) -> Answered {
        let origin = self.caller.origin();
        let schema =
            |name: &str| self.inner.gateway.tool(&self.principal, origin, name).map(|spec| spec.input_schema);
        if let Err(error) = mirror::check(headers, &message, schema) {
            self.charge().await?;
            return Err(Box::new(answers::error(StatusCode::BAD_REQUEST, id_of(&message), error)));
        }
        let request = match message {
            JsonRpcMessage::Request(request) => request,
            // Whoever no longer wants an answer closes its stream.
            JsonRpcMessage::Notification(_) => {
                self.charge().await?;
                return Ok(answers::accepted());
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {
                self.charge().await?;
                let what = "nothing was asked that this could be an answer to";
                return Err(Box::new(answers::invalid(StatusCode::BAD_REQUEST, what)));
            }
        };
        let JsonRpcRequest { id, request, .. } = request;
        let meta = request.get_meta();
        let unfit = !meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty();
        let known =
            meta.protocol_version().is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version));
        if let (ClientRequest::SubscriptionsListenRequest(listen), true, false) = (&request, known, unfit) {
            drop(place);
            return self.subscribe(id, meta.clone(), &listen.params.notifications).await;
        }
        if unfit || !known || !is_charged_by_the_gateway(&request) {
            self.charge().await?;
        }
        let held = self.held(&id, place, None)?;
        let peer = self.inner.peers.alone();
        let exchange = Exchange::begin(Asked { server: self.server(), id, request, peer, held }, self.look());
        Ok(exchange.answer(|answer| answers::status(answer, unfit)).await)
    }

    /// A message that belongs to a session, or opens one.
    async fn of_session(self, headers: &HeaderMap, message: ClientJsonRpcMessage, place: Place) -> Answered {
        let JsonRpcRequest { id, request, .. } = match message {
            JsonRpcMessage::Request(request) => request,
            JsonRpcMessage::Notification(notification) => {
                let session = self.session(headers);
                let cancels = match (&session, &notification.notification) {
                    (Ok(session), ClientNotification::CancelledNotification(cancelled)) => {
                        cancelled.params.request_id.as_ref().is_some_and(|id| session.cancel(id))
                    }
                    _ => false,
                };
                // What a client cancels it was charged for; it need not have anything left for that.
                if !cancels {
                    self.charge().await?;
                }
                return session.map(|_| answers::accepted());
            }
            // Nothing is asked of clients, and what they say to that leads nowhere.
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {
                self.charge().await?;
                return self.session(headers).map(|_| answers::accepted());
            }
        };
        if let ClientRequest::InitializeRequest(initialize) = request {
            self.charge().await?;
            return self.open(id, &initialize);
        }
        let session = match self.session(headers) {
            Ok(session) => session,
            Err(refused) => {
                self.charge().await?;
                return Err(refused);
            }
        };
        if !is_charged_by_the_gateway(&request) {
            self.charge().await?;
        }
        let held = self.held(&id, place, Some(&session))?;
        let peer = self.inner.peers.session(session.version());
        let exchange = Exchange::begin(Asked { server: self.server(), id, request, peer, held }, self.look());
        Ok(exchange.answer(|_| StatusCode::OK).await)
    }

    /// Opens a session.
    fn open(&self, id: RequestId, initialize: &InitializeRequest) -> Answered {
        let opened = match self.server().negotiate_initialize(&initialize.params) {
            Ok(opened) => opened,
            Err(error) => return Err(Box::new(answers::error(StatusCode::BAD_REQUEST, Some(id), error))),
        };
        let version = opened.protocol_version.clone();
        let session = self.inner.sessions.open(self.principal.name(), version);
        let session = session.ok_or_else(|| Box::new(answers::busy(Some(id.clone()))))?;
        let answer = ServerJsonRpcMessage::response(ServerResult::InitializeResult(opened), id);
        let mut response = answers::message(StatusCode::OK, &answer);
        let name = HeaderValue::try_from(session.id().as_ref());
        let name = name.map_err(|_| Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response()))?;
        response.headers_mut().insert(SESSION, name);
        Ok(response)
    }

    /// The places of a request: its caller's, and its session's.
    fn held(
        &self,
        id: &RequestId,
        body: Place,
        session: Option<&Arc<Session>>,
    ) -> Result<Held, Box<Response>> {
        let request = self.room.request().ok_or_else(|| Box::new(answers::busy(Some(id.clone()))))?;
        let running = session.map(|session| session.begin(id, self.inner.bounds.session_requests));
        let running = running.transpose().map_err(|unfit| {
            Box::new(match unfit {
                Unfit::Full => answers::busy(Some(id.clone())),
                Unfit::InUse => answers::invalid(StatusCode::BAD_REQUEST, "the request's id is in use"),
            })
        })?;
        Ok(Held { _body: body, _request: request, running })
    }

    /// How a stream finds out that its client is no longer let in.
    pub(super) fn look(&self) -> Look {
        Look {
            gateway: self.inner.gateway.clone(),
            credential: self.caller.credential.clone(),
            every: self.inner.bounds.look,
        }
    }
}

/// Whether the gateway charges the request itself, since it hears of it.
fn is_charged_by_the_gateway(request: &ClientRequest) -> bool {
    matches!(
        request,
        ClientRequest::CallToolRequest(_)
            | ClientRequest::ListToolsRequest(_)
            | ClientRequest::ListResourcesRequest(_)
            | ClientRequest::ListResourceTemplatesRequest(_)
            | ClientRequest::ReadResourceRequest(_)
            | ClientRequest::ListPromptsRequest(_)
            | ClientRequest::GetPromptRequest(_)
            | ClientRequest::CompleteRequest(_)
    )
}

fn id_of(message: &ClientJsonRpcMessage) -> Option<RequestId> {
    match message {
        JsonRpcMessage::Request(request) => Some(request.id.clone()),
        JsonRpcMessage::Response(_) | JsonRpcMessage::Notification(_) | JsonRpcMessage::Error(_) => None,
    }
}
