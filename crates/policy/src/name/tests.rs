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
    let map: HashMap<Name<38>, &str> =
        texts.iter().map(|text| (Name::from(text.as_str()), text.as_str())).collect();
    for text in &texts {
        assert_eq!(map.get(text.as_str()), Some(&text.as_str()));
        assert_eq!(&*Name::<38>::from(text.as_str()), text);
        assert!(!map.contains_key(format!("{text}\0").as_str()), "{text:?} and a nul");
    }
}

#[test]
fn a_text_is_the_same_however_it_is_held() {
    let (held, shared) = (Name::<22>::from("read-sources"), Name::<22>::shared("read-sources"));
    assert_eq!(held, shared);
    assert_eq!(HashMap::from([(held.clone(), 1)]).get(&shared), Some(&1));
    assert_eq!((held.to_shared(), &*format!("{held:>14}")), (shared.to_shared(), "  read-sources"));
    assert_eq!(format!("{held:?}"), "\"read-sources\"");
    let Name::Shared(own) = &shared else { unreachable!("it is shared") };
    assert!(std::sync::Arc::ptr_eq(own, &shared.to_shared()), "copied");
}

#[test]
fn names_of_usual_length_take_no_memory_of_their_own() {
    assert!(matches!(Name::<38>::from("some-organisation/some-long-repository"), Name::Short(38, _)));
    assert!(matches!(Name::<38>::from("some-organisation/some-longer-repository"), Name::Shared(_)));
    assert_eq!((size_of::<Name<38>>(), size_of::<Name<22>>()), (40, 24));
}
