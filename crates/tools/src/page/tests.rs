use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Cursor, Page};

#[test]
fn only_what_a_page_wrote_is_a_cursor() {
    for text in ["skip:1", "skip:200", "skip:4294967295"] {
        assert!(Cursor::parse(Some(text)).is_ok(), "{text}");
    }
    assert_eq!(Cursor::parse(None).unwrap(), Cursor::default());
    let long = format!("skip:{}", "1".repeat(4_090));
    for text in [
        "",
        "skip:",
        "skip:0",
        "skip:01",
        "skip:+1",
        "skip:-1",
        "skip:1 ",
        " skip:1",
        "skip:1\n",
        "SKIP:1",
        "1",
        "skip:4294967296",
        "skip:\u{661}",
        "after:a.txt",
        "../../etc/passwd",
        &long,
    ] {
        let error = Cursor::parse(Some(text)).unwrap_err();
        assert_eq!(error.rule(), Some("cursor:malformed"), "{text:?}");
    }
}

/// What one call over `list` shows, and the cursor to the rest.
fn page(list: &[Value], limit: usize, cursor: Option<&str>) -> (Vec<Value>, Option<String>, bool) {
    let mut page = Page::new(limit, Cursor::parse(cursor).unwrap());
    for item in list {
        if !page.passes() && !page.push(item.clone()) {
            break;
        }
    }
    let mut fields = Map::new();
    let truncated = page.finish("items", &mut fields);
    let next = fields.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
    (fields["items"].as_array().unwrap().clone(), next, truncated)
}

proptest! {
    #[test]
    fn pages_join_to_the_list(length in 0..200_usize, limit in 1..50_usize) {
        let list: Vec<Value> = (0..length).map(Value::from).collect();
        let (mut joined, mut cursor) = (Vec::new(), None);
        loop {
            let (items, next, truncated) = page(&list, limit, cursor.as_deref());
            prop_assert!(items.len() <= limit);
            prop_assert_eq!(truncated, next.is_some());
            joined.extend(items);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(joined, list);
    }
}

#[test]
fn a_page_behind_the_end_is_empty_and_the_last() {
    assert_eq!(page(&["a".into()], 5, Some("skip:9")), (vec![], None, false));
    assert_eq!(page(&["a".into()], 5, Some("skip:1")), (vec![], None, false));
}

#[test]
fn a_list_that_is_cut_off_or_does_not_fit_has_no_next_page() {
    let mut cut = Page::new(5, Cursor::default());
    assert!(cut.push("a".into()));
    cut.cut();
    let mut fields = Map::new();
    assert!(cut.finish("items", &mut fields));
    assert_eq!(fields.get("next_cursor"), None);
    let huge = Value::from("x".repeat(1024 * 1024));
    assert_eq!(page(&[huge], 5, None), (vec![], None, true));
}
