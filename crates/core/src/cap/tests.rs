use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

#[test]
fn leaves_what_fits_alone() {
    let mut value = json!({"content": "abc", "lines": [1, 2]});
    let whole = value.clone();
    assert_eq!(cut(&mut value, 1000), (whole.to_string().len(), false));
    assert_eq!(value, whole);
}

#[test]
fn keeps_within_the_limit_and_says_so() {
    for limit in [40, 64, 100, 1000] {
        let mut value = json!({"path": "a", "content": "é\n\"".repeat(2000)});
        let (bytes, cut_something) = cut(&mut value, limit);
        assert!(cut_something);
        assert_eq!(bytes, value.to_string().len());
        assert!(bytes <= limit + 2 * MARKER.len(), "{bytes} for {limit}");
        assert!(value["content"].as_str().unwrap().ends_with(MARKER));
    }
}

#[test]
fn what_is_spelled_is_what_is_left() {
    for value in [
        json!({"path": "a", "content": "é\n\"".repeat(2000)}),
        json!({"content": "abc", "lines": [1, 2, null, 0.5]}),
        json!("x".repeat(100)),
    ] {
        let whole = value.to_string().len();
        for limit in [0, 40, 102, 1000, whole - 1, whole, whole + 1] {
            let (mut counted, mut spelled) = (value.clone(), value.clone());
            let (bytes, cut_something) = cut_result(&mut counted, limit);
            let (json, also_cut) = cut_and_spell(&mut spelled, limit);
            assert_eq!((&spelled, also_cut, json.len()), (&counted, cut_something, bytes), "{limit}");
            assert_eq!(json, counted.to_string().into_bytes());
        }
    }
}

#[test]
fn never_cuts_a_placeholder_in_half() {
    for limit in 30..90 {
        let mut value = json!({"content": "x***".repeat(100)});
        cut(&mut value, limit);
        let text = value["content"].as_str().unwrap().strip_suffix(MARKER).unwrap();
        assert!(text.is_empty() || text.ends_with("***") || text.ends_with('x'), "{text}");
        assert_eq!(text.replace("***", "").matches('*').count(), 0, "{text}");
    }
}

#[test]
fn ends_objects_that_do_not_fit() {
    let mut value = Value::Object((0..1000).map(|n| (format!("key {n}"), json!("a text"))).collect());
    let (bytes, cut_something) = cut(&mut value, 200);
    assert!(cut_something && bytes <= 240, "{bytes}");
    assert!(!value.as_object().unwrap().is_empty());
}

#[test]
fn ends_arrays_that_do_not_fit() {
    let mut value = json!({"hits": (0..1000).map(|n| format!("hit {n}")).collect::<Vec<_>>()});
    let (bytes, cut_something) = cut(&mut value, 200);
    assert!(cut_something && bytes <= 240, "{bytes}");
    assert!(!value["hits"].as_array().unwrap().is_empty());
}

#[test]
fn a_value_is_within_what_its_texts_and_nodes_come_to() {
    for (value, size) in [
        (json!("four"), NODE + 4),
        (json!({"key": "four", "other": [1, null]}), 5 * NODE + 3 + 4 + 5),
        (json!([]), NODE),
        (Value::Array(vec![json!(true); 100]), 101 * NODE),
    ] {
        assert_eq!((spend(&value, size), spend(&value, size - 1)), (Some(0), None), "{value}");
    }
}

#[test]
fn a_result_keeps_its_fields_and_its_words() {
    let id = "0123456789abcdef0123456789abcdef01234567";
    let mut value = json!({
        "commit": {"id": id, "message": "a long message ".repeat(100), "parents": [id, id]},
        "files": [{"path": "a", "status": "added"}, {"path": "b", "status": "added"}],
        "next_cursor": "skip:1",
        "base": null,
        "truncated": true,
        "omitted": 0,
    });
    let (bytes, cut_something) = cut_result(&mut value, 200);
    assert!(cut_something && bytes < 400, "{bytes}");
    assert!(value["commit"]["message"].as_str().unwrap().ends_with(MARKER));
    value["commit"]["message"] = json!(null);
    assert_eq!(
        value,
        json!({
            "commit": {"id": id, "message": null, "parents": []},
            "files": [],
            "next_cursor": "skip:1",
            "base": null,
            "truncated": true,
            "omitted": 0,
        })
    );
}

#[test]
fn a_result_keeps_an_object_of_many_fields_and_no_map() {
    let fields = |count: usize| {
        let field = |n: usize| (format!("{n:0100}"), json!("\u{1}".repeat(SHORT)));
        Value::Object((0..count).map(field).collect())
    };
    for (count, kept) in [(FIELDS, true), (FIELDS + 1, false)] {
        let mut value = fields(count);
        cut_result(&mut value, 1);
        assert_eq!(value == fields(count), kept, "{count}");
    }
}

