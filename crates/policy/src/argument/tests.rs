use serde_json::json;

use super::*;

fn glob(pattern: &str, fold: bool) -> Test {
    Test::Glob(Glob::parse(pattern, fold).expect("valid"), fold)
}

#[test]
fn each_test_knows_three_answers() {
    use Answer::{No, Unknown, Yes};
    let one_of = |values: serde_json::Value| Test::OneOf(values.as_array().expect("a list").clone().into());
    let table = [
        (one_of(json!(["a", 1, true])), json!("a"), Yes),
        (one_of(json!(["a", 1, true])), json!(1.0), Yes),
        (one_of(json!(["a", 1, true])), json!(true), Yes),
        (one_of(json!(["a", 1, true])), json!("A"), No),
        (one_of(json!(["a", 1, true])), json!("1"), No),
        (one_of(json!(["a", 1, true])), json!(["a"]), Unknown),
        (one_of(json!([9_007_199_254_740_993u64])), json!(9_007_199_254_740_992u64), No),
        (one_of(json!(["a"])), json!(null), No),
        (glob("release/*", false), json!("release/1"), Yes),
        (glob("release/*", false), json!("Release/1"), No),
        (glob("Release/*", true), json!("rElease/1"), Yes),
        (glob("release/*", false), json!(7), Unknown),
        (Test::Range(Some(1.0), Some(5.0)), json!(1), Yes),
        (Test::Range(Some(1.0), Some(5.0)), json!(5.5), No),
        (Test::Range(None, Some(5.0)), json!(-7), Yes),
        (Test::Range(Some(1.0), None), json!(0), No),
        (Test::Range(Some(1.0), None), json!("3"), Unknown),
        (Test::MaxLength(3), json!("äöü"), Yes),
        (Test::MaxLength(3), json!("äöüx"), No),
        (Test::MaxLength(1), json!(["a", "b"]), No),
        (Test::MaxLength(3), json!(3), Unknown),
        (Test::Absent, json!(1), No),
        (Test::Absent, json!(null), Yes),
    ];
    for (test, value, expected) in table {
        let argument = Argument { name: "x".into(), test };
        let arguments = json!({ "x": value, "y": 1 });
        assert_eq!(argument.test(arguments.as_object()), expected, "{argument:?} on {value}");
        assert_eq!(argument.test(None), Unknown, "arguments that are not known");
        let missing = Answer::from(argument.test == Test::Absent);
        assert_eq!(argument.test(json!({ "y": 1 }).as_object()), missing, "{argument:?} on nothing");
    }
}

/// A deny on `"5"` must not be passed by 5: what is of another kind is not known to differ.
#[test]
fn a_value_of_another_kind_is_neither_a_match_nor_a_mismatch() {
    let answer = |options: Value, value: Value| {
        let Value::Array(options) = options else { panic!("a list") };
        let argument = Argument { name: "n".into(), test: Test::OneOf(options.into()) };
        argument.test(Some(&Map::from_iter([("n".to_owned(), value)])))
    };
    assert_eq!(answer(json!(["5"]), json!(5)), Answer::Unknown);
    assert_eq!(answer(json!([5]), json!("5")), Answer::Unknown);
    assert_eq!(answer(json!([true]), json!("true")), Answer::Unknown);
    assert_eq!(answer(json!([5, "a"]), json!("b")), Answer::No);
    assert_eq!(answer(json!([5, "a"]), json!(6)), Answer::No);
    assert_eq!(answer(json!([5, "a"]), json!(true)), Answer::Unknown);
    assert_eq!(answer(json!([5, "a"]), json!(5.0)), Answer::Yes);
}
