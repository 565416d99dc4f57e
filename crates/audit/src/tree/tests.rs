use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::{
    build::{ConsistencyBuilder, InclusionBuilder},
    proof::{ConsistencyProof, InclusionProof, ProofError},
    range::{Peak, Tree},
    *,
};

/// Leaves and roots that Certificate Transparency's own tests publish, in every one of its implementations.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/// Index, size and path.
const INCLUSIONS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];
/// Older size, newer size and path.
const CONSISTENCIES: [(u64, u64, &[&str]); 5] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
];

fn digests(texts: &[&str]) -> Vec<Digest> {
    texts.iter().map(|text| Digest::parse(text).unwrap()).collect()
}

fn head(size: u64) -> TreeHead {
    TreeHead { size, root: Digest::parse(ROOTS[size as usize]).unwrap() }
}

#[test]
fn the_published_roots_come_out() {
    let mut tree = Tree::new();
    assert_eq!(tree.head(), head(0));
    assert_eq!(TreeHead::empty(), head(0));
    for (leaf, size) in LEAVES.iter().zip(1..) {
        tree.push(Peak { level: 0, hash: leaf_hash(&hex::decode(leaf).unwrap()) });
        assert_eq!(tree.head(), head(size));
    }
}

#[test]
fn the_published_proofs_hold() {
    for (index, size, path) in INCLUSIONS {
        let leaf = leaf_hash(&hex::decode(LEAVES[index as usize]).unwrap());
        let proof = InclusionProof { index, path: digests(path) };
        assert_eq!(proof.leads_to(leaf, size), Ok(head(size).root), "{index} {size}");
    }
    for (old, new, path) in CONSISTENCIES {
        let proof = ConsistencyProof { path: digests(path) };
        assert_eq!(proof.verify(&head(old), &head(new)), Ok(()), "{old} {new}");
    }
}

pub(super) fn entry(seq: u64) -> Digest {
    Digest::of(&seq.to_be_bytes())
}

pub(super) fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|seq| tree.append(&entry(seq)));
    tree
}

pub(super) fn inclusion(index: u64, size: u64) -> InclusionProof {
    let mut builder = InclusionBuilder::new(index, size).unwrap();
    (0..size).for_each(|seq| builder.append(&entry(seq)));
    builder.finish().unwrap()
}

pub(super) fn consistency(old: u64, new: u64) -> ConsistencyProof {
    let mut builder = ConsistencyBuilder::new(old, new).unwrap();
    (0..new).for_each(|seq| builder.append(&entry(seq)));
    builder.finish().unwrap()
}

fn other(size: u64) -> MemoryBackedTree<sha2::Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|seq| tree.push(entry(seq).bytes().to_vec()));
    tree
}

fn bytes(path: &[Digest]) -> Vec<u8> {
    path.iter().flat_map(|digest| *digest.bytes()).collect()
}

/// Root and proofs are those of an implementation that we did not write.
fn agrees(index: u64, old: u64, size: u64) {
    let other = other(size);
    let head = tree(size).head();
    assert_eq!(other.root().as_bytes().as_slice(), head.root.bytes(), "{size}");
    let proof = inclusion(index, size);
    assert_eq!(other.prove_inclusion(index as usize).as_bytes(), bytes(&proof.path), "{index} {size}");
    proof.verify(&entry(index), &head).unwrap();
    let proof = consistency(old, size);
    assert_eq!(other.prove_consistency((size - old) as usize).as_bytes(), bytes(&proof.path), "{old} {size}");
    proof.verify(&tree(old).head(), &head).unwrap();
}

#[test]
fn small_trees_and_their_proofs_are_those_of_another_implementation() {
    for size in 1..=40 {
        for index in 0..size {
            agrees(index, index + 1, size);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trees_and_their_proofs_are_those_of_another_implementation(size in 1_u64..3_000, index in 0_u64..3_000, old in 0_u64..3_000) {
        agrees(index % size, old % size + 1, size);
    }
}

#[test]
fn a_proof_is_built_from_all_entries_of_the_tree_and_no_others() {
    assert_eq!(InclusionBuilder::new(5, 5).unwrap_err(), ProofError::OutOfTree);
    assert_eq!(InclusionBuilder::new(0, 0).unwrap_err(), ProofError::OutOfTree);
    assert_eq!(ConsistencyBuilder::new(6, 5).unwrap_err(), ProofError::SizesReversed);
    for given in [0, 4, 6] {
        let mut inclusion = InclusionBuilder::new(2, 5).unwrap();
        let mut consistency = ConsistencyBuilder::new(2, 5).unwrap();
        for seq in 0..given {
            inclusion.append(&entry(seq));
            consistency.append(&entry(seq));
        }
        assert_eq!(inclusion.finish(), Err(ProofError::Incomplete));
        assert_eq!(consistency.finish(), Err(ProofError::Incomplete));
    }
}

/// A chain of the greatest size needs no more memory for its proofs than a short one.
#[test]
fn the_greatest_sizes_are_laid_out_without_reading_them() {
    for size in [crate::limit::INTEGER, u64::MAX] {
        for place in [0, 1, size / 2, size - 1] {
            assert!(format!("{:?}", InclusionBuilder::new(place, size).unwrap()).len() < 64 * 200);
            assert!(format!("{:?}", ConsistencyBuilder::new(place, size).unwrap()).len() < 64 * 200);
        }
    }
}

#[test]
fn a_proof_can_be_built_behind_any_border() {
    for size in 1..40 {
        for border in 0..=size {
            for index in 0..size {
                let built = InclusionBuilder::behind(&tree(border), index, size);
                if index < border {
                    assert!(built.is_err());
                    continue;
                }
                let mut builder = built.unwrap();
                (border..size).for_each(|seq| builder.append(&entry(seq)));
                assert_eq!(
                    builder.finish().unwrap(),
                    inclusion(index, size),
                    "{index} of {size} behind {border}"
                );
            }
        }
    }
}