#[test]
fn what_is_no_result_keeps_no_more_than_its_limit() {
    let mut value = json!({"first": "x".repeat(200), "second": "a short text", "third": true});
    let (bytes, _) = cut(&mut value, 60);
    assert!(bytes <= 60 + 2 * MARKER.len(), "{bytes}");
    assert_eq!(value["second"], Value::Null);
}

#[test]
fn objects_within_objects_are_kept_no_longer_than_there_is_room_for() {
    let fields = |field: Value| -> Value {
        Value::Object((0..FIELDS).map(|n| (format!("field {n}"), field.clone())).collect())
    };
    let mut value = fields(fields(json!("a text")));
    let (bytes, _) = cut_result(&mut value, 100);
    assert!((KEPT..KEPT + 200).contains(&bytes), "{bytes}");
    let mut value = fields(fields(json!("a text")));
    let (bytes, _) = cut(&mut value, 100);
    assert!(bytes <= 140, "{bytes}");
}

/// What a value may look like.
#[derive(Debug, Clone)]
enum Shape {
    Text,
    Word,
    Count,
    Flag,
    OrNull(Box<Self>),
    List(Box<Self>),
    Object(Vec<(String, Self)>),
}

const WORDS: [&str; 3] = ["added", "deleted", "modified"];

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![Just(Shape::Text), Just(Shape::Word), Just(Shape::Count), Just(Shape::Flag)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|shape| Shape::OrNull(Box::new(shape))),
            inner.clone().prop_map(|shape| Shape::List(Box::new(shape))),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..5)
                .prop_map(|fields| Shape::Object(fields.into_iter().collect())),
        ]
    })
}

fn values(shape: &Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text => prop_oneof!["[ -~\n\"é*]{0,90}", "[a-z*]{90,3000}"].prop_map(Value::from).boxed(),
        Shape::Word => prop::sample::select(&WORDS[..]).prop_map(Value::from).boxed(),
        Shape::Count => any::<u64>().prop_map(Value::from).boxed(),
        Shape::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Shape::OrNull(shape) => prop_oneof![Just(Value::Null), values(shape)].boxed(),
        Shape::List(shape) => prop::collection::vec(values(shape), 0..12).prop_map(Value::from).boxed(),
        Shape::Object(fields) => {
            let (names, shapes): (Vec<_>, Vec<_>) = fields.iter().cloned().unzip();
            let fields: Vec<_> = shapes.iter().map(values).collect();
            fields
                .prop_map(move |fields| {
                    Value::Object(names.iter().cloned().zip(fields).collect::<Map<_, _>>())
                })
                .boxed()
        }
    }
}

/// Whether `value` is as `shape` says, with every field.
fn matches(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Text, value) => value.is_string(),
        (Shape::Word, value) => value.as_str().is_some_and(|word| WORDS.contains(&word)),
        (Shape::Count, value) => value.is_u64(),
        (Shape::Flag, value) => value.is_boolean(),
        (Shape::OrNull(shape), value) => value.is_null() || matches(shape, value),
        (Shape::List(shape), Value::Array(items)) => items.iter().all(|item| matches(shape, item)),
        (Shape::Object(fields), Value::Object(found)) => {
            fields.len() == found.len()
                && fields
                    .iter()
                    .all(|(name, shape)| found.get(name).is_some_and(|field| matches(shape, field)))
        }
        _ => false,
    }
}

/// Any value: also maps, and texts that are all escapes.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[\u{1}-\u{20}a-zé]{0,200}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 400, 80, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..80).prop_map(Value::from),
            prop::collection::vec(("[a-z\u{1}]{0,12}", inner), 0..80)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_a_result_promised_holds_after_any_cut(
        (shape, value) in shapes().prop_flat_map(|shape| (Just(shape.clone()), values(&shape))),
        limit in 0_usize..4000,
    ) {
        let mut value = value;
        prop_assert!(matches(&shape, &value));
        let (bytes, _) = cut_result(&mut value, limit);
        prop_assert!(matches(&shape, &value), "{} after {limit} of {shape:?}", value);
        prop_assert_eq!(bytes, value.to_string().len());
    }

    #[test]
    fn no_cut_leaves_much_more_than_its_limit(value in anything(), limit in 0_usize..2000) {
        // The last thing that is kept may be longer than what was left for it: a name, a short text, a number.
        let last = 12 * 6 + SHORT * 6 + 2 * MARKER.len();
        let (mut result, mut other) = (value.clone(), value);
        let (bytes, _) = cut_result(&mut result, limit);
        prop_assert!(bytes <= limit + KEPT + last, "{bytes}");
        let (bytes, _) = cut(&mut other, limit);
        prop_assert!(bytes <= limit + last, "{bytes}");
    }
}
