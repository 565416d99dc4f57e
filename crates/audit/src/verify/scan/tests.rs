use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    thread,
};

use tempfile::tempfile;

use super::{Content, Depth, Extent, Scan};
use crate::{
    field::Field,
    line::read,
    specimen::Forger,
    verify::{
        evidence::Evidence,
        progress::Progress,
        walk::{Span, through},
    },
    vocabulary::Kind,
};

/// An endless row of numbers from a seed (SplitMix64), so that each run looks at the same lines.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below as u64) as usize
    }
}

/// A chain of many kinds of lines with texts of all sorts.
fn chain() -> Vec<u8> {
    let mut forger = Forger::new(1);
    let mut numbers = Numbers(1);
    while forger.seq < 3_000 {
        let (seq, call) = (forger.seq, forger.seq);
        match numbers.next(5) {
            0 => forger.intent(call).outcome(call, seq),
            1 => forger.add(Kind::Start, |line| line.text(Field::Program, "gitoma-http 0.1.0")),
            2 => forger.add(Kind::Stop, |line| {
                line.text(Field::Detail, &"päth \"x\"\u{2028}\n".repeat(numbers.next(20)));
            }),
            3 => forger.add(Kind::PolicyLoad, |line| {
                line.text(Field::PolicyDigest, "sha256:5f1d");
                line.integer(Field::PolicyGeneration, seq);
            }),
            _ => forger.intent(call),
        };
    }
    forger.text
}

/// Whether the lines of `text`, which begin at `from` in the segment, are taken for good.
fn passes(file: &Extent, text: &[u8], from: u64, depth: Depth) -> bool {
    let mut buffer = text.to_vec();
    let mut scan = Scan::new(file, depth, None, 0, &mut buffer);
    (scan.filled, scan.start) = (text.len(), from);
    let mut line = 0;
    let part = scan.lines(&mut line, u64::MAX);
    part.is_some_and(|part| !matches!(part.content, Content::Doubtful)) && line == text.len()
}

/// How many lines of each kind that `chain` makes are changed.
const OF_A_KIND: usize = 40;

/// Every bit of those lines, each flipped alone: the parts are in doubt, and the line that is named is the right one.
#[test]
fn no_flipped_bit_passes_and_the_right_line_is_named() {
    let text = chain();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut numbers = Numbers(7);
    let mut chosen: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    while chosen.len() < 5 || chosen.values().any(|lines| lines.len() < OF_A_KIND) {
        let number = 1 + numbers.next(lines.len() - 2);
        let entry = read::read(lines[number].strip_suffix(b"\n").unwrap()).unwrap();
        let of_kind = chosen.entry(entry.kind.as_str()).or_default();
        if of_kind.len() < OF_A_KIND {
            of_kind.insert(number);
        }
    }
    let chosen: Vec<usize> = chosen.into_values().flatten().collect();
    assert_eq!(chosen.len(), 5 * OF_A_KIND);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            let (text, lines, chosen) = (&text, &lines, &chosen);
            scope.spawn(move || {
                chosen.iter().skip(first).step_by(threads).for_each(|number| flip(text, lines, *number));
            });
        }
    });
}

/// Flips every bit of a line.
fn flip(text: &[u8], lines: &[&[u8]], number: usize) {
    let file: File = tempfile().unwrap();
    let extent = Extent { file, first_seq: 0, length: text.len() as u64 };
    let nothing = Evidence::none();
    let from: u64 = lines[..number].iter().map(|line| line.len() as u64).sum();
    let before = lines[number - 1].strip_suffix(b"\n").and_then(|line| read::check(line).ok()).unwrap();
    // the line, and one more, in which nothing is wrong
    let mut change = lines[number..=number + 1].concat();
    let depths = [Depth::Entries, Depth::Hashes];
    assert!(depths.iter().all(|depth| passes(&extent, &change, from, *depth)));
    for place in 0..lines[number].len() {
        for bit in 0..8 {
            change[place] ^= 1 << bit;
            let at = format_args!("line {number}, byte {place}, bit {bit}");
            assert!(!passes(&extent, &change, from, depths[(place + bit) % 2]), "{at}");
            let mut progress = Progress::new(None, Depth::Hashes, &nothing);
            progress.links.pass(number as u64, before.entry_hash);
            let span = Span { from, to: u64::MAX, before: number as u64, previous: None };
            let walk = through(&change[..], (0, extent.length), span, &mut progress).unwrap();
            assert_eq!(walk.bad.map(|bad| bad.line), Some(number as u64 + 1), "{at}");
            change[place] ^= 1 << bit;
        }
    }
}
