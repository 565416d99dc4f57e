//! A short text that is held where it is spoken of: an id in its rule, the name of a repository in its entry. Of a policy of
//! a hundred thousand repositories hardly anything is in a cache, and a text with memory of its own would be waited for as
//! long as for all the rest.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A text that takes no memory of its own if it is of at most `ROOM` bytes, unless it is shared.
#[derive(Clone)]
pub(crate) enum Name<const ROOM: usize> {
    /// The length, and as many bytes of UTF-8.
    Short(u8, [u8; ROOM]),
    Shared(Arc<str>),
}

impl<const ROOM: usize> Name<ROOM> {
    /// A text that is kept elsewhere however short it is, so that nothing is copied where it is named.
    pub(crate) fn shared(text: &str) -> Self {
        Self::Shared(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Shared(text) => text.as_bytes(),
        }
    }

    /// The text to be kept elsewhere: made of a short one, shared of the others.
    pub(crate) fn to_shared(&self) -> Arc<str> {
        match self {
            Self::Short(..) => Arc::from(&**self),
            Self::Shared(text) => Arc::clone(text),
        }
    }
}

impl<const ROOM: usize> From<&str> for Name<ROOM> {
    fn from(text: &str) -> Self {
        let mut bytes = [0; ROOM];
        match (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            (Ok(length), Some(place)) => {
                place.copy_from_slice(text.as_bytes());
                Self::Short(length, bytes)
            }
            _ => Self::Shared(text.into()),
        }
    }
}

impl<const ROOM: usize> Deref for Name<ROOM> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            // Only `from` makes one, of a whole text.
            Self::Short(..) => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Self::Shared(text) => text,
        }
    }
}

impl<const ROOM: usize> AsRef<str> for Name<ROOM> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl<const ROOM: usize> Borrow<str> for Name<ROOM> {
    fn borrow(&self) -> &str {
        self
    }
}

impl<const ROOM: usize> fmt::Debug for Name<ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<const ROOM: usize> fmt::Display for Name<ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl<const ROOM: usize> PartialEq for Name<ROOM> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const ROOM: usize> Eq for Name<ROOM> {}

impl<const ROOM: usize> Hash for Name<ROOM> {
    /// As the text itself, which [`Borrow`] demands.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(test)]
mod tests;
