//! Two SHA-256 values side by side on one core.
//! Each step of the function waits for the one before, so a core that computes one hash is idle for nearly half of the
//! time: blocks of two hashes in turn fill it, and take a good deal less time than one after the other.

use sha2::block_api::compress256;

use super::Digest;

/// Bytes of a block (FIPS 180-4, section 5.2.1).
pub(crate) const BLOCK: usize = 64;

/// FIPS 180-4, section 5.3.3.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A hash in the making, over whole blocks.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    state: [u32; 8],
    length: u64,
}

impl Blocks {
    pub(crate) const fn new() -> Self {
        Self { state: START, length: 0 }
    }

    /// Takes the next blocks.
    pub(crate) fn update(&mut self, blocks: &[[u8; BLOCK]]) {
        compress256(&mut self.state, blocks);
        self.length += blocks.as_flattened().len() as u64;
    }

    /// Takes what is left and ends the hash.
    pub(crate) fn finish(mut self, rest: &[u8]) -> Digest {
        let (blocks, rest) = rest.as_chunks();
        self.update(blocks);
        let (padding, count) = padding(rest, self.length + rest.len() as u64);
        compress256(&mut self.state, padding.get(..count).unwrap_or(&padding));
        digest(self.state)
    }

    /// Hashes `bytes` while this hash takes `blocks`.
    pub(crate) fn beside(&mut self, blocks: &[[u8; BLOCK]], bytes: &[u8]) -> Digest {
        let (whole, rest) = bytes.as_chunks();
        let (padding, count) = padding(rest, bytes.len() as u64);
        let mut state = START;
        let mut ours = blocks.iter();
        for block in whole.iter().chain(padding.iter().take(count)) {
            compress256(&mut state, std::slice::from_ref(block));
            if let Some(block) = ours.next() {
                compress256(&mut self.state, std::slice::from_ref(block));
            }
        }
        compress256(&mut self.state, ours.as_slice());
        self.length += blocks.as_flattened().len() as u64;
        digest(state)
    }
}

/// Hashes both.
pub(crate) fn two(one: &[u8], other: &[u8]) -> [Digest; 2] {
    let mut second = Blocks::new();
    let (blocks, rest) = other.as_chunks();
    let first = second.beside(blocks, one);
    [first, second.finish(rest)]
}

/// Hashes two messages of one length that are blocks already, padding and all.
#[inline]
pub(crate) fn padded<const COUNT: usize>(messages: [&[[u8; BLOCK]; COUNT]; 2]) -> [Digest; 2] {
    let [one, other] = messages;
    let mut states = [START; 2];
    for (one, other) in one.iter().zip(other) {
        let [first, second] = &mut states;
        compress256(first, std::slice::from_ref(one));
        compress256(second, std::slice::from_ref(other));
    }
    states.map(digest)
}

/// The last blocks of a message of `length` bytes that ends in `rest`, less than a block (FIPS 180-4, section 5.1.1).
fn padding(rest: &[u8], length: u64) -> ([[u8; BLOCK]; 2], usize) {
    let mut blocks = [[0; BLOCK]; 2];
    let bytes = blocks.as_flattened_mut();
    for (to, from) in bytes.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *to = *from;
    }
    let count = if rest.len() < BLOCK - 8 { 1 } else { 2 };
    let end = bytes.iter_mut().take(count * BLOCK).rev();
    for (to, from) in end.zip((length * 8).to_le_bytes()) {
        *to = from;
    }
    (blocks, count)
}

fn digest(state: [u32; 8]) -> Digest {
    let mut bytes = [0; 32];
    for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    Digest(bytes)
}

#[cfg(test)]
mod tests;
