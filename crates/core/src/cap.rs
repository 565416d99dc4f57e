//! Cutting a JSON value to a size, visibly. It runs after redaction and never cuts inside a placeholder.

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

/// Cuts `value` so that its JSON is about `limit` bytes at most; returns its size and whether anything was cut.
///
/// Leaves are kept in order until the budget is spent; then strings are shortened to what is left, with a marker, and arrays end.
pub(crate) fn cut(value: &mut Value, limit: usize) -> (usize, bool) {
    let before = size(value);
    if before <= limit {
        return (before, false);
    }
    shorten_to(value, limit);
    (size(value), true)
}

/// The same for who needs the JSON that is left, too.
pub(crate) fn cut_and_spell(value: &mut Value, limit: usize) -> (Vec<u8>, bool) {
    if let Some(json) = spell(value, limit) {
        return (json, false);
    }
    shorten_to(value, limit);
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

fn shorten_to(value: &mut Value, limit: usize) {
    let mut budget = limit.saturating_sub(MARKER.len());
    shorten(value, &mut budget);
}

fn shorten(value: &mut Value, budget: &mut usize) {
    match value {
        Value::String(text) => {
            let needed = size_of_text(text);
            if needed > *budget {
                shorten_text(text, *budget);
                *budget = 0;
            } else {
                *budget -= needed;
            }
        }
        Value::Array(items) => {
            *budget = budget.saturating_sub(2);
            let mut kept = 0;
            for item in items.iter_mut() {
                if *budget == 0 {
                    break;
                }
                shorten(item, budget);
                *budget = budget.saturating_sub(1);
                kept += 1;
            }
            items.truncate(kept);
        }
        Value::Object(fields) => {
            *budget = budget.saturating_sub(2);
            fields.retain(|key, field| {
                let kept = *budget > 0;
                *budget = budget.saturating_sub(key.len() + 4);
                if kept {
                    shorten(field, budget);
                }
                kept
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => *budget = budget.saturating_sub(size(value)),
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
