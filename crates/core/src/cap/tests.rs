use serde_json::json;

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
            let (bytes, cut_something) = cut(&mut counted, limit);
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
