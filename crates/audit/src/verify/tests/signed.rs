//! Chains with notes, made by hand: what a writer with a key leaves, and what somebody makes of it who has another.

use std::{collections::BTreeMap, fs, path::PathBuf};

use tempfile::TempDir;

use super::divided::agree_on;
use crate::{
    checkpoint::{Checkpoint, pruning::Pruning, rotation::KeyRotation},
    digest::Digest,
    field::Field,
    folder::segment_name,
    key::SigningKey,
    line::FORMAT,
    specimen::{Forger, id},
    tree::{TreeHead, range::Tree},
    verify::{Demand, VerifyOptions, anchors::Anchors},
    vocabulary::Kind,
};

pub(super) const CHAIN: u64 = 1;

pub(super) fn key(name: &str) -> SigningKey {
    SigningKey::generate(name.parse().unwrap()).unwrap()
}

/// A chain in the making.
pub(super) struct Signed {
    pub(super) forger: Forger,
    tree: Tree,
    /// The segments that are closed, and where the present one begins.
    pub(super) segments: Vec<(u64, Vec<u8>)>,
    first: u64,
    previous: Digest,
    pub(super) notes: BTreeMap<u64, String>,
    pub(super) trees: BTreeMap<u64, String>,
    /// Tree and hash at each border of segments.
    borders: BTreeMap<u64, (Tree, Digest)>,
    /// Which call comes next; lets two chains say different things.
    pub(super) call: u64,
}

impl Signed {
    /// A chain that began with a key, or without.
    pub(super) fn new(key: Option<&SigningKey>) -> Self {
        let mut chain = Self {
            forger: Forger {
                text: Vec::new(),
                chain: id(CHAIN),
                seq: 0,
                head: Digest::ZERO,
                moment: 1_763_683_200_000_000,
            },
            tree: Tree::new(),
            segments: Vec::new(),
            first: 0,
            previous: Digest::ZERO,
            notes: BTreeMap::new(),
            trees: BTreeMap::new(),
            borders: BTreeMap::new(),
            call: 100,
        };
        chain.add(|forger| {
            forger.add(Kind::ChainOpen, |line| {
                line.text(Field::Program, "forger");
                line.text(Field::Format, FORMAT);
                if let Some(key) = key {
                    line.text(Field::CheckpointKey, &key.verifier().to_string());
                    line.integer(Field::Epoch, 0);
                }
            })
        });
        chain
    }

    /// Adds one entry.
    pub(super) fn add(&mut self, entry: impl FnOnce(&mut Forger) -> &mut Forger) -> &mut Self {
        entry(&mut self.forger);
        self.tree.append(&self.forger.head);
        self
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn root(&self) -> TreeHead {
        self.tree.head()
    }

    /// Adds entries of `count` calls.
    pub(super) fn calls(&mut self, count: u64) -> &mut Self {
        for _ in 0..count {
            let (call, seq) = (self.call, self.forger.seq);
            self.add(|forger| forger.intent(call)).add(|forger| forger.outcome(call, seq));
            self.call += 1;
        }
        self
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { chain_id: id(CHAIN), head: self.tree.head() }
    }

    /// Makes a note of what there is.
    pub(super) fn note(&mut self, key: &SigningKey) -> &mut Self {
        self.notes.insert(self.size(), self.checkpoint().sign(&[key]).unwrap());
        self
    }

    /// Goes on in a new segment.
    pub(super) fn segment(&mut self) -> &mut Self {
        let next = self.forger.seq + 1;
        self.add(|forger| {
            forger.add(Kind::SegmentClose, |line| line.text(Field::NextSegment, &segment_name(next)))
        });
        self.previous = Digest::of(&self.forger.text);
        self.borders.insert(next, (self.tree.clone(), self.forger.head));
        self.segments.push((self.first, std::mem::take(&mut self.forger.text)));
        self.first = next;
        let previous = self.previous;
        self.add(|forger| {
            forger.add(Kind::SegmentOpen, |line| {
                line.integer(Field::FirstSeq, next);
                line.digest(Field::PrevSegmentSha256, &previous);
            })
        })
    }

    /// Puts another key in force, by a statement, or none.
    pub(super) fn rotate(&mut self, key: &SigningKey, epoch: u64, statement: Option<&str>) -> &mut Self {
        self.add(|forger| {
            forger.add(Kind::KeyRotate, |line| {
                line.text(Field::CheckpointKey, &key.verifier().to_string());
                line.integer(Field::Epoch, epoch);
                if let Some(statement) = statement {
                    line.text(Field::Signature, statement);
                }
            })
        })
    }

    /// Puts another key in force in the right way.
    pub(super) fn rotate_well(&mut self, old: &SigningKey, new: &SigningKey, epoch: u64) -> &mut Self {
        let statement = KeyRotation::sign(id(CHAIN), epoch, old, new).unwrap();
        self.rotate(new, epoch, Some(&statement))
    }

    /// What a `prune` of what stands before a border says when it is right.
    pub(super) fn removal(&self, border: u64, key: &SigningKey) -> Removal {
        let (tree, tip) = &self.borders[&border];
        Removal {
            through: border - 1,
            tip: *tip,
            root: Some(tree.head().root),
            key: Some(key.verifier().to_string()),
            epoch: Some(0),
            state: Some(tree.state()),
        }
    }

    /// Says that the front is removed, as `signer` signs it, and keeps the state that stands for it.
    pub(super) fn prune(&mut self, removal: &Removal, signer: &SigningKey) -> &mut Self {
        let pruning = Pruning {
            chain_id: id(CHAIN),
            through_seq: removal.through,
            tip: removal.tip,
            root: removal.root.unwrap_or(Digest::ZERO),
            key: removal.key.as_deref().zip(removal.epoch),
        };
        let signature = pruning.sign(signer).unwrap();
        if let Some(state) = &removal.state {
            self.trees.insert(removal.through + 1, state.clone());
        }
        self.add(|forger| {
            forger.add(Kind::Prune, |line| {
                if let Some(key) = &removal.key {
                    line.text(Field::CheckpointKey, key);
                }
                line.integer(Field::FirstSeq, 0);
                line.integer(Field::ThroughSeq, removal.through);
                line.digest(Field::TipHash, &removal.tip);
                if let Some(root) = &removal.root {
                    line.digest(Field::RootHash, root);
                }
                if let Some(epoch) = removal.epoch {
                    line.integer(Field::Epoch, epoch);
                }
                line.text(Field::Signature, &signature);
            })
        })
    }

    /// All segments, the present one among them.
    pub(super) fn files(&self) -> Vec<(u64, Vec<u8>)> {
        let mut files = self.segments.clone();
        files.push((self.first, self.forger.text.clone()));
        files
    }

    /// Where each entry ends, over all segments: the segment, and how many bytes of it.
    pub(super) fn ends(&self) -> Vec<(usize, usize)> {
        let files = self.files();
        let ends = |(number, (_, text)): (usize, &(u64, Vec<u8>))| {
            let feeds = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            feeds.map(|(place, _)| (number, place + 1)).collect::<Vec<_>>()
        };
        files.iter().enumerate().flat_map(ends).collect()
    }

    /// Writes everything into a new audit directory.
    pub(super) fn put(&self) -> State {
        let state = State::new();
        for (first, text) in self.files() {
            fs::write(state.segment(first), text).unwrap();
        }
        self.notes.iter().for_each(|(size, note)| fs::write(state.note(*size), note).unwrap());
        self.trees.iter().for_each(|(size, tree)| fs::write(state.tree(*size), tree).unwrap());
        state
    }
}

/// What a `prune` says, and the state beside it.
#[derive(Debug, Clone)]
pub(super) struct Removal {
    pub(super) through: u64,
    pub(super) tip: Digest,
    pub(super) root: Option<Digest>,
    pub(super) key: Option<String>,
    pub(super) epoch: Option<u64>,
    pub(super) state: Option<String>,
}

/// An audit directory, and a directory of a sink beside it.
pub(super) struct State {
    directory: TempDir,
}

impl State {
    pub(super) fn new() -> Self {
        let state = Self { directory: TempDir::new().unwrap() };
        fs::create_dir_all(state.chain().join("checkpoints")).unwrap();
        state
    }

