use proptest::prelude::*;

use super::{Blocks, two};
use crate::digest::Digest;

#[test]
fn every_length_gives_the_hash_that_it_gives_alone() {
    let bytes: Vec<u8> = (0..300_u16).map(|byte| (byte % 251) as u8).collect();
    for one in 0..bytes.len() {
        let (a, b) = (&bytes[..one], &bytes[one..]);
        assert_eq!(two(a, b), [Digest::of(a), Digest::of(b)], "{one}");
    }
}

proptest! {
    #[test]
    fn agrees_with_the_function_itself(pieces in prop::collection::vec((0_usize..9, 0_usize..700), 0..6), rest in 0_usize..200) {
        let bytes: Vec<u8> = (0..10_000_u32).map(|byte| (byte.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let (mut running, mut taken) = (Blocks::new(), 0);
        for (blocks, line) in pieces {
            let next = &bytes[taken..taken + blocks * 64];
            taken += next.len();
            let line = &bytes[taken..taken + line];
            prop_assert_eq!(running.beside(next.as_chunks().0, line), Digest::of(line));
        }
        prop_assert_eq!(running.finish(&bytes[taken..taken + rest]), Digest::of(&bytes[..taken + rest]));
    }
}
