//! Entries as events of CloudEvents 1.0, in its JSON format. The data is the entry as it stands in the file.

use gitoma_audit::Entry;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// What every intermediary must forward (CloudEvents 1.0, "Size Limits").
const EVENT_BYTES: usize = 64 * 1024;

/// Lists that make an entry long, the longest first.
const LISTS: [&str; 4] = ["accesses", "arguments", "rules", "restriction"];

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

/// The event of an entry, as JSON.
///
/// # Errors
/// None that an entry can cause.
pub(super) fn event(entry: &Entry) -> Result<String, serde_json::Error> {
    let data: &RawValue = serde_json::from_str(&entry.raw)?;
    let text = serde_json::to_string(&with(entry, data))?;
    if text.len() <= EVENT_BYTES {
        return Ok(text);
    }
    // an entry may be as long as an event: what makes it so is left out, and who needs it follows the hash
    let mut data: Value = serde_json::from_str(&entry.raw)?;
    let mut text = text;
    for list in LISTS {
        if let Some(data) = data.as_object_mut().filter(|_| text.len() > EVENT_BYTES) {
            data.remove(list);
            data.insert("left_out".to_owned(), Value::from(true));
        }
        text = serde_json::to_string(&with(entry, &data))?;
    }
    Ok(text)
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
