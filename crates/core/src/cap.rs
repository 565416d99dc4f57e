//! Cutting a JSON value to a size, visibly. It runs after redaction and never cuts inside a placeholder. What is left of a result looks
//! as the tool promised: texts are shorter and lists have fewer items, but no field is missing.

use serde_json::Value;

/// What stands where text was cut.
pub(crate) const MARKER: &str = "…(truncated)";

/// The size of `value` as compact JSON, in bytes.
pub(crate) fn size(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail; a value that could not be serialised would count as far as it went.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// What a runtime worker may redact itself, in bytes. Ordinary text of this size takes about as long as the hop to another thread;
/// hostile text, some milliseconds.
pub(crate) const SMALL: usize = 8 * 1024;

/// What is set aside for the JSON of a result, which then grows as it must.
const SPELLED: usize = 4 * 1024;

/// What a value counts that is no text, or stands between texts.
const NODE: usize = 16;

/// What is left of `budget` bytes after the texts and nodes of `value`; looks no further once it is spent.
pub(crate) fn spend(value: &Value, budget: usize) -> Option<usize> {
    let left = budget.checked_sub(NODE)?;
    match value {
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(items) => items.iter().try_fold(left, |left, item| spend(item, left)),
        Value::Object(fields) => {
            fields.iter().try_fold(left, |left, (key, field)| spend(field, left.checked_sub(key.len())?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(left),
    }
}

/// Texts of up to so many bytes are kept as they are: a word of a schema's, an id, a time.
const SHORT: usize = 64;

/// Objects of up to so many fields keep them all. One with more is a map, of which no schema names the fields.
const FIELDS: usize = 64;

/// How much a result may be longer than its limit for what is kept of it, in bytes: enough for an object of [`FIELDS`] fields with a
/// [`SHORT`] text each, however that must be escaped, and names of a hundred bytes.
const KEPT: usize = 32 * 1024;

/// Cuts `value`, which may be anything, so that its JSON is about `limit` bytes at most; returns its size and whether anything was cut.
///
/// Leaves are kept in order until the budget is spent; then strings are shortened to what is left, with a marker, and arrays and objects
/// end.
pub(crate) fn cut(value: &mut Value, limit: usize) -> (usize, bool) {
    cut_to(value, limit, 0)
}

/// The same of a result, which keeps its shape: fields stay as [`FIELDS`] says and short texts as [`SHORT`] says, for at most [`KEPT`]
/// bytes more than `limit`. What matched a schema that asks for types, words and fields alone still does.
pub(crate) fn cut_result(value: &mut Value, limit: usize) -> (usize, bool) {
    cut_to(value, limit, KEPT)
}

fn cut_to(value: &mut Value, limit: usize, reserve: usize) -> (usize, bool) {
    let before = size(value);
    if before <= limit {
        return (before, false);
    }
    shorten_to(value, limit, reserve);
    (size(value), true)
}

/// As [`cut_result`], for who needs the JSON that is left, too.
pub(crate) fn cut_and_spell(value: &mut Value, limit: usize) -> (Vec<u8>, bool) {
    if let Some(json) = spell(value, limit) {
        return (json, false);
    }
    shorten_to(value, limit, KEPT);
    (spell(value, usize::MAX).unwrap_or_default(), true)
}

/// `value` as compact JSON, unless that is longer than `limit` bytes.
fn spell(value: &Value, limit: usize) -> Option<Vec<u8>> {
    struct Bounded {
        json: Vec<u8>,
        limit: usize,
    }
    impl std::io::Write for Bounded {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if bytes.len() > self.limit.saturating_sub(self.json.len()) {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            self.json.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut bounded = Bounded { json: Vec::with_capacity(limit.min(SPELLED)), limit };
    serde_json::to_writer(&mut bounded, value).ok().map(|()| bounded.json)
}

/// What may still be spent, in bytes.
struct Budget {
    /// On anything.
    left: usize,
    /// On what is kept even so.
    reserve: usize,
}

impl Budget {
    fn spend(&mut self, bytes: usize) {
        let over = bytes.saturating_sub(self.left);
        self.left = self.left.saturating_sub(bytes);
        self.reserve = self.reserve.saturating_sub(over);
    }
}

fn shorten_to(value: &mut Value, limit: usize, reserve: usize) {
    shorten(value, &mut Budget { left: limit.saturating_sub(MARKER.len()), reserve });
}

fn shorten(value: &mut Value, budget: &mut Budget) {
    match value {
        Value::String(text) => {
            let needed = size_of_text(text);
            if needed <= budget.left || (text.len() <= SHORT && budget.reserve > 0) {
                return budget.spend(needed);
            }
            shorten_text(text, budget.left);
            // The marker of the first text that is cut is set aside.
            if budget.left == 0 {
                budget.spend(MARKER.len() + 2);
            }
            budget.left = 0;
        }
        Value::Array(items) => {
            budget.spend(2);
            let mut kept = 0;
            for item in items.iter_mut() {
                if budget.left == 0 {
                    break;
                }
                shorten(item, budget);
                budget.spend(1);
                kept += 1;
            }
            items.truncate(kept);
        }
        Value::Object(fields) => {
            let stay = fields.len() <= FIELDS;
            budget.spend(2);
            fields.retain(|key, field| {
                let kept = budget.left > 0 || (stay && budget.reserve > 0);
                budget.spend(size_of_text(key) + 2);
                if kept {
                    shorten(field, budget);
                }
                kept
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => budget.spend(size(value)),
    }
}

/// Counts the JSON form of `text`: quotes, and escapes where they are needed.
fn size_of_text(text: &str) -> usize {
    2 + text
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
            0..=0x1f => 6,
            _ => 1,
        })
        .sum::<usize>()
}

/// Keeps about `budget` bytes of `text`, ending on a character and never inside a placeholder, and says that something is missing.
fn shorten_text(text: &mut String, budget: usize) {
    let mut spent = 2;
    let mut end = 0;
    for (at, character) in text.char_indices() {
        spent += size_of_text(character.encode_utf8(&mut [0; 4])) - 2;
        if spent > budget {
            break;
        }
        end = at + character.len_utf8();
    }
    text.truncate(end);
    // A cut through `***` would leave `*` or `**`, which looks like content.
    if text.ends_with('*') && !text.ends_with(gitoma_redact::PLACEHOLDER) {
        text.truncate(text.trim_end_matches('*').len());
    }
    text.push_str(MARKER);
}

#[cfg(test)]
mod tests;
