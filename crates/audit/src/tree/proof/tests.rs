use proptest::prelude::*;

use super::{
    super::tests::{consistency, entry, inclusion, tree},
    *,
};

/// The largest tree of the exhaustive tests.
const SIZE: u64 = 64;

fn heads() -> Vec<TreeHead> {
    (0..=SIZE).map(|size| tree(size).head()).collect()
}

fn flipped(digest: &Digest, bit: usize) -> Digest {
    let mut bytes = *digest.bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Digest::new(bytes)
}

/// The bits of a hash to change in a tree of some size: all of them, but an unoptimised test changes fewer of greater trees.
fn bits(size: u64) -> impl Iterator<Item = usize> {
    let all = size <= 16 || !cfg!(debug_assertions);
    (0..256).step_by(if all { 1 } else { 61 })
}

/// What is done to a path that must be refused: a hash too many, one too few, two swapped.
fn bent(path: &[Digest]) -> Vec<Vec<Digest>> {
    let mut paths = vec![[path, &[Digest::ZERO]].concat(), [&[Digest::ZERO], path].concat()];
    if let Some((_, shorter)) = path.split_last() {
        paths.push(shorter.to_vec());
        paths.push(path[1..].to_vec());
    }
    for place in 1..path.len() {
        let mut path = path.to_vec();
        path.swap(place - 1, place);
        paths.push(path);
    }
    paths
}

#[test]
fn an_entry_is_in_its_place_and_in_no_other() {
    let heads = heads();
    for size in 1..=SIZE {
        let head = heads[size as usize];
        for index in 0..size {
            let proof = inclusion(index, size);
            proof.verify(&entry(index), &head).unwrap();
            assert!(proof.path.len() <= 6);
            assert_eq!(proof.verify(&entry(index + 1), &head), Err(ProofError::Root));
            assert_eq!(
                proof.verify(&entry(index), &TreeHead { root: Digest::ZERO, ..head }),
                Err(ProofError::Root)
            );
            for wrong in (0..SIZE + 2).filter(|wrong| *wrong != index) {
                let moved = InclusionProof { index: wrong, path: proof.path.clone() };
                let error = moved.verify(&entry(index), &head).unwrap_err();
                assert_eq!(error == ProofError::OutOfTree, wrong >= size, "{wrong} {index} {size}");
            }
            for path in bent(&proof.path) {
                let bent = InclusionProof { index, path };
                bent.verify(&entry(index), &head).unwrap_err();
            }
        }
    }
}

#[test]
fn an_entry_is_in_trees_of_other_roots_under_no_size() {
    let heads = heads();
    for size in 1..=SIZE {
        for index in 0..size {
            let proof = inclusion(index, size);
            for other in heads.iter().filter(|other| other.size != size) {
                proof.verify(&entry(index), other).unwrap_err();
            }
        }
    }
}

#[test]
fn a_tree_goes_on_from_those_before_and_from_no_other() {
    let heads = heads();
    for new in &heads {
        for old in &heads[..=new.size as usize] {
            let proof = consistency(old.size, new.size);
            proof.verify(old, new).unwrap();
            let forked = TreeHead { root: flipped(&old.root, 0), ..*old };
            assert_eq!(
                proof.verify(&forked, new),
                Err(match old.size {
                    // a perfect tree is part of the newer one, so that its root is what the newer root comes from
                    _ if old.size.is_power_of_two() && old.size < new.size => ProofError::Root,
                    _ => ProofError::OldRoot,
                }),
                "{} {}",
                old.size,
                new.size
            );
            let forked = TreeHead { root: flipped(&new.root, 0), ..*new };
            if old.size > 0 {
                proof.verify(old, &forked).unwrap_err();
            }
            for path in bent(&proof.path) {
                ConsistencyProof { path }.verify(old, new).unwrap_err();
            }
            // the same proof under other sizes
            for other in heads.iter().filter(|other| other.size != new.size && other.size > 0) {
                if old.size > 0 && old.size != new.size {
                    proof.verify(old, other).unwrap_err();
                }
                if other.size < new.size && other.size != old.size && old.size > 0 {
                    proof.verify(other, new).unwrap_err();
                }
            }
        }
    }
}

#[test]
fn sizes_and_empty_trees_are_checked() {
    let heads = heads();
    let none = ConsistencyProof { path: Vec::new() };
    assert_eq!(none.verify(&heads[3], &heads[2]), Err(ProofError::SizesReversed));
    assert_eq!(none.verify(&heads[0], &heads[5]), Ok(()));
    assert_eq!(none.verify(&heads[0], &heads[0]), Ok(()));
    let wrong = TreeHead { size: 0, root: Digest::ZERO };
    assert_eq!(none.verify(&wrong, &heads[5]), Err(ProofError::OldRoot));
    assert_eq!(none.verify(&heads[0], &wrong), Err(ProofError::Root));
    assert_eq!(none.verify(&heads[1], &heads[5]), Err(ProofError::Length));
    let entry_of_none = InclusionProof { index: 0, path: Vec::new() };
    assert_eq!(entry_of_none.verify(&entry(0), &heads[0]), Err(ProofError::OutOfTree));
}

#[test]
fn a_bit_changed_in_an_inclusion_proof_is_seen() {
    let heads = heads();
    for size in 1..=SIZE {
        for index in 0..size {
            let proof = inclusion(index, size);
            for place in 0..proof.path.len() {
                for bit in bits(size) {
                    let mut proof = proof.clone();
                    proof.path[place] = flipped(&proof.path[place], bit);
                    assert_eq!(proof.verify(&entry(index), &heads[size as usize]), Err(ProofError::Root));
                }
            }
        }
    }
}

#[test]
fn a_bit_changed_in_a_consistency_proof_is_seen() {
    let heads = heads();
    for size in 1..=SIZE {
        for old in 1..size {
            let proof = consistency(old, size);
            for place in 0..proof.path.len() {
                for bit in bits(size) {
                    let mut proof = proof.clone();
                    proof.path[place] = flipped(&proof.path[place], bit);
                    proof.verify(&heads[old as usize], &heads[size as usize]).unwrap_err();
                }
            }
        }
    }
}

fn any_digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::new)
}

/// Numbers that are small, great, or near a power of two.
fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..70,
        any::<u64>(),
        (0_u32..64, 0_u64..3).prop_map(|(bit, more)| (1_u64 << bit).wrapping_sub(1).wrapping_add(more))
    ]
}

proptest! {
    #[test]
    fn hostile_proofs_end(index in any_number(), size in any_number(), path in prop::collection::vec(any_digest(), 0..80)) {
        let head = TreeHead { size, root: Digest::ZERO };
        let proof = InclusionProof { index, path: path.clone() };
        prop_assert!(proof.verify(&Digest::ZERO, &head).is_err());
        let old = TreeHead { size: index, root: Digest::ZERO };
        let accepted = ConsistencyProof { path: path.clone() }.verify(&old, &head).is_ok();
        prop_assert_eq!(accepted, path.is_empty() && index == size && size > 0);
    }
}
