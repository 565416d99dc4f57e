use super::{Field, FieldSet, Kind};

#[test]
fn each_field_is_a_bit_of_its_own_in_line_order() {
    assert_eq!(Field::ALL.len(), 67);
    for (position, field) in Field::ALL.iter().enumerate() {
        assert_eq!(field.bit(), 1 << position, "{field}");
        assert_eq!(Field::parse(field.as_str()), Some(*field));
    }
}

#[test]
fn what_is_required_is_allowed() {
    for kind in Kind::ALL {
        assert_eq!(kind.required().first_outside(kind.allowed()), None, "{kind}");
    }
}

#[test]
fn every_field_belongs_to_some_kind() {
    for field in Field::ALL {
        assert!(Kind::ALL.iter().any(|kind| kind.allowed().contains(*field)), "{field}");
    }
}

#[test]
fn names_the_first_field_outside() {
    let mut set = FieldSet::EMPTY;
    set.insert(Field::Tool);
    set.insert(Field::CallId);
    assert_eq!(set.first_outside(FieldSet::EMPTY), Some(Field::CallId));
    assert_eq!(set.first_outside(set), None);
}
