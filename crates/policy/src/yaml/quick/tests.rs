use std::fmt;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess};

use super::meaning::{Meaning, is_surely_text, meaning};
use super::*;
use crate::document::{Items, Placed, Ruled, Weigh};
use crate::yaml;

/// Any document, with the place of each node.
#[derive(Debug, PartialEq)]
enum Tree {
    Text(String),
    Number(u64),
    Boolean(bool),
    Other(String),
    List(Vec<At<Self>>),
    Map(Vec<(At<String>, At<Self>)>),
}

/// A value with its line and column.
type At<T> = (T, u32, u32);

fn plain<T>(Placed { value, place }: Placed<T>) -> At<T> {
    (value, place.line, place.column)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;

        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Tree, E> {
                Ok(Tree::Number(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Tree, E> {
                Ok(Tree::Other(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Tree, E> {
                Ok(Tree::Other(number.to_string()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Boolean(value))
            }

            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Other("null".into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(plain(item));
                }
                Ok(Tree::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry()? {
                    entries.push((plain(key), plain(value)));
                }
                Ok(Tree::Map(entries))
            }
        }

        deserializer.deserialize_any(TreeVisitor)
    }
}

impl Weigh for Tree {}

/// A shape of the kinds that policies have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "compared as it is shown")]
struct Shape {
    #[serde(default, deserialize_with = "crate::document::present")]
    a: Option<Tree>,
    #[serde(default)]
    d: Option<Tree>,
    #[serde(default, deserialize_with = "crate::document::present")]
    b: Option<Items<String>>,
    #[serde(default, deserialize_with = "crate::document::present")]
    c: Option<Placed<String>>,
}

const LIMITS: Limits = Limits { bytes: 400, nodes: 24, depth: 4 };

/// Reads in both ways. The quick one may doubt whatever it likes; what it reads, the strict one reads and no different.
fn agree<T: for<'de> Deserialize<'de> + fmt::Debug>(text: &str) -> Result<bool, TestCaseError> {
    use std::marker::PhantomData;
    let strict = yaml::read("", text, LIMITS, PhantomData::<T>);
    let Ok(quick) = read(text, LIMITS, PhantomData::<T>) else { return Ok(false) };
    match strict {
        Ok(strict) => prop_assert_eq!(format!("{:?}", strict), format!("{:?}", quick), "{}", text),
        Err(error) => prop_assert!(false, "{error} is read as {quick:?}"),
    }
    Ok(true)
}

/// Pieces of YAML, of which many make a document and many do not.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: [&str; 62] = [
        "a",
        "b",
        "d: ",
        "a: ",
        "b: ",
        "c: ",
        "\"a\": ",
        "'b': ",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n",
        "\n  ",
        "\n  ",
        "\n    ",
        "\n- ",
        "\n  - ",
        "[",
        "]",
        "[x, y]",
        "[\"x\"]",
        "{",
        "}",
        "{a: x}",
        ", ",
        "\"",
        "'",
        "# c",
        " #",
        "&x ",
        "*x",
        "!",
        "!!str ",
        "|\n  ",
        ">-\n  ",
        "1",
        "0",
        "01",
        "0x1f",
        "1_0",
        "-5",
        "+5",
        "1.5",
        "1e3",
        ".inf",
        "true",
        "True",
        "FALSE",
        "null",
        "Null",
        "~",
        "yes",
        "<<",
        "<<: ",
        "? ",
        "---\n",
        "\n...",
        "%YAML 1.2\n",
        "é",
        "\\n",
    ];
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..14).prop_map(|pieces| pieces.concat())
}

/// Documents that most often are some.
fn document() -> impl Strategy<Value = String> {
    let scalar = proptest::sample::select(
        &[
            "x",
            "\"x\"",
            "'it''s'",
            "\"a\\nb\"",
            "1",
            "007",
            "-1",
            "1.0",
            "true",
            "no",
            "~",
            "",
            "x y",
            "a/b",
            "é",
            "!t x",
            "&k x",
            "[]",
            "{}",
            "\"\"",
            "nan",
            "0o17",
            "12345678901234567",
            "99999999999999999999",
            "x # c",
            "x: y",
            "[x, [y, {a: z}]]",
        ][..],
    );
    let key =
        proptest::sample::select(&["a", "b", "c", "d", "\"a\"", "1", "true", "<<", "null", "a b", "é"][..]);
    proptest::collection::vec((key, scalar, 0..4usize), 0..5).prop_map(|entries| {
        let line = |(key, value, form): (&str, &str, usize)| match form {
            0 => format!("{key}: {value}\n"),
            1 => format!("{key}:\n  - {value}\n  - {value}\n"),
            2 => format!("{key}:\n  {key}: {value}\n"),
            _ => format!("{key}: [{value}, {value}] # c\n"),
        };
        entries.into_iter().map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn what_is_read_quickly_is_read_strictly_in_the_same_way(text in prop_oneof![pieces(), document()]) {
        agree::<Tree>(&text)?;
        agree::<Shape>(&text)?;
        agree::<Ruled<Shape>>(&text)?;
        agree::<Placed<Items<Tree>>>(&text)?;
    }

    #[test]
    fn texts_are_what_the_strict_way_takes_for_texts(text in prop_oneof![
        "[-+.~_0-9a-zA-Z]{0,9}",
        "(?i)true|false|null|yes|no|on|off|y|n|t|f|[.]?(inf|infinity|nan|e|e5|d5|a1)|[.][a-z]{0,3}[0-9]{0,3}|x1f|0?x?[0-9a-f]{1,20}|[-+]?[0-9]{1,20}",
    ]) {
        use std::marker::PhantomData;
        if is_surely_text(&text) {
            let read = yaml::read("", &text, LIMITS, PhantomData::<String>);
            prop_assert_eq!(read.ok(), Some(text.clone()));
        }
        let any = yaml::read("", &text, LIMITS, PhantomData::<Tree>).ok();
        match meaning(&text) {
            Meaning::Text => prop_assert_eq!(any, Some(Tree::Text(text))),
            Meaning::Number(number) => prop_assert_eq!(any, Some(Tree::Number(number))),
            Meaning::Boolean(value) => prop_assert_eq!(any, Some(Tree::Boolean(value))),
            Meaning::Unsure => {}
        }
    }
}

#[test]
fn what_policies_hold_is_read_quickly() {
    for text in [
        "a: x\n",
        "---\na: x\n",
        "a: {a: on, b: .env, yes: y}\n",
        "# c\na: {b: [x, \"y: z\", 'w']} # d\nb: [x]\nc: 'x'\n",
        "a:\n  - b: 1\n    c: true\n  - b: 0\n",
        "c: >\n  some words\n  and more\n",
        "c: \"\\u00e9\\n\"\n",
        "a: []\nd: x\n",
        "a: {}\n",
    ] {
        assert!(agree::<Shape>(text).expect("they agree"), "{text}");
    }
    let tree = read("a: [x, 2]\n", LIMITS, std::marker::PhantomData::<Tree>).expect("is read");
    let list = Tree::List(vec![(Tree::Text("x".into()), 1, 5), (Tree::Number(2), 1, 8)]);
    assert_eq!(tree, Tree::Map(vec![(("a".into(), 1, 1), (list, 1, 4))]));
}

#[test]
fn what_is_unusual_or_wrong_is_doubted() {
    for text in [
        "",
        "x: [",
        "a: 1\na: 2\n",
        "a: 1\n\"a\": 2\n",
        "<<: {a: x}\n",
        "\"\\x61\": 1\n",
        "1: x\n",
        "true: x\n",
        "[x]: y\n",
        "? [x]\n: y\n",
        "a: &k x\n",
        "a: *k\n",
        "a: !t x\n",
        "a: ! x\n",
        "a: ![x]\n",
        "a: !{}\n",
        "a: &k [x]\n",
        "a: ~\n",
        "a:\n",
        "a: 1.5\n",
        "a: -1\n",
        "a: 0x1\n",
        "a: 01\n",
        "a: x\u{200B}y\n",
        "%YAML 1.2\n---\na: x\n",
        "a: x\n---\nb: y\n",
        "a: x\n...\nb: y\n",
        "a: x\n...\n\"",
        "a: [[[[x]]]]\n",
        "a: [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]\n",
        &format!("a: {}\n", "x".repeat(400)),
        &format!("a: \"{}\"\n", "\\L".repeat(180)),
    ] {
        let read = read(text, LIMITS, std::marker::PhantomData::<Tree>);
        assert!(read.is_err(), "{text}: {read:?}");
    }
    assert!(read("a: x\ne: x\n", LIMITS, std::marker::PhantomData::<Shape>).is_err(), "an unknown key");
}

#[test]
fn a_visitor_that_leaves_something_unread_is_doubted() {
    struct First(bool);

    impl<'de> DeserializeSeed<'de> for First {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_any(self)
        }
    }

    impl<'de> Visitor<'de> for First {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or map")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while seq.next_element::<Tree>()?.is_some() && self.0 {}
            Ok(())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while map.next_key::<String>()?.is_some() && self.0 {
                map.next_value::<Tree>()?;
            }
            Ok(())
        }
    }

    for text in ["[x, z]", "[x]", "{a: x}", "{a: x, b: z}"] {
        assert!(read(text, LIMITS, First(true)).is_ok(), "{text}");
        assert!(read(text, LIMITS, First(false)).is_err(), "{text}");
    }
}

#[test]
fn keys_are_told_apart_however_many() {
    let limits = Limits::CONFIGURATION;
    let keys = |count: usize| (0..count).map(|at| format!("k{at}: x\n")).collect::<String>();
    for count in [1, 11, 12, 13, 14, 40] {
        assert!(read(&keys(count), limits, std::marker::PhantomData::<Tree>).is_ok());
        for twice in 0..count {
            let text = format!("{}k{twice}: y\n", keys(count));
            assert!(read(&text, limits, std::marker::PhantomData::<Tree>).is_err(), "{count} {twice}");
        }
    }
}
