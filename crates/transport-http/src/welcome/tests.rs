use super::*;

#[test]
fn paths_are_one_word_for_the_shell() {
    for (path, expected) in [
        ("/home/me/.local/state/gitoma/runtime_token", "/home/me/.local/state/gitoma/runtime_token"),
        ("/home/me/my state/runtime_token", "'/home/me/my state/runtime_token'"),
        ("/it's/$(x)", r"'/it'\''s/$(x)'"),
    ] {
        assert_eq!(quoted(Path::new(path)), expected);
    }
}
