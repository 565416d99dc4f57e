use super::{DIFF_BYTES, Gathered};

#[test]
fn no_more_of_a_diff_is_held_than_is_kept() {
    let mut gathered = Gathered::default();
    let part = "+a line that says this or that\u{e9}\n".repeat(1_000);
    for _ in 0..100 {
        gathered.push(&part);
        assert!(gathered.text.len() <= DIFF_BYTES + 4, "{}", gathered.text.len());
    }
    let text = gathered.finish();
    assert!(text.ends_with("\n(cut here)\n") && text.len() <= DIFF_BYTES + 12);
}

#[test]
fn a_diff_that_fits_is_whole() {
    let mut gathered = Gathered::default();
    for part in ["one\n", "", "two\n"] {
        gathered.push(part);
    }
    assert_eq!(gathered.finish(), "one\ntwo\n");
    let mut full = Gathered::default();
    full.push(&"x".repeat(DIFF_BYTES));
    assert_eq!(full.finish().len(), DIFF_BYTES);
}
