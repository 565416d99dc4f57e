use super::{
    super::{
        leaf_hash, node_hash,
        tests::{entry, tree},
    },
    *,
};
use crate::digest::Digest;

#[test]
fn a_tree_goes_on_from_its_state() {
    for size in 0..=70 {
        let mut whole = tree(size);
        let mut restored = Tree::restore(&whole.state(), &whole.head()).unwrap();
        assert_eq!(restored, whole);
        for seq in size..size + 3 {
            whole.append(&entry(seq));
            restored.append(&entry(seq));
        }
        assert_eq!(restored.head(), whole.head());
    }
}

#[test]
fn the_text_is_as_documented() {
    let mut documented = Tree::new();
    [b"first".as_slice(), b"second", b"third"].iter().for_each(|text| documented.append(&Digest::of(text)));
    let example: String = include_str!("../state.rs")
        .lines()
        .skip_while(|line| *line != "//! ```text")
        .skip(1)
        .map_while(|line| line.strip_prefix("//! ").filter(|line| *line != "```"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(documented.state(), example);
    let state = tree(3).state();
    let lines: Vec<_> = state.lines().collect();
    assert_eq!(lines[..2], ["gitoma.audit/tree@v1", "3"]);
    let third = leaf_hash(entry(2).bytes());
    let pair = node_hash(&leaf_hash(entry(0).bytes()), &leaf_hash(entry(1).bytes()));
    assert_eq!(lines[2..].iter().map(|line| lines::digest(line).unwrap()).collect::<Vec<_>>(), [pair, third]);
}

#[test]
fn a_state_of_another_tree_is_refused() {
    let whole = tree(11);
    let (state, head) = (whole.state(), whole.head());
    assert_eq!(Tree::restore(&tree(10).state(), &head), None);
    assert_eq!(Tree::restore(&state, &TreeHead { root: Digest::ZERO, ..head }), None);
    assert_eq!(Tree::restore(&state, &TreeHead { size: 10, ..head }), None);
    // 13 has as many bits that are 1
    assert_eq!(Tree::restore(&state.replace("\n11\n", "\n13\n"), &tree(13).head()), None);
}

#[test]
fn a_changed_state_is_refused() {
    let whole = tree(11);
    let (state, head) = (whole.state(), whole.head());
    for place in 0..state.len() {
        assert_eq!(Tree::restore(state.get(..place).unwrap(), &head), None);
        for byte in [b'A', b'0', b'\n', b' ', b'='] {
            let mut changed = state.clone().into_bytes();
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Tree::restore(&changed, &head).is_some(), changed == state, "{changed:?}");
        }
    }
    for changed in [format!("{state}\n"), format!("{state}{}", "x"), state.replace('\n', "\r\n")] {
        assert_eq!(Tree::restore(&changed, &head), None);
    }
}
