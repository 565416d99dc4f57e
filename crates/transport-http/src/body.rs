//! Request bodies: read whole, within a size and a time, and parsed into arguments. What cannot be read or parsed becomes
//! [`RawArgs::Malformed`] or [`RawArgs::TooLarge`], so that the gateway authenticates, refuses and records it like any other call.

mod awaited;

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use gitoma_core::{RawArgs, is_crowded};
use http_body_util::BodyExt as _;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

pub(crate) use awaited::Awaited;

/// The largest body that is read, in bytes.
pub(crate) const LARGEST: usize = 4 * 1024 * 1024;
/// How long a body may take to arrive, however steadily it trickles.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long, and how much of, an oversized body is thrown away before the refusal is sent. A client that still writes while the
/// connection closes would never see it.
const PATIENCE: Duration = Duration::from_secs(1);
const THROWN_AWAY: usize = 64 * 1024 * 1024;

/// What came of reading a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Whole(Vec<u8>),
    TooLarge,
    /// Others of its principal take all room.
    NoRoom,
    /// It broke off, or took too long.
    Broken,
}

/// Reads `body`, by its declared length and by what really comes; of each piece `room` says whether it may be kept.
pub(crate) async fn read(body: Body, room: impl FnMut(usize) -> bool) -> Read {
    if body.size_hint().lower() > LARGEST as u64 {
        return too_large(body).await;
    }
    tokio::time::timeout(DEADLINE, collect(body, room)).await.unwrap_or(Read::Broken)
}

async fn collect(mut body: Body, mut room: impl FnMut(usize) -> bool) -> Read {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Read::Broken };
        let data: Bytes = frame.into_data().unwrap_or_default();
        if whole.len() + data.len() > LARGEST {
            return too_large(body).await;
        }
        if !room(data.len()) {
            drop(whole);
            let _ = tokio::time::timeout(PATIENCE, throw_away(body)).await;
            return Read::NoRoom;
        }
        whole.extend_from_slice(&data);
    }
    Read::Whole(whole)
}

async fn too_large(body: Body) -> Read {
    // Whether it ends or the time does, the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, throw_away(body)).await;
    Read::TooLarge
}

async fn throw_away(mut body: Body) {
    let mut left = THROWN_AWAY;
    while let Some(Ok(frame)) = body.frame().await {
        let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = less;
    }
}

/// The body of a call: `{"arguments": {…}}`.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "arguments": { "repo": "web" } }))]
pub(crate) struct CallBody {
    /// As the tool's `input_schema` has them.
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// The body of a dry run: `{"tool": "…", "arguments": {…}}`.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "tool": "git_log", "arguments": { "repo": "web" } }))]
pub(crate) struct DecideBody {
    /// The tool's name.
    tool: String,
    /// As the tool's `input_schema` has them.
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// The body of a decision on an approval: `{"note": "…"}`.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    /// What the approver says to it; at most 1,000 bytes.
    #[serde(default)]
    note: Option<String>,
}

/// The body of a halt: `{"reason": "…"}`.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HaltBody {
    /// Why, in one line; at most 500 bytes.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// A `Shape` that was written as a JSON object. A structure alone would also be read from an array, in the order of its fields.
struct Object<Shape>(Shape);

impl<'de, Shape: Deserialize<'de>> Deserialize<'de> for Object<Shape> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData)).map(Self)
    }
}

struct Entries<Shape>(PhantomData<Shape>);

impl<'de, Shape: Deserialize<'de>> Visitor<'de> for Entries<Shape> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Shape, A::Error> {
        Shape::deserialize(MapAccessDeserializer::new(entries))
    }
}

impl Read {
    /// The arguments of a call.
    pub(crate) fn arguments(&self) -> RawArgs {
        match self.parse::<CallBody>() {
            Ok(body) => RawArgs::Object(body.arguments),
            Err(unusable) => unusable,
        }
    }

    /// The tool and the arguments of a dry run. The name is found even where the rest is unusable, so that the record has it.
    pub(crate) fn tool_and_arguments(&self) -> (Option<String>, RawArgs) {
        match self.parse::<DecideBody>() {
            Ok(body) => (Some(body.tool), RawArgs::Object(body.arguments)),
            Err(unusable) => {
                let body = self.parse::<Map<String, Value>>().ok();
                let tool = body
                    .as_ref()
                    .and_then(|body| body.get("tool"))
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                (tool, unusable)
            }
        }
    }

    /// The note that goes with a decision; an empty body is one without.
    pub(crate) fn note(&self) -> Result<Option<String>, RawArgs> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => Ok(None),
            _ => self.parse::<DecisionBody>().map(|body| body.note),
        }
    }

    /// The reason that goes with a halt; an empty body is one without.
    pub(crate) fn reason(&self) -> Result<HaltBody, RawArgs> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => Ok(HaltBody::default()),
            _ => self.parse(),
        }
    }

    fn parse<'bytes, Shape: Deserialize<'bytes>>(&'bytes self) -> Result<Shape, RawArgs> {
        match self {
            Self::Whole(bytes) if is_crowded(bytes) => Err(RawArgs::Malformed),
            Self::Whole(bytes) => {
                serde_json::from_slice(bytes).map(|Object(body)| body).map_err(|_| RawArgs::Malformed)
            }
            Self::TooLarge => Err(RawArgs::TooLarge { limit: LARGEST as u64 }),
            Self::NoRoom => Err(RawArgs::NoRoom),
            Self::Broken => Err(RawArgs::Malformed),
        }
    }
}

#[cfg(test)]
mod tests;
