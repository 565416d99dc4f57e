//! From bytes to one JSON-RPC message: what is good for the protocol library, and what is not, with what is said about it. The same for
//! every way that messages come.

use gitoma_core::{RawArgs, is_crowded};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, GetMeta as _, JsonRpcMessage, ProtocolVersion,
    RequestId, RequestMetaObject,
};
use serde_json::{Value, json};

use crate::MAX_NAME;
use crate::glimpse::Glimpse;
use crate::resources::READ_FILE;
use crate::restriction;

/// The method whose refusals are the gateway's.
const CALL: &str = "tools/call";
/// Another one that is a call.
const READ: &str = "resources/read";
/// The method that opens a session.
const OPEN: &str = "initialize";
/// The methods that are offered. The library knows more, and answers some of them with nothing where they are not there.
const OFFERED: [&str; 12] = [
    OPEN,
    "ping",
    "server/discover",
    "tools/list",
    CALL,
    "resources/list",
    "resources/templates/list",
    READ,
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "subscriptions/listen",
];
/// What is said about any other, without its name.
const UNKNOWN_METHOD: &str = "unknown method";

/// A message that goes no further.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// Its id, if one could be read that can be repeated.
    pub(crate) id: Option<RequestId>,
    /// The call that it was to be, which is the gateway's to refuse.
    pub(crate) call: Option<UnreadableCall>,
    /// Whether it was to open a session.
    pub(crate) opens: bool,
    /// What is said of any other.
    pub(crate) error: ErrorData,
}

/// A tool call that could not be read.
#[derive(Debug)]
pub(crate) struct UnreadableCall {
    /// The tool that it names, as far as that could be read.
    pub(crate) tool: String,
    /// What its metadata says that is given up.
    pub(crate) gives_up: Option<Value>,
    pub(crate) why: RawArgs,
}

impl UnreadableCall {
    /// What `request`, which has the metadata `meta`, says of the call that it was to be, if it was, as the reading of a resource is too: for one
    /// that could be read, and yet goes no further.
    pub(crate) fn of(request: &ClientRequest, meta: &RequestMetaObject) -> Option<Self> {
        let tool = match request {
            ClientRequest::CallToolRequest(call) => call.params.name.to_string(),
            ClientRequest::ReadResourceRequest(_) => READ_FILE.to_owned(),
            _ => return None,
        };
        let gives_up = meta.get(restriction::KEY).cloned();
        Some(Self { tool, gives_up, why: RawArgs::Malformed })
    }
}

impl Unreadable {
    fn new(glimpse: Glimpse, why: RawArgs, error: ErrorData) -> Box<Self> {
        let Glimpse { id, method, tool, gives_up } = glimpse;
        let opens = method.as_deref() == Some(OPEN);
        let tool = match method.as_deref() {
            Some(CALL) => Some(tool.unwrap_or_default()),
            // To read a resource is to call a tool, which is not named.
            Some(READ) => Some(READ_FILE.to_owned()),
            _ => None,
        };
        let call = tool.map(|tool| UnreadableCall { tool, gives_up, why });
        Box::new(Self { id: id.filter(is_short), call, opens, error })
    }

    /// A message of which only the `beginning` was kept, and what is known of its `end`, since it is longer than `limit` bytes.
    pub(crate) fn too_large(beginning: &[u8], end: &[u8], limit: usize) -> Box<Self> {
        let error = ErrorData::invalid_request(format!("the message is larger than {limit} bytes"), None);
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let glimpse = Glimpse::of_parts(without_mark(beginning), end);
        Self::new(glimpse, RawArgs::TooLarge { limit }, error)
    }

    /// A message of which only the `beginning` was read, since its sender went no further; nothing unless that says that it was to be a
    /// call.
    pub(crate) fn cut_off(beginning: &[u8]) -> Option<Box<Self>> {
        let error = ErrorData::parse_error("the message broke off, or took too long", None);
        let cut_off = Self::new(Glimpse::of(without_mark(beginning)), RawArgs::Malformed, error);
        cut_off.call.is_some().then_some(cut_off)
    }

    fn plain(id: Option<RequestId>, error: ErrorData) -> Box<Self> {
        Box::new(Self { id, call: None, opens: false, error })
    }
}

