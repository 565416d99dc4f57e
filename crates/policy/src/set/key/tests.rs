use std::collections::HashMap;

use super::*;

#[test]
fn a_text_of_any_length_is_found_by_itself_alone() {
    let texts: Vec<String> = (0..80)
        .flat_map(|length| {
            let wide = "é".repeat(length / 2);
            ["x".repeat(length), format!("{}y", "x".repeat(length)), format!("x{wide}"), wide]
        })
        .collect();
    let map: HashMap<Key, &str> =
        texts.iter().map(|text| (Key::from(text.as_str()), text.as_str())).collect();
    for text in &texts {
        assert_eq!(map.get(text.as_str()), Some(&text.as_str()));
        assert_eq!(&*Key::from(text.as_str()), text);
        assert!(!map.contains_key(format!("{text}\0").as_str()), "{text:?} and a nul");
    }
}

#[test]
fn names_of_usual_length_take_no_memory_of_their_own() {
    assert!(matches!(Key::from("some-organisation/some-long-repository"), Key::Short(38, _)));
    assert!(matches!(Key::from("some-organisation/some-longer-repository"), Key::Long(_)));
    assert_eq!(size_of::<Key>(), 40);
}
