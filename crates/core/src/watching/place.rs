//! [`ChainPlace`]: which entry of which chain.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// An entry's place for ever: its chain and its number there. Written `CHAIN.SEQ`, in characters that stand in a header line and in a query
/// as they are (RFC 3986 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPlace {
    /// The chain.
    pub chain_id: Uuid,
    /// The place in it, from 0.
    pub seq: u64,
}

/// A text is not the place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the place of an entry; it is written CHAIN.SEQ")]
pub struct BadPlace;

impl fmt::Display for ChainPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.chain_id.hyphenated(), self.seq)
    }
}

impl FromStr for ChainPlace {
    type Err = BadPlace;

    /// Reads what was handed out. What says the same in another spelling was not.
    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let (chain_id, seq) = text.split_once('.').ok_or(BadPlace)?;
        let chain_id = Uuid::try_parse(chain_id).map_err(|_| BadPlace)?;
        let place = Self { chain_id, seq: seq.parse().map_err(|_| BadPlace)? };
        if place.to_string() == text { Ok(place) } else { Err(BadPlace) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = "019aa5b4-2c00-7000-8000-00000000000a";

    #[test]
    fn a_place_is_read_as_it_was_handed_out() {
        for seq in [0, 7, u64::MAX] {
            let text = format!("{CHAIN}.{seq}");
            let place: ChainPlace = text.parse().unwrap();
            assert_eq!((place.chain_id.to_string().as_str(), place.seq), (CHAIN, seq));
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_a_place() {
        let upper = CHAIN.to_uppercase();
        let simple = CHAIN.replace('-', "");
        for text in [
            String::new(),
            "7".to_owned(),
            ".7".to_owned(),
            CHAIN.to_owned(),
            format!("{CHAIN}."),
            format!("{CHAIN}.07"),
            format!("{CHAIN}.+7"),
            format!("{CHAIN}.-1"),
            format!("{CHAIN}.7.7"),
            format!("{CHAIN}.7 "),
            format!(" {CHAIN}.7"),
            format!("{CHAIN}:7"),
            format!("{CHAIN}.18446744073709551616"),
            format!("{upper}.7"),
            format!("{simple}.7"),
            format!("{{{CHAIN}}}.7"),
        ] {
            assert_eq!(text.parse::<ChainPlace>(), Err(BadPlace), "{text}");
        }
    }
}