/// Reads `frame`, which is one message.
///
/// # Errors
/// [`Unreadable`]; nothing in it repeats what was sent, but for a short id.
pub(crate) fn read(frame: &[u8]) -> Result<ClientJsonRpcMessage, Box<Unreadable>> {
    let frame = without_mark(frame);
    if is_crowded(frame) {
        let error = ErrorData::invalid_request("the message holds more values than any tool takes", None);
        return Err(Unreadable::new(Glimpse::of(frame), RawArgs::Malformed, error));
    }
    match serde_json::from_slice::<ClientJsonRpcMessage>(frame) {
        Ok(JsonRpcMessage::Request(request)) => {
            check(request.id, request.request).map(|(id, request)| JsonRpcMessage::request(request, id))
        }
        Ok(other) => Ok(other),
        Err(error) if error.is_data() => {
            let error = ErrorData::invalid_request("not a JSON-RPC 2.0 message", None);
            Err(Unreadable::new(Glimpse::of(frame), RawArgs::Malformed, error))
        }
        Err(_syntax) => {
            let error = ErrorData::parse_error("not JSON, or nested too deeply", None);
            let mut unreadable = Unreadable::new(Glimpse::of(frame), RawArgs::Malformed, error);
            // JSON-RPC 2.0 §5: what is no JSON has no id.
            unreadable.id = None;
            Err(unreadable)
        }
    }
}

fn check(id: RequestId, request: ClientRequest) -> Result<(RequestId, ClientRequest), Box<Unreadable>> {
    let version = request.get_meta().protocol_version();
    if !is_short(&id) {
        let error = ErrorData::invalid_request("the request's id is too long", None);
        Err(Unreadable::plain(None, error))
    } else if version.is_some_and(|version| version.as_str().len() > MAX_NAME) {
        let error = ErrorData::invalid_request("the protocol version's name is too long", None);
        Err(Unreadable::plain(Some(id), error))
    } else if !OFFERED.contains(&request.method()) {
        Err(Unreadable::plain(Some(id), unknown_method()))
    } else if let ClientRequest::CustomRequest(custom) = &request {
        // The library takes a request whose parameters it cannot read for one of a method it does not know.
        let tool =
            custom.params.as_ref().and_then(|params| params.get("name")).and_then(|name| name.as_str());
        let glimpse = Glimpse {
            id: Some(id),
            method: Some(custom.method.clone()),
            tool: tool.map(str::to_owned),
            gives_up: custom.get_meta().get(restriction::KEY).cloned(),
        };
        let error = ErrorData::invalid_params("the parameters are not valid", None);
        Err(Unreadable::new(glimpse, RawArgs::Malformed, error))
    } else {
        Ok((id, request))
    }
}

/// What is said about a method that is not offered. The library's own text would be the method's name, as for a `ping` in the era that has
/// none.
pub(crate) fn unknown_method() -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, UNKNOWN_METHOD, None)
}

/// What is said about a version that nobody knows. The protocol has it repeated as data; one that is no version's length is not.
pub(crate) fn unsupported_version(named: &str) -> ErrorData {
    let mut data = json!({ "supported": ProtocolVersion::KNOWN_VERSIONS });
    if let (true, Some(data)) = (named.len() <= MAX_NAME, data.as_object_mut()) {
        data.insert("requested".to_owned(), named.into());
    }
    ErrorData::new(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, "unsupported protocol version", Some(data))
}

/// What is said about a request without the fields `missing` of its metadata.
pub(crate) fn lacking(missing: &[&str]) -> ErrorData {
    let missing = missing.join(", ");
    let what = format!("the request's _meta lacks required fields, or has them malformed: {missing}");
    ErrorData::invalid_params(what, None)
}

/// Whether there is nothing in `frame`.
pub(crate) fn is_blank(frame: &[u8]) -> bool {
    without_mark(frame).trim_ascii().is_empty()
}

/// RFC 8259 §8.1 lets a reader ignore a byte order mark.
fn without_mark(frame: &[u8]) -> &[u8] {
    frame.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(frame)
}

fn is_short(id: &RequestId) -> bool {
    match id {
        RequestId::Number(_) => true,
        RequestId::String(text) => text.len() <= MAX_NAME,
    }
}