    pub(super) fn audit(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    pub(super) fn chain(&self) -> PathBuf {
        self.audit().join(id(CHAIN).to_string())
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.chain().join(segment_name(first))
    }

    pub(super) fn note(&self, size: u64) -> PathBuf {
        self.chain().join(format!("checkpoints/{size:020}.note"))
    }

    pub(super) fn tree(&self, size: u64) -> PathBuf {
        self.chain().join(format!("checkpoints/{size:020}.tree"))
    }

    /// The directory of a sink that holds these notes.
    pub(super) fn sink(&self, notes: &BTreeMap<u64, String>) -> PathBuf {
        let sink = self.directory.path().join("sink");
        let folder = sink.join(id(CHAIN).to_string());
        fs::create_dir_all(&folder).unwrap();
        for (size, note) in notes {
            fs::write(folder.join(format!("{size:020}.note")), note).unwrap();
        }
        sink
    }

    /// A file elsewhere.
    pub(super) fn file(&self, name: &str, content: &str) -> PathBuf {
        let file = self.directory.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }

    pub(super) fn forget_notes(&self) {
        fs::remove_dir_all(self.chain().join("checkpoints")).unwrap();
        fs::create_dir(self.chain().join("checkpoints")).unwrap();
    }

    /// Verdict and class in full and in short, which must not depend on how the work is divided.
    pub(super) fn judged(&self, keys: &[&SigningKey], anchors: &[&PathBuf]) -> [String; 2] {
        let demand = demand(keys, anchors);
        agree_on(&self.audit(), &demand).map(|found| match found {
            Ok(report) => match report.fault {
                Some(fault) => format!("{} {}", report.verdict, fault.class),
                None => report.verdict.to_string(),
            },
            Err(error) => format!("error: {error}").replace(&self.directory.path().display().to_string(), ""),
        })
    }

    /// Demands that both depths find this.
    pub(super) fn check(&self, keys: &[&SigningKey], anchors: &[&PathBuf], expected: &str) {
        assert_eq!(self.judged(keys, anchors), [expected; 2]);
    }
}

pub(super) fn demand(keys: &[&SigningKey], anchors: &[&PathBuf]) -> Demand {
    let keys = keys.iter().map(|key| key.verifier().clone()).collect();
    let options =
        VerifyOptions { keys, anchors: Anchors::read(anchors).unwrap(), ..VerifyOptions::default() };
    Demand::new(&options, jiff::Timestamp::now())
}

/// Cuts the chain in `state` off behind byte `length` of a segment, with all segments that follow.
pub(super) fn cut(state: &State, files: &[(u64, Vec<u8>)], segment: usize, length: usize) {
    for (number, (first, text)) in files.iter().enumerate() {
        let path = state.segment(*first);
        match number.cmp(&segment) {
            std::cmp::Ordering::Less => fs::write(path, text).unwrap(),
            std::cmp::Ordering::Equal => fs::write(path, &text[..length]).unwrap(),
            std::cmp::Ordering::Greater => drop(fs::remove_file(path)),
        }
    }
}
