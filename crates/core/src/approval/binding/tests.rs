use serde_json::json;

use super::*;

fn arguments(value: Value) -> Map<String, Value> {
    let Value::Object(arguments) = value else { panic!("an object") };
    arguments
}

#[test]
fn the_order_of_members_says_nothing_and_everything_else_does() {
    let named = |value: Value| subject("tool", &arguments(value), "agent");
    let first = named(json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
    assert_eq!(first, named(json!({"b": {"d": null, "c": [1, 2]}, "a": 1})));
    let others = [
        json!({"a": 2, "b": {"c": [1, 2], "d": null}}),
        json!({"a": 1.0, "b": {"c": [1, 2], "d": null}}),
        json!({"a": "1", "b": {"c": [1, 2], "d": null}}),
        json!({"a": true, "b": {"c": [1, 2], "d": null}}),
        json!({"a": 1, "b": {"c": [2, 1], "d": null}}),
        json!({"a": 1, "b": {"c": [1, 2]}}),
        json!({"a": 1, "b": {"c": [1, 2], "d": false}}),
        json!({"a": 1, "b": {"c": [1, 2], "d": ""}}),
        json!({"a": 1, "b": {"c": [[1], 2], "d": null}}),
        json!({"a": 1, "b": {"c": {"0": 1, "1": 2}, "d": null}}),
        json!({"a": 1, "b": {"c": [1, 2], "d": null}, "e": null}),
        json!({"a": 1, "c": {"c": [1, 2], "d": null}}),
        json!({"a": 1}),
        json!({}),
    ];
    for (at, other) in others.iter().enumerate() {
        let name = named(other.clone());
        assert_ne!(name, first, "{other}");
        assert!(others.iter().skip(at + 1).all(|further| named(further.clone()) != name), "{other}");
    }
}

#[test]
fn texts_do_not_run_into_each_other() {
    let empty = Map::new();
    assert_ne!(subject("ab", &empty, "c"), subject("a", &empty, "bc"));
    assert_ne!(
        subject("t", &arguments(json!({"a": "bc"})), "p"),
        subject("t", &arguments(json!({"ab": "c"})), "p")
    );
    assert_ne!(
        subject("t", &arguments(json!({"a": ["b", "c"]})), "p"),
        subject("t", &arguments(json!({"a": ["bc", ""]})), "p")
    );
}

#[test]
fn every_part_of_the_binding_counts() {
    let call = |tool: &str, caller: &str| subject(tool, &arguments(json!({"path": "x"})), caller);
    let first = binding(call("change", "agent"), "digest", [1; 32]);
    assert_eq!(first, binding(call("change", "agent"), "digest", [1; 32]));
    for other in [
        binding(call("changes", "agent"), "digest", [1; 32]),
        binding(call("change", "other"), "digest", [1; 32]),
        binding(call("change", "agent"), "digest-2", [1; 32]),
        binding(call("change", "agent"), "digest", [2; 32]),
        call("change", "agent"),
    ] {
        assert_ne!(first, other);
    }
}
