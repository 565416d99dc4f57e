//! The folded name by which an entry is found, held inside the map: a request for a repository that nobody asked for
//! lately would wait for the name's own memory otherwise, as long as for all the rest of the look-up.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A text that takes no memory of its own unless it is long.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// The length, and as many bytes of UTF-8.
    Short(u8, [u8; Self::SHORT]),
    Long(Box<str>),
}

impl Key {
    /// The longest text, in bytes, that is held inside; most names of the form `owner/name` are shorter.
    const SHORT: usize = 38;

    fn as_str(&self) -> &str {
        match self {
            // Only `from` makes one, of a whole text.
            Self::Short(length, bytes) => {
                let text = bytes.get(..usize::from(*length)).unwrap_or_default();
                std::str::from_utf8(text).unwrap_or_default()
            }
            Self::Long(text) => text,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        let mut bytes = [0; Self::SHORT];
        match (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            (Ok(length), Some(place)) => {
                place.copy_from_slice(text.as_bytes());
                Self::Short(length, bytes)
            }
            _ => Self::Long(text.into()),
        }
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Key {}

impl Hash for Key {
    /// As the text itself, which [`Borrow`] demands.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests;
