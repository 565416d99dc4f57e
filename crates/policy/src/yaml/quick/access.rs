//! The items of a list and the entries of a map, as they are read one after the other.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::meaning::is_surely_text;
use super::placed::Key;
use super::{Doubt, Node, Nodes, Reader};
use crate::hash::HashSet;

/// The items of a list.
pub(super) struct Items<'n, 'de> {
    nodes: &'n mut Nodes<'de>,
    is_over: bool,
}

impl<'n, 'de> Items<'n, 'de> {
    /// Reads a list that has begun, to its end.
    pub(super) fn read<V: Visitor<'de>>(nodes: &'n mut Nodes<'de>, visitor: V) -> Result<V::Value, Doubt> {
        let mut items = Self { nodes, is_over: false };
        let value = visitor.visit_seq(&mut items)?;
        if items.is_over { Ok(value) } else { Err(Doubt) }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Doubt;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Doubt> {
        if self.is_over {
            return Ok(None);
        }
        if matches!(self.nodes.peek()?.0, Node::EndOfList) {
            self.nodes.next()?;
            self.is_over = true;
            return Ok(None);
        }
        seed.deserialize(Reader(self.nodes)).map(Some)
    }
}

/// The entries of a map.
pub(super) struct Entries<'n, 'de> {
    nodes: &'n mut Nodes<'de>,
    seen: Seen<'de>,
    is_over: bool,
    /// Whether a key was read whose value was not.
    owes_value: bool,
}

impl<'n, 'de> Entries<'n, 'de> {
    /// Reads a map that has begun, to its end.
    pub(super) fn read<V: Visitor<'de>>(nodes: &'n mut Nodes<'de>, visitor: V) -> Result<V::Value, Doubt> {
        let mut entries = Self { nodes, seen: Seen::default(), is_over: false, owes_value: false };
        let value = visitor.visit_map(&mut entries)?;
        if entries.is_over { Ok(value) } else { Err(Doubt) }
    }

    /// The next key: a text that stands in the document as it is meant, and in no other entry of the map.
    fn key(&mut self) -> Result<Option<Key<'de>>, Doubt> {
        let (node, place) = self.nodes.next()?;
        match node {
            Node::EndOfMap => Ok(None),
            Node::Text { value: Cow::Borrowed(text), is_plain }
                if (!is_plain || is_surely_text(text)) && self.seen.is_new(text) =>
            {
                Ok(Some(Key { text, place }))
            }
            _ => Err(Doubt),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Doubt;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Doubt> {
        if self.owes_value {
            return Err(Doubt);
        }
        if self.is_over {
            return Ok(None);
        }
        let Some(key) = self.key()? else {
            self.is_over = true;
            return Ok(None);
        };
        self.owes_value = true;
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Doubt> {
        self.owes_value = false;
        seed.deserialize(Reader(self.nodes))
    }
}

/// The keys of a map so far. Few maps have so many that searching them takes a table.
#[derive(Default)]
struct Seen<'de> {
    first: [Option<&'de str>; 12],
    further: Option<HashSet<&'de str>>,
}

impl<'de> Seen<'de> {
    /// Whether the key was not there, as it is now.
    fn is_new(&mut self, key: &'de str) -> bool {
        for place in &mut self.first {
            match place {
                Some(known) if *known == key => return false,
                Some(_) => {}
                None => {
                    *place = Some(key);
                    return true;
                }
            }
        }
        self.further.get_or_insert_default().insert(key)
    }
}
