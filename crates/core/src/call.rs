//! What a transport hands in and gets back: [`RawCall`] and [`Reply`], with the identifiers that tie a reply, an audit entry and a
//! log line together. Nothing here is judged yet; the pipeline in [`crate::Gateway`] does that.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use gitoma_policy::Transport;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::output::CleanOutput;
use crate::principal::Credential;
use crate::progress::ProgressSink;
use crate::restriction::{BadRestriction, Restriction};
use crate::verdict::PolicyStamp;

/// Names one call for ever: in the reply, in its audit entries, in the log, and as `error_id` of a refusal.
/// A UUIDv7 (RFC 9562 §5.7), so that identifiers sort by time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(Uuid);

impl CallId {
    /// Mints a new identifier.
    #[must_use]
    pub fn mint() -> Self {
        Self(Uuid::now_v7())
    }

    /// The UUID itself.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CallId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for CallId {
    fn schema_name() -> Cow<'static, str> {
        "CallId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let about =
            "Names one call for ever: a UUIDv7, the same in the reply, the log and the audit entries.";
        schemars::json_schema!({ "type": "string", "format": "uuid", "description": about })
    }
}

/// The caller's own identifier of a request (`X-Request-Id`): 1 to 64 of `A-Za-z0-9._-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// Accepts `text` if it has the allowed shape; anything else is `None`, and the call goes on without one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        good.then(|| Self(text.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The trace id of a W3C `traceparent` header (32 lowercase hexadecimal digits, not all zero).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(Arc<str>);

impl TraceId {
    /// Takes the trace id out of a `traceparent` value (W3C Trace Context §3.2.2), or `None` if the value is malformed.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        let mut parts = value.split('-');
        let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
        let hexadecimal = |text: &str, len: usize| {
            text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let good = hexadecimal(version, 2)
            && version != "ff"
            && hexadecimal(trace, 32)
            && hexadecimal(parent, 16)
            && trace.bytes().any(|b| b != b'0');
        good.then(|| Self(trace.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a call came from: the transport, and who is at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The transport that received the call.
    pub transport: Transport,
    /// The other end.
    pub peer: Peer,
}

/// The other end of a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peer {
    /// A process of this machine that holds our standard input, or the embedding program itself.
    Local,
    /// A network peer, as the socket names it.
    Address(IpAddr),
    /// A network peer behind a proxy, as that names it; or the proxy itself, where it names none. It is never taken for this machine.
    Forwarded(IpAddr),
}

impl Peer {
    /// Whether it is on this machine, as far as the system says so: there nobody is locked out for another's failures.
    pub(crate) fn is_this_machine(self) -> bool {
        match self {
            Self::Local => true,
            Self::Address(address) => address.to_canonical().is_loopback(),
            Self::Forwarded(_) => false,
        }
    }
}

/// The arguments of a call as they arrived.
#[derive(Debug, Clone)]
pub enum RawArgs {
    /// A JSON object.
    Object(Map<String, Value>),
    /// The transport could not read a JSON object out of what it received.
    Malformed,
    /// The transport stopped reading: the message is larger than `limit` bytes.
    TooLarge {
        /// The limit that was exceeded, in bytes.
        limit: u64,
    },
    /// The transport stopped reading: the caller's other requests take all room that there is for bodies
    /// ([`Gateway::hold_body`](crate::Gateway::hold_body)).
    NoRoom,
}

/// One tool call as a transport extracted it: unauthenticated, unparsed, unjudged.
#[derive(Debug)]
pub struct RawCall {
    /// The tool's name as given.
    pub tool: String,
    /// The arguments as given.
    pub arguments: RawArgs,
    /// What the caller presented to prove who it is.
    pub credential: Credential,
    /// Where the call came from.
    pub origin: Origin,
    /// The caller's own request id, if it sent a well-formed one.
    pub correlation_id: Option<CorrelationId>,
    /// The W3C trace id, if the caller sent a well-formed one.
    pub trace_id: Option<TraceId>,
    /// What the caller gives up for this call; it can never widen its rights. Where nobody can tell what it wanted to give up, the
    /// call is refused for that reason.
    pub restriction: Result<Restriction, BadRestriction>,
    /// Cancelled by the transport when the caller gives up.
    pub cancel: CancellationToken,
    /// Where the call tells how far it has come, if its caller wants to know.
    pub progress: Option<ProgressSink>,
    /// Whether a person may be asked about it, and an approval used up: by itself, yes. Of a call that nobody made on purpose, such as one
    /// for a value that a client offers while somebody types, what policy asks about is denied.
    pub may_ask: bool,
}

impl RawCall {
    /// A call with `arguments` by `credential` from `origin`, and nothing optional.
    #[must_use]
    pub fn new(tool: impl Into<String>, arguments: RawArgs, credential: Credential, origin: Origin) -> Self {
        Self {
            tool: tool.into(),
            arguments,
            credential,
            origin,
            correlation_id: None,
            trace_id: None,
            restriction: Ok(Restriction::default()),
            cancel: CancellationToken::new(),
            progress: None,
            may_ask: true,
        }
    }
}

/// What an executed call gives back.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Reply {
    /// Names the call.
    pub call_id: CallId,
    /// The policy that judged it; a transport says so beside the answer.
    #[serde(skip)]
    pub policy: PolicyStamp,
    /// The redacted, capped result.
    pub result: CleanOutput,
    /// Whether nothing was carried out, since a call under the same idempotency key had been; the result is that one's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// How many secrets were replaced by the placeholder.
    pub redactions: u64,
    /// How many characters and sequences were taken out that a reader does not see: a sign of an attempt to deceive.
    pub hidden: u64,
    /// How many large payloads gave way to their size and digest.
    pub elided: u64,
    /// Whether something was left out for size: a cursor in the result continues, otherwise a narrower call does.
    pub truncated: bool,
}
