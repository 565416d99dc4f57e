use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::glob::Glob;

fn values() -> Vec<Option<Value>> {
    let mut values: Vec<Option<Value>> = [
        json!(null),
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(2),
        json!(5),
        json!(9_007_199_254_740_992_u64),
        json!(9_007_199_254_740_993_u64),
        json!(9_007_199_254_740_992.0),
        json!("a"),
        json!("A"),
        json!("ab"),
        json!("1"),
        json!(""),
        json!(true),
        json!([]),
        json!([1, 2, 3]),
        json!({ "a": 1 }),
    ]
    .into_iter()
    .map(Some)
    .collect();
    values.push(None);
    values
}

fn test() -> impl Strategy<Value = (Test, bool)> {
    let scalar = select(
        values()
            .into_iter()
            .flatten()
            .filter(|value| !value.is_null() && !value.is_array() && !value.is_object())
            .collect::<Vec<_>>(),
    );
    let bound = proptest::option::of(select(vec![0.0, 1.0, 1.5, 5.0]));
    let pattern = select(vec!["**", "a", "A*", "?", "a?", "1"]);
    (0..5, proptest::collection::vec(scalar, 1..3), (bound.clone(), bound), pattern, 0u64..4, any::<bool>())
        .prop_map(|(which, options, (min, max), pattern, most, restricts)| {
            let test = match which {
                0 => Test::OneOf(options.into()),
                1 => Test::Glob(Glob::parse(pattern, restricts).unwrap(), restricts),
                2 => Test::Range(min, max),
                3 => Test::MaxLength(most),
                _ => Test::Absent,
            };
            (test, restricts)
        })
}

fn applies(test: &Test, restricts: bool, arguments: Option<&Map<String, Value>>) -> bool {
    match (Argument { name: "n".into(), test: test.clone() }).test(arguments) {
        Answer::Yes => true,
        Answer::No => false,
        Answer::Unknown => restricts,
    }
}

fn is_implied(inner: &(Test, bool), outer: &(Test, bool)) -> bool {
    let argument = |test: &Test| Argument { name: "n".into(), test: test.clone() };
    let (a, b) = (argument(&outer.0), argument(&inner.0));
    implies(Matcher { argument: &b, restricts: inner.1 }, Matcher { argument: &a, restricts: outer.1 })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn an_implication_holds_for_every_value(inner in test(), outer in test()) {
        if is_implied(&inner, &outer) {
            let given = values().into_iter().map(|value| Some(value.map(|v| ("n".to_owned(), v)).into_iter().collect()));
            for arguments in given.chain([None]) {
                let arguments: Option<Map<String, Value>> = arguments;
                prop_assert!(
                    !applies(&inner.0, inner.1, arguments.as_ref()) || applies(&outer.0, outer.1, arguments.as_ref()),
                    "{inner:?} was said to imply {outer:?}, but not for {arguments:?}"
                );
            }
        }
    }
}

#[test]
fn implications_that_people_would_see_are_seen() {
    let one_of = |options: &[Value]| (Test::OneOf(options.into()), false);
    let glob = |text, folded| (Test::Glob(Glob::parse(text, folded).unwrap(), folded), folded);
    let table = [
        (one_of(&[json!("a")]), one_of(&[json!("b"), json!("a")]), true),
        (one_of(&[json!("a"), json!("c")]), one_of(&[json!("b"), json!("a")]), false),
        (one_of(&[json!(3)]), (Test::Range(Some(0.0), Some(5.0)), false), true),
        (one_of(&[json!("ab")]), glob("A*", true), true),
        (glob("src/*", false), glob("src/**", true), true),
        ((Test::Range(Some(1.0), Some(2.0)), false), (Test::Range(None, Some(2.0)), true), true),
        ((Test::Range(None, Some(2.0)), true), (Test::Range(Some(1.0), Some(2.0)), true), false),
        ((Test::MaxLength(3), true), (Test::MaxLength(3), true), true),
        ((Test::MaxLength(4), true), (Test::MaxLength(3), true), false),
        ((Test::Absent, false), (Test::Absent, true), true),
        ((Test::Absent, false), (Test::MaxLength(3), true), false),
    ];
    for (inner, outer, expected) in table {
        assert_eq!(is_implied(&inner, &outer), expected, "{inner:?} -> {outer:?}");
    }
}
