//! Request bodies: read whole, within a size and a time, from somebody the gateway knows.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use http_body_util::BodyExt as _;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 4 * 1024 * 1024;
/// How long a body may take to arrive, however steadily it trickles.
const DEADLINE: Duration = Duration::from_secs(30);
/// How much of a body that is too large is kept, to tell what it was to be.
const BEGINNING: usize = 4 * 1024;
/// How long, and how much of, an oversized body is thrown away before the refusal is sent. A client that still writes while the
/// connection closes would never see it.
const PATIENCE: Duration = Duration::from_secs(1);
const THROWN_AWAY: usize = 64 * 1024 * 1024;

/// What came of reading a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Whole(Vec<u8>),
    /// It is too large; this is how it begins.
    TooLarge(Vec<u8>),
    /// It broke off, or took too long; this is how it begins.
    Broken(Vec<u8>),
}

/// How many bytes `body` is said to have, or may have.
pub(super) fn extent(body: &Body) -> usize {
    let exact = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    exact.unwrap_or(MAX_BODY).min(MAX_BODY)
}

/// Reads `body`, by what really comes.
pub(super) async fn read(body: Body) -> Read {
    let mut whole = Vec::new();
    let collected = tokio::time::timeout(DEADLINE, collect(body, &mut whole)).await;
    let made: fn(Vec<u8>) -> Read = match collected {
        Ok(End::Reached) => return Read::Whole(whole),
        Ok(End::Beyond) => Read::TooLarge,
        Ok(End::Never) | Err(_) => Read::Broken,
    };
    whole.truncate(BEGINNING);
    whole.shrink_to_fit();
    made(whole)
}

/// Where a body ended.
enum End {
    Reached,
    /// Beyond what is read.
    Beyond,
    /// It broke off.
    Never,
}

async fn collect(mut body: Body, whole: &mut Vec<u8>) -> End {
    let declared_too_large = body.size_hint().lower() > MAX_BODY as u64;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return End::Never };
        let data: Bytes = frame.into_data().unwrap_or_default();
        whole.extend_from_slice(&data);
        if whole.len() > MAX_BODY || (declared_too_large && whole.len() >= BEGINNING) {
            // Whether it ends or the time does, the answer is the same.
            let _ = tokio::time::timeout(PATIENCE, throw_away(body)).await;
            return End::Beyond;
        }
    }
    if declared_too_large { End::Never } else { End::Reached }
}

async fn throw_away(mut body: Body) {
    let mut left = THROWN_AWAY;
    while let Some(Ok(frame)) = body.frame().await {
        let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = less;
    }
}
