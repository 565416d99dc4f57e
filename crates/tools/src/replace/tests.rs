use proptest::prelude::*;

use super::{Edit, MAX_PLACES, Unfit, apply};

fn edit(old: &str, new: &str) -> Edit {
    Edit { old: old.to_owned(), new: new.to_owned(), everywhere: false }
}

fn edited(text: &str, edits: &[Edit]) -> Result<(String, Vec<String>), Unfit> {
    let edited = apply(text, Vec::new(), edits, 1 << 20)?;
    let inserted =
        edited.inserted.iter().map(|range| edited.text.get(range.clone()).unwrap().to_owned()).collect();
    Ok((edited.text, inserted))
}

#[test]
fn one_match_is_replaced_and_none_or_two_are_not() {
    assert_eq!(edited("a b c", &[edit("b", "xx")]), Ok(("a xx c".into(), vec!["xx".into()])));
    assert_eq!(edited("a b c", &[edit("d", "x")]), Err(Unfit::Absent { edit: 1 }));
    assert_eq!(
        edited("a b b", &[edit("a", "x"), edit("b", "y")]),
        Err(Unfit::Ambiguous { edit: 2, count: 2 })
    );
    let all = Edit { everywhere: true, ..edit("b", "") };
    assert_eq!(edited("a b b", &[all]), Ok(("a  ".into(), vec![String::new(), String::new()])));
}

#[test]
fn an_edit_sees_what_those_before_it_made() {
    let edits = [edit("one", "two three"), edit("two", "2"), edit("2 three four", "done")];
    assert_eq!(edited("zero one four", &edits), Ok(("zero done".into(), vec!["done".into()])));
}

#[test]
fn no_edit_matches_where_a_secret_stands() {
    let text = "user: ada\npassword: hunter2\n";
    let secret = text.find("hunter2").unwrap();
    let apply = |old: &str| {
        apply(text, Vec::from_iter(Some(secret..secret + 7)), &[edit(old, "x")], 1 << 20)
            .map(|edited| edited.text)
    };
    for guess in ["password: hunter2", "hunter2", "h", "password: h", "2\n", "unter"] {
        assert_eq!(apply(guess), Err(Unfit::Absent { edit: 1 }), "{guess}");
    }
    // The secret moves along, and is as untouchable where it is then.
    assert_eq!(apply("ada").as_deref(), Ok("user: x\npassword: hunter2\n"));
    let edits = [edit("ada", "somebody else"), edit("hunter", "x")];
    let moved = super::apply(text, Vec::from_iter(Some(secret..secret + 7)), &edits, 1 << 20)
        .map(|edited| edited.text);
    assert_eq!(moved, Err(Unfit::Absent { edit: 2 }));
}

#[test]
fn windows_lines_are_found_by_plain_ones_and_stay_windows_lines() {
    let made = edited("a\r\nb\r\nc\r\n", &[edit("a\nb", "x\ny\nz")]).unwrap();
    assert_eq!(made.0, "x\r\ny\r\nz\r\nc\r\n");
    assert_eq!(
        edited("a\r\nb\nc\r\n", &[edit("a\nb", "x")]),
        Err(Unfit::Absent { edit: 1 }),
        "mixed ends are not guessed at"
    );
}

#[test]
fn what_would_grow_beyond_the_limit_is_not_built() {
    let all = Edit { everywhere: true, ..edit("a", &"b".repeat(1_000)) };
    assert_eq!(apply(&"a".repeat(1_000), Vec::new(), &[all], 10_000).unwrap_err(), Unfit::TooLarge);
}

proptest! {
    /// What is not marked as inserted comes from the text before, in order; what is marked is all that the edits put in and left.
    #[test]
    fn the_marks_tell_old_from_new(
        text in "[ab\n]{0,40}",
        edits in prop::collection::vec(("[ab\n]{1,3}", "[XY]{0,3}", any::<bool>()), 1..4),
    ) {
        let edits: Vec<_> =
            edits.into_iter().map(|(old, new, everywhere)| Edit { old, new, everywhere }).collect();
        if let Ok(edited) = apply(&text, Vec::new(), &edits, 1 << 20) {
            let mut old = edited.text.clone();
            for range in edited.inserted.iter().rev() {
                let new: String = old.drain(range.clone()).collect();
                prop_assert!(new.chars().all(|sign| "XY".contains(sign)), "{new:?} was not inserted");
            }
            prop_assert!(!old.contains(['X', 'Y']), "{:?} has unmarked insertions", edited.text);
        }
    }

    /// Where one edit of the whole text is done, it is what the standard library does.
    #[test]
    fn a_single_edit_is_a_plain_replacement(text in "[ab]{0,30}", old in "[ab]{1,3}", new in "[abX]{0,3}") {
        let everywhere = Edit { old: old.clone(), new: new.clone(), everywhere: true };
        let expected = text.contains(&old).then(|| text.replace(&old, &new));
        prop_assert_eq!(apply(&text, Vec::new(), &[everywhere], 1 << 20).ok().map(|edited| edited.text), expected);
    }
}

#[test]
fn edits_everywhere_are_bounded_together() {
    let text = "ab".repeat(MAX_PLACES / 2 + 1);
    let edit = |old: &str| Edit { old: old.to_owned(), new: "c".to_owned(), everywhere: true };
    let apply = |edits: &[Edit]| apply(&text, Vec::new(), edits, usize::MAX).map(|edited| edited.text.len());
    assert_eq!(apply(&[edit("a")]), Ok(text.len()));
    assert_eq!(apply(&[edit("a"), edit("b")]), Err(Unfit::Everywhere));
}
