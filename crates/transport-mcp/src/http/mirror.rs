//! Headers that repeat parts of a message, for whoever routes requests without reading them (2026-07-28, Streamable HTTP, Request
//! Metadata): the method, the name of what is asked for, and arguments whose schema says so. They must be there and must be true, or
//! somebody on the way has judged another request than the one that arrived.

use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, JsonRpcMessage, ProtocolVersion};
use serde_json::{Map, Value};

use super::headers::{METHOD, NAME, VERSION, single};

/// The key of a property's schema that says which header repeats the argument.
const ANNOTATION: &str = "x-mcp-header";

/// Requires that the headers say what `message` says, if its version has them. `schema` gives the schema of a tool's arguments.
///
/// # Errors
/// Which header is not as it must be; the status is 400.
pub(super) fn check(
    headers: &HeaderMap,
    message: &ClientJsonRpcMessage,
    schema: impl FnOnce(&str) -> Option<std::sync::Arc<Map<String, Value>>>,
) -> Result<(), ErrorData> {
    let version = single(headers, &VERSION).ok().flatten();
    if version.is_none_or(|version| version < ProtocolVersion::STANDARD_HEADERS.as_str()) {
        return Ok(());
    }
    match message {
        JsonRpcMessage::Request(request) => {
            same(headers, &METHOD, "Mcp-Method", request.request.method())?;
            let name = match &request.request {
                ClientRequest::CallToolRequest(call) => &*call.params.name,
                ClientRequest::GetPromptRequest(get) => &get.params.name,
                ClientRequest::ReadResourceRequest(read) => &read.params.uri,
                _ => return Ok(()),
            };
            same(headers, &NAME, "Mcp-Name", name)?;
            let ClientRequest::CallToolRequest(call) = &request.request else { return Ok(()) };
            let Some(schema) = schema(&call.params.name) else { return Ok(()) };
            arguments(headers, &schema, call.params.arguments.as_ref())
        }
        JsonRpcMessage::Notification(notification) => {
            let value = serde_json::to_value(&notification.notification).unwrap_or_default();
            let method = value.get("method").and_then(Value::as_str).unwrap_or_default();
            same(headers, &METHOD, "Mcp-Method", method)
        }
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => Ok(()),
    }
}

/// Requires that the header `name`, which is written `spelt`, says `expected`.
fn same(headers: &HeaderMap, name: &HeaderName, spelt: &str, expected: &str) -> Result<(), ErrorData> {
    match decoded(headers, name, spelt)? {
        Some(said) if said == expected => Ok(()),
        Some(_) => Err(wrong(spelt, "does not say what the message says")),
        None => Err(wrong(spelt, "is missing")),
    }
}

/// Requires of each argument that has a header that they say the same, or that neither is there.
fn arguments(
    headers: &HeaderMap,
    schema: &Map<String, Value>,
    given: Option<&Map<String, Value>>,
) -> Result<(), ErrorData> {
    let Some(Value::Object(properties)) = schema.get("properties") else { return Ok(()) };
    for (property, schema) in properties {
        let given = given.and_then(|given| given.get(property));
        if let Some(Value::String(header)) = schema.get(ANNOTATION) {
            argument(headers, header, given)?;
        }
        if let Value::Object(schema) = schema {
            arguments(headers, schema, given.and_then(Value::as_object))?;
        }
    }
    Ok(())
}

fn argument(headers: &HeaderMap, header: &str, given: Option<&Value>) -> Result<(), ErrorData> {
    let spelt = format!("Mcp-Param-{header}");
    // A schema that names no header asks for none.
    let Ok(name) = HeaderName::from_bytes(spelt.as_bytes()) else { return Ok(()) };
    let given = match given {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => Some(value.to_string()),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => None,
    };
    match (given, decoded(headers, &name, &spelt)?) {
        (None, None) => Ok(()),
        (Some(given), Some(said)) if given == said => Ok(()),
        (Some(_), Some(_)) => Err(wrong(&spelt, "does not say what the message says")),
        (Some(_), None) => Err(wrong(&spelt, "is missing")),
        (None, Some(_)) => Err(wrong(&spelt, "is of an argument that was not given")),
    }
}

/// The header's value, decoded where it is wrapped as `=?base64?…?=`.
fn decoded(headers: &HeaderMap, name: &HeaderName, spelt: &str) -> Result<Option<String>, ErrorData> {
    let value = single(headers, name).map_err(|_ambiguous| wrong(spelt, "must be given once, in ASCII"))?;
    let Some(value) = value else { return Ok(None) };
    let Some(wrapped) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Some(value.to_owned()));
    };
    let bytes = BASE64_STANDARD.decode(wrapped).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| wrong(spelt, "is no Base64 of a text"))
}

fn wrong(spelt: &str, how: &str) -> ErrorData {
    ErrorData::header_mismatch(format!("the {spelt} header {how}"), None)
}

#[cfg(test)]
mod tests;
