//! What anchoring costs: a leaf in the tree, a root, a signature, each beside its floor: `cargo bench -p gitoma-audit --bench anchor`.

use divan::{Bencher, black_box};
use gitoma_audit::{
    Checkpoint, Digest, InclusionBuilder, SignedCheckpoint, SigningKey, Tree, TreeRange, TrustedKeys,
};
use uuid::Uuid;

fn main() {
    divan::main();
}

/// Leaves of one sample: few, so that some samples run undisturbed on a busy machine.
const LEAVES: u64 = 1_000;

fn entry(seq: u64) -> Digest {
    let mut bytes = [0; 32];
    let (number, _) = bytes.split_at_mut(8);
    number.copy_from_slice(&seq.to_be_bytes());
    Digest::new(bytes)
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    (0..LEAVES).for_each(|seq| tree.append(&entry(seq)));
    tree
}

#[divan::bench(items_count = LEAVES)]
fn append_leaves() -> Tree {
    tree()
}

/// The floor: the bare hashes, one of a leaf and one of a node each.
#[divan::bench(items_count = LEAVES)]
fn raw_hashes() {
    for seq in 0..LEAVES {
        let (leaf, node) = ([seq as u8; 33], [seq as u8; 65]);
        black_box((Digest::of(&leaf), Digest::of(&node)));
    }
}

#[divan::bench(items_count = LEAVES)]
fn inclusion_proof_in_one_pass() -> usize {
    #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
    let mut builder = InclusionBuilder::new(LEAVES / 3, LEAVES).expect("in the tree");
    (0..LEAVES).for_each(|seq| builder.append(&entry(seq)));
    builder.finish().map_or(0, |proof| proof.path.len())
}

#[divan::bench]
fn join_a_part(bencher: Bencher<'_, '_>) {
    let mut part = TreeRange::new(LEAVES);
    (LEAVES..2 * LEAVES).for_each(|seq| part.append(&entry(seq)));
    bencher.with_inputs(tree).bench_values(|mut tree| tree.join(&part));
}

/// What the writer does under its lock.
#[divan::bench]
fn copy_the_tree(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench(|| tree.clone());
}

#[divan::bench]
fn root(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench(|| tree.head());
}

fn key() -> SigningKey {
    #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
    SigningKey::generate("example.com/bench".parse().expect("a name")).expect("random bytes")
}

fn checkpoint() -> Checkpoint {
    Checkpoint { chain_id: Uuid::now_v7(), head: tree().head() }
}

#[divan::bench]
fn sign_checkpoint(bencher: Bencher<'_, '_>) {
    let (key, checkpoint) = (key(), checkpoint());
    bencher.bench(|| checkpoint.sign(&[&key]));
}

#[divan::bench]
fn verify_checkpoint(bencher: Bencher<'_, '_>) {
    let key = key();
    #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
    let (note, trusted) = (
        checkpoint().sign(&[&key]).expect("a note"),
        TrustedKeys::new([key.verifier().clone()]).expect("one key"),
    );
    bencher.bench(|| SignedCheckpoint::open(note.as_bytes(), &trusted));
}
