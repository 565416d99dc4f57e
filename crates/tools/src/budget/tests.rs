use serde_json::{Value, json};

use super::{Budget, Items, RESULT_BYTES, fitting, json_bytes, size_of};

#[test]
fn sizes_are_those_of_json_or_more() {
    for value in [
        json!(null),
        json!(true),
        json!(123_456),
        json!("plain"),
        json!("a\"b\\c\nd\u{1}é"),
        json!([1, "two", [], {}]),
        json!({"path": "src/lib.rs", "line": 3, "nested": {"a": [1, 2, 3]}}),
    ] {
        let exact = serde_json::to_string(&value).unwrap().len();
        assert!(size_of(&value) >= exact, "{value}");
        assert!(size_of(&value) <= exact + 40, "{value}");
    }
}

#[test]
fn a_list_stops_at_its_limit_and_says_so() {
    let mut items = Items::new(2);
    assert!(items.push(json!(1)) && items.push(json!(2)));
    assert!(items.is_full());
    assert!(!items.push(json!(3)));
    assert_eq!(items.finish(), (json!([1, 2]), true));
    let mut whole = Items::new(2);
    whole.push(json!(1));
    assert_eq!(whole.finish(), (json!([1]), false));
}

#[test]
fn a_list_stops_when_the_result_is_full() {
    let mut items = Items::new(usize::MAX);
    let line = "x".repeat(1_000);
    while items.push(Value::from(line.as_str())) {}
    let (list, truncated) = items.finish();
    assert!(truncated);
    let bytes = serde_json::to_string(&list).unwrap().len();
    assert!(bytes <= RESULT_BYTES && bytes > RESULT_BYTES - 2_000);
}

#[test]
fn text_is_cut_between_characters() {
    for (text, bytes, expected) in
        [("abc", 3, "abc"), ("abc", 2, "ab"), ("é", 1, ""), ("aé", 2, "a"), ("\n\n", 3, "\n"), ("", 0, "")]
    {
        assert_eq!(fitting(text, bytes), expected, "{text:?} {bytes}");
    }
    let mut budget = Budget::new();
    assert!(!budget.take(RESULT_BYTES + 1));
    assert!(budget.take_text("\n"));
    assert_eq!(budget.left(), RESULT_BYTES - json_bytes("\n"));
}
