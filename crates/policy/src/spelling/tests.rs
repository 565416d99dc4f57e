use super::*;

#[test]
fn the_likeliest_word_is_found_and_none_where_all_are_far() {
    let known = ["paths", "principals", "roles", "refs", "id"];
    for (written, meant) in [
        ("path", Some("paths")),
        ("pahts", Some("paths")),
        ("principal", Some("principals")),
        ("role", Some("roles")),
        ("ids", Some("id")),
        ("conditions", None),
        ("x", None),
        ("", None),
        (&"paths".repeat(100), None),
    ] {
        assert_eq!(nearest(written, known), meant, "{written}");
    }
}
