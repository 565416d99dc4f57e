//! How much a result may hold. Lists and texts stop here, with a way to the rest, well before the pipeline's own cut would
//! end them at an arbitrary place.

#[cfg(test)]
mod tests;

use serde_json::Value;

/// Bytes of JSON that a tool fills itself; the rest of the pipeline's limit is left to the frame around it.
const RESULT_BYTES: usize = 240 * 1024;

/// What is left of a result's size.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    /// A whole result's worth.
    pub(crate) fn new() -> Self {
        Self { left: RESULT_BYTES }
    }

    /// Takes `bytes` if there is room for them.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left;
        if fits {
            self.left -= bytes;
        }
        fits
    }

    /// Bytes left.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes the room of `text` as part of a JSON string.
    pub(crate) fn take_text(&mut self, text: &str) -> bool {
        self.take(json_bytes(text))
    }
}

/// A list that stops when the result is full or `limit` items are in it.
#[derive(Debug)]
pub(crate) struct Items {
    items: Vec<Value>,
    limit: usize,
    budget: Budget,
    truncated: bool,
}

impl Items {
    pub(crate) fn new(limit: usize) -> Self {
        Self { items: Vec::new(), limit, budget: Budget::new(), truncated: false }
    }

    /// Adds `item`; `false` means that there was no room and the list is cut.
    pub(crate) fn push(&mut self, item: Value) -> bool {
        let fits = self.items.len() < self.limit && self.budget.take(size_of(&item) + 1);
        if fits {
            self.items.push(item);
        } else {
            self.truncated = true;
        }
        fits
    }

    /// Bytes left for further items.
    pub(crate) fn left(&self) -> usize {
        self.budget.left()
    }

    /// Marks the list as cut: there was more to add.
    pub(crate) fn cut(&mut self) {
        self.truncated = true;
    }

    /// Whether another item would be one too many.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= self.limit
    }

    /// The list, and whether it was cut.
    pub(crate) fn finish(self) -> (Value, bool) {
        (Value::Array(self.items), self.truncated)
    }
}

/// The size of `text` inside a JSON string, without quotes.
pub(crate) fn json_bytes(text: &str) -> usize {
    // Counted apart, without a branch for each byte: nearly all bytes of nearly all texts stand for themselves.
    let escaped = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    let short = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c);
    match text.as_bytes().iter().filter(|byte| escaped(byte)).count() {
        0 => text.len(),
        all => {
            let short = text.as_bytes().iter().filter(|byte| short(byte)).count();
            text.len() + short + 5 * (all - short)
        }
    }
}

/// The longest beginning of `text` that takes at most `bytes` inside a JSON string.
pub(crate) fn fitting(text: &str, bytes: usize) -> &str {
    let mut spent = 0;
    let end = text
        .char_indices()
        .find_map(|(at, character)| {
            spent += json_bytes(character.encode_utf8(&mut [0; 4]));
            (spent > bytes).then_some(at)
        })
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::Null => 4,
        Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => json_bytes(text) + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size_of(item) + 1).sum::<usize>(),
        Value::Object(fields) => {
            2 + fields.iter().map(|(key, field)| key.len() + 4 + size_of(field)).sum::<usize>()
        }
    }
}
