//! Entries as events of CloudEvents 1.0, in its JSON format. The data is the entry as it stands in the file.

use gitoma_audit::Entry;
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use crate::terminal;

/// What every intermediary must forward (CloudEvents 1.0, "Size Limits").
const EVENT_BYTES: usize = 64 * 1024;

/// The attributes and the data of an event. Names of attributes are lowercase letters and digits alone.
#[derive(Debug, Serialize)]
struct Event<'a, Data> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    time: String,
    /// The call, where the entry is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    datacontenttype: &'static str,
    /// Extension "sequence": orders the events of one source as texts, too.
    sequence: String,
    entryhash: String,
    prevhash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceid: Option<&'a str>,
    data: Data,
}

/// The event of an entry, as JSON that may reach a terminal.
///
/// # Errors
/// None that an entry can cause.
pub(super) fn event(entry: &Entry) -> Result<String, serde_json::Error> {
    let data: &RawValue = serde_json::from_str(&entry.raw)?;
    let mut text = text(entry, data)?;
    if text.len() <= EVENT_BYTES {
        return Ok(text);
    }
    // an entry may be as long as an event: what makes it so is left out, and who needs it follows the hash
    let mut fields: Map<String, Value> = serde_json::from_str(&entry.raw)?;
    while text.len() > EVENT_BYTES
        && let Some(name) = longest(&fields)
    {
        fields.shift_remove(&name);
        fields.insert("left_out".to_owned(), Value::from(true));
        text = self::text(entry, &fields)?;
    }
    Ok(text)
}

/// The field that takes most of an event.
fn longest(fields: &Map<String, Value>) -> Option<String> {
    let longest = fields.iter().max_by_key(|(_, value)| terminal::json(value.to_string()).len());
    longest.map(|(name, _)| name.clone())
}

/// An event as it goes out: what is spelled longer for the sake of terminals counts in that spelling.
fn text<Data: Serialize>(entry: &Entry, data: Data) -> Result<String, serde_json::Error> {
    serde_json::to_string(&with(entry, data)).map(terminal::json)
}

fn with<Data>(entry: &Entry, data: Data) -> Event<'_, Data> {
    Event {
        specversion: "1.0",
        id: format!("{}/{}", entry.chain_id, entry.seq),
        source: format!("urn:uuid:{}", entry.chain_id),
        kind: format!("gitoma.audit.v1.{}", entry.kind),
        time: format!("{:.6}", entry.moment),
        subject: entry.call_id.map(|call| call.to_string()),
        datacontenttype: "application/json",
        sequence: format!("{:020}", entry.seq),
        entryhash: entry.entry_hash.to_string(),
        prevhash: entry.prev_hash.to_string(),
        traceid: entry.trace_id.as_deref(),
        data,
    }
}

#[cfg(test)]
mod tests;
