//! `POST`: one message of the client. What it is decides how it is taken; whatever it is, it was let in first, and is charged to the
//! caller's limits once.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{HeldBody, Refusal};
use rmcp::ServerHandler as _;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, ErrorData, GetMeta as _,
    InitializeRequest, JsonRpcMessage, JsonRpcRequest, ProtocolVersion, RequestId, ServerJsonRpcMessage,
    ServerResult,
};

use super::body::{self, MAX_BODY, Read};
use super::era::{self, Era};
use super::exchange::{Asked, Exchange, Held};
use super::headers::{EVENTS, JSON, SESSION, is_json, takes};
use super::line::Look;
use super::listening::MissingSession;
use super::session::{Session, Unfit};
use super::{Visit, answers, mirror};
use crate::frame::{self, Unreadable, UnreadableCall};

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
        let mut kept = self.inner.gateway.hold_body(&self.principal);
        if !kept.grow(body::extent(&body)) {
            self.charge().await?;
            return Err(self.turn_away("busy", answers::busy(None)).await);
        }
        let message = match body::read(body).await {
            Read::Whole(bytes) => {
                kept.shrink_to(bytes.len());
                frame::read(&bytes).map_err(|unreadable| (StatusCode::BAD_REQUEST, unreadable))
            }
            Read::TooLarge(beginning) => {
                Err((StatusCode::PAYLOAD_TOO_LARGE, Unreadable::too_large(&beginning, &[], MAX_BODY)))
            }
            Read::Broken(beginning) => match Unreadable::cut_off(&beginning) {
                Some(cut_off) => Err((StatusCode::BAD_REQUEST, cut_off)),
                None => {
                    self.charge().await?;
                    let what = "the body broke off, or took longer than 30 s";
                    return Err(Box::new(answers::invalid(StatusCode::BAD_REQUEST, what)));
                }
            },
        };
        let message = match message {
            Ok(message) => message,
            Err((status, unreadable)) => {
                return Err(Box::new(self.refuse(&headers, status, *unreadable).await));
            }
        };
        match era::of(&headers, &message) {
            Ok(Era::Alone) => self.alone(&headers, message, kept).await,
            Ok(Era::Session) => self.of_session(&headers, message, kept).await,
            Err(error) => {
                let status = match error.code {
                    ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
                    _ => StatusCode::BAD_REQUEST,
                };
                Err(self.decline(call_of(&message), id_of(&message), status, error).await)
            }
        }
    }

    /// Refuses for `error`, with `status`, a message that was read and goes no further. If it was the tool call `call`, the gateway refuses it,
    /// and records that.
    async fn decline(
        &self,
        call: Option<UnreadableCall>,
        id: Option<RequestId>,
        status: StatusCode,
        error: ErrorData,
    ) -> Box<Response> {
        let Some(call) = call else {
            return match self.charge().await {
                Ok(()) => Box::new(answers::error(status, id, error)),
                Err(refused) => refused,
            };
        };
        let (error, refusal) = self.server().refuse_call(call, error).await;
        Box::new(answers::error(waiting(refusal.as_ref()).unwrap_or(status), id, error))
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
        let (error, refusal) = self.server().refuse_unread(call, error).await;
        answers::error(waiting(refusal.as_ref()).unwrap_or(status), id, error)
    }

    /// A message that says by itself all that must be known.
    async fn alone(self, headers: &HeaderMap, message: ClientJsonRpcMessage, kept: HeldBody) -> Answered {
        let origin = self.caller.origin();
        let schema =
            |name: &str| self.inner.gateway.tool(&self.principal, origin, name).map(|spec| spec.input_schema);
        if let Err(error) = mirror::check(headers, &message, schema) {
            let (call, id) = (call_of(&message), id_of(&message));
            return Err(self.decline(call, id, StatusCode::BAD_REQUEST, error).await);
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
            drop(kept);
            return self.subscribe(id, meta.clone(), &listen.params.notifications).await;
        }
        let reaches_the_gateway = match &request {
            // Of a call that is unfit it hears too.
            ClientRequest::CallToolRequest(_) => true,
            other => !unfit && known && is_charged_by_the_gateway(other),
        };
        if !reaches_the_gateway {
            self.charge().await?;
        }
        let held = self.held((&id, &request), kept, None).await?;
        let peer = self.inner.peers.alone();
        let exchange = Exchange::begin(Asked { server: self.server(), id, request, peer, held }, self.look());
        Ok(exchange.answer(|answer| answers::status(answer, unfit)).await)
    }

    /// A message that belongs to a session, or opens one.
    async fn of_session(
        self,
        headers: &HeaderMap,
        message: ClientJsonRpcMessage,
        kept: HeldBody,
    ) -> Answered {
        let JsonRpcRequest { id, request, .. } = match message {
            JsonRpcMessage::Request(request) => request,
            JsonRpcMessage::Notification(notification) => {
                let session = self.find_session(headers);
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
                return match session {
                    Ok(_session) => Ok(answers::accepted()),
                    Err(missing) => Err(self.without_session(missing).await),
                };
            }
            // Nothing is asked of clients, and what they say to that leads nowhere.
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {
                self.charge().await?;
                return self.session(headers).await.map(|_| answers::accepted());
            }
        };
        if let ClientRequest::InitializeRequest(initialize) = request {
            self.charge().await?;
            return self.open(id, &initialize);
        }
        let session = match self.find_session(headers) {
            Ok(session) => session,
            Err(MissingSession::Unnamed) => {
                let call = UnreadableCall::of(&request, request.get_meta());
                let error = ErrorData::invalid_request(MissingSession::Unnamed.to_string(), None);
                return Err(self.decline(call, Some(id), StatusCode::BAD_REQUEST, error).await);
            }
            Err(unknown) => {
                self.charge().await?;
                return Err(self.without_session(unknown).await);
            }
        };
        if !is_charged_by_the_gateway(&request) {
            self.charge().await?;
        }
        let held = self.held((&id, &request), kept, Some(&session)).await?;
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
    async fn held(
        &self,
        (id, request): (&RequestId, &ClientRequest),
        body: HeldBody,
        session: Option<&Arc<Session>>,
    ) -> Result<Held, Box<Response>> {
        let begin = |session: &Arc<Session>| session.begin(id, self.inner.bounds.session_requests);
        let placed = match (self.room.request(), session.map(begin).transpose()) {
            (Some(place), Ok(running)) => Ok((place, running)),
            (None, _) => Err(Unfit::Full),
            (_, Err(unfit)) => Err(unfit),
        };
        let call = || UnreadableCall::of(request, request.get_meta());
        match placed {
            Ok((place, running)) => Ok(Held { _body: body, _request: place, running }),
            Err(Unfit::InUse) => {
                let error = ErrorData::invalid_request("the request's id is in use", None);
                if is_charged_by_the_gateway(request) {
                    return Err(self.decline(call(), None, StatusCode::BAD_REQUEST, error).await);
                }
                Err(Box::new(answers::error(StatusCode::BAD_REQUEST, None, error)))
            }
            Err(Unfit::Full) => {
                // What the gateway would have charged does not come so far.
                if is_charged_by_the_gateway(request) {
                    self.charge().await?;
                }
                let busy = answers::busy(Some(id.clone()));
                Err(if call().is_some() { self.turn_away("busy", busy).await } else { Box::new(busy) })
            }
        }
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

/// The status of a refusal that waiting helps with.
fn waiting(refusal: Option<&Refusal>) -> Option<StatusCode> {
    refusal.and_then(Refusal::retry_after).map(|_seconds| StatusCode::TOO_MANY_REQUESTS)
}

/// The tool call that `message` is, if it is one.
fn call_of(message: &ClientJsonRpcMessage) -> Option<UnreadableCall> {
    let JsonRpcMessage::Request(request) = message else { return None };
    UnreadableCall::of(&request.request, request.request.get_meta())
}

fn id_of(message: &ClientJsonRpcMessage) -> Option<RequestId> {
    match message {
        JsonRpcMessage::Request(request) => Some(request.id.clone()),
        JsonRpcMessage::Response(_) | JsonRpcMessage::Notification(_) | JsonRpcMessage::Error(_) => None,
    }
}
