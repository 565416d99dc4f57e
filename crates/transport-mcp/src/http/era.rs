//! Which era a message is of: one of a session (up to 2025-11-25), or one that stands alone (2026-07-28). The message decides, and where the
//! headers say otherwise it is neither.

use axum::http::HeaderMap;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorData, GetMeta as _, JsonRpcMessage, ProtocolVersion,
};

use super::headers::{VERSION, single};
use crate::frame::{lacking, unknown_method, unsupported_version};

/// How a message is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// It belongs to a session, or opens one.
    Session,
    /// It says by itself all that must be known.
    Alone,
}

/// The era of `message`, which came with `headers`.
///
/// # Errors
/// What is wrong with the version that it states; the status is 400. Of an `initialize` in the era that has none, that there is no such
/// method; the status is 404.
pub(super) fn of(headers: &HeaderMap, message: &ClientJsonRpcMessage) -> Result<Era, ErrorData> {
    let named = named(headers)?;
    let JsonRpcMessage::Request(request) = message else { return of_version(named) };
    let request = &request.request;
    if let ClientRequest::InitializeRequest(initialize) = request {
        return match named {
            Some(named) if of_version(Some(named)) == Ok(Era::Alone) => Err(unknown_method()),
            Some(named) if named != initialize.params.protocol_version.as_str() => Err(mismatch()),
            _ => Ok(Era::Session),
        };
    }
    let meta = request.get_meta();
    let missing = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
    let Some(stated) = meta.protocol_version() else {
        let era = of_version(named)?;
        if era == Era::Alone || matches!(request, ClientRequest::DiscoverRequest(_)) {
            return Err(lacking(&missing));
        }
        return Ok(era);
    };
    match named {
        None => Err(ErrorData::header_mismatch(
            "a request whose _meta names a protocol version needs the MCP-Protocol-Version header",
            None,
        )),
        Some(named) if named != stated.as_str() => Err(mismatch()),
        Some(named) => of_version(Some(named)),
    }
}

/// The era of a request without a message.
///
/// # Errors
/// What is wrong with the version that the headers name; the status is 400.
pub(super) fn of_headers(headers: &HeaderMap) -> Result<Era, ErrorData> {
    of_version(named(headers)?)
}

fn named(headers: &HeaderMap) -> Result<Option<&str>, ErrorData> {
    single(headers, &VERSION).map_err(|_ambiguous| {
        ErrorData::header_mismatch("the MCP-Protocol-Version header must be given once, in ASCII", None)
    })
}

/// The era of the version `named`. Without a name it is that of the first revision that had this transport (2025-06-18, transports).
fn of_version(named: Option<&str>) -> Result<Era, ErrorData> {
    let Some(named) = named else { return Ok(Era::Session) };
    match ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str() == named) {
        Some(known) if known.has_initialize() => Ok(Era::Session),
        Some(_) => Ok(Era::Alone),
        None => Err(unsupported_version(named)),
    }
}

fn mismatch() -> ErrorData {
    let what = "the MCP-Protocol-Version header is not the protocol version that the message names";
    ErrorData::header_mismatch(what, None)
}
