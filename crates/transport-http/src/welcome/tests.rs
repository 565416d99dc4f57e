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

#[test]
fn an_alias_is_said_where_the_folder_does_not_say_it() {
    let repository =
        |alias: &str| RepositoryConfig { alias: alias.to_owned(), path: "/src/web".into(), git_dir: None };
    assert_eq!(named(&repository("web")), "/src/web");
    assert_eq!(named(&repository("acme/web")), "/src/web=acme/web");
}
