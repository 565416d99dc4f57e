use proptest::prelude::*;

use super::{
    super::tests::{entry, tree},
    *,
};

#[test]
fn a_tree_keeps_one_hash_for_each_bit_of_its_size() {
    let mut tree = Tree::new();
    for size in 1..=4_096_u64 {
        tree.append(&entry(size));
        assert_eq!(tree.size(), size);
        assert_eq!(tree.peaks().len() as u32, size.count_ones());
    }
}

fn range(begin: u64, end: u64) -> TreeRange {
    let mut range = TreeRange::new(begin);
    (begin..end).for_each(|seq| range.append(&entry(seq)));
    range
}

#[test]
fn a_range_that_does_not_follow_is_not_joined() {
    let mut whole = tree(5);
    for begin in [0, 4, 6] {
        assert!(!whole.join(&range(begin, 9)));
        assert_eq!(whole, tree(5));
    }
    assert!(whole.join(&range(5, 9)));
    assert_eq!(whole, tree(9));
}

#[test]
fn wherever_a_chain_is_parted_its_parts_join_to_the_same_tree() {
    for size in 0..=20 {
        for first in 0..=size {
            for second in first..=size {
                let mut whole = tree(first);
                assert!(whole.join(&range(first, second)) && whole.join(&range(second, size)));
                // state and all, so that it grows on alike
                assert_eq!(whole, tree(size), "{first} {second} {size}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn many_parts_join_to_the_same_tree(lengths in prop::collection::vec(0_u64..300, 0..12)) {
        let mut whole = Tree::new();
        for length in &lengths {
            let part = range(whole.size(), whole.size() + length);
            prop_assert!(part.peaks.len() <= 2 * 9);
            prop_assert!(whole.join(&part));
        }
        prop_assert_eq!(whole, tree(lengths.iter().sum()));
    }
}
